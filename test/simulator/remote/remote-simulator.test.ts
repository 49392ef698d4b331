import { beforeAll, describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import {
  connectSimulator,
  createNamespaceServer,
  createSimulator,
  type RemoteSimulator,
  RemoteSimulatorError,
  type Simulator,
} from '../../../src/simulator/index.ts'

const URL_OF_IT = 'http://127.0.0.1:8989'
const NOTIFY_URL = 'https://shop.example/notify'

let simulator: Simulator
let send: typeof fetch
let remote: RemoteSimulator
beforeAll(async () => {
  simulator = await createSimulator({ seed: 'remote', deliver: async () => new Response() })
  const server = createNamespaceServer(simulator, {
    merchantFiles: ({ merchant }) => ({
      'apiclient_cert.p12': new Uint8Array([0x30, 0x80, 0xff]),
      'apiclient_key.pem': merchant.privateKey,
      'apiv3_key.txt': merchant.apiv3Key,
      'apiv2_key.txt': merchant.apiv2Key,
    }),
  })
  send = (input, init) => server.fetch(new Request(input, init))
  remote = await connectSimulator(`${URL_OF_IT}/`, { fetch: send })
})

/** Places an order as a shop does that knows only what the remote simulator has told it. */
async function placeOrder({ merchant, url }: RemoteSimulator, out_trade_no: string): Promise<Wechatpay> {
  const { appid, mchid } = merchant
  const wxpay = new Wechatpay({ ...merchant, baseUrl: url, fetch: send })
  const order = { appid, mchid, out_trade_no, description: 'tea', notify_url: NOTIFY_URL }
  await wxpay.v3.pay.transactions.native.post({ ...order, amount: { total: 100 } })
  return wxpay
}

const ordersOf = async (target: RemoteSimulator) =>
  ((await target.control('GET /simulator/orders')) as { out_trade_no: string }[]).map(order => order.out_trade_no)

it('configures a client, whose order the shopper pays', async () => {
  expect([remote.url, remote.merchant]).toEqual([URL_OF_IT, simulator.merchant])
  const wxpay = await placeOrder(remote, 'REMOTE-0001')
  await remote.control('POST /simulator/pay', { out_trade_no: 'REMOTE-0001' })
  expect(await remote.control('POST /simulator/settle')).toEqual({ now: expect.any(Number) })
  const params = { mchid: remote.merchant.mchid }
  const { data } = await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get({
    out_trade_no: 'REMOTE-0001',
    params,
  })
  expect(data.trade_state).toBe('SUCCESS')
})

it('has namespaces that do not meet, each with the keys of the simulator', async () => {
  const [a, b] = await Promise.all(['worker-a', 'worker-b'].map(name => remote.namespace(name)))
  expect([a!.url, a!.merchant]).toEqual([`${URL_OF_IT}/ns/worker-a`, simulator.merchant])
  await Promise.all([placeOrder(a!, 'WORKER-A'), placeOrder(b!, 'WORKER-B')])
  await a!.reset()
  expect([await ordersOf(a!), await ordersOf(b!)]).toEqual([[], ['WORKER-B']])
  const again = await a!.namespace('worker-b')
  expect([again.url, await ordersOf(again)]).toEqual([b!.url, ['WORKER-B']])
})

it('knows the keys of a merchant that was created later', async () => {
  await remote.control('POST /simulator/merchants', { mchid: '1900000160' })
  expect(await remote.merchantOf('1900000160')).toEqual(simulator.as('1900000160').merchant)
  await expect(remote.merchantOf('1900000161')).rejects.toMatchObject({ code: 'MERCHANT_UNKNOWN', status: 404 })
})

it('rejects with the reason of the simulator', async () => {
  const refusing = remote.control('POST /simulator/pay', { out_trade_no: 'ABSENT' })
  await expect(refusing).rejects.toBeInstanceOf(RemoteSimulatorError)
  await expect(refusing).rejects.toThrow(/^POST \/simulator\/pay: \d{3} [A-Z_]+: .*ABSENT/)
  await expect(remote.namespace('not a name')).rejects.toMatchObject({ status: 400, code: 'PARAM_ERROR' })
})

it('returns nothing where the response has no JSON', async () => {
  expect(await remote.control('POST /simulator/reset')).toBeUndefined()
  expect(await remote.control('GET /simulator/folder')).toBeUndefined()
})

describe('says that there is no simulator', () => {
  it('where another server responds', async () => {
    const other: typeof fetch = async () => new Response('<h1>Not found</h1>', { status: 404 })
    await expect(connectSimulator('http://127.0.0.1:3000', { fetch: other })).rejects.toThrow(
      'GET /simulator/merchants: http://127.0.0.1:3000 responds with 404 and is no simulator',
    )
  })

  it('where nothing responds, with the reason', async () => {
    const cause = new Error('connect ECONNREFUSED 127.0.0.1:3000')
    const none: typeof fetch = () => Promise.reject(new TypeError('fetch failed', { cause }))
    await expect(connectSimulator('http://127.0.0.1:3000', { fetch: none })).rejects.toThrow(
      'http://127.0.0.1:3000 does not respond (connect ECONNREFUSED 127.0.0.1:3000)',
    )
  })

  it('that gives out its keys, where it keeps them', async () => {
    const server = createNamespaceServer(simulator)
    const closed: typeof fetch = (input, init) => server.fetch(new Request(input, init))
    await expect(connectSimulator(URL_OF_IT, { fetch: closed })).rejects.toMatchObject({ code: 'FOLDER_UNAVAILABLE' })
  })
})
