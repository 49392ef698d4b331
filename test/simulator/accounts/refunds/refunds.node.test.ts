import { describe, expect, it } from 'vitest'
import { DAY, SECOND } from '../../../../src/core/base/time.ts'
import { createTestMerchant, NOTIFY_URL, newNumber, refusalOf } from '../../test-merchant.ts'

const { simulator, call, received } = await createTestMerchant()
const { appid, mchid } = simulator.merchant
const REFUNDS = '/v3/refund/domestic/refunds'

async function paid(total = 100, more: object = {}): Promise<string> {
  const body = { appid, mchid, description: 'd', out_trade_no: newNumber(), notify_url: NOTIFY_URL, amount: { total } }
  await call('POST /v3/pay/transactions/native', { ...body, ...more })
  simulator.pay(body)
  await simulator.settled()
  return body.out_trade_no
}
const refund = (out_trade_no: string, part: number, more: object = {}, total = 100) => ({
  out_trade_no,
  out_refund_no: newNumber(),
  notify_url: NOTIFY_URL,
  amount: { refund: part, total, currency: 'CNY' },
  ...more,
})
const apply = (body: object) => call(`POST ${REFUNDS}`, body)
const query = (out_refund_no: string) => call(`GET ${REFUNDS}/${out_refund_no}`)
const own = { appid, mch_id: mchid }

describe('a refund', () => {
  it('succeeds three seconds later, with a notification', async () => {
    const body = refund(await paid(), 30)
    const accepted = await apply(body)
    await simulator.advance(3 * SECOND - 1)
    expect(simulator.refund(body.out_refund_no)!.status).toBe('PROCESSING')
    await simulator.advance(1)
    expect(simulator.refund(body.out_refund_no)!.status).toBe('SUCCESS')
    expect(received.at(-1)).toMatchObject({
      url: NOTIFY_URL,
      event: 'REFUND.SUCCESS',
      resource: {
        mchid,
        out_trade_no: body.out_trade_no,
        transaction_id: accepted.transaction_id,
        out_refund_no: body.out_refund_no,
        refund_id: accepted.refund_id,
        refund_status: 'SUCCESS',
        success_time: expect.stringMatching(/\+08:00$/),
        user_received_account: '支付用户零钱',
        amount: { total: 100, refund: 30, payer_total: 100, payer_refund: 30 },
      },
    })
  })

  it('succeeds at the first query if that is sooner, with one notification', async () => {
    const body = refund(await paid(), 30)
    await apply(body)
    const before = received.length
    expect(await query(body.out_refund_no)).toMatchObject({ status: 'SUCCESS' })
    await simulator.advance(10 * SECOND)
    expect(received.slice(before).map(({ event }) => event)).toEqual(['REFUND.SUCCESS'])
  })

  it.each(['CLOSED', 'ABNORMAL'] as const)('has the result %s if it is set', async result => {
    const body = refund(await paid(), 30)
    await apply(body)
    expect(simulator.refundResult(body.out_refund_no, result).status).toBe(result)
    const told = await query(body.out_refund_no)
    expect(told.status).toBe(result)
    expect(told).not.toHaveProperty('success_time')
    await simulator.settled()
    expect(received.at(-1)).toMatchObject({ event: `REFUND.${result}`, resource: { refund_status: result } })
    const ofV2 = await call('POST /pay/refundquery', { ...own, out_refund_no: body.out_refund_no })
    expect(ofV2.refund_status_0).toBe(result === 'CLOSED' ? 'REFUNDCLOSE' : 'CHANGE')
    expect(() => simulator.refundResult(body.out_refund_no, 'SUCCESS')).toThrow(/REFUND_SETTLED/)
  })

  it('that was closed can be repeated under another number', async () => {
    const out_trade_no = await paid()
    const body = refund(out_trade_no, 100)
    await apply(body)
    simulator.refundResult(body.out_refund_no, 'CLOSED')
    expect((await apply(body)).status).toBe('CLOSED')
    expect((await apply(refund(out_trade_no, 100))).status).toBe('PROCESSING')
  })

  it('that is abnormal is redirected to another card', async () => {
    const body = refund(await paid(), 30)
    const { refund_id } = await apply(body)
    const url = `POST ${REFUNDS}/${refund_id}/apply-abnormal-refund`
    const card = { bank_type: 'ICBC_DEBIT', bank_account: '6222020000000000000', real_name: '张三' }
    const to = { out_refund_no: body.out_refund_no, type: 'USER_BANK_CARD' }
    expect(await refusalOf(call(url, { ...to, ...card }))).toEqual([400, 'INVALID_REQUEST'])
    simulator.refundResult(body.out_refund_no, 'ABNORMAL')
    expect(await refusalOf(call(url, to))).toEqual([400, 'PARAM_ERROR'])
    expect(await call(url, { ...to, ...card })).toMatchObject({ status: 'PROCESSING', channel: 'OTHER_BANKCARD' })
    expect(await query(body.out_refund_no)).toMatchObject({ status: 'SUCCESS', channel: 'OTHER_BANKCARD' })
    expect(
      await refusalOf(call(`POST ${REFUNDS}/5030/apply-abnormal-refund`, { ...to, type: 'MERCHANT_BANK_CARD' })),
    ).toEqual([404, 'RESOURCE_NOT_EXISTS'])
  })

  it('of APIv2 is notified by APIv2, encrypted', async () => {
    const out_trade_no = await paid()
    const params = { ...own, out_trade_no, out_refund_no: newNumber(), total_fee: 100, refund_fee: 30 }
    const { refund_id, transaction_id } = await call('POST /secapi/pay/refund', { ...params, notify_url: NOTIFY_URL })
    await simulator.advance(3 * SECOND)
    expect(received.at(-1)).toEqual({
      url: NOTIFY_URL,
      event: 'refund-processed',
      resource: {
        out_refund_no: params.out_refund_no,
        out_trade_no,
        refund_id,
        transaction_id,
        refund_status: 'SUCCESS',
        refund_account: 'REFUND_SOURCE_UNSETTLED_FUNDS',
        refund_fee: '30',
        total_fee: '100',
        refund_recv_accout: '支付用户零钱',
        refund_request_source: 'API',
        cash_refund_fee: '30',
        settlement_refund_fee: '30',
        settlement_total_fee: '100',
        success_time: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
      },
    })
    const again = { ...params, notify_url: NOTIFY_URL }
    expect(await call('POST /secapi/pay/refundv2', again)).toMatchObject({ refund_id })
    expect(await call('POST /pay/refundqueryv2', { ...own, refund_id })).toMatchObject({ refund_status_0: 'SUCCESS' })
  })

  it('is not notified without a notify_url', async () => {
    const before = received.length
    await apply(refund(await paid(), 1, { notify_url: undefined }))
    await simulator.advance(3 * SECOND)
    expect(received.slice(before).map(({ event }) => event)).toEqual(['TRANSACTION.SUCCESS'])
  })
})

