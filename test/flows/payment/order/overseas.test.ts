import { describe, expect, it } from 'vitest'
import { CallError, type Notification, receiveNotification, Wechatpay } from '../../../../src/core/index.ts'
import {
  closeOrder,
  micropayOutcome,
  redirectRefund,
  refund,
  reverseMicropay,
  settledOrder,
  settledRefund,
  startH5,
  startNative,
} from '../../../../src/flows/payment/index.ts'
import { crypto } from '../../../webcrypto.ts'
import { merchant_category_code } from '../placed.ts'
import { authCode, createTestMerchant, NOTIFY_URL, type TestMerchant, unusedNumber } from '../test-merchant.ts'

// Orders of merchants abroad (境外支付, /v3/global/…): other paths, other currencies, and `id` for WeChat Pay's numbers.

const SUB = '1900000110'
const OTHER_SUB = '1900000111'

const credentialsOf = ({ simulator: { merchant } }: TestMerchant, sub_mchid?: string) =>
  sub_mchid === undefined
    ? { appid: merchant.appid, mchid: merchant.mchid }
    : { sp_appid: merchant.appid, sp_mchid: merchant.mchid, sub_mchid }

/** Places an order of 17.50 Hong Kong dollars, or 1,750 yen. */
async function place(
  shop: TestMerchant,
  { out_trade_no = unusedNumber(), currency = 'HKD', sub_mchid, total = 1750 }: Draft = {},
) {
  await shop.wxpay.v3.global.transactions.native.post({
    ...credentialsOf(shop, sub_mchid),
    out_trade_no,
    merchant_category_code,
    trade_type: 'NATIVE',
    description: 'tea',
    notify_url: NOTIFY_URL,
    amount: { total, currency },
  })
  return out_trade_no
}
interface Draft {
  out_trade_no?: string
  currency?: string
  sub_mchid?: string | undefined
  total?: number
}

/** A shop whose intake verifies each notification and dispatches it. */
async function open() {
  const notifications = new EventTarget()
  const heard: Notification[] = []
  let wxpay: Wechatpay | undefined
  const shop = await createTestMerchant({}, async (input, init) => {
    const detail = await receiveNotification(wxpay!, new Request(input, init))
    heard.push(detail)
    notifications.dispatchEvent(new CustomEvent('notification', { detail }))
    return new Response(null, { status: 204 })
  })
  wxpay = shop.wxpay
  return { shop, ...shop, notifications, heard }
}

const caught = (of: Promise<unknown>) =>
  of.then(
    () => expect.unreachable(),
    (error: unknown) => error,
  )
/** The hosts of the mainland, for a client that does not say `hongKong`. */
const MAINLAND = 'https://api.mch.weixin.qq.com/v3/global/'

