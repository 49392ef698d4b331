import { beforeEach, describe, expect, it } from 'vitest'
import { SECOND } from '../../../../src/core/base/time.ts'
import { v3 } from '../../node-client.ts'
import {
  createTestMerchant,
  decryptField,
  encryptField,
  NOTIFY_URL,
  newNumber,
  refusalOf,
  START,
  type TestMerchant,
} from '../../test-merchant.ts'

const ROOT = '/v3/profitsharing'
const OTHER = '1900000201'
let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
beforeEach(async () => {
  ;({ simulator, call } = await createTestMerchant())
})

/** @returns the transaction_id of an order of 100 yuan that is to be shared */
async function paid(profit_sharing = true): Promise<string> {
  const { appid, mchid } = simulator.merchant
  const body = { appid, mchid, description: 'd', out_trade_no: newNumber(), notify_url: NOTIFY_URL }
  await call('POST /v3/pay/transactions/native', {
    ...body,
    amount: { total: 10_000 },
    settle_info: { profit_sharing },
  })
  return simulator.pay(body).transaction_id!
}
const add = (more: object = {}) =>
  call(`POST ${ROOT}/receivers/add`, {
    appid: simulator.merchant.appid,
    type: 'MERCHANT_ID',
    account: OTHER,
    name: '示例商户全称',
    relation_type: 'STORE',
    ...more,
  })
const share = (transaction_id: string, amount: number, more: object = {}) => ({
  appid: simulator.merchant.appid,
  transaction_id,
  out_order_no: newNumber(),
  unfreeze_unsplit: false,
  receivers: [{ type: 'MERCHANT_ID', account: OTHER, amount, description: '分给商户' }],
  ...more,
})
const order = (body: object) => call(`POST ${ROOT}/orders`, body)
const unsplit = async (transaction_id: string) =>
  (await call(`GET ${ROOT}/transactions/${transaction_id}/amounts`)).unsplit_amount

