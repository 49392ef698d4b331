import { createServer, type IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import type { TestProject } from 'vitest/node'

/** What a shop was sent. */
export interface Received {
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

const headersOf = ({ headers }: IncomingMessage) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

/**
 * A merchant's own service, which takes webhooks while the tests run in workerd: a POST is remembered, and answered with 204;
 * `GET /` tells what came, and forgets it; `POST /fail/{n}` is answered with 500 the first n times. What is put at `/jwks` are
 * the keys of an issuer of tokens.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  let received: Received[] = []
  let failures = 0
  let jwks = ''
  const server = createServer(async (incoming, outgoing) => {
    if (incoming.url === '/jwks') {
      if (incoming.method === 'PUT') jwks = await text(incoming)
      outgoing.setHeader('content-type', 'application/json').end(jwks)
      return
    }
    if (incoming.method === 'GET') {
      outgoing.end(JSON.stringify(received))
      return
    }
    const body = await text(incoming)
    if (incoming.url === '/forget') {
      received = []
      failures = Number(body)
      outgoing.end()
      return
    }
    received.push({ headers: headersOf(incoming), text: body })
    outgoing.writeHead(failures-- > 0 ? 500 : 204).end()
  })
  const port = Number(process.env.WECHATPAY_EDGE_SHOP_PORT)
  await new Promise<void>(resolve => server.listen(port, '127.0.0.1', resolve))
  project.provide('shop', `http://127.0.0.1:${port}`)
  return () => new Promise(resolve => void server.close(() => resolve()))
}

declare module 'vitest' {
  interface ProvidedContext {
    shop: string
  }
}
