import { createServer, type Server } from 'node:http'
import { Webhook } from 'standardwebhooks'
import { freePort } from '../../../free-port.ts'

/** A program on this machine that receives events, and verifies them with the reference library of Standard Webhooks. */
export interface TestTarget {
  readonly url: string
  /** The events that it has accepted: their `webhook-id` and a number of theirs. */
  readonly accepted: { readonly id: string; readonly number: string }[]
  /** All requests, in the order of their arrival. */
  readonly requests: { readonly number: string; readonly attempt: string; readonly status: number }[]
  /** Returns the status for an event; 204 by default. */
  respond: (number: string, attempt: number) => number | Promise<number>
  /** Stops listening, so that connections are refused. */
  stop(): Promise<void>
  /** Listens again, at the same port. */
  start(): Promise<void>
}

interface SentBody {
  readonly data: { readonly resource: { readonly out_trade_no?: string; readonly out_refund_no?: string } }
}

export async function createTestTarget(secret: () => string): Promise<TestTarget> {
  let server: Server | undefined
  const port = await freePort()
  const target: TestTarget = {
    get url() {
      return `http://127.0.0.1:${port}/notify`
    },
    accepted: [],
    requests: [],
    respond: () => 204,
    async stop() {
      const stopped = server
      server = undefined
      if (!stopped) return
      const closed = new Promise(resolve => stopped.close(resolve))
      stopped.closeAllConnections()
      await closed
    },
    async start() {
      const started = createServer(async (incoming, outgoing) => {
        let text = ''
        for await (const chunk of incoming.setEncoding('utf8')) text += chunk
        const headers = incoming.headers as Record<string, string>
        const { data } = new Webhook(secret()).verify(text, headers) as SentBody
        const number = data.resource.out_refund_no ?? data.resource.out_trade_no ?? ''
        const attempt = headers['wechatpay-edge-attempt']!
        const status = await target.respond(number, Number(attempt))
        target.requests.push({ number, attempt, status })
        if (status < 300) target.accepted.push({ id: headers['webhook-id']!, number })
        outgoing.writeHead(status, status === 302 ? { location: 'http://127.0.0.1:1/' } : {})
        outgoing.end(status < 400 ? undefined : `no room\nfor ${number}`)
      })
      await new Promise<void>(resolve => started.listen(port, '127.0.0.1', resolve))
      server = started
    },
  }
  await target.start()
  return target
}
