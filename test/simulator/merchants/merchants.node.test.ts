import { createDecipheriv, createVerify } from 'node:crypto'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import {
  createSimulator,
  type MerchantOptions,
  type SimulatedMerchant,
  type Simulator,
} from '../../../src/simulator/index.ts'
import { newNumber, refusalOf, START } from '../test-merchant.ts'

const PROVIDER = '1900000109'
const BOUND = '1900000111'
const SHOP = '1900000112'
const STRANGER = '1900000199'
const NOTIFY_URL = 'https://merchant.example/notify'

const MERCHANTS: readonly MerchantOptions[] = [
  { mchid: PROVIDER, subMchids: [BOUND] },
  { mchid: BOUND, brandId: '40001' },
  { mchid: SHOP, brandId: '40002', sharingNotifyUrl: 'https://shop.example/shares' },
]

let simulator: Simulator
/** Notifications as they came: the URL, the headers and the text. */
let received: { url: string; headers: Headers; text: string }[]

beforeAll(async () => {
  const deliver: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    received.push({ url: request.url, headers: request.headers, text: await request.text() })
    return request.headers.get('content-type')!.includes('xml')
      ? new Response('<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>')
      : new Response(null, { status: 204 })
  }
  simulator = await createSimulator({ merchants: MERCHANTS, now: () => START, deliver })
})

beforeEach(async () => {
  received = []
  await simulator.reset()
})

const clientOf = (mchid: string): Wechatpay => {
  const { merchant, brand, fetch, mtlsFetch } = simulator.as(mchid)
  return new Wechatpay({ ...merchant, ...(brand && { brand }), fetch, mtlsFetch, now: () => START, retry: false })
}

const nativeOrder = (mchid: string, out_trade_no: string, total = 1000) =>
  clientOf(mchid).v3.pay.transactions.native.post({
    mchid,
    appid: simulator.as(mchid).merchant.appid,
    out_trade_no,
    description: 'd',
    notify_url: NOTIFY_URL,
    amount: { total },
  })

const partnerOrder = (sub_mchid: string, out_trade_no: string, total = 1000) =>
  clientOf(PROVIDER).v3.pay.partner.transactions.native.post({
    sp_mchid: PROVIDER,
    sp_appid: simulator.merchant.appid,
    sub_mchid,
    out_trade_no,
    description: 'd',
    notify_url: NOTIFY_URL,
    amount: { total },
    settle_info: { profit_sharing: true },
  })

const v2Order = (mchid: string, out_trade_no: string, sub_mch_id?: string) =>
  clientOf(mchid).v2.pay.unifiedorder.post({
    mch_id: mchid,
    appid: simulator.as(mchid).merchant.appid,
    body: 'd',
    out_trade_no,
    total_fee: 1000,
    spbill_create_ip: '127.0.0.1',
    notify_url: NOTIFY_URL,
    trade_type: 'NATIVE',
    ...(sub_mch_id && { sub_mch_id }),
  } as never)

/** Decrypts a notification with node:crypto. */
function decryptWith(apiv3Key: string, text: string) {
  const { ciphertext, nonce, associated_data } = JSON.parse(text).resource
  const bytes = Buffer.from(ciphertext, 'base64')
  const decipher = createDecipheriv('aes-256-gcm', apiv3Key, nonce)
  decipher.setAuthTag(bytes.subarray(-16)).setAAD(Buffer.from(associated_data))
  return JSON.parse(Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]).toString())
}

