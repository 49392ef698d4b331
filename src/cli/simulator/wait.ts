import { setTimeout as sleep } from 'node:timers/promises'
import { CommandError } from '../command.ts'
import type { Terminal } from '../terminal.ts'
import { askHealth } from './health.ts'
import type { Settings } from './settings.ts'

/** Milliseconds between two requests. */
const INTERVAL = 100
/** Milliseconds that a request may take. */
const REQUEST_TIMEOUT = 2000

/**
 * Waits until a simulator that another process runs serves at an address.
 *
 * @param ms time to wait at most
 * @throws {CommandError} it does not serve within this time
 */
export async function waitForSimulator(
  { host, port, tls, folder }: Pick<Settings, 'host' | 'port' | 'tls' | 'folder'>,
  ms: number,
  { stopped, print }: Pick<Terminal, 'stopped' | 'print'>,
): Promise<void> {
  const name = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  const url = `${tls ? 'https' : 'http'}://${name}:${port}`
  const end = performance.now() + ms
  let problem = 'nothing listens there'
  do {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(REQUEST_TIMEOUT)])
    try {
      const status = await askHealth(new URL(url), folder, signal)
      if (status === 200) return print(`${url} serves.`)
      problem = `it responds with ${status}`
    } catch (error) {
      // Where a name has several addresses, the error has only a code.
      const { message, code = 'no response' } = error as NodeJS.ErrnoException
      problem = message || code
    }
    if (stopped.aborted) throw new CommandError(`Stopped before ${url} served.`)
    await sleep(INTERVAL)
  } while (performance.now() < end)
  throw new CommandError(
    `${url} does not serve after ${ms / 1000} s: ${problem}. Start it there with wechatpay-edge simulator, or give its --host and --port.`,
  )
}
