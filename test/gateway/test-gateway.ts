import { stringifyJson, Wechatpay, type WechatpayOptions } from '../../src/core/index.ts'
import type { Endpoint } from '../../src/gateway/delivery/endpoint.ts'
import { type Caller, createGateway, type Gateway, type GatewayOptions, type Job } from '../../src/gateway/index.ts'
import type { Ledger } from '../../src/gateway/store/ledger.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { type Database, openDatabase } from '../../src/storage/sqlite.ts'
import { localLedger } from '../../src/storage/sqlite-ledger.ts'

/** The merchant's service that receives webhooks. */
export interface TestEndpoint {
  readonly received: {
    id: string
    body: { type: string; data: Record<string, unknown> }
    headers: Headers
    text: string
  }[]
  /** Default: 204. */
  answer: (received: number) => Response | Promise<Response>
}

interface Proxy {
  /** Default: nothing is changed. */
  change: (request: Request) => Request
}

/** The gateway to which the simulated WeChat Pay sends notifications. */
interface Held {
  gateway?: Gateway
  readonly proxy: Proxy
}

export interface TestGateway {
  readonly simulator: Simulator
  readonly gateway: Gateway
  readonly ledger: Ledger
  readonly database: Database
  readonly shop: TestEndpoint
  /** The jobs in the outbox; a test may lose them. */
  readonly jobs: Job[]
  /** Milliseconds since 1970; moved by hand. */
  readonly clock: { now: number }
  readonly logged: string[]
  /** Sends a request of the caller, with its token. */
  call(path: string, init?: RequestInit): Promise<Response>
  /** The gateway's address for notifications. */
  readonly notifyUrl: string
  /** The proxy before the gateway, which a test may have change notifications. */
  readonly proxy: Proxy
  /** Carries jobs out, and those that come of them, until there is none that is due. */
  drain(): Promise<void>
  /** The same ledger, in another process. */
  restart(more?: Partial<GatewayOptions>): Promise<TestGateway>
}

export const CALLER: Caller = { name: 'shop', credential: { tokens: [] }, allow: ['* /**'] }
export const SECRET = `whsec_${btoa('0123456789abcdef0123456789abcdef')}`
export const SHOP: Endpoint = {
  name: 'shop',
  url: 'https://shop.example.com/wechatpay',
  events: ['*'],
  secrets: [SECRET],
}

/** Creates a gateway on Node, between the simulator and a merchant's service that receives webhooks. */
export async function createTestGateway(
  options: Partial<GatewayOptions> = {},
  client: Partial<WechatpayOptions> = {},
  wrap: (database: Database) => Database = database => database,
): Promise<TestGateway> {
  const held: Held = { proxy: { change: request => request } }
  const simulator = await createSimulator({
    seed: 'gateway',
    brandId: '40001',
    sharingNotifyUrl: 'https://gateway.example.com/notify',
    deliver: async (input, init) => held.gateway!.fetch(held.proxy.change(new Request(input, init))),
  })
  return assemble(simulator, wrap(await openDatabase(':memory:')), held, options, client)
}

async function assemble(
  simulator: Simulator,
  database: Database,
  held: Held,
  options: Partial<GatewayOptions>,
  client: Partial<WechatpayOptions>,
): Promise<TestGateway> {
  const { merchant, brand, fetch, mtlsFetch } = simulator
  const own = { ...merchant, ...(brand && { brand }) }
  const clock = { now: Date.now() }
  const ledger = localLedger(database, () => clock.now)
  const jobs: Job[] = []
  const logged: string[] = []
  const shop: TestEndpoint = { received: [], answer: () => new Response(null, { status: 204 }) }
  const toShop: typeof globalThis.fetch = async (input, init) => {
    const request = new Request(input, init)
    const text = await request.text()
    const { headers } = request
    shop.received.push({ id: headers.get('webhook-id')!, body: JSON.parse(text), headers, text })
    return shop.answer(shop.received.length)
  }
  const note = (event: string, members: object = {}) => void logged.push(stringifyJson({ event, ...members }))
  const gateway = createGateway({
    merchants: { [merchant.mchid]: new Wechatpay({ ...own, fetch, mtlsFetch, retry: false, ...client }) },
    callers: [CALLER],
    authenticate: async () => CALLER,
    endpoints: [SHOP],
    ledgerOf: () => ledger,
    outbox: { enqueue: async more => void jobs.push(...more) },
    fetchOf: () => toShop,
    publicUrl: 'https://gateway.example.com',
    log: { level: 'debug', debug: note, info: note, warn: note, error: note },
    now: () => clock.now,
    ...options,
  })
  held.gateway = gateway
  return {
    simulator,
    gateway,
    ledger,
    database,
    shop,
    jobs,
    clock,
    logged,
    proxy: held.proxy,
    notifyUrl: `https://gateway.example.com/notify/${merchant.mchid}`,
    call: (path, init) => gateway.fetch(new Request(new URL(path, 'https://gateway.example.com'), init)),
    async drain() {
      for (let job = jobs.shift(); job; job = jobs.shift()) await gateway.deliver(job)
    },
    restart: more => assemble(simulator, database, held, { ...options, ...more }, client),
  }
}

export const json = (body: unknown, headers: Record<string, string> = {}): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
})

/** A Native order of one yuan that the gateway is told of. */
export const nativeOrder = ({ simulator, notifyUrl }: TestGateway, out_trade_no: string, more: object = {}): object => {
  const { appid, mchid } = simulator.merchant
  return { appid, mchid, description: '茶', out_trade_no, notify_url: notifyUrl, amount: { total: 100 }, ...more }
}

/** Places an order through the gateway, and has the shopper pay it; the notification is on its way when it returns. */
export async function payOrder(harness: TestGateway, out_trade_no: string): Promise<void> {
  const placed = await harness.call('/v3/pay/transactions/native', json(nativeOrder(harness, out_trade_no)))
  if (placed.status !== 200) throw new Error(await placed.text())
  harness.simulator.pay({ out_trade_no })
  await harness.simulator.settled()
}

/** Makes a dead letter of a delivery, as its last attempt does. */
export async function killDelivery({ ledger, clock }: TestGateway, { delivery }: Job): Promise<void> {
  await ledger.claimDelivery(delivery)
  await ledger.recordAttempt(delivery, { tries: 0, at: clock.now, ms: 0, status: 400, error: 'STATUS', result: 'dead' })
}

/** The same by APIv2. */
export async function payV2Order({ simulator, notifyUrl, call }: TestGateway, out_trade_no: string): Promise<void> {
  const { appid, mchid: mch_id } = simulator.merchant
  const order = { appid, mch_id, body: '茶', out_trade_no, total_fee: '100', notify_url: notifyUrl }
  const placed = await call(
    '/v2/pay/unifiedorder',
    json({ ...order, spbill_create_ip: '127.0.0.1', trade_type: 'NATIVE' }),
  )
  if (placed.status !== 200) throw new Error(await placed.text())
  simulator.pay({ out_trade_no })
  await simulator.settled()
}
