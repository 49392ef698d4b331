import { beforeEach, describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { micropay, refund, resumeMicropay, settledOrder, settledRefund } from '../../../src/flows/payment/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'

const AUTH_CODE = '134567890123456789'
let simulator: Simulator
let wxpay: Wechatpay
let parties: { appid: string; mch_id: string }

beforeEach(async () => {
  const deliver = async () => new Response('<xml><return_code>SUCCESS</return_code></xml>')
  simulator = await createSimulator({ seed: 'abroad', deliver })
  const { merchant, fetch, mtlsFetch } = simulator
  wxpay = new Wechatpay({ ...merchant, fetch, mtlsFetch })
  parties = { appid: merchant.appid, mch_id: merchant.mchid }
})

/** An order of APIv2 that has been paid. */
async function paid(fee_type: string, total_fee: number): Promise<string> {
  const out_trade_no = `${fee_type}${total_fee}`
  await wxpay.v2.pay.unifiedorder.post({
    ...parties,
    out_trade_no,
    fee_type,
    total_fee,
    body: 'tea',
    spbill_create_ip: '127.0.0.1',
    trade_type: 'NATIVE',
    notify_url: 'https://merchant.example/notify',
  })
  simulator.pay({ out_trade_no })
  return out_trade_no
}

const failure = (of: Promise<unknown>): Promise<Error> =>
  of.then(
    () => Promise.reject(new Error('This was to fail.')),
    error => error,
  )

describe.each([
  ['JPY', 1750, '1750 JPY'],
  ['KRW', 50_000, '50000 KRW'],
  ['HKD', 1750, '17.50 HKD'],
])('an order in %s', (fee_type, total, whole) => {
  it('is settled in the smallest unit of its currency', async () => {
    const out_trade_no = await paid(fee_type, total)
    const expected = { total, currency: fee_type, appid: parties.appid }
    const name = { ...parties, out_trade_no }
    const settled = await settledOrder(wxpay, name, { deadline: 0, expect: expected })
    expect(settled).toMatchObject({ isFinal: true, state: 'SUCCESS', data: { total_fee: String(total), fee_type } })
    // As much in yuan is another order.
    const other = await settledOrder(wxpay, name, { deadline: 0, expect: { ...expected, currency: 'CNY' } })
    expect(other).toMatchObject({ differences: [{ field: 'currency', expected: 'CNY', received: fee_type }] })
  })

  it('is refunded in its currency, and in no other', async () => {
    const out_trade_no = await paid(fee_type, total)
    const request = { ...parties, out_trade_no, out_refund_no: 'R1', refund_fee: 50 }
    const before = simulator.journal.length
    const wrong = await failure(refund(wxpay, { ...request, refund_fee_type: 'CNY' }))
    expect(wrong).toMatchObject({
      code: 'BODY_INVALID',
      message: expect.stringContaining(`the order is in ${fee_type}`),
    })
    expect(JSON.stringify(simulator.journal.slice(before))).not.toContain('secapi/pay/refund')
    const much = await failure(refund(wxpay, { ...request, refund_fee: total + 1 }))
    expect(much.message).toContain(`an order of ${whole}`)

    expect(await refund(wxpay, request)).toMatchObject({ amount: 50, by: 'response' })
    expect(await settledRefund(wxpay, { ...parties, out_refund_no: 'R1' }, { deadline: 0 })).toMatchObject({
      data: { refund_fee: '50', total_fee: String(total) },
    })
    const more = await failure(refund(wxpay, { ...request, out_refund_no: 'R2', refund_fee: total - 49 }))
    expect(more.message).toContain(`an order of ${whole}`)
    expect(await refund(wxpay, { ...request, out_refund_no: 'R2', refund_fee: total - 50 })).toMatchObject({
      amount: total - 50,
    })
  })
})

describe('a payment by code', () => {
  const order = (fee_type: string | undefined, total_fee: number, out_trade_no: string) => ({
    ...parties,
    out_trade_no,
    total_fee,
    body: 'tea',
    spbill_create_ip: '127.0.0.1',
    auth_code: AUTH_CODE,
    ...(fee_type && { fee_type }),
  })
  const outcome = async (states: AsyncIterable<{ state: string }>) => {
    let last: { state: string } | undefined
    for await (const state of states) last = state
    return last
  }

  it('in yen is paid in yen', async () => {
    expect(await outcome(micropay(wxpay, order('JPY', 1750, 'YEN1')))).toMatchObject({
      state: 'paid',
      transaction: { total_fee: '1750', fee_type: 'JPY' },
    })
  })

  it('is not paid by an order of as much in another currency that has its number', async () => {
    const out_trade_no = await paid('JPY', 1750)
    for (const fee_type of [undefined, 'CNY', 'HKD'])
      expect(await outcome(micropay(wxpay, order(fee_type, 1750, out_trade_no)))).toMatchObject({
        state: 'refused',
        serviceCode: 'OUT_TRADE_NO_USED',
        serviceMessage: expect.stringContaining('1750 JPY'),
      })
    const name = { ...parties, out_trade_no, total_fee: 1750 }
    expect(await outcome(resumeMicropay(wxpay, { ...name, fee_type: 'HKD' }))).toMatchObject({ state: 'refused' })
    // A name without currency says nothing of it.
    for (const known of [name, { ...name, fee_type: 'JPY' }])
      expect(await outcome(resumeMicropay(wxpay, known))).toMatchObject({ state: 'paid' })
  })
})
