/** Runs commands with the folder that the simulator wrote, against the simulator over HTTP. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import { COMMANDS } from '../../src/cli/commands.ts'
import { run } from '../../src/cli/run.ts'
import { openFolder } from '../../src/cli/simulator/folder.ts'
import { isMerchantFile, merchantFiles } from '../../src/cli/simulator/merchant-files.ts'
import { listen } from '../../src/cli/simulator/server.ts'
import type { Api } from '../../src/definitions/call.ts'
import { createSimulator, type PlatformMode, type Simulator } from '../../src/simulator/index.ts'
import * as keys from '../fixtures/keys.ts'

export interface CommandResult {
  code: number
  out: string
  errors: string
}

export interface TestTerminal extends AsyncDisposable {
  readonly simulator: Simulator
  readonly url: string
  /** Returns the requests that the simulator has received since the last call, such as `GET /v3/certificates`. */
  asked(): string[]
  /** Runs a command line with the folder's `.env`. */
  run(...argv: string[]): Promise<CommandResult>
  /** The same with other variables; `undefined` takes one away. */
  with(changes: Readonly<Record<string, string | undefined>>): TestTerminal['run']
  file(name: string): string
  write(name: string, content: string | Uint8Array): Promise<string>
  read(name: string): Promise<string>
  /** A message that the simulator sends, as it arrives. */
  notification(event: string, api?: Api, resource?: object): Promise<{ headers: Headers; body: string }>
  /** An answer of the simulator's, as it arrives. */
  response(path: string, ...options: string[]): Promise<{ headers: Headers; body: string }>
}

/** @param clock milliseconds that WeChat Pay's clock is ahead of this machine's */
export async function createTestTerminal(
  platform: PlatformMode,
  { clock = 0, brandId }: { clock?: number; brandId?: string } = {},
): Promise<TestTerminal> {
  const now = () => Date.now() + clock
  const messages: Request[] = []
  const answers: { headers: Headers; body: string }[] = []
  const asked: string[] = []
  const simulator = await createSimulator({
    platform,
    now,
    seed: 'cli',
    brandId,
    deliver: async (input, init) => {
      messages.push(new Request(input, init))
      return new Response(null, { status: 204 })
    },
  })
  const server = await listen(
    async request => {
      asked.push(`${request.method} ${new URL(request.url).pathname}`)
      const response = await simulator.fetch(request)
      response.headers.set('date', new Date(now()).toUTCString())
      answers.push({ headers: response.headers, body: await response.clone().text() })
      return response
    },
    { host: '127.0.0.1', port: 0 },
  )
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-cli-'))
  const { merchant, brand } = simulator
  const merchantFolder = await openFolder(join(folder, 'wechatpay'), { isOwnName: isMerchantFile, force: false })
  await merchantFolder.write(await merchantFiles(simulator, { url: server.url, tls: undefined }), {})
  const file = (name: string) => join(folder, 'wechatpay', name)
  const secrets = [
    ...secretsOf(merchant.privateKey),
    ...[keys.PRIVATE_KEY, keys.OTHER_PRIVATE_KEY, keys.ENCRYPTED_PRIVATE_KEY].flatMap(secretsOf),
    merchant.apiv3Key,
    merchant.apiv2Key,
    ...(brand ? [...secretsOf(brand.privateKey), brand.apiKey] : []),
  ]

  const runWith = async (env: string, argv: readonly string[]): Promise<CommandResult> => {
    const [out, errors]: [string[], string[]] = [[], []]
    const stopped = new AbortController().signal
    const terminal = { print: (line: string) => out.push(line), warn: (line: string) => errors.push(line), stopped }
    const code = await run(COMMANDS, [...argv, '--env', env], terminal)
    const said = { code, out: out.join('\n'), errors: errors.join('\n') }
    // Whatever a test is about: no secret on the terminal.
    for (const secret of secrets) expect(said.out + said.errors).not.toContain(secret)
    for (const line of errors) expect(line).not.toContain('\n')
    return said
  }
  const terminal: TestTerminal = {
    simulator,
    url: server.url,
    asked: () => asked.splice(0),
    file,
    run: (...argv) => runWith(file('.env'), argv),
    with:
      changes =>
      async (...argv) => {
        const other = file(`${Math.random()}.env`)
        const kept = (await readFile(file('.env'), 'utf8'))
          .split('\n')
          .filter(line => !Object.hasOwn(changes, line.split('=')[0]!))
        const added = Object.entries(changes).flatMap(([name, value]) =>
          value === undefined ? [] : [`${name}="${value.trim().replaceAll('\n', '\\n')}"`],
        )
        await writeFile(other, [...kept, ...added].join('\n'))
        return runWith(other, argv)
      },
    async write(name, content) {
      await writeFile(file(name), content)
      return file(name)
    },
    read: name => readFile(file(name), 'utf8'),
    async notification(event, api = 'v3', resource) {
      await simulator.notify.send({ url: 'https://shop.example/notify', event, api, ...(resource && { resource }) })
      const message = messages.pop()!
      return { headers: message.headers, body: await message.text() }
    },
    async response(path, ...options) {
      await terminal.run('request', path, ...options)
      return answers.pop()!
    },
    async [Symbol.asyncDispose]() {
      await server.close()
      await rm(folder, { recursive: true })
    },
  }
  return terminal
}

/** The lines of a key: any of them would be a part of it. */
const secretsOf = (pem: string): string[] => pem.split('\n').filter(line => line.length > 20 && !line.includes('-----'))

/** As `curl -i` shows it. */
export const asHttp = ({ headers, body }: { headers: Headers; body: string }, first = 'HTTP/1.1 200 OK'): string =>
  [first, ...[...headers].map(([name, value]) => `${name}: ${value}`), '', body].join('\r\n')
