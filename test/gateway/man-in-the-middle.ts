import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Simulator } from '../../src/simulator/index.ts'

/** A request of the gateway's, as it came over the wire. */
export interface Intercepted {
  /** Method and path: `GET /v3/…`. */
  readonly name: string
  readonly method: string
  /** Path and query. */
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: Buffer
}

/** A response of WeChat Pay's, byte for byte. */
export interface Genuine {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Buffer
}

export interface ManInTheMiddle {
  readonly baseUrl: string
  readonly requests: Intercepted[]
  /** Chooses the response to each request. Default: WeChat Pay's. */
  respond: (request: Intercepted) => Promise<Genuine>
  /** Sends a request to WeChat Pay: the one that has just come, or one of before. */
  readonly forward: (request: Intercepted) => Promise<Genuine>
  readonly close: () => Promise<void>
}

/** Opens a server that ends the connection to WeChat Pay: it has no key, and may send on, withhold and repeat what passes. */
export async function openManInTheMiddle(simulator: Simulator): Promise<ManInTheMiddle> {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of incoming) chunks.push(chunk as Uint8Array)
    const { method = '', url = '', headers } = incoming
    const { host: _, connection: __, 'transfer-encoding': ___, ...rest } = headers
    const name = `${method} ${url.split('?')[0]}`
    const request = { name, method, url, headers: rest as Record<string, string>, body: Buffer.concat(chunks) }
    middle.requests.push(request)
    const response = await middle.respond(request)
    outgoing.writeHead(response.status, response.headers.flat()).end(response.body)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const middle: ManInTheMiddle = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    requests: [],
    respond: request => middle.forward(request),
    async forward({ method, url, headers, body }) {
      const init = { method, headers, ...(body.length > 0 && { body }) } as RequestInit
      const response = await simulator.fetch(`https://api.mch.weixin.qq.com${url}`, init)
      return {
        status: response.status,
        headers: [...response.headers],
        body: Buffer.from(await response.arrayBuffer()),
      }
    },
    close: () => new Promise(resolve => server.close(() => resolve())),
  }
  return middle
}