describe('a merchant among others', () => {
  it('has keys of its own: certificate, API keys, and the key of WeChat Pay that it verifies with', () => {
    const all = simulator.merchants
    expect(all.map(({ mchid }) => mchid)).toEqual([PROVIDER, BOUND, SHOP])
    for (const name of ['serial', 'privateKey', 'certificate', 'apiv3Key', 'apiv2Key', 'appid'] as const)
      expect(new Set(all.map(merchant => merchant[name])).size).toBe(3)
    expect(new Set(all.flatMap(({ platformKeys }) => Object.keys(platformKeys))).size).toBe(3)
    expect(simulator.merchant).toEqual(all[0])
  })

  it('uses the numbers of another, and neither sees the order of the other', async () => {
    const out_trade_no = newNumber()
    await nativeOrder(PROVIDER, out_trade_no, 100)
    await nativeOrder(SHOP, out_trade_no, 200)
    const { transaction_id } = simulator.as(SHOP).pay({ out_trade_no })
    expect(simulator.order(out_trade_no)).toMatchObject({ trade_state: 'NOTPAY', amount: { total: 100 } })
    expect(simulator.as(SHOP).order(out_trade_no)).toMatchObject({ trade_state: 'SUCCESS', amount: { total: 200 } })
    const byTransaction = clientOf(PROVIDER).v3.pay.transactions.id._transaction_id_
    expect(
      await refusalOf(byTransaction.get({ transaction_id: transaction_id!, params: { mchid: PROVIDER } })),
    ).toEqual([404, 'ORDER_NOT_EXIST'])
  })

  it('cannot query, close or refund the order of another by its number', async () => {
    const out_trade_no = newNumber()
    await nativeOrder(SHOP, out_trade_no)
    simulator.as(SHOP).pay({ out_trade_no })
    const other = clientOf(BOUND)
    const order = other.v3.pay.transactions.outTradeNo._out_trade_no_
    expect(await refusalOf(order.get({ out_trade_no, params: { mchid: BOUND } }))).toEqual([404, 'ORDER_NOT_EXIST'])
    expect(await refusalOf(order.close.post({ mchid: BOUND }, { out_trade_no }))).toEqual([404, 'ORDER_NOT_EXIST'])
    const refund = { out_trade_no, out_refund_no: newNumber(), amount: { refund: 1, total: 1000, currency: 'CNY' } }
    expect(await refusalOf(other.v3.refund.domestic.refunds.post(refund))).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    const v2 = other.v2.pay.orderquery.post({ mch_id: BOUND, appid: simulator.as(BOUND).merchant.appid, out_trade_no })
    expect((await refusalOf(v2))[1]).toBe('ORDERNOTEXIST')
  })

  it('is verified with its own key: a request that names it and is signed by another is refused', async () => {
    const [{ certificate: _, ...shop }, { certificate: __, ...bound }] = [SHOP, BOUND].map(
      mchid => simulator.as(mchid).merchant,
    ) as [SimulatedMerchant, SimulatedMerchant]
    const forged = new Wechatpay({ ...shop, privateKey: bound.privateKey, fetch: simulator.fetch, now: () => START })
    const foreign = new Wechatpay({ ...bound, mchid: SHOP, fetch: simulator.fetch, now: () => START })
    for (const client of [forged, foreign])
      expect(await refusalOf(client.v3.certificates.get())).toEqual([401, 'SIGN_ERROR'])
    const unknown = new Wechatpay({ ...shop, mchid: STRANGER, fetch: simulator.fetch, now: () => START })
    expect(await refusalOf(unknown.v3.certificates.get())).toEqual([401, 'SIGN_ERROR'])
    expect(simulator.journal.every(({ signature, mchid }) => signature === 'invalid' && mchid === undefined)).toBe(true)
  })

  it('signs APIv2 with its own key, and the response is signed with it', async () => {
    const out_trade_no = newNumber()
    const { data } = await v2Order(SHOP, out_trade_no)
    expect(data).toMatchObject({ result_code: 'SUCCESS', mch_id: SHOP })
    expect(simulator.as(SHOP).order(out_trade_no)?.mchid).toBe(SHOP)
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', mchid: SHOP })
    const { apiv2Key } = simulator.as(BOUND).merchant
    const { fetch, merchant } = simulator.as(SHOP)
    const wrong = new Wechatpay({ ...merchant, apiv2Key, fetch, now: () => START, retry: false })
    await expect(wrong.v2.pay.orderquery.post({ mch_id: SHOP, appid: merchant.appid, out_trade_no })).rejects.toThrow(
      '签名错误',
    )
  })

  // The message is the simulator's own: no source says how WeChat Pay words it.
  it('cannot present the client certificate of another', async () => {
    const out_trade_no = newNumber()
    await v2Order(SHOP, out_trade_no)
    simulator.as(SHOP).pay({ out_trade_no })
    const refundWith = (mtlsFetch: typeof fetch) =>
      new Wechatpay({ ...simulator.as(SHOP).merchant, fetch, mtlsFetch, retry: false }).v2.secapi.pay.refund.post({
        mch_id: SHOP,
        appid: simulator.as(SHOP).merchant.appid,
        out_trade_no,
        out_refund_no: 'R1',
        total_fee: 1000,
        refund_fee: 1000,
      })
    await expect(refundWith(simulator.as(BOUND).mtlsFetch)).rejects.toThrow('商户号与API证书不一致')
    expect((await refundWith(simulator.as(SHOP).mtlsFetch)).data).toMatchObject({ result_code: 'SUCCESS' })
  })

  it('is notified with its own keys, and nobody else can decrypt or verify it', async () => {
    const out_trade_no = newNumber()
    await nativeOrder(SHOP, out_trade_no)
    simulator.as(SHOP).pay({ out_trade_no })
    await simulator.settled()
    const [{ headers, text }] = received as [(typeof received)[0]]
    const shop = simulator.as(SHOP).merchant
    expect(decryptWith(shop.apiv3Key, text)).toMatchObject({ out_trade_no, mchid: SHOP })
    expect(() => decryptWith(simulator.merchant.apiv3Key, text)).toThrow()
    const [[id, key]] = Object.entries(shop.platformKeys) as [[string, string]]
    expect(headers.get('wechatpay-serial')).toBe(id)
    const signed = `${headers.get('wechatpay-timestamp')}\n${headers.get('wechatpay-nonce')}\n${text}\n`
    const isValidFor = (pem: string) =>
      createVerify('RSA-SHA256').update(signed).verify(pem, headers.get('wechatpay-signature')!, 'base64')
    expect(isValidFor(key)).toBe(true)
    expect(isValidFor(Object.values(simulator.merchant.platformKeys)[0]!)).toBe(false)
    expect(simulator.notifications.map(({ mchid }) => mchid)).toEqual([SHOP])
  })

  it('pays transfers from its own account only', async () => {
    const [shop, bound] = [simulator.as(SHOP), simulator.as(BOUND)]
    const before = bound.balance('OPERATION').available
    shop.fund(-shop.balance('OPERATION').available)
    expect(shop.balance('OPERATION').available).toBe(0)
    expect(bound.balance('OPERATION').available).toBe(before)
  })

  it('has a brand with keys of its own', async () => {
    const brands = [BOUND, SHOP].map(mchid => simulator.as(mchid).brand!)
    expect(new Set(brands.map(({ serial }) => serial)).size).toBe(2)
    const [bound, shop] = brands as [(typeof brands)[0], (typeof brands)[0]]
    const { merchant } = simulator.as(SHOP)
    const call = ({ certificate: _, ...brand }: typeof shop) =>
      new Wechatpay({ ...merchant, brand, fetch: simulator.fetch, now: () => START, retry: false }).request(
        'GET',
        'brand/marketing/product-coupon/product-coupons/1',
        {},
      )
    await call(shop).catch(() => {})
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', brandId: '40002' })
    await expect(call({ ...shop, privateKey: bound.privateKey })).rejects.toThrow()
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'invalid', status: 401 })
  })
})

