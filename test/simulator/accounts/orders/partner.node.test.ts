import { describe, expect, it } from 'vitest'
import { DAY } from '../../../../src/core/base/time.ts'
import { createTestMerchant, NOTIFY_URL, newNumber, refusalOf } from '../../test-merchant.ts'

const { simulator, call, received } = await createTestMerchant()
const { appid, mchid } = simulator.merchant
const sub_mchid = '1900000110'
const ROOT = '/v3/pay/partner/transactions'
const order = (more: object = {}) => ({
  sp_appid: appid,
  sp_mchid: mchid,
  sub_mchid,
  description: 'd',
  out_trade_no: newNumber(),
  notify_url: NOTIFY_URL,
  amount: { total: 100 },
  ...more,
})
const url = (number: string, sub = sub_mchid) => `GET ${ROOT}/out-trade-no/${number}?sp_mchid=${mchid}&sub_mchid=${sub}`
const payer = { payer: { sp_openid: 'osp', sub_openid: 'osub' }, sub_appid: 'wxsub' }

describe('an order of a service provider (服务商)', () => {
  it.each([
    ['jsapi', payer, { prepay_id: expect.stringMatching(/^wx/) }],
    ['jsapi', { payer: { sub_openid: 'osub' }, sub_appid: 'wxsub' }, { prepay_id: expect.any(String) }],
    ['miniprogram', payer, { prepay_id: expect.stringMatching(/^wx/) }],
    ['app', {}, { prepay_id: expect.stringMatching(/^wx/) }],
    ['native', {}, { code_url: expect.stringMatching(/^weixin:/) }],
    [
      'h5',
      { scene_info: { payer_client_ip: '1.1.1.1', h5_info: { type: 'Wap' } } },
      { h5_url: expect.stringMatching(/^https:\/\/wx\.tenpay\.com/) },
    ],
  ])('%s', async (kind, more, answer) => {
    expect(await call(`POST ${ROOT}/${kind}`, order(more))).toEqual(answer)
  })

  it('has both merchants and both openids, in the query and in the notification', async () => {
    const body = order(payer)
    await call(`POST ${ROOT}/jsapi`, body)
    const { transaction_id } = simulator.pay(body)
    const told = await call(url(body.out_trade_no))
    expect(told).toMatchObject({
      sp_appid: appid,
      sp_mchid: mchid,
      sub_appid: 'wxsub',
      sub_mchid,
      transaction_id,
      trade_state: 'SUCCESS',
      payer: { sp_openid: 'osp', sub_openid: 'osub' },
      amount: { total: 100, payer_total: 100 },
    })
    expect(told).not.toHaveProperty('mchid')
    expect(await call(`GET ${ROOT}/id/${transaction_id}?sp_mchid=${mchid}&sub_mchid=${sub_mchid}`)).toEqual(told)
    await simulator.settled()
    expect(received.at(-1)).toMatchObject({ event: 'TRANSACTION.SUCCESS', resource: told })
  })

  it('is found, closed and refunded only by the provider that placed it, under its own path', async () => {
    const body = order()
    const { out_trade_no } = body
    await call(`POST ${ROOT}/native`, body)
    const direct = `/v3/pay/transactions/out-trade-no/${out_trade_no}`
    expect(await refusalOf(call(`GET ${direct}?mchid=${mchid}`))).toEqual([404, 'ORDER_NOT_EXIST'])
    expect(await refusalOf(call(`POST ${direct}/close`, { mchid }))).toEqual([404, 'ORDER_NOT_EXIST'])
    expect(await refusalOf(call(url(out_trade_no, '1900000111')))).toEqual([404, 'ORDER_NOT_EXIST'])
    simulator.pay(body)
    const refund = { out_trade_no, out_refund_no: newNumber(), amount: { refund: 1, total: 100, currency: 'CNY' } }
    const apply = (more: object) => call('POST /v3/refund/domestic/refunds', { ...refund, ...more })
    expect(await refusalOf(apply({}))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    expect(await refusalOf(apply({ sub_mchid: '1900000111' }))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    expect(await apply({ sub_mchid })).toMatchObject({ out_trade_no, status: 'PROCESSING' })
    const query = `GET /v3/refund/domestic/refunds/${refund.out_refund_no}`
    expect(await refusalOf(call(query))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    expect(await call(`${query}?sub_mchid=${sub_mchid}`)).toMatchObject({ status: 'SUCCESS' })
  })

  it('is closed', async () => {
    const body = order()
    await call(`POST ${ROOT}/native`, body)
    await call(`POST ${ROOT}/out-trade-no/${body.out_trade_no}/close`, { sp_mchid: mchid, sub_mchid })
    expect(await call(url(body.out_trade_no))).toMatchObject({ trade_state: 'CLOSED' })
  })

  it('is refused to another service provider, another application, an openid without its application', async () => {
    const refusal = async (more: object) => refusalOf(call(`POST ${ROOT}/jsapi`, order({ ...payer, ...more })))
    expect(await refusal({ sp_mchid: '1900000108' })).toEqual([400, 'PARAM_ERROR'])
    expect(await refusal({ sp_appid: 'wx0' })).toEqual([400, 'APPID_MCHID_NOT_MATCH'])
    expect(await refusal({ sub_appid: undefined })).toEqual([400, 'PARAM_ERROR'])
    expect(await refusal({ sub_mchid: undefined })).toEqual([400, 'PARAM_ERROR'])
    expect(await refusal({ payer: {} })).toEqual([400, 'PARAM_ERROR'])
  })

  it('pays the sub-merchant', async () => {
    const { simulator, call } = await createTestMerchant()
    const body = order({ amount: { total: 10_000 } })
    await call(`POST ${ROOT}/native`, body)
    simulator.pay(body)
    expect(simulator.balance()).toEqual({ available: 0, pending: 0 })
    const date = '2026-03-01'
    await simulator.advance(DAY)
    expect(await refusalOf(call(`GET /v3/bill/fundflowbill?bill_date=${date}`))).toEqual([400, 'NO_STATEMENT_EXIST'])
    const bill = await call(`GET /v3/bill/fundflowbill?bill_date=${date}&sub_mchid=${sub_mchid}`)
    expect(bill).toMatchObject({ hash_type: 'SHA1' })
  })
})
