import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listen } from '../../src/cli/simulator/server.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import { type Account, hashOf, startAccount, TOKEN, variablesOf } from './account.ts'

// The gateway and the Workers of some shops in workerd, bound to each other as in one account; WeChat Pay simulated over HTTP.

const ENTRYPOINT = 'WechatpayGateway'
const CALLERS = [
  {
    name: 'shop',
    binding: true,
    allow: [
      'POST /v3/pay/transactions/*',
      'GET /v3/pay/transactions/**',
      'POST /checkout/*',
      'POST /v2/pay/orderquery',
    ],
    maxAmount: 500,
  },
  { name: 'by-token', tokens: [hashOf('wxe_token-of-another')], allow: ['* /v3/**'] },
]
const SHOPS = {
  shop: { entrypoint: ENTRYPOINT, props: { caller: 'shop' } },
  'default-entrypoint': { props: { caller: 'shop' } },
  stranger: { entrypoint: ENTRYPOINT, props: { caller: 'nobody' } },
  impostor: { entrypoint: ENTRYPOINT, props: { caller: 'by-token' } },
  operator: { entrypoint: ENTRYPOINT, props: { caller: 'default' } },
  nameless: { entrypoint: ENTRYPOINT },
}

let simulator: Simulator
let account: Account
const closing: (() => Promise<void>)[] = []
let orders = 0
const order = (total = 100) => {
  const { appid, mchid } = simulator.merchant
  const notify_url = 'https://shop.example.com/notify'
  return { appid, mchid, description: '茶', out_trade_no: `T${100_000 + orders++}`, notify_url, amount: { total } }
}
type Result = Record<string, unknown>
const call = async (name: string, ...given: unknown[]): Promise<Result> =>
  (await (await account.shop(name, '/call', given)).json()) as Result
const sent = () => simulator.journal.length

beforeAll(async () => {
  simulator = await createSimulator()
  const server = await listen(request => simulator.fetch(request), { host: '127.0.0.1', port: 0 })
  closing.push(() => server.close())
  const variables = {
    ...(await variablesOf(simulator, server.url)),
    GATEWAY_TOKEN: hashOf(TOKEN),
    GATEWAY_LOG: 'warn',
    GATEWAY_CONFIG: JSON.stringify({ callers: CALLERS }),
  }
  account = await startAccount(variables, SHOPS)
  closing.push(account.close)
})
afterAll(async () => {
  for (const close of closing.reverse()) await close()
})

describe('a Worker that is bound to the gateway', () => {
  it('places an order without a token, and has WeChat Pay’s verified answer as a value', async () => {
    expect(await call('shop', 'POST', '/v3/pay/transactions/native', order())).toMatchObject({
      ok: true,
      status: 200,
      data: { code_url: expect.stringMatching(/^weixin:/) },
      verifiedBy: expect.stringMatching(/^PUB_KEY_ID_/),
    })
  })

  it('has the typed client of the library, its errors too', async () => {
    const placed = (await (await account.shop('shop', '/client', order())).json()) as Result
    expect(placed).toMatchObject({ code_url: expect.stringMatching(/^weixin:/) })
    const refused = (await (await account.shop('shop', '/client', order(501))).json()) as Result
    expect(refused).toEqual({
      name: 'GatewayError',
      code: 'GATEWAY_ERROR',
      status: 403,
      mayHaveTakenEffect: false,
      isTyped: true,
    })
  })

  it('is told as a value what WeChat Pay refuses, in both APIs', async () => {
    const { mchid, appid } = simulator.merchant
    expect(await call('shop', 'GET', `/v3/pay/transactions/out-trade-no/T999999?mchid=${mchid}`)).toMatchObject({
      ok: false,
      status: 404,
      code: 'ORDER_NOT_EXIST',
      isWechatpayError: true,
      mayHaveTakenEffect: false,
    })
    expect(
      await call('shop', 'POST', '/v2/pay/orderquery', { appid, mch_id: mchid, out_trade_no: 'T9' }),
    ).toMatchObject({
      ok: false,
      code: 'ORDERNOTEXIST',
      isWechatpayError: true,
    })
  })

  it('makes a call once under one idempotency key', async () => {
    const given = ['POST', '/v3/pay/transactions/native', order(), { idempotencyKey: 'k1' }]
    const before = sent()
    const first = await call('shop', ...given)
    expect(await call('shop', ...given)).toMatchObject({ ok: true, data: first.data })
    expect(sent() - before).toBe(1)
  })

  it('is refused what its caller may not do, and nothing is sent', async () => {
    const before = sent()
    const refund = await call('shop', 'POST', '/v3/refund/domestic/refunds', {})
    expect(refund).toMatchObject({ ok: false, status: 403, code: 'FORBIDDEN', isWechatpayError: false })
    const dear = await call('shop', 'POST', '/v3/pay/transactions/native', order(501))
    expect(dear).toMatchObject({ ok: false, status: 403, code: 'AMOUNT_OVER_CAP' })
    expect(await call('shop', 'GET', '/admin/merchants')).toMatchObject({ ok: false, status: 403 })
    expect(sent()).toBe(before)
  })

  it('is not mistaken for an address that WeChat Pay could notify', async () => {
    const { notify_url: _, ...rest } = order()
    expect(await call('shop', 'POST', '/checkout/native', rest)).toMatchObject({ code: 'NOTIFY_URL_MISSING' })
  })

  it('cannot make the gateway call another host by its path', async () => {
    expect(await call('shop', 'GET', '//attacker.example/v3/certificates')).toMatchObject({ ok: false, status: 404 })
  })

  it('has the same rights at the default entrypoint', async () => {
    const init = await account.shop('default-entrypoint', '/v3/pay/transactions/native', order())
    expect(init.status).toBe(200)
  })
})

describe('a binding gives no rights that the gateway has not given', () => {
  it.each(['stranger', 'impostor', 'operator'])('where its props name %s, which no binding may be', async name => {
    const before = sent()
    expect(await call(name, 'POST', '/v3/pay/transactions/native', order())).toMatchObject({
      ok: false,
      status: 403,
      code: 'FORBIDDEN',
    })
    expect(sent()).toBe(before)
  })

  it('for what its "allow" has not: the refusal speaks of the binding, and of no token', async () => {
    const refused = await call('shop', 'GET', '/v3/certificates')
    expect(refused).toMatchObject({ ok: false, status: 403, code: 'FORBIDDEN' })
    expect(refused.message).toMatch(/"allow" of shop.*props of the service binding/)
    expect(refused.message).not.toContain('token')
  })

  it('where its props name nobody: a token is asked for', async () => {
    expect(await call('nameless', 'POST', '/v3/pay/transactions/native', order())).toMatchObject({
      ok: false,
      status: 401,
      code: 'UNAUTHENTICATED',
    })
  })

  it('and nobody outside can say to be bound', async () => {
    const headers = {
      'content-type': 'application/json',
      'cf-worker': 'shop',
      'mf-props': '{"caller":"shop"}',
      props: '{"caller":"shop"}',
      'wechatpay-edge-caller': 'shop',
      caller: 'shop',
    }
    const init = { method: 'POST', headers, body: JSON.stringify(order()) }
    const response = await fetch(`${account.url}/v3/pay/transactions/native?caller=shop`, init)
    expect([response.status, await response.json()]).toMatchObject([401, { code: 'UNAUTHENTICATED' }])
  })
})