describe('a service provider', () => {
  // 403 NO_AUTH 受理关系不存在: merchants report it of /v3/pay/partner/…, and the documents of /v3/ecommerce/fund have it.
  it('places orders for a bound sub-merchant, and is refused for any other', async () => {
    await partnerOrder(BOUND, newNumber())
    expect(await refusalOf(partnerOrder(STRANGER, newNumber()))).toEqual([403, 'NO_AUTH'])
    expect(await refusalOf(partnerOrder(SHOP, newNumber()))).toEqual([403, 'NO_AUTH'])
  })

  it('is refused in APIv2 without a result_code, as WeChat Pay does', async () => {
    expect((await v2Order(PROVIDER, newNumber(), BOUND)).data).toMatchObject({ result_code: 'SUCCESS' })
    await expect(v2Order(PROVIDER, newNumber(), STRANGER)).rejects.toThrow('受理关系不存在')
    // https://github.com/binarywang/WxJava/issues/1170
    await expect(v2Order(SHOP, newNumber(), BOUND)).rejects.toThrow('普通商户不允许传sub_mch_id')
  })

  it('is refused for a part of a combined order', async () => {
    const { appid } = simulator.merchant
    const part = { attach: 'a', amount: { total_amount: 1, currency: 'CNY' }, description: 'd' }
    const partOf = (sub_mchid: string) => ({ ...part, mchid: PROVIDER, sub_mchid, out_trade_no: newNumber() })
    const order = (last: string) =>
      clientOf(PROVIDER).v3.combineTransactions.native.post({
        combine_appid: appid,
        combine_mchid: PROVIDER,
        combine_out_trade_no: newNumber(),
        notify_url: NOTIFY_URL,
        sub_orders: [partOf(BOUND), partOf(last)],
      })
    await order(BOUND)
    expect(await refusalOf(order(STRANGER))).toEqual([403, 'NO_AUTH'])
  })

  it('pays a sub-merchant, who finds the money in its own balance and bill, but not the order', async () => {
    const out_trade_no = newNumber()
    await partnerOrder(BOUND, out_trade_no, 100_000)
    const { transaction_id } = simulator.pay({ out_trade_no })
    await clientOf(PROVIDER).v3.profitsharing.orders.unfreeze.post({
      sub_mchid: BOUND,
      transaction_id: transaction_id!,
      out_order_no: newNumber(),
      description: 'd',
    })
    await simulator.advance(24 * 3_600_000)
    expect(simulator.as(BOUND).balance().available).toBe(99_400)
    expect(simulator.balance().available).toBe(0)
    const bound = clientOf(BOUND)
    const { data } = await bound.v3.bill.fundflowbill.get({ params: { bill_date: '2026-03-01' } })
    expect(data).toHaveProperty('download_url')
    const order = bound.v3.pay.transactions.outTradeNo._out_trade_no_
    expect(await refusalOf(order.get({ out_trade_no, params: { mchid: BOUND } }))).toEqual([404, 'ORDER_NOT_EXIST'])
    expect(simulator.as(BOUND).order(out_trade_no)).toBeUndefined()
  })

  it('shares with another merchant, who is notified with its own keys', async () => {
    const out_trade_no = newNumber()
    await partnerOrder(BOUND, out_trade_no, 100_000)
    const { transaction_id } = simulator.pay({ out_trade_no })
    const { v3 } = clientOf(PROVIDER)
    const appid = simulator.merchant.appid
    const receiver = { type: 'MERCHANT_ID', account: SHOP } as const
    await v3.profitsharing.receivers.add.post({
      sub_mchid: BOUND,
      appid,
      ...receiver,
      name: '某商户',
      relation_type: 'PARTNER',
    } as never)
    await v3.profitsharing.orders.post({
      sub_mchid: BOUND,
      appid,
      transaction_id: transaction_id!,
      out_order_no: newNumber(),
      receivers: [{ ...receiver, amount: 500, description: 'd' }],
      unfreeze_unsplit: true,
    })
    await simulator.advance(60_000)
    const share = received.find(({ url }) => url === 'https://shop.example/shares')
    const { apiv3Key } = simulator.as(SHOP).merchant
    expect(decryptWith(apiv3Key, share!.text)).toMatchObject({
      sp_mchid: PROVIDER,
      sub_mchid: BOUND,
      receiver: { account: SHOP, amount: 500 },
    })
    expect(simulator.as(SHOP).balance().available).toBe(500)
  })
})

