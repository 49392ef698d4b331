import { onTestFinished } from 'vitest'
import { COMMANDS } from '../../../src/cli/commands.ts'
import { run } from '../../../src/cli/run.ts'
import { listen } from '../../../src/cli/simulator/server.ts'
import { createNamespaceServer, createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { type ShopOptions, startShop } from './shop.ts'

// The shops are real: this library's client and handler behind HTTP, and a simulator behind HTTP.

export interface Report {
  readonly code: number
  readonly errors: string
  /** Whether no check failed, and all were made. */
  readonly ok?: boolean
  /** The name of the check that did not end. */
  readonly unfinished?: string
  readonly checks: readonly { name: string; ok: boolean | null; detail: string; fix?: string }[]
}

/** Runs `doctor`. */
export async function doctor(...argv: string[]): Promise<Report> {
  return runDoctor(argv, new AbortController().signal)
}

export async function runDoctor(argv: readonly string[], stopped: AbortSignal): Promise<Report> {
  const [out, errors]: [string[], string[]] = [[], []]
  const terminal = { print: (line: string) => out.push(line), warn: (line: string) => errors.push(line), stopped }
  const code = await run(COMMANDS, ['doctor', '--json', ...argv], terminal)
  return { code, errors: errors.join('\n'), checks: [], ...(out.length > 0 && JSON.parse(out.join('\n'))) }
}

/** The names of the checks with a result. */
export const named = ({ checks }: Pick<Report, 'checks'>, ok: boolean | null) =>
  checks.filter(one => one.ok === ok).map(({ name }) => name)

/** A simulator behind HTTP, and shops that run against it. */
export interface Rehearsals extends AsyncDisposable {
  readonly simulator: Simulator
  readonly url: string
  /** Starts a shop until the test has finished, with the simulator or a namespace of it: `/ns/a`. */
  openShop(options?: Omit<ShopOptions, 'merchant'> & { readonly prefix?: string }): Promise<string>
  /**
   * Returns the arguments of a complete rehearsal with a shop.
   *
   * @param wait seconds in which it must query an order. Default: 60, which are not used up by a shop that does
   */
  rehearsal(shop: string, wait?: number): string[]
}

export async function createRehearsals(): Promise<Rehearsals> {
  const simulator = await createSimulator({ seed: 'doctor', live: true })
  const { fetch } = createNamespaceServer(simulator)
  const server = await listen(request => fetch(request), { host: '127.0.0.1', port: 0 })
  return {
    simulator,
    url: server.url,
    async openShop({ prefix = '', ...options } = {}) {
      const shop = await startShop({ merchant: { ...simulator.merchant, baseUrl: server.url + prefix }, ...options })
      onTestFinished(() => shop[Symbol.asyncDispose]())
      return shop.url
    },
    rehearsal: (shop, wait = 60) =>
      Object.entries({
        'notify-url': `${shop}/notify`,
        simulator: server.url,
        'place-url': `${shop}/orders`,
        'check-url': `${shop}/orders/{out_trade_no}`,
        wait: String(wait),
      }).flatMap(([name, value]) => [`--${name}`, value]),
    [Symbol.asyncDispose]: () => server.close(),
  }
}