describe('an overseas order', () => {
  it('that is paid is one only in its own currency', async () => {
    const { shop, wxpay, simulator } = await open()
    const out_trade_no = await place(shop)
    simulator.pay({ out_trade_no })
    const name = { out_trade_no, merchant_category_code }
    const { appid } = simulator.merchant
    const settle = (expected: object) =>
      settledOrder(wxpay, name, { deadline: 0, expect: { total: 1750, appid, ...expected } })
    expect(await settle({ currency: 'HKD' })).toMatchObject({ state: 'SUCCESS', data: { out_trade_no } })
    // 17.50 yuan is another order, and so is the one of 1,750 yen.
    for (const currency of [undefined, 'JPY'])
      expect(await settle({ currency })).toMatchObject({
        state: 'UNEXPECTED',
        tradeState: 'SUCCESS',
        differences: [{ field: 'currency', expected: currency ?? 'CNY', received: 'HKD' }],
      })
  })

  it('is known by WeChat Pay’s number, which its query and its notification call id', async () => {
    const { shop, wxpay, simulator, notifications, heard, wait } = await open()
    const [out_trade_no, other] = [await place(shop), await place(shop)]
    simulator.pay({ out_trade_no })
    await wait(0)
    const transaction_id = simulator.order(out_trade_no)!.transaction_id!
    expect(heard[0]!.resource).toMatchObject({ id: transaction_id, trade_state: 'SUCCESS' })
    expect(heard[0]!.resource).not.toHaveProperty('transaction_id')
    const name = { transaction_id, merchant_category_code }
    expect(await settledOrder(wxpay, name, { deadline: 0 })).toMatchObject({
      by: 'query',
      state: 'SUCCESS',
      data: { id: transaction_id, out_trade_no },
    })
    // Queries fail: only the notification that is about it settles it.
    simulator.faults.add({ kind: 'cut-connection', path: '/v3/global/**' })
    const never: TestMerchant['wait'] = () => new Promise(() => {})
    const waiting = settledOrder(wxpay, name, { deadline: Number.MAX_SAFE_INTEGER, notifications, wait: never })
    simulator.pay({ out_trade_no: other })
    await simulator.settled()
    notifications.dispatchEvent(new CustomEvent('notification', { detail: heard[0] }))
    expect(await waiting).toMatchObject({ by: 'notification', data: { out_trade_no } })
  })

  it.each(['out_trade_no', 'transaction_id'] as const)(
    'is not settled by the genuine response about another, asked for by %s',
    async field => {
      const shop = await createTestMerchant()
      const { simulator } = shop
      const [asked, paid] = [await place(shop), await place(shop)]
      for (const out_trade_no of [asked, paid]) simulator.pay({ out_trade_no })
      const numberOf = (out_trade_no: string) =>
        field === 'out_trade_no' ? out_trade_no : simulator.order(out_trade_no)!.transaction_id!
      // WeChat Pay's signature covers the body only, not what was asked.
      let genuine: Response | undefined
      const recording: typeof fetch = async (input, init) => {
        const response = await simulator.fetch(input, init)
        genuine = response.clone()
        return response
      }
      const options = { ...simulator.merchant, now: shop.now, crypto, retry: false } as const
      const about = { [field]: numberOf(paid), merchant_category_code } as never
      const recorder = new Wechatpay({ ...options, fetch: recording })
      expect(await settledOrder(recorder, about, { deadline: 0 })).toMatchObject({ state: 'SUCCESS' })
      const client = new Wechatpay({ ...options, fetch: async () => genuine!.clone() })
      const name = { [field]: numberOf(asked), merchant_category_code } as never
      expect(await settledOrder(client, name, { deadline: 0 })).toMatchObject({
        isFinal: false,
        state: undefined,
        error: { code: 'RESPONSE_MISMATCH', field },
      })
    },
  )

  it('is not settled by a genuine response without a body, which is about no order', async () => {
    const shop = await createTestMerchant()
    const { simulator } = shop
    const out_trade_no = await place(shop)
    let empty: Response | undefined
    const closing: typeof fetch = async (input, init) => {
      const response = await simulator.fetch(input, init)
      if (response.status === 204) empty = response.clone()
      return response
    }
    const options = { ...simulator.merchant, now: shop.now, crypto, retry: false } as const
    const name = { out_trade_no, merchant_category_code }
    await closeOrder(new Wechatpay({ ...options, fetch: closing }), name)
    const client = new Wechatpay({ ...options, fetch: async () => empty!.clone() })
    const unsettled = { isFinal: false, error: { code: 'RESPONSE_MISMATCH', field: 'out_trade_no' } }
    expect(await settledOrder(client, name, { deadline: 0 })).toMatchObject(unsettled)
  })

  it('and one of the mainland under the same number are not found by each other’s name', async () => {
    const shop = await createTestMerchant()
    const { wxpay, simulator } = shop
    const domestic = unusedNumber()
    const { appid, mchid } = simulator.merchant
    const order = { appid, mchid, description: 'd', notify_url: NOTIFY_URL, amount: { total: 1750 } }
    await wxpay.v3.pay.transactions.native.post({ ...order, out_trade_no: domestic })
    simulator.pay({ out_trade_no: domestic })
    const overseas = await place(shop)
    expect(await closeOrder(wxpay, { out_trade_no: domestic, merchant_category_code })).toMatchObject({
      state: 'absent',
    })
    expect(await closeOrder(wxpay, { out_trade_no: overseas })).toMatchObject({ state: 'absent' })
    expect(simulator.order(overseas)!.trade_state).toBe('NOTPAY')
  })

  it('is asked for at the access point that the client names, with the merchants of its kind', async () => {
    const shop = await createTestMerchant()
    const urls: URL[] = []
    const { simulator, now } = shop
    const recording: typeof fetch = (input, init) => {
      urls.push(new URL(String(input)))
      return simulator.fetch(input, init)
    }
    const client = (options: object) =>
      new Wechatpay({ ...simulator.merchant, now, crypto, fetch: recording, retry: false, ...options })
    const own = await place(shop)
    const sub = await place(shop, { sub_mchid: SUB })
    const { mchid } = simulator.merchant
    await settledOrder(client({}), { out_trade_no: own, merchant_category_code }, { deadline: 0 })
    const institution = { out_trade_no: sub, merchant_category_code, sp_mchid: mchid, sub_mchid: SUB }
    await settledOrder(client({ hongKong: true }), institution, { deadline: 0 })
    expect(urls.map(String)).toEqual([
      `${MAINLAND}transactions/out-trade-no/${own}?mchid=${mchid}`,
      `${MAINLAND.replace('api.', 'apihk.')}transactions/out-trade-no/${sub}?sp_mchid=${mchid}&sub_mchid=${SUB}`,
    ])
  })

  it('of a sub-merchant takes both numbers', async () => {
    const { wxpay } = await createTestMerchant()
    const name = { out_trade_no: unusedNumber(), merchant_category_code, sp_mchid: '1900000100' } as never
    await expect(settledOrder(wxpay, name, { deadline: 0 })).rejects.toMatchObject({ code: 'BODY_INVALID' })
    await expect(closeOrder(wxpay, name)).rejects.toMatchObject({ code: 'BODY_INVALID', field: 'sub_mchid' })
  })

  it('begins with a URL or a QR code', async () => {
    const { wxpay, simulator } = await createTestMerchant()
    const common = { description: 'd', notify_url: NOTIFY_URL, merchant_category_code, amount: { total: 1 } }
    const { appid, mchid } = simulator.merchant
    const { data: h5 } = await wxpay.v3.global.transactions.mweb.post({
      appid,
      mchid,
      ...common,
      out_trade_no: unusedNumber(),
      trade_type: 'MWEB',
      scene_info: { payer_client_ip: '127.0.0.1', store_info: { name: 'n', address: 'a' } },
    })
    expect(startH5({ ...h5, redirect_url: 'https://shop.example/' })).toMatch(/^https:.*&redirect_url=https%3A/)
    const body = { appid, mchid, ...common, out_trade_no: unusedNumber(), trade_type: 'NATIVE' }
    const { data: native } = await wxpay.v3.global.transactions.native.post(body)
    expect(startNative(native)).toMatch(/^weixin:/)
  })
})

