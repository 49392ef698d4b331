import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { TestProject } from 'vitest/node'

/** A request that a shop has received. */
export interface Received {
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

const headersOf = ({ headers }: IncomingMessage) =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]))

/** A shop, as long as the tests run. */
interface Shop {
  received: Received[]
  failures: number
  jwks: string
}

/**
 * Merchants' own services, which take webhooks while the tests run in workerd: one at `/{name}` for each name that somebody uses,
 * because test files run at the same time. There a POST is remembered, and answered with 204; a GET tells what came;
 * `POST /{name}/forget` forgets, and has the next webhooks answered with 500, as many as its body says. The keys of an
 * issuer of tokens are put at `/{name}/jwks`.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const shops = new Map<string, Shop>()
  const server = createServer(async (incoming, outgoing) => {
    const [, name = '', path] = String(incoming.url).split('/')
    const shop = shops.get(name) ?? { received: [], failures: 0, jwks: '' }
    shops.set(name, shop)
    if (path === 'jwks') {
      if (incoming.method === 'PUT') shop.jwks = await text(incoming)
      outgoing.setHeader('content-type', 'application/json').end(shop.jwks)
      return
    }
    if (incoming.method === 'GET') {
      outgoing.end(JSON.stringify(shop.received))
      return
    }
    const body = await text(incoming)
    if (path === 'forget') {
      shop.received = []
      shop.failures = Number(body)
      outgoing.end()
      return
    }
    shop.received.push({ headers: headersOf(incoming), text: body })
    outgoing.writeHead(shop.failures-- > 0 ? 500 : 204).end()
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  project.provide('shop', `http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  return () => new Promise(resolve => void server.close(() => resolve()))
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Below which each name is a shop of its own. */
    shop: string
  }
}
