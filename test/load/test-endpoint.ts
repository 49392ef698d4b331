import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { Webhook } from 'standardwebhooks'
import { createRandom } from './random.ts'

/** An event as an endpoint saw it, counted in the requests before it. */
export interface Seen {
  readonly webhookId: string
  readonly firstTried: number
  acknowledged?: number
  tries: number
}

/** A merchant's endpoint, over HTTP. */
export interface TestEndpoint {
  readonly url: string
  /** By WeChat Pay's id of the event. */
  readonly seen: ReadonlyMap<string, Seen>
  readonly failures: () => number
  /** Requests that no webhook of the gateway's is, or that name an event otherwise than before. */
  readonly wrong: readonly string[]
  /** When it has acknowledged so many events. */
  readonly acknowledged: (events: number) => Promise<void>
  readonly close: () => Promise<void>
}

export interface EndpointFaults {
  /** The share of requests that fail: two of three with HTTP 500, one with the connection cut. */
  readonly failing: number
  /** Fails an event no oftener, or some of many would be given up. */
  readonly mostFailures: number
  /** The share of answers that take {@link SLOW}. */
  readonly slow: number
}

/** Milliseconds. */
const SLOW = 300

export async function startTestEndpoint(
  secret: string,
  { failing, mostFailures, slow }: EndpointFaults,
): Promise<TestEndpoint> {
  const webhook = new Webhook(secret)
  const seen = new Map<string, Seen>()
  const wrong: string[] = []
  const waiting: { events: number; resolve: () => void }[] = []
  const random = createRandom(1)
  let [requests, failures, done] = [0, 0, 0]

  const note = (body: string, headers: IncomingHttpHeaders): Seen | undefined => {
    try {
      webhook.verify(body, headers as Record<string, string>)
      const webhookId = String(headers['webhook-id'])
      const { id } = (JSON.parse(body) as { data: { id: string } }).data
      const known = seen.get(id) ?? { webhookId, firstTried: requests, tries: 0 }
      if (known.webhookId !== webhookId) throw new Error(`${id} is ${known.webhookId} and ${webhookId}`)
      seen.set(id, known)
      return known
    } catch (error) {
      wrong.push(String(error))
      return undefined
    }
  }

  const server = createServer(async (request, response) => {
    const event = note(await text(request), request.headers)
    requests++
    if (!event) return response.writeHead(400).end()
    event.tries++
    if (event.acknowledged === undefined && event.tries <= mostFailures && random() < failing) {
      failures++
      return failures % 3 === 0 ? request.socket.destroy() : response.writeHead(500).end('no')
    }
    if (random() < slow) await new Promise(resolve => setTimeout(resolve, SLOW))
    if (event.acknowledged === undefined) {
      event.acknowledged = requests
      done++
    }
    response.writeHead(204).end()
    for (const { events, resolve } of waiting) if (done >= events) resolve()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/wechatpay`,
    seen,
    wrong,
    failures: () => failures,
    acknowledged: events => new Promise(resolve => (done >= events ? resolve() : waiting.push({ events, resolve }))),
    async close() {
      server.closeAllConnections()
      server.close()
    },
  }
}