describe('the shopper', () => {
  it('pays by prepay_id without knowing the merchant', async () => {
    const out_trade_no = newNumber()
    const { data } = await nativeOrder(SHOP, out_trade_no)
    expect(simulator.payment({ code_url: data.code_url })).toMatchObject({ mchid: SHOP, number: out_trade_no })
    expect(simulator.payments()).toMatchObject([{ mchid: SHOP }])
    const { prepay_id } = simulator.payments()[0]!
    expect(simulator.pay({ prepay_id })).toMatchObject({ trade_state: 'SUCCESS', mchid: SHOP })
  })

  it('is checked with the key of the merchant of the order', async () => {
    const { appid } = simulator.as(SHOP).merchant
    const { data } = await clientOf(SHOP).v3.pay.transactions.jsapi.post({
      mchid: SHOP,
      appid,
      out_trade_no: newNumber(),
      description: 'd',
      notify_url: NOTIFY_URL,
      amount: { total: 1 },
      payer: { openid: simulator.examples.openid },
    })
    const startWith = async (mchid: string) => {
      const texts = {
        appId: appid,
        timeStamp: String(START / 1000),
        nonceStr: 'n',
        package: `prepay_id=${data.prepay_id}`,
      }
      const { createSign } = await import('node:crypto')
      const signed = `${Object.values(texts).join('\n')}\n`
      const key = simulator.as(mchid).merchant.privateKey
      const paySign = createSign('RSA-SHA256').update(signed).sign(key, 'base64')
      return simulator.checkPayment({ ...texts, signType: 'RSA', paySign })
    }
    expect(await startWith(SHOP)).toMatchObject({ payment: { mchid: SHOP } })
    expect(await startWith(PROVIDER)).toMatchObject({ problem: { name: 'signature' } })
  })
})

