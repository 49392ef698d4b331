import { describe, expect, it } from 'vitest'
import type { Wechatpay } from '../../../src/core/index.ts'
import {
  micropayOutcome,
  refund,
  reverseMicropay,
  settledOrder,
  settledRefund,
} from '../../../src/flows/payment/index.ts'
import { createTestClient, signedV2Response, signedV3Response } from '../../core/test-client.ts'
import { authCode } from './test-merchant.ts'

// An attacker between the merchant and WeChat Pay can replay or mix up genuine responses: the signature of APIv3 covers the
// time, a nonce and the body, but not the URL; that of APIv2 the body only.

const MCHID = '1900000109'
const SUB = '1900000110'
const MINUTE = 60_000

const v3Refused = (status: number, code: string) => new Response(JSON.stringify({ code, message: 'm' }), { status })
const v2Refused = (err_code: string) => signedV2Response({ result_code: 'FAIL', err_code, err_code_des: 'd' })

/** Responds to each path with what the table has for it, and counts. */
function service(responses: Readonly<Record<string, () => Response | Promise<Response>>>) {
  return createTestClient([
    request => {
      const { pathname } = new URL(request.url)
      const key = `${request.method} ${pathname}`
      const found = Object.keys(responses).find(path => key.startsWith(path) || pathname.startsWith(path))
      if (!found) throw new Error(`nothing for ${key}`)
      return responses[found]!()
    },
  ])
}

const paid = { trade_state: 'SUCCESS', transaction_id: '4200', amount: { total: 100 } }
const waiting = () => ({ deadline: Date.now() + 2 * MINUTE, delays: [MINUTE], wait: async () => {} })

const v3Order = { mchid: MCHID, out_trade_no: '1', ...paid }
const partnerOrder = { sp_mchid: MCHID, sub_mchid: SUB, out_trade_no: '1', ...paid }
const v2Order = { mch_id: MCHID, out_trade_no: '1', trade_state: 'SUCCESS', transaction_id: '4200', total_fee: '100' }
const combined = { combine_mchid: MCHID, combine_out_trade_no: '1', sub_orders: [{ trade_state: 'SUCCESS' }] }
const v2Name = { appid: 'wx1', mch_id: MCHID, out_trade_no: '1' }
const partnerName = { sp_mchid: MCHID, sub_mchid: SUB, out_trade_no: '1' }

describe('an order is not settled by a genuine response', () => {
  it.each([
    ['about another order', { out_trade_no: '1' }, { ...v3Order, out_trade_no: '2' }],
    ['about another transaction', { transaction_id: '4201' }, v3Order],
    ['about an order of another merchant', { out_trade_no: '1' }, { ...v3Order, mchid: '1900000111' }],
    ['about a sub-merchant’s order', { out_trade_no: '1' }, partnerOrder],
    ['that names no order', { out_trade_no: '1' }, paid],
    ['about a refund of the order', { out_trade_no: '1' }, { ...v3Order, out_refund_no: '5', refund_id: '50' }],
    ['about another sub-merchant’s order', partnerName, { ...partnerOrder, sub_mchid: '1900000111' }],
    ['about the partner’s own order', partnerName, v3Order],
    ['about another combined order', { combine_out_trade_no: '1' }, { ...combined, combine_out_trade_no: '2' }],
    ['about another merchant’s combined order', { combine_out_trade_no: '1' }, { ...combined, combine_mchid: SUB }],
    ['about one of its orders', { combine_out_trade_no: '1' }, v3Order],
  ])('of APIv3 %s', async (_, name, response) => {
    const { wxpay, requests } = createTestClient([await signedV3Response(response)])
    const order = await settledOrder(wxpay, name as { out_trade_no: string }, waiting())
    expect(order).toMatchObject({
      isFinal: false,
      state: undefined,
      data: undefined,
      error: { name: 'ResponseMismatchError', code: 'RESPONSE_MISMATCH', mayHaveTakenEffect: false },
    })
    expect(requests.length).toBeGreaterThan(1)
  })

  it.each([
    ['about another order', v2Name, { ...v2Order, out_trade_no: '2' }],
    ['about an order of another merchant', v2Name, { ...v2Order, mch_id: SUB }],
    ['about a sub-merchant’s order', v2Name, { ...v2Order, sub_mch_id: SUB }],
    ['about another sub-merchant’s order', { ...v2Name, sub_mch_id: SUB }, { ...v2Order, sub_mch_id: '1900000111' }],
    ['about the partner’s own order', { ...v2Name, sub_mch_id: SUB }, v2Order],
    ['to placing an order', v2Name, { mch_id: MCHID, prepay_id: 'wx201' }],
    ['to closing an order', v2Name, { mch_id: MCHID, result_msg: 'OK' }],
    ['to refunding the order', v2Name, { mch_id: MCHID, out_trade_no: '1', out_refund_no: '5', refund_id: '50' }],
  ])('of APIv2 %s', async (_, name, response) => {
    const { wxpay, requests } = createTestClient([signedV2Response(response)])
    const order = await settledOrder(wxpay, name, waiting())
    expect(order).toMatchObject({ isFinal: false, error: { code: 'RESPONSE_MISMATCH' } })
    expect(requests.length).toBeGreaterThan(1)
  })

  it('of APIv2 that names the order but no state', async () => {
    const { wxpay } = createTestClient([signedV2Response({ mch_id: MCHID, out_trade_no: '1', transaction_id: '4200' })])
    expect(await settledOrder(wxpay, v2Name, waiting())).toMatchObject({ isFinal: false, state: '' })
  })

  it('of APIv3 that is empty, as that to closing an order', async () => {
    const { wxpay } = createTestClient([await signedV3Response()])
    const order = await settledOrder(wxpay, { out_trade_no: '1' }, waiting())
    expect(order).toMatchObject({ isFinal: false, error: { code: 'RESPONSE_MISMATCH', body: '' } })
  })

  it('but by the next one that is about it', async () => {
    const { wxpay } = createTestClient([
      await signedV3Response({ ...v3Order, out_trade_no: '2' }),
      await signedV3Response(v3Order),
    ])
    const order = await settledOrder(wxpay, { out_trade_no: '1' }, waiting())
    expect(order).toMatchObject({ isFinal: true, state: 'SUCCESS', data: { out_trade_no: '1' } })
  })

  it('and the error names the field and shows nobody’s numbers', async () => {
    const other = { ...v3Order, out_trade_no: 'SOMEBODY-ELSE' }
    const { wxpay } = createTestClient([await signedV3Response(other)])
    const order = await settledOrder(wxpay, { out_trade_no: '1' }, waiting())
    const { error } = order as { error: Error & { field: string; body: string } }
    expect(error.field).toBe('out_trade_no')
    expect(error.message).toContain('"out_trade_no"')
    expect(JSON.stringify({ ...error, message: error.message })).not.toContain('SOMEBODY-ELSE')
    expect(JSON.parse(error.body)).toEqual(other)
  })
})