describe('an overseas refund', () => {
  it('is in the currency of its order, and in no other', async () => {
    const shop = await createTestMerchant()
    const { wxpay, simulator, wait, calls } = shop
    const out_trade_no = await place(shop)
    simulator.pay({ out_trade_no })
    const request = { out_trade_no, out_refund_no: unusedNumber(), merchant_category_code }
    const before = calls().length
    for (const currency of ['CNY', 'JPY']) {
      const amount = { refund: 50, currency }
      const error = await caught(refund(wxpay, { ...request, amount }, { wait }))
      expect(error).toBeInstanceOf(CallError)
      expect(error).toMatchObject({ field: 'amount.currency', message: expect.stringContaining('in HKD') })
    }
    const much = await caught(refund(wxpay, { ...request, amount: { refund: 1751 } }, { wait }))
    expect(much).toMatchObject({ message: expect.stringContaining('an order of 17.50 HKD') })
    expect(calls().slice(before).join()).not.toContain('POST')
    const accepted = await refund(wxpay, { ...request, amount: { refund: 50 } }, { wait })
    expect(accepted).toMatchObject({
      amount: 50,
      state: 'PROCESSING',
      data: { amount: { currency: 'HKD', refund: 50 } },
    })
    expect(accepted.refund_id).toBe(simulator.refund(request.out_refund_no)!.refund_id)
    // Under the same number as much of another currency is another refund.
    const other = await caught(refund(wxpay, { ...request, amount: { refund: 50, currency: 'JPY' } }, { wait }))
    expect(other).toMatchObject({ field: 'out_refund_no', message: expect.stringContaining('0.50 HKD') })
    const name = { out_refund_no: request.out_refund_no, merchant_category_code }
    expect(await settledRefund(wxpay, name, { deadline: 0 })).toMatchObject({ state: 'SUCCESS', by: 'query' })
  })

  it('that was closed is told as closed, though WeChat Pay calls it REFUNDCLOSE', async () => {
    const shop = await createTestMerchant()
    const { wxpay, simulator, wait } = shop
    const out_trade_no = await place(shop, { sub_mchid: SUB })
    simulator.pay({ out_trade_no })
    const name = {
      out_refund_no: unusedNumber(),
      merchant_category_code,
      sp_mchid: simulator.merchant.mchid,
      sub_mchid: SUB,
    }
    await refund(wxpay, { ...name, out_trade_no, amount: { refund: 50 } }, { wait })
    simulator.refundResult(name.out_refund_no, 'CLOSED')
    expect(await settledRefund(wxpay, name, { deadline: 0 })).toMatchObject({
      isFinal: true,
      state: 'CLOSED',
      data: { status: 'REFUNDCLOSE' },
    })
  })

  it('is settled by its notification', async () => {
    const { shop, wxpay, simulator, notifications, wait } = await open()
    const out_trade_no = await place(shop)
    simulator.pay({ out_trade_no })
    const name = { out_refund_no: unusedNumber(), merchant_category_code }
    await refund(wxpay, { ...name, out_trade_no, notify_url: NOTIFY_URL, amount: { refund: 50 } }, { wait })
    simulator.faults.add({ kind: 'cut-connection', path: '/v3/global/**' })
    const never: TestMerchant['wait'] = () => new Promise(() => {})
    const waiting = settledRefund(wxpay, name, { deadline: Number.MAX_SAFE_INTEGER, notifications, wait: never })
    simulator.refundResult(name.out_refund_no, 'SUCCESS')
    await simulator.settled()
    expect(await waiting).toMatchObject({ by: 'notification', state: 'SUCCESS', data: { amount: { currency: 'HKD' } } })
  })

  it('counts all refunds of its order, which WeChat Pay lists ten at a time', async () => {
    const shop = await createTestMerchant()
    const { wxpay, simulator, wait } = shop
    const out_trade_no = await place(shop, { currency: 'JPY', total: 100 })
    simulator.pay({ out_trade_no })
    const make = (of: number) => {
      const request = { out_trade_no, out_refund_no: unusedNumber(), merchant_category_code, amount: { refund: of } }
      return refund(wxpay, request, { wait })
    }
    for (let number = 0; number < 12; number++) await make(8)
    expect(await caught(make(5))).toMatchObject({
      message: expect.stringContaining('a refund of 5 JPY is more than the 4 that'),
    })
    expect(await make(4)).toMatchObject({ amount: 4 })
  })

  it('cannot be redirected, and no combined order is overseas: nothing is sent', async () => {
    const { wxpay, calls } = await createTestMerchant()
    const name = { out_refund_no: unusedNumber(), merchant_category_code }
    const card = { type: 'MERCHANT_BANK_CARD' } as const
    await expect(redirectRefund(wxpay, { ...name, ...card } as never)).rejects.toMatchObject({
      name: 'CallError',
      field: 'merchant_category_code',
      message: expect.stringContaining('merchant platform'),
    })
    const request = { ...name, out_trade_no: unusedNumber(), amount: { refund: 1 } }
    await expect(refund(wxpay, request, { combine_out_trade_no: unusedNumber() })).rejects.toMatchObject({
      name: 'CallError',
      field: 'combine_out_trade_no',
    })
    expect(calls()).toEqual([])
  })
})