describe('is refused with the error of each version', () => {
  const both = async (out_trade_no: string, part: number, total = 100) => [
    await refusalOf(apply(refund(out_trade_no, part, {}, total))),
    await refusalOf(
      call('POST /secapi/pay/refund', {
        ...own,
        out_trade_no,
        out_refund_no: newNumber(),
        total_fee: total,
        refund_fee: part,
      }),
    ),
  ]

  it('more than 50', async () => {
    const out_trade_no = await paid()
    for (let count = 0; count < 50; count++) await apply(refund(out_trade_no, 1))
    expect(await both(out_trade_no, 1)).toEqual([
      [400, 'INVALID_REQUEST'],
      [200, 'INVALID_REQUEST'],
    ])
  })

  it('after a year', async () => {
    const out_trade_no = await paid()
    await simulator.advance(365 * DAY)
    expect(await both(out_trade_no, 1)).toEqual([
      [400, 'INVALID_REQUEST'],
      [200, 'TRADE_OVERDUE'],
    ])
  })

  it('for shared money that was not returned, unless the settled balance pays', async () => {
    const out_trade_no = await paid(10_000, { settle_info: { profit_sharing: true } })
    const { transaction_id } = simulator.order(out_trade_no)!
    await call('POST /v3/profitsharing/receivers/add', {
      appid,
      type: 'PERSONAL_OPENID',
      account: 'oreceiver',
      relation_type: 'PARTNER',
    })
    await call('POST /v3/profitsharing/orders', {
      appid,
      transaction_id,
      out_order_no: newNumber(),
      unfreeze_unsplit: false,
      receivers: [{ type: 'PERSONAL_OPENID', account: 'oreceiver', amount: 3_000, description: 'd' }],
    })
    expect(await both(out_trade_no, 7_001, 10_000)).toEqual([
      [403, 'NOT_ENOUGH'],
      [200, 'NOTENOUGH'],
    ])
    const from = [
      { account: 'AVAILABLE', amount: 4_000 },
      { account: 'UNAVAILABLE', amount: 6_000 },
    ]
    const whole = { amount: { refund: 10_000, total: 10_000, currency: 'CNY', from } }
    simulator.fund(-simulator.balance().available, 'BASIC')
    expect(await refusalOf(apply(refund(out_trade_no, 0, whole)))).toEqual([403, 'NOT_ENOUGH'])
    simulator.fund(4_000, 'BASIC')
    const wrong = { amount: { ...whole.amount, from: from.slice(1) } }
    expect(await refusalOf(apply(refund(out_trade_no, 0, wrong)))).toEqual([400, 'PARAM_ERROR'])
    expect((await apply(refund(out_trade_no, 0, whole))).amount.from).toEqual(from)
  })
})