describe('adding a merchant', () => {
  it('gives it keys that survive a reset, which takes its records', async () => {
    const added = await simulator.addMerchant({ mchid: '1900000120' })
    await nativeOrder('1900000120', 'number-1')
    expect(added.order('number-1')).toBeDefined()
    await simulator.reset()
    expect(simulator.as('1900000120').merchant).toEqual(added.merchant)
    expect(added.order('number-1')).toBeUndefined()
    expect(added.balance('OPERATION').available).toBe(100_000_000)
    await nativeOrder('1900000120', 'number-1')
  })

  it('is refused for an id that is taken or malformed, also twice at once', async () => {
    await expect(simulator.addMerchant({ mchid: SHOP })).rejects.toThrow(RangeError)
    await expect(simulator.addMerchant({ mchid: '1900000121', brandId: '40001' })).rejects.toThrow('brandId')
    await expect(simulator.addMerchant({ mchid: '../etc' })).rejects.toThrow('8 to 10 digits')
    await expect(simulator.addMerchant({ mchId: '1900000121' } as never)).rejects.toThrow('Write mchid')
    const twice = [simulator.addMerchant({ mchid: '1900000122' }), simulator.addMerchant({ mchid: '1900000122' })]
    const results = await Promise.allSettled(twice)
    expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
    expect(() => simulator.as('1900000121')).toThrow('There is no merchant "1900000121"')
  })
})

it('continues from a snapshot with all merchants, and refuses one with other ids', async () => {
  const out_trade_no = newNumber()
  await nativeOrder(SHOP, out_trade_no)
  const state = simulator.snapshot()
  const restored = await createSimulator({ state, now: () => START })
  expect(restored.merchants).toEqual(simulator.merchants)
  expect(restored.as(SHOP).order(out_trade_no)).toEqual(simulator.as(SHOP).order(out_trade_no))
  const [first, ...others] = MERCHANTS
  const renamed = others.map(other => ({ ...other, appid: 'wxother' }))
  await expect(createSimulator({ state, merchants: [first!, ...renamed] })).rejects.toThrow('appid')
  const planted = state.replaceAll(`"${SHOP}"`, '"../../etc"')
  await expect(createSimulator({ state: planted })).rejects.toMatchObject({ reason: 'NOT_A_SNAPSHOT' })
})

it('repeats the keys of all merchants for a seed', async () => {
  const options = { seed: 'merchants', merchants: [{ mchid: PROVIDER }, { mchid: SHOP }], now: () => START }
  const one = await createSimulator(options)
  const other = await createSimulator(options)
  expect(other.merchants).toEqual(one.merchants)
  expect(new Set(one.merchants.map(({ privateKey }) => privateKey)).size).toBe(2)
})

it.each([
  [[], 'at least one'],
  [[{ mchid: SHOP }, { mchid: SHOP }], 'Two merchants have the mchid'],
  [[{ appid: 'wx1' }], 'mchid'],
  [[{ mchid: SHOP, subMchids: ['x'] }], 'subMchids'],
  ['x', 'list'],
])('refuses the list of merchants %j', async (merchants, message) => {
  await expect(createSimulator({ merchants: merchants as never })).rejects.toThrow(message)
})

it('refuses a single merchant beside a list', async () => {
  await expect(createSimulator({ mchid: SHOP, merchants: MERCHANTS })).rejects.toThrow('either merchants or mchid')
})