const v3Refund = { out_refund_no: '5', refund_id: '50', out_trade_no: '1', transaction_id: '4200', status: 'SUCCESS' }
const v2Refund = { mch_id: MCHID, out_trade_no: '1', transaction_id: '4200', total_fee: '100', refund_count: '1' }
const listed = { out_refund_no_0: '5', refund_id_0: '50', refund_fee_0: '30', refund_status_0: 'SUCCESS' }
const v2RefundName = { appid: 'wx1', mch_id: MCHID, out_refund_no: '5' }

describe('a refund is not settled by a genuine response', () => {
  it.each([
    ['about another refund', { ...v3Refund, out_refund_no: '6' }],
    ['about its order', v3Order],
  ])('of APIv3 %s', async (_, response) => {
    const { wxpay, requests } = createTestClient([await signedV3Response(response)])
    const settled = await settledRefund(wxpay, { out_refund_no: '5' }, waiting())
    expect(settled).toMatchObject({ isFinal: false, error: { code: 'RESPONSE_MISMATCH' } })
    expect(requests.length).toBeGreaterThan(1)
  })

  it.each([
    ['about another refund', v2RefundName, { ...v2Refund, ...listed, out_refund_no_0: '6' }],
    ['about another merchant’s', v2RefundName, { ...v2Refund, ...listed, mch_id: SUB }],
    ['about a sub-merchant’s', v2RefundName, { ...v2Refund, ...listed, sub_mch_id: SUB }],
    ['about the partner’s own', { ...v2RefundName, sub_mch_id: SUB }, { ...v2Refund, ...listed }],
  ])('of APIv2 %s', async (_, name, response) => {
    const { wxpay } = createTestClient([signedV2Response(response)])
    const settled = await settledRefund(wxpay, name, waiting())
    expect(settled).toMatchObject({ isFinal: false, error: { code: 'RESPONSE_MISMATCH' } })
  })
})

