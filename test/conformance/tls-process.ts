import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { SimulatedMerchant } from '../../src/simulator/index.ts'

/** WeChat Pay over TLS, in a process of its own. */
export interface TlsServer {
  readonly url: string
  readonly merchant: SimulatedMerchant
  /** PEM of the authority that vouches for it. */
  readonly ca: string
}

/** Starts tls-server.ts on the project's own Node, from the project's root. It ends with this process. */
export async function startTlsServer(): Promise<TlsServer> {
  const child = spawn('node_modules/.bin/node', ['test/conformance/tls-server.ts'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  for await (const line of createInterface(child.stdout)) {
    child.unref()
    child.stdout.destroy()
    return JSON.parse(line)
  }
  throw new Error('The TLS server did not start.')
}
