import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Simulator } from '../src/simulator/index.ts'

/** The proxy's response in WeChat Pay's place; undefined: it passes WeChat Pay's on. */
export type Lie = { readonly status: number; readonly type: string; readonly body: string } | undefined

const json = (status: number, code: string): Lie => ({
  status,
  type: 'application/json',
  body: JSON.stringify({ code, message: 'the proxy says so' }),
})

/** Unsigned refusals in codes of a proxy's own. */
export const LIES: readonly (readonly [name: string, lie: Lie])[] = [
  ['HTML 403', { status: 403, type: 'text/html', body: '<html><h1>Forbidden</h1></html>' }],
  ['JSON 400 BAD_REQUEST', json(400, 'BAD_REQUEST')],
  ['JSON 400 InvalidRequest', json(400, 'InvalidRequest')],
  ['JSON 401 UNAUTHORIZED', json(401, 'UNAUTHORIZED')],
  ['JSON 403 FORBIDDEN', json(403, 'FORBIDDEN')],
  ['JSON 404 NOT_FOUND', json(404, 'NOT_FOUND')],
  [
    'JSON 413 with a number for a code',
    { status: 413, type: 'application/json', body: '{"code":413,"message":"big"}' },
  ],
  ['JSON 429 TOO_MANY_REQUESTS', json(429, 'TOO_MANY_REQUESTS')],
]

export interface LyingProxy {
  readonly baseUrl: string
  /** Requests that WeChat Pay got: `POST /v3/…`. */
  readonly forwarded: string[]
  /** Says what to answer to a request that WeChat Pay has carried out. */
  lie: (request: string) => Lie
  readonly close: () => Promise<void>
}

/** Opens an HTTP proxy on the loopback that forwards each request to WeChat Pay, and then answers what it likes. */
export async function openLyingProxy(simulator: Simulator): Promise<LyingProxy> {
  const forwarded: string[] = []
  const server = createServer(async (request, response) => {
    const chunks: Uint8Array[] = []
    for await (const chunk of request) chunks.push(chunk as Uint8Array)
    const { method = '', url = '', headers } = request
    const { host: _, connection: __, 'transfer-encoding': ___, ...rest } = headers
    const answer = await simulator.mtlsFetch(`https://api.mch.weixin.qq.com${url}`, {
      method,
      headers: rest as Record<string, string>,
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    })
    const name = `${method} ${url.split('?')[0]}`
    forwarded.push(name)
    const lie = proxy.lie(name)
    response.writeHead(lie?.status ?? answer.status, lie ? { 'content-type': lie.type } : [...answer.headers].flat())
    response.end(lie?.body ?? new Uint8Array(await answer.arrayBuffer()))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const proxy: LyingProxy = {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    forwarded,
    lie: () => undefined,
    close: () => new Promise(resolve => server.close(() => resolve())),
  }
  return proxy
}
