/** A merchant of the simulator's own server: the files written for it, and the address of its notifications. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import { simulator } from '../../src/cli/simulator/simulator.ts'

/** A notification as it came over the wire. */
export interface Arrival {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * The merchant's handler of notifications, made of the functions of an SDK.
 *
 * @returns what it says
 * @throws when the SDK does not verify or open it; it is answered with 401 then
 */
export type Receive = (arrival: Arrival) => Promise<unknown>

export interface SimulatorServer extends AsyncDisposable {
  /** WeChat Pay's, without a slash at its end. */
  readonly url: string
  readonly folder: string
  readonly mchid: string
  readonly appid: string
  readonly serial: string
  readonly notify_url: string
  /** A file of the folder. */
  file(name: string): Promise<string>
  names(): Promise<string[]>
  /** The control surface, as any language would use it. */
  // biome-ignore lint/suspicious/noExplicitAny: JSON
  control(path: string, body?: object): Promise<any>
  /** From now on notifications go through this. */
  receive: Receive
  /** The notifications as the handler has read them. */
  // biome-ignore lint/suspicious/noExplicitAny: what an SDK has opened
  readonly received: any[]
}

/** Starts `wechatpay-edge simulator` on a free port, and a merchant's server. */
export async function startSimulatorServer(options: { platform?: string; tls?: true } = {}): Promise<SimulatorServer> {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  const stop = new AbortController()
  const file = (name: string) => readFile(join(folder, name), 'utf8')
  let ended: Promise<void> = Promise.resolve()
  const started = await new Promise<string>((resolve, reject) => {
    const terminal = { print: resolve, warn: console.error, stopped: stop.signal }
    ended = simulator.run({ port: '0', folder, json: true, quiet: true, ...options }, terminal, [])
    ended.catch(reject)
  })
  const { url, mchid, appid, serial } = JSON.parse(started)
  // Does the same as NODE_EXTRA_CA_CERTS=ca.pem from outside: no SDK is configured.
  if (options.tls) setDefaultCACertificates([...getCACertificates('default'), await file('ca.pem')])

  const received: unknown[] = []
  const merchant = createServer(async (request, response) => {
    try {
      received.push(await simulated.receive({ headers: flat(request.headers), body: await text(request) }))
      const v2 = received.at(-1) as { return_code?: string }
      if (v2.return_code) response.end('<xml><return_code>SUCCESS</return_code></xml>')
      else response.writeHead(204).end()
    } catch (error) {
      response.writeHead(401, { 'Content-Type': 'application/json' })
      response.end(JSON.stringify({ code: 'FAIL', message: (error as Error).message }))
    }
  })
  await new Promise<void>(resolve => merchant.listen(0, '127.0.0.1', resolve))

  const simulated: SimulatorServer = {
    url,
    folder,
    mchid,
    appid,
    serial,
    file,
    received,
    notify_url: `http://127.0.0.1:${(merchant.address() as AddressInfo).port}/notify`,
    names: () => readdir(folder),
    async control(path, body) {
      const init = body && {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      }
      const content = await (await fetch(`${url}/simulator${path}`, init)).text()
      return content ? JSON.parse(content) : undefined
    },
    receive: async () => {
      throw new Error('Nothing was to come.')
    },
    async [Symbol.asyncDispose]() {
      stop.abort()
      merchant.closeAllConnections()
      await Promise.all([ended, new Promise(resolve => merchant.close(resolve)), rm(folder, { recursive: true })])
    },
  }
  return simulated
}

const flat = (headers: IncomingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))
