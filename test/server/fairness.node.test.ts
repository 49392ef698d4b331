import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Wechatpay } from '../../src/core/index.ts'
import { openGateway } from '../../src/server/index.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import { eventually } from '../eventually.ts'

// Real servers on loopback, the guarded fetch, the ledger in SQLite. An endpoint that hangs accepts connections and says nothing.

const SECRET = `whsec_${btoa('0123456789abcdef0123456789abcdef')}`

/** Orders that are paid at once: more than an endpoint has deliveries on their way. */
const ORDERS_AT_ONCE = 100

async function listen(server: Server): Promise<string> {
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
}

/** Servers that hang; `cut` ends what hangs. */
async function hanging(count: number) {
  const sockets = new Set<Socket>()
  const servers: Server[] = []
  for (let at = 0; at < count; at++)
    servers.push(createServer(socket => void sockets.add(socket.on('error', () => {}))))
  const urls = await Promise.all(servers.map(listen))
  return {
    urls,
    connections: () => sockets.size,
    cut() {
      for (const server of servers) server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}

test.each([1, 5])(
  'while %i endpoints hang with all of their deliveries, another gets its own meanwhile',
  async count => {
    // No delivery that hangs runs out of time: whatever waits for one waits for ever.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const arrived = new Set<string>()
    const healthy = createHttpServer(async (incoming, outgoing) => {
      const { data } = JSON.parse(await text(incoming))
      arrived.add(data.resource.out_trade_no)
      outgoing.writeHead(204).end()
    })
    const away = await hanging(count)
    const urls = { healthy: await listen(healthy), ...Object.fromEntries(away.urls.entries()) }
    const held: { fetch?: (request: Request) => Promise<Response> } = {}
    const simulator = await createSimulator({ deliver: async (input, init) => held.fetch!(new Request(input, init)) })
    const { merchant, fetch: send } = simulator
    const server = await openGateway({
      merchants: { [merchant.mchid]: new Wechatpay({ ...merchant, fetch: send }) },
      callers: [],
      // The hanging ones come first by name, and by time.
      endpoints: Object.entries(urls).map(([name, url]) => ({
        name,
        url,
        events: ['*'],
        secrets: [SECRET],
        allowPrivate: true,
      })),
      data: ':memory:',
    })
    held.fetch = server.fetch
    const { mchid, appid } = merchant
    const wxpay = new Wechatpay({ ...merchant, fetch: send })
    const pay = async (out_trade_no: string) => {
      const order = { appid, mchid, description: '茶', out_trade_no, amount: { total: 1 } }
      await wxpay.v3.pay.transactions.native.post({ ...order, notify_url: `https://gateway.example/notify/${mchid}` })
      simulator.pay({ out_trade_no })
      await simulator.settled()
    }
    try {
      await Promise.all(Array.from({ length: ORDERS_AT_ONCE }, (_, at) => pay(`AT-ONCE-${at}`)))
      await eventually(() => expect(away.connections()).toBeGreaterThan(count * 30))
      await eventually(() => expect(arrived.size).toBe(ORDERS_AT_ONCE))
      for (let at = 0; at < 60; at++) {
        await pay(`LATER-${at}`)
        await eventually(() => expect(arrived).toContain(`LATER-${at}`))
      }
    } finally {
      away.cut()
      healthy.close()
      await server.close()
    }
  },
)