describe('refunding', () => {
  const request = { out_trade_no: '1', out_refund_no: '5', amount: { refund: 30 } }
  const options = { delays: [1, 1], wait: async () => {} }
  const path = '/v3/refund/domestic/refunds'

  it('is not done because the response to another refund says so: a query tells', async () => {
    let isMade = false
    const { wxpay } = service({
      [`GET ${path}/5`]: () =>
        isMade ? signedV3Response({ ...v3Refund, amount: { refund: 30 } }) : v3Refused(404, 'RESOURCE_NOT_EXISTS'),
      '/v3/pay/transactions': () => signedV3Response(v3Order),
      [`POST ${path}`]: () => {
        isMade = true
        return signedV3Response({ ...v3Refund, out_refund_no: '6', refund_id: '60' })
      },
    })
    expect(await refund(wxpay, request, options)).toMatchObject({ by: 'query', refund_id: '50' })
  })

  it('is unknown while nothing but responses about another refund come', async () => {
    const { wxpay } = service({
      [`GET ${path}/5`]: () => v3Refused(404, 'RESOURCE_NOT_EXISTS'),
      '/v3/pay/transactions': () => signedV3Response(v3Order),
      [`POST ${path}`]: () => signedV3Response({ ...v3Refund, out_refund_no: '6' }),
    })
    await expect(refund(wxpay, request, options)).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      mayHaveTakenEffect: true,
      cause: { code: 'RESPONSE_MISMATCH', mayHaveTakenEffect: true },
    })
  })

  it('is not found under its number by a response about another refund', async () => {
    const { wxpay, requests } = service({ [path]: () => signedV3Response({ ...v3Refund, out_refund_no: '6' }) })
    await expect(refund(wxpay, request, options)).rejects.toMatchObject({ code: 'RESPONSE_MISMATCH' })
    expect(requests.map(({ method }) => method)).toEqual(['GET', 'GET', 'GET'])
  })

  it('is not sent because another order is paid', async () => {
    const { wxpay, requests } = service({
      [`GET ${path}/5`]: () => v3Refused(404, 'RESOURCE_NOT_EXISTS'),
      '/v3/pay/transactions': () => signedV3Response({ ...v3Order, out_trade_no: '2' }),
    })
    await expect(refund(wxpay, request, options)).rejects.toMatchObject({ code: 'RESPONSE_MISMATCH' })
    expect(requests.some(({ method }) => method === 'POST')).toBe(false)
  })

  it('of APIv2 is not done because the response to another refund says so', async () => {
    const { wxpay } = service({
      '/pay/refundquery': () => v2Refused('REFUNDNOTEXIST'),
      '/pay/orderquery': () => signedV2Response(v2Order),
      '/secapi/pay/refund': () =>
        signedV2Response({ mch_id: MCHID, out_trade_no: '2', out_refund_no: '6', refund_id: '60', refund_fee: '30' }),
    })
    await expect(refund(wxpay, { ...v2Name, out_refund_no: '5', refund_fee: 30 }, options)).rejects.toMatchObject({
      code: 'OUTCOME_UNKNOWN',
    })
  })
})

describe('a payment by code', () => {
  const options = { wait: async () => {}, limit: 20_000, reversals: 2 }
  const scanned = () => ({
    appid: 'wx1',
    mchid: MCHID,
    description: 'd',
    out_trade_no: '1',
    amount: { total: 100 },
    payer: { auth_code: authCode() },
    scene_info: { store_info: { id: '1' } },
  })
  const scannedV2 = () => ({
    ...v2Name,
    body: 'b',
    total_fee: 100,
    spbill_create_ip: '127.0.0.1',
    auth_code: authCode(),
  })
  const pay = (wxpay: Wechatpay, api: 'v2' | 'v3') =>
    micropayOutcome(wxpay, api === 'v3' ? scanned() : scannedV2(), options)

  it('of APIv3 is not paid because another one is, by the response or by queries', async () => {
    const other = { ...v3Order, out_trade_no: '2' }
    const { wxpay } = service({
      '/v3/pay/transactions/codepay': () => signedV3Response(other),
      'POST /v3/pay/transactions/out-trade-no': () => signedV3Response({ mchid: MCHID, out_trade_no: '2' }),
      '/v3/pay/transactions/out-trade-no': () => signedV3Response(other),
    })
    expect(await pay(wxpay, 'v3')).toMatchObject({ state: 'unknown', error: { code: 'RESPONSE_MISMATCH' } })
  })

  it('of APIv2 is not paid because another one is, nor because an order was closed', async () => {
    const others: Record<string, string>[] = [
      { ...v2Order, out_trade_no: '2' },
      { mch_id: MCHID, result_msg: 'OK' },
    ]
    for (const other of others) {
      const { wxpay } = service({
        '/pay/micropay': () => signedV2Response(other),
        '/pay/orderquery': () => signedV2Response({ ...v2Order, out_trade_no: '2' }),
        '/secapi/pay/reverse': () => signedV2Response({ mch_id: MCHID, recall: 'N' }),
      })
      expect(await pay(wxpay, 'v2')).toMatchObject({ state: 'unknown' })
    }
  })

  it('of APIv2 that is paid is not reversed because the response to another reversal says so', async () => {
    const { wxpay } = service({
      '/secapi/pay/reverse': () => signedV2Response({ mch_id: MCHID, recall: 'N' }),
      '/pay/orderquery': () => signedV2Response(v2Order),
    })
    const name = { ...v2Name, total_fee: 100 }
    expect(await reverseMicropay(wxpay, name, options)).toMatchObject({ state: 'unknown' })
  })
})