describe('APIv3', () => {
  it('returns a receiver’s name encrypted for the merchant', async () => {
    const { serial, encrypted } = encryptField(simulator, '示例商户全称')
    const { json } = await v3(simulator, 'POST', `${ROOT}/receivers/add`, {
      now: START,
      headers: { 'Wechatpay-Serial': serial },
      body: {
        appid: simulator.merchant.appid,
        type: 'MERCHANT_ID',
        account: OTHER,
        name: encrypted,
        relation_type: 'STORE',
      },
    })
    expect(json).toEqual({
      type: 'MERCHANT_ID',
      account: OTHER,
      relation_type: 'STORE',
      name: expect.any(String),
    })
    expect(decryptField(simulator, json.name)).toBe('示例商户全称')
    // The client opens it by itself.
    expect((await add()).name).toBe('示例商户全称')
    expect(
      await call(`POST ${ROOT}/receivers/delete`, {
        appid: simulator.merchant.appid,
        type: 'MERCHANT_ID',
        account: OTHER,
      }),
    ).toEqual({ type: 'MERCHANT_ID', account: OTHER })
  })

  it('shares, and reports the arrival later', async () => {
    const transaction_id = await paid()
    await add()
    const body = share(transaction_id, 1_000)
    const accepted = await order(body)
    expect(accepted).toMatchObject({
      transaction_id,
      out_order_no: body.out_order_no,
      state: 'PROCESSING',
      order_id: expect.stringMatching(/^3008\d{24}$/),
      receivers: [
        { type: 'MERCHANT_ID', account: OTHER, amount: 1_000, result: 'PENDING', detail_id: expect.any(String) },
      ],
    })
    expect(await unsplit(transaction_id)).toBe(8_940)
    expect(await order(body)).toEqual(accepted)
    await simulator.advance(3 * SECOND)
    expect(await order(body)).toMatchObject({ state: 'FINISHED', receivers: [{ result: 'SUCCESS' }] })
    const url = `GET ${ROOT}/orders/${body.out_order_no}?transaction_id=${transaction_id}`
    expect(await call(url)).toMatchObject({ order_id: accepted.order_id, state: 'FINISHED' })
    expect(await refusalOf(call(`GET ${ROOT}/orders/${body.out_order_no}?transaction_id=4200`))).toEqual([
      404,
      'RESOURCE_NOT_EXISTS',
    ])
  })

  it('unfreezes the rest with a sharing, or after it', async () => {
    const [at, after] = [await paid(), await paid()]
    await add()
    const once = await order(share(at, 1_000, { unfreeze_unsplit: true }))
    expect(once.receivers.map(({ amount }: { amount: number }) => amount)).toEqual([1_000, 8_940])
    expect(await unsplit(at)).toBe(0)
    expect(await refusalOf(order(share(at, 1)))).toEqual([403, 'NOT_ENOUGH'])
    await order(share(after, 1_000))
    const unfreeze = { transaction_id: after, out_order_no: newNumber(), description: '解冻全部剩余资金' }
    const unfrozen = await call(`POST ${ROOT}/orders/unfreeze`, unfreeze)
    expect(unfrozen.receivers).toMatchObject([{ account: simulator.merchant.mchid, amount: 8_940 }])
    expect(await call(`POST ${ROOT}/orders/unfreeze`, unfreeze)).toEqual(unfrozen)
    const again = { ...unfreeze, out_order_no: newNumber() }
    expect(await refusalOf(call(`POST ${ROOT}/orders/unfreeze`, again))).toEqual([403, 'NOT_ENOUGH'])
    expect(await unsplit(after)).toBe(0)
    expect(simulator.balance()).toEqual({ available: 0, pending: 2 * 8_940 })
  })

  it('returns at most the received amount', async () => {
    const transaction_id = await paid()
    await add()
    const { order_id, out_order_no } = await order(share(transaction_id, 1_000))
    const give = (amount: number, more: object = {}) => ({
      out_order_no,
      out_return_no: newNumber(),
      return_mchid: OTHER,
      amount,
      description: '用户退款',
      ...more,
    })
    const back = (body: object) => call(`POST ${ROOT}/return-orders`, body)
    const body = give(600)
    const accepted = await back(body)
    expect(accepted).toMatchObject({ order_id, out_order_no, amount: 600, result: 'PROCESSING' })
    expect(await back(body)).toEqual(accepted)
    expect(await unsplit(transaction_id)).toBe(9_540)
    const url = `GET ${ROOT}/return-orders/${body.out_return_no}?out_order_no=${out_order_no}`
    expect(await call(url)).toMatchObject({ return_id: accepted.return_id, result: 'SUCCESS' })
    expect(await refusalOf(back(give(401)))).toEqual([403, 'NOT_ENOUGH'])
    expect(await refusalOf(back(give(1, { return_mchid: '1900000202' })))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(back({ ...body, amount: 1 }))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(back(give(1, { out_order_no: undefined })))).toEqual([400, 'PARAM_ERROR'])
    expect(await refusalOf(back(give(1, { out_order_no: 'none-such' })))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    expect(await refusalOf(call(`GET ${ROOT}/return-orders/none?out_order_no=${out_order_no}`))).toEqual([
      404,
      'RESOURCE_NOT_EXISTS',
    ])
    expect(await back(give(400, { out_order_no: undefined, order_id }))).toMatchObject({ result: 'PROCESSING' })
  })

  it('uses the receivers and the money of a sub-merchant for its order', async () => {
    const { appid, mchid } = simulator.merchant
    const sub_mchid = '1900000110'
    const body = { sp_appid: appid, sp_mchid: mchid, sub_mchid, description: 'd', out_trade_no: newNumber() }
    await call('POST /v3/pay/partner/transactions/native', {
      ...body,
      notify_url: NOTIFY_URL,
      amount: { total: 10_000 },
      settle_info: { profit_sharing: true },
    })
    const transaction_id = simulator.pay(body).transaction_id!
    const receivers = [{ type: 'MERCHANT_ID', account: mchid, amount: 3_000, description: '抽佣' }]
    expect(await refusalOf(order(share(transaction_id, 0, { receivers })))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(order(share(transaction_id, 0, { receivers, sub_mchid })))).toEqual([400, 'INVALID_REQUEST'])
    await add({ sub_mchid, account: mchid, relation_type: 'SERVICE_PROVIDER' })
    expect(await order(share(transaction_id, 0, { receivers, sub_mchid }))).toMatchObject({ sub_mchid })
    expect(simulator.balance()).toEqual({ available: 3_000, pending: 0 })
    expect(await call(`GET ${ROOT}/merchant-configs/${sub_mchid}`)).toEqual({ sub_mchid, max_ratio: 3_000 })
  })

  it('are refused with the documented errors', async () => {
    const [transaction_id, plain] = [await paid(), await paid(false)]
    expect(await refusalOf(order(share(plain, 1)))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(order(share('4200', 1)))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(order(share(transaction_id, 1)))).toEqual([400, 'INVALID_REQUEST'])
    await add()
    expect(await refusalOf(order(share(transaction_id, 3_001)))).toEqual([400, 'INVALID_REQUEST'])
    const body = share(transaction_id, 3_000)
    await order(body)
    expect(await refusalOf(order(share(transaction_id, 1)))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(order({ ...body, unfreeze_unsplit: true }))).toEqual([400, 'INVALID_REQUEST'])
    const own = [{ type: 'MERCHANT_ID', account: simulator.merchant.mchid, amount: 6_941, description: 'd' }]
    expect(await refusalOf(order(share(transaction_id, 0, { receivers: own })))).toEqual([403, 'NOT_ENOUGH'])
    const named = (name: string) => share(transaction_id, 0, { receivers: [{ ...body.receivers[0], amount: 1, name }] })
    expect(await refusalOf(order(named('别人')))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(add({ name: undefined }))).toEqual([400, 'PARAM_ERROR'])
    expect(await refusalOf(add({ relation_type: 'CUSTOM' }))).toEqual([400, 'PARAM_ERROR'])
    const many = Array.from({ length: 51 }, () => body.receivers[0])
    expect(await refusalOf(order(share(transaction_id, 0, { receivers: many })))).toEqual([400, 'PARAM_ERROR'])
  })
})

describe('APIv2, on the same accounts', () => {
  const own = () => ({ appid: simulator.merchant.appid, mch_id: simulator.merchant.mchid, sign_type: 'HMAC-SHA256' })
  const asker = () => ({ mch_id: simulator.merchant.mchid, sign_type: 'HMAC-SHA256' })
  const receiver = (more: object = {}) => JSON.stringify({ type: 'MERCHANT_ID', account: OTHER, ...more })
  const addV2 = () =>
    call('POST /pay/profitsharingaddreceiver', { ...own(), receiver: receiver({ name: '店', relation_type: 'STORE' }) })
  const shareV2 = (transaction_id: string, amount: number) => ({
    ...own(),
    transaction_id,
    out_order_no: newNumber(),
    receivers: JSON.stringify([{ type: 'MERCHANT_ID', account: OTHER, amount, description: 'd' }]),
  })

  it('shares several times, then finishes', async () => {
    const transaction_id = await paid()
    await addV2()
    const params = shareV2(transaction_id, 1_000)
    const { order_id } = await call('POST /secapi/pay/multiprofitsharing', params)
    expect(await call(`GET ${ROOT}/orders/${params.out_order_no}?transaction_id=${transaction_id}`)).toMatchObject({
      order_id,
      state: 'FINISHED',
    })
    const query = { ...asker(), transaction_id, out_order_no: params.out_order_no }
    const found = await call('POST /pay/profitsharingquery', query)
    expect(found).toMatchObject({ order_id, status: 'FINISHED' })
    const amount = { ...asker(), transaction_id }
    expect(await call('POST /pay/profitsharingorderamountquery', amount)).toMatchObject({ unsplit_amount: '8940' })
    const give = { ...own(), order_id, out_return_no: newNumber(), return_account_type: 'MERCHANT_ID' }
    const back = { ...give, return_account: OTHER, return_amount: 400, description: 'd' }
    const returned = await call('POST /secapi/pay/profitsharingreturn', back)
    expect(returned).toMatchObject({ order_id, return_amount: '400', result: 'PROCESSING' })
    const { out_return_no } = back
    expect(await call('POST /pay/profitsharingreturnquery', { ...own(), order_id, out_return_no })).toMatchObject({
      return_no: returned.return_no,
      result: 'SUCCESS',
      finish_time: expect.stringMatching(/^\d{14}$/),
    })
    const finish = { ...own(), transaction_id, out_order_no: newNumber(), description: 'd' }
    await call('POST /secapi/pay/profitsharingfinish', finish)
    expect(await call('POST /pay/profitsharingorderamountquery', amount)).toMatchObject({ unsplit_amount: '0' })
  })

  it('shares once, and unfreezes the rest with it', async () => {
    const transaction_id = await paid()
    await addV2()
    await call('POST /secapi/pay/profitsharing', shareV2(transaction_id, 1_000))
    expect(await unsplit(transaction_id)).toBe(0)
    expect(await refusalOf(call('POST /secapi/pay/profitsharing', shareV2(transaction_id, 1)))).toEqual([
      200,
      'INVALID_REQUEST',
    ])
  })

  it('are refused with the documented errors', async () => {
    const [transaction_id, plain] = [await paid(), await paid(false)]
    const again = (params: object) => refusalOf(call('POST /secapi/pay/multiprofitsharing', params))
    expect(await again(shareV2(plain, 1))).toEqual([200, 'NOT_SHARE_ORDER'])
    expect(await again(shareV2('4200', 1))).toEqual([200, 'INVALID_TRANSACTIONID'])
    expect(await again(shareV2(transaction_id, 1))).toEqual([200, 'RECEIVER_INVALID'])
    await addV2()
    expect(await again(shareV2(transaction_id, 3_001))).toEqual([200, 'RULE_LIMIT'])
    await call('POST /pay/profitsharingremovereceiver', { ...own(), receiver: receiver() })
    expect(await again(shareV2(transaction_id, 1))).toEqual([200, 'RECEIVER_INVALID'])
    expect(await call('POST /pay/profitsharingmerchantratioquery', asker())).toMatchObject({ max_ratio: '3000' })
  })
})