describe('an overseas payment by code', () => {
  const order = (shop: TestMerchant, amount: { total: number; currency?: string }, out_trade_no = unusedNumber()) => ({
    ...credentialsOf(shop),
    out_trade_no,
    merchant_category_code,
    trade_type: 'MICROPAY',
    description: 'tea',
    amount,
    payer: { auth_code: authCode() },
  })

  it('names its currency, and is not paid by an order of as much in another', async () => {
    const shop = await createTestMerchant()
    const { wxpay, wait, simulator } = shop
    const nameless = caught((async () => micropayOutcome(wxpay, order(shop, { total: 1750 })))())
    expect(await nameless).toMatchObject({ name: 'CallError', field: 'amount.currency' })
    const yen = order(shop, { total: 1750, currency: 'JPY' })
    expect(await micropayOutcome(wxpay, yen, { wait })).toMatchObject({ state: 'paid', by: 'response' })
    const { out_trade_no } = yen
    const dollars = order(shop, { total: 1750, currency: 'HKD' }, out_trade_no)
    expect(await micropayOutcome(wxpay, dollars, { wait })).toMatchObject({
      state: 'refused',
      serviceCode: 'OUT_TRADE_NO_USED',
      serviceMessage: expect.stringContaining('1750 JPY'),
    })
    expect(simulator.order(out_trade_no)).toMatchObject({ trade_state: 'SUCCESS', amount: { currency: 'JPY' } })
  })

  it('is reversed only when a query says so: the response to the reversal names no order', async () => {
    const shop = await createTestMerchant()
    const { wxpay, wait, simulator, calls } = shop
    const yen = order(shop, { total: 1750, currency: 'JPY' })
    await micropayOutcome(wxpay, yen, { wait })
    expect(await reverseMicropay(wxpay, yen, { wait })).toMatchObject({ state: 'reversed' })
    expect(calls().at(-1)).toMatch(/^GET .*\/v3\/global\/transactions\/out-trade-no\//)
    expect(simulator.order(yen.out_trade_no)!.trade_state).toBe('REVOKED')
    expect(simulator.balance('BASIC', 'JPY')).toEqual({ available: 0, pending: 0 })
  })
})

it('two sub-merchants may use one number, and each is paid, closed and refunded on its own', async () => {
  const shop = await createTestMerchant()
  const { wxpay, simulator, wait } = shop
  const { mchid: sp_mchid } = simulator.merchant
  const out_trade_no = unusedNumber()
  const subs = [undefined, SUB, OTHER_SUB]
  for (const sub_mchid of subs) await place(shop, { out_trade_no, sub_mchid, total: sub_mchid ? 1750 : 100 })
  expect(() => simulator.pay({ out_trade_no })).toThrow(/ORDER_AMBIGUOUS/)
  simulator.pay({ out_trade_no, sub_mchid: SUB })
  const name = (sub_mchid: string) => ({ out_trade_no, merchant_category_code, sp_mchid, sub_mchid })
  expect(await settledOrder(wxpay, name(SUB), { deadline: 0 })).toMatchObject({ state: 'SUCCESS' })
  expect(await closeOrder(wxpay, name(OTHER_SUB), { wait })).toMatchObject({ state: 'closed' })
  const request = { ...name(SUB), out_refund_no: unusedNumber(), amount: { refund: 50 } }
  expect(await refund(wxpay, request, { wait })).toMatchObject({ amount: 50 })
  expect(simulator.refund(request.out_refund_no)).toMatchObject({ sub_mchid: SUB })
  expect(await settledOrder(wxpay, { out_trade_no, merchant_category_code }, { deadline: 0 })).toMatchObject({
    isFinal: false,
    state: 'NOTPAY',
    data: { amount: { total: 100 } },
  })
})
