import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { micropayOutcome, refund } from '../../../src/flows/payment/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { LIES, type LyingProxy, openLyingProxy } from '../../lying-proxy.ts'
import { authCode, NOTIFY_URL, unusedNumber } from './test-merchant.ts'

// A proxy forwards the call, WeChat Pay carries it out, and the proxy answers in words of its own. Nothing of that is signed.

let simulator: Simulator
let proxy: LyingProxy
let wxpay: Wechatpay
beforeEach(async () => {
  simulator = await createSimulator({ deliver: async () => new Response(null, { status: 204 }) })
  proxy = await openLyingProxy(simulator)
  const { baseUrl } = proxy
  wxpay = new Wechatpay({ ...simulator.merchant, baseUrl, mtlsFetch: fetch, retry: { delay: () => 0 } })
})
afterEach(() => proxy.close())

const wait = async () => {}
const posts = () => proxy.forwarded.filter(name => /^POST .*(refunds|secapi\/pay\/refund|codepay|micropay)$/.test(name))

/** Places an order of 100 fen, which is paid, and returns its refund in either API. */
async function refundable(api: 'v2' | 'v3') {
  const { appid, mchid } = simulator.merchant
  const out_trade_no = unusedNumber()
  const order = { appid, mchid, description: 'd', out_trade_no, notify_url: NOTIFY_URL, amount: { total: 100 } }
  await wxpay.v3.pay.transactions.native.post(order)
  simulator.pay({ out_trade_no })
  const own = { out_trade_no, out_refund_no: unusedNumber() }
  return api === 'v2' ? { ...own, appid, mch_id: mchid, refund_fee: 30 } : { ...own, amount: { refund: 30 } }
}

const payment = (api: 'v2' | 'v3') => {
  const { appid, mchid } = simulator.merchant
  const out_trade_no = unusedNumber()
  return api === 'v2'
    ? {
        appid,
        mch_id: mchid,
        body: 'b',
        out_trade_no,
        total_fee: 100,
        spbill_create_ip: '127.0.0.1',
        auth_code: authCode(),
      }
    : {
        appid,
        mchid,
        description: 'd',
        out_trade_no,
        amount: { total: 100 },
        payer: { auth_code: authCode() },
        scene_info: { store_info: { id: '1' } },
      }
}

describe.each(LIES)('a proxy that answers %s after the call took effect', (_, lie) => {
  test('leaves a doubt, and the call is sent once', async () => {
    const request = await refundable('v3')
    proxy.lie = name => (name.endsWith('/refunds') ? lie : undefined)
    const body = { ...request, amount: { refund: 30, total: 100, currency: 'CNY' } }
    const error = await wxpay.request('POST', 'v3/refund/domestic/refunds', { body }).catch(cause => cause)
    expect(error).toMatchObject({ name: 'ServiceError', mayHaveTakenEffect: true, verifiedBy: undefined })
    expect(posts()).toHaveLength(1)
  })

  test.each(['v2', 'v3'] as const)('does not make refund() say refused, %s', async api => {
    const request = await refundable(api)
    proxy.lie = name => (/(refunds|pay\/refund)$/.test(name) ? lie : undefined)
    expect(await refund(wxpay, request, { wait })).toMatchObject({ by: 'query' })
    expect(posts()).toHaveLength(1)
  })

  test.each(['v2', 'v3'] as const)(
    'to queries too makes refund() say unknown; the same call later finds it, %s',
    async api => {
      const request = await refundable(api)
      let isSent = false
      proxy.lie = name => {
        isSent ||= /(refunds|pay\/refund)$/.test(name)
        return isSent ? lie : undefined
      }
      await expect(refund(wxpay, request, { wait })).rejects.toMatchObject({
        code: 'OUTCOME_UNKNOWN',
        mayHaveTakenEffect: true,
      })
      proxy.lie = () => undefined
      expect(await refund(wxpay, request, { wait })).toMatchObject({ isRepeat: true, amount: 30 })
    },
  )

  test.each(['v2', 'v3'] as const)('does not make a payment by code refused: a query finds it paid, %s', async api => {
    proxy.lie = name => (/(codepay|micropay)$/.test(name) ? lie : undefined)
    expect(await micropayOutcome(wxpay, payment(api), { wait })).toMatchObject({ state: 'paid', by: 'query' })
  })

  test.each(['v2', 'v3'] as const)('to everything never makes a payment by code refused, %s', async api => {
    proxy.lie = () => lie
    const order = payment(api)
    const { state } = await micropayOutcome(wxpay, order, { wait, limit: 10_000, reversals: 1 })
    expect([state, simulator.order(order.out_trade_no)!.trade_state]).toEqual(['unknown', 'REVOKED'])
  })
})

test('an unsigned 401 SIGN_ERROR is WeChat Pay’s own refusal', async () => {
  const { privateKey } = await createSimulator().then(({ merchant }) => merchant)
  const stranger = new Wechatpay({
    ...simulator.merchant,
    privateKey,
    certificate: undefined,
    baseUrl: proxy.baseUrl,
  } as never)
  const body = { out_trade_no: unusedNumber() }
  const error = await stranger
    .request('POST', 'v3/pay/transactions/native', { body, retry: false })
    .catch(cause => cause)
  expect(error).toMatchObject({ serviceCode: 'SIGN_ERROR', verifiedBy: undefined, mayHaveTakenEffect: false })
})
