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

/** Starts tls-server.ts, from the project's root. It ends with this process. */
export const startTlsServer = (): Promise<TlsServer> => startProgram('test/conformance/tls-server.ts')

/**
 * Starts a program on the project's own Node, from the project's root, which ends with this process.
 *
 * @param path of a program that prints one line of JSON, and ends with its standard input
 * @returns that JSON
 */
export async function startProgram<T>(path: string): Promise<T> {
  const child = spawn('node_modules/.bin/node', [path], { stdio: ['pipe', 'pipe', 'inherit'] })
  for await (const line of createInterface(child.stdout)) {
    child.unref()
    child.stdout.destroy()
    return JSON.parse(line)
  }
  throw new Error(`${path} did not start.`)
}
