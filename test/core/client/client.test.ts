import { beforeAll, describe, expect, test } from 'vitest'
import { ServiceError, Wechatpay, type WechatpayOptions } from '../../../src/core/index.ts'
import { createSimulator, type PlatformMode, type Simulator } from '../../../src/simulator/index.ts'
import * as keys from '../../fixtures/keys.ts'
import { crypto } from '../../webcrypto.ts'

const simulate = (platform: PlatformMode) => createSimulator({ seed: 'core', platform, crypto })
const clientOf = (simulator: Simulator, options: Partial<WechatpayOptions> = {}) =>
  new Wechatpay({
    ...simulator.merchant,
    fetch: simulator.fetch,
    mtlsFetch: simulator.mtlsFetch,
    crypto,
    retry: false,
    ...options,
  })

let simulator: Simulator
let wxpay: Wechatpay
beforeAll(async () => {
  simulator = await simulate('public-key')
  wxpay = clientOf(simulator)
})

let count = 0
const number = () => `T${Date.now()}${count++}`
const order = (out_trade_no = number()) => ({
  appid: simulator.merchant.appid,
  mchid: simulator.merchant.mchid,
  description: 'Image形象店 <&> 茶',
  out_trade_no,
  notify_url: 'https://example.com/notify',
  amount: { total: 100 },
})
const openid = 'onqOjjmo8wmTOOtSKwXtGjg9Gb58'
const png = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a)

describe('the five calls', () => {
  test('获取核身结果', async () => {
    const { sub_mchid, authenticate_number } = simulator.examples
    const reply = await wxpay.v3.payrollCard.authentications._authenticate_number_.get({
      authenticate_number,
      params: { sub_mchid },
    })
    expect(reply).toMatchObject({
      status: 200,
      verifiedBy: Object.keys(simulator.merchant.platformKeys)[0],
      data: { authenticate_number, sub_mchid, authenticate_state: 'AUTHENTICATE_SUCCESS' },
    })
    expect(reply.requestId).toBe(reply.headers.get('request-id'))
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', requestId: reply.requestId })
  })

  test('微工卡核身预下单', async () => {
    const { sub_mchid, openid } = simulator.examples
    const { data } = await wxpay.v3.payrollCard.authentications.preOrder.post({
      openid,
      sub_mchid,
      appid: simulator.merchant.appid,
      authenticate_number: number(),
      project_name: '某项目',
      employer_name: '某单位',
      authenticate_type: 'SIGN_IN',
    })
    expect(data.token).toBeTypeOf('string')
  })

  test('查询不活跃商户身份核实结果', async () => {
    const { sub_mchid, verification_id } = simulator.examples
    const endpoint =
      wxpay.v3.compliance.inactiveMerchantIdentityVerification.merchants._sub_mchid_.verifications._verification_id_
    const { data } = await endpoint.get({ sub_mchid, verification_id: verification_id.success })
    expect(data.state).toBe('SUCCESS')
    await expect(endpoint.get({ sub_mchid, verification_id: '404' })).rejects.toMatchObject({
      status: 404,
      serviceCode: 'NOT_FOUND',
    })
  })

  test("查询申请单审核结果, by an applyment_id beyond 2^53 or by business_code; both or neither is the service's to judge", async () => {
    const { applyment_id, business_code } = simulator.examples
    const { applyment } = wxpay.v3.apply4subject
    expect((await applyment.get({ params: { applyment_id } })).data.applyment_state).toBeTypeOf('string')
    expect((await applyment.get({ params: { business_code } })).data.qrcode_data).toBeTypeOf('string')
    await expect(applyment.get({ params: { applyment_id, business_code } })).rejects.toMatchObject({
      status: 400,
      serviceCode: 'PARAM_ERROR',
    })
    await expect(applyment.get()).rejects.toMatchObject({ status: 400, serviceCode: 'PARAM_ERROR' })
  })

  const person = () => ({
    version: '1.0' as const,
    mch_id: simulator.merchant.mchid,
    appid: simulator.merchant.appid,
    openid,
    real_name: '张三',
    cred_type: 1 as const,
    cred_id: '110101199003070011',
    access_token: 'token',
  })
  test.each([
    ['HMAC-SHA256', undefined],
    ['HMAC-SHA256', 'HMAC-SHA256'],
    ['MD5', 'MD5'],
  ] as const)('微信支付实名验证, signed with %s when sign_type is %s', async (verifiedBy, sign_type) => {
    const reply = await wxpay.v2.secsvc.realnameauth.post({ ...person(), ...(sign_type && { sign_type }) })
    expect(reply).toMatchObject({ status: 200, verifiedBy, data: { return_code: 'SUCCESS', result_code: 'SUCCESS' } })
    expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', signedBy: verifiedBy })
    expect(simulator.journal.at(-1)?.signedText).toContain(`&sign_type=${verifiedBy}&`)
  })
})

describe('an order of APIv3', () => {
  test('is placed, queried by both numbers, paid, refunded, its refund queried', async () => {
    const body = order()
    const { out_trade_no } = body
    const { mchid } = body
    const { transactions } = wxpay.v3.pay
    expect((await transactions.native.post(body)).data.code_url).toMatch(/^weixin:/)
    expect(
      (await transactions.outTradeNo._out_trade_no_.get({ out_trade_no, params: { mchid } })).data.trade_state,
    ).toBe('NOTPAY')
    simulator.pay({ out_trade_no })
    const { data: paid } = await transactions.outTradeNo._out_trade_no_.get({ out_trade_no, params: { mchid } })
    const { transaction_id } = paid
    expect(paid).toMatchObject({ trade_state: 'SUCCESS', amount: { total: 100 } })
    expect(
      (await transactions.id._transaction_id_.get({ transaction_id: transaction_id!, params: { mchid } })).data,
    ).toEqual(paid)

    const out_refund_no = number()
    const amount = { refund: 40, total: 100, currency: 'CNY' as const }
    const { refunds } = wxpay.v3.refund.domestic
    const { data: refund } = await refunds.post({ out_trade_no, out_refund_no, amount })
    expect(refund).toMatchObject({ out_refund_no, amount: { refund: 40 } })
    expect((await refunds._out_refund_no_.get({ out_refund_no })).data.refund_id).toBe(refund.refund_id)
  })

  test('JSAPI, App and H5 give what the client app needs', async () => {
    const { transactions } = wxpay.v3.pay
    expect((await transactions.jsapi.post({ ...order(), payer: { openid } })).data.prepay_id).toMatch(/^wx/)
    expect((await transactions.app.post(order())).data.prepay_id).toMatch(/^wx/)
    const scene_info = { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } }
    expect((await transactions.h5.post({ ...order(), scene_info })).data.h5_url).toMatch(/^https:/)
  })

  test('is closed with an empty answer, which is verified too', async () => {
    const body = order()
    await wxpay.v3.pay.transactions.native.post(body)
    const { out_trade_no, mchid } = body
    const reply = await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.close.post({ mchid }, { out_trade_no })
    expect(reply).toMatchObject({ status: 204, data: undefined, verifiedBy: expect.stringMatching(/^PUB_KEY_ID_/) })
  })

  test('carries encrypted fields that only WeChat Pay can read', async () => {
    const sent: string[] = []
    const watching = clientOf(simulator, {
      fetch: async (input, init) => {
        const request = new Request(input, init)
        sent.push(await request.clone().text(), request.headers.get('wechatpay-serial') ?? '')
        return simulator.fetch(request)
      },
    })
    const receiver = { type: 'PERSONAL_OPENID', account: openid, name: '张三', relation_type: 'USER' } as const
    const body = { appid: simulator.merchant.appid, ...receiver }
    const { data } = await watching.v3.profitsharing.receivers.add.post(body)
    expect(sent[0]).not.toContain('张三')
    expect(sent[0]).toContain(openid)
    expect(sent[1]).toBe(Object.keys(simulator.merchant.platformKeys)[0])
    expect(data).toMatchObject(receiver)
    // The caller's object stays as it was.
    expect(body.name).toBe('张三')
  })

  test('is answered with the documented error, verified, and its body kept out of logs', async () => {
    const body = order()
    await wxpay.v3.pay.transactions.native.post(body)
    const error = await wxpay.v3.pay.transactions.native.post({ ...body, amount: { total: 1 } }).catch(error => error)
    expect(error).toBeInstanceOf(ServiceError)
    expect(error).toMatchObject({
      code: 'SERVICE_ERROR',
      serviceCode: 'OUT_TRADE_NO_USED',
      status: 403,
      verifiedBy: expect.any(String),
      mayHaveTakenEffect: false,
    })
    expect(error.message).toContain(`Request-ID ${error.requestId}`)
    expect(JSON.parse(error.body).code).toBe(error.serviceCode)
    expect(Object.keys(error)).not.toContain('body')
    expect(Object.keys(error)).not.toContain('headers')
  })
})

describe('an order of APIv2', () => {
  const message = (out_trade_no: string) => ({
    appid: simulator.merchant.appid,
    mch_id: simulator.merchant.mchid,
    body: 'Image形象店 <&> 茶 ]]> \r\n',
    out_trade_no,
    total_fee: 100,
    spbill_create_ip: '127.0.0.1',
    notify_url: 'https://example.com/notify',
    trade_type: 'NATIVE' as const,
  })

  test('is placed, queried, refunded with the client certificate, and is the same order in APIv3', async () => {
    const out_trade_no = number()
    const { appid, mchid } = simulator.merchant
    const { data: placed } = await wxpay.v2.pay.unifiedorder.post(message(out_trade_no))
    expect(placed).toMatchObject({
      result_code: 'SUCCESS',
      trade_type: 'NATIVE',
      code_url: expect.stringMatching(/^weixin:/),
    })
    simulator.pay({ out_trade_no })
    const { data: paid } = await wxpay.v2.pay.orderquery.post({ appid, mch_id: mchid, out_trade_no })
    expect(paid).toMatchObject({ trade_state: 'SUCCESS', total_fee: '100' })
    const { data: refund } = await wxpay.v2.secapi.pay.refund.post({
      appid,
      mch_id: mchid,
      out_trade_no,
      out_refund_no: number(),
      total_fee: 100,
      refund_fee: 30,
    })
    expect(refund).toMatchObject({ result_code: 'SUCCESS', refund_fee: '30' })
    const { data: same } = await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get({
      out_trade_no,
      params: { mchid },
    })
    expect(same).toMatchObject({ transaction_id: paid.transaction_id, trade_state: 'REFUND' })
  })

  test('takes an object where a field holds JSON', async () => {
    const detail = { goods_detail: [{ goods_id: 'iphone6s_16G', quantity: 1, price: 100 }] }
    await wxpay.v2.pay.unifiedorder.post({ ...message(number()), detail })
    expect(simulator.journal.at(-1)?.signedText).toContain(
      'detail={"goods_detail":[{"goods_id":"iphone6s_16G","quantity":1,"price":100}]}',
    )
  })

  test('that is unknown is a service error with err_code, verified', async () => {
    const { appid, mchid } = simulator.merchant
    await expect(wxpay.v2.pay.orderquery.post({ appid, mch_id: mchid, out_trade_no: 'none' })).rejects.toMatchObject({
      name: 'ServiceError',
      serviceCode: 'ORDERNOTEXIST',
      verifiedBy: 'HMAC-SHA256',
      status: 200,
    })
  })

  test('signed with a wrong key is refused by WeChat Pay, unverified', async () => {
    const wrong = clientOf(simulator, { apiv2Key: 'x'.repeat(32) })
    await expect(
      wrong.v2.pay.orderquery.post({ appid: '1', mch_id: simulator.merchant.mchid, out_trade_no: '1' }),
    ).rejects.toMatchObject({
      serviceCode: 'FAIL',
      serviceMessage: expect.stringContaining('签名错误'),
      verifiedBy: undefined,
    })
  })

  test('a redirect endpoint gives its signed URL without sending, and its location when sent', async () => {
    const params = {
      appid: simulator.merchant.appid,
      mch_id: simulator.merchant.mchid,
      plan_id: 12535,
      contract_code: '100000',
      request_serial: 1000,
      contract_display_account: '微信代扣 & 茶',
      notify_url: 'https://example.com/?a=b&c=d',
      version: '1.0' as const,
      timestamp: '1414488825',
    }
    const before = simulator.journal.length
    const url = await wxpay.v2.papay.entrustweb.url({ params })
    expect(simulator.journal.length).toBe(before)
    expect(url).toMatch(/^https:\/\/api\.mch\.weixin\.qq\.com\/papay\/entrustweb\?.*&sign=[0-9A-F]{32}$/)
    const response = await simulator.fetch(url, { redirect: 'manual' })
    expect([response.status, simulator.journal.at(-1)?.signature]).toEqual([302, 'valid'])
    const reply = await wxpay.v2.papay.entrustweb.get({ params })
    expect(reply).toMatchObject({ status: 302, data: expect.stringMatching(/^https:/) })
  })
})

describe('files', () => {
  test.each<[string, () => { file: Blob | Uint8Array; meta?: { filename?: string; sha256?: string } }]>([
    ['a File alone', () => ({ file: new File([png], '营业执照.png', { type: 'image/png' }) })],
    ['bytes with a name', () => ({ file: png, meta: { filename: 'a.png' } })],
    [
      'a Blob with meta',
      () => ({
        file: new Blob([png]),
        meta: { filename: 'a.png', sha256: '4c4b6a3be1314ab86138bef4314dde022e600960d8689a2c8f8631802d20dab6' },
      }),
    ],
  ])('are uploaded: %s', async (_, body) => {
    const { data } = await wxpay.v3.merchant.media.upload.post(body())
    expect(data.media_id).toBeTypeOf('string')
    expect(simulator.journal.at(-1)).toMatchObject({
      signature: 'valid',
      signedText: expect.stringContaining('"sha256":"4c4b6a3b'),
    })
  })

  test('without a name are refused before anything is sent', async () => {
    const before = simulator.journal.length
    await expect(wxpay.v3.merchant.media.upload.post({ file: new Blob([png]) })).rejects.toMatchObject({
      code: 'BODY_INVALID',
      field: 'file',
      message: expect.stringContaining('or its name in "meta"'),
    })
    await expect(
      wxpay.request('POST', 'v3/merchant/media/upload', { body: { file: png, stray: 1 } }),
    ).rejects.toMatchObject({ field: 'stray' })
    await expect(
      wxpay.request('POST', 'v3/merchant/media/upload', { body: { file: png, meta: '{' } }),
    ).rejects.toMatchObject({ field: 'meta' })
    expect(simulator.journal.length).toBe(before)
  })

  test('are downloaded as a stream, unverified, from the URL that the call before gave', async () => {
    // A bill is there when its day is over.
    const simulator = await createSimulator({ seed: 'core', crypto })
    const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch, crypto })
    const { appid, mchid } = simulator.merchant
    const order = { appid, mchid, description: 'd', out_trade_no: number(), notify_url: 'https://example.com/notify' }
    await wxpay.v3.pay.transactions.native.post({ ...order, amount: { total: 1 } })
    const { paidAt } = simulator.pay(order)
    const bill_date = new Date(paidAt!).toLocaleDateString('sv', { timeZone: 'Asia/Shanghai' })
    await simulator.advance(2 * 24 * 60 * 60 * 1000)
    const { data } = await wxpay.v3.bill.tradebill.get({ params: { bill_date } })
    const url = new URL(data.download_url)
    const reply = await wxpay.v3.billdownload.file.get({ params: { token: url.searchParams.get('token')! } })
    expect(reply.verifiedBy).toBeUndefined()
    const bytes = await new Response(reply.data).arrayBuffer()
    const digest = new Uint8Array(await globalThis.crypto.subtle.digest('SHA-1', bytes))
    expect(Array.from(digest, byte => byte.toString(16).padStart(2, '0')).join('')).toBe(data.hash_value)
  })
})

describe('fetch, with standard types', () => {
  test('signs an APIv3 request and gives the verified response, error statuses too', async () => {
    const { business_code } = simulator.examples
    const url = 'https://api.mch.weixin.qq.com/v3/apply4subject/applyment'
    const response = await wxpay.fetch(`${url}?business_code=${business_code}`)
    expect([response.status, ((await response.json()) as { applyment_state: string }).applyment_state]).toEqual([
      200,
      expect.any(String),
    ])
    expect((await wxpay.fetch(`${url}?business_code=none`)).status).toBe(404)
    const body = order()
    await wxpay.fetch('https://api.mch.weixin.qq.com/v3/pay/transactions/native', {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    })
    const closed = await wxpay.fetch(
      `https://api.mch.weixin.qq.com/v3/pay/transactions/out-trade-no/${body.out_trade_no}/close`,
      {
        method: 'POST',
        body: JSON.stringify({ mchid: body.mchid }),
        headers: { 'content-type': 'application/json' },
      },
    )
    expect([closed.status, await closed.text()]).toEqual([204, ''])
  })

  test('signs an upload over its meta alone', async () => {
    const form = new FormData()
    form.set('meta', '{"filename":"a.png","sha256":"4c4b6a3be1314ab86138bef4314dde022e600960d8689a2c8f8631802d20dab6"}')
    form.set('file', new File([png], 'a.png', { type: 'image/png' }))
    const response = await wxpay.fetch('https://api.mch.weixin.qq.com/v3/merchant/media/upload', {
      method: 'POST',
      body: form,
    })
    expect([response.status, simulator.journal.at(-1)?.signature]).toEqual([200, 'valid'])
  })

  test('signs an APIv2 request, nonce and all', async () => {
    const { appid, mchid } = simulator.merchant
    const response = await wxpay.fetch('https://api.mch.weixin.qq.com/pay/orderquery', {
      method: 'POST',
      body: `<xml><appid>${appid}</appid><mch_id>${mchid}</mch_id><out_trade_no>none</out_trade_no></xml>`,
    })
    expect([response.status, simulator.journal.at(-1)?.signature]).toEqual([200, 'valid'])
    expect(await response.text()).toContain('ORDERNOTEXIST')
    await expect(
      wxpay.fetch('https://api.mch.weixin.qq.com/pay/orderquery', { method: 'POST', body: '{}' }),
    ).rejects.toMatchObject({ code: 'BODY_INVALID' })
  })
})

describe('encrypted answer fields', () => {
  const encryptedAnswer = async (key: string) => {
    // As WeChat Pay does: encrypt for the merchant's certificate, sign.
    const { importPublicKey, importPrivateKey } = await import('../../../src/core/crypto/keys.ts')
    const { encrypt, sign } = await import('../../../src/core/crypto/rsa.ts')
    const body = JSON.stringify({
      user_name: await encrypt('李四', await importPublicKey(key, 'key', crypto), crypto),
      state: 'SUCCESS',
    })
    const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), 'nonce']
    const { sign: platformKey } = await importPrivateKey(keys.OTHER_PRIVATE_KEY, 'key', crypto)
    const signature = await sign(`${timestamp}\n${nonce}\n${body}\n`, platformKey, crypto)
    return new Response(body, {
      headers: {
        'Wechatpay-Timestamp': timestamp,
        'Wechatpay-Nonce': nonce,
        'Wechatpay-Signature': signature,
        'Wechatpay-Serial': 'FF01',
      },
    })
  }
  const client = (response: Response, more: Partial<WechatpayOptions> = {}) =>
    new Wechatpay({
      mchid: '1900000109',
      serial: 'ABCD',
      privateKey: keys.PRIVATE_KEY,
      platformKeys: { FF01: keys.OTHER_CERTIFICATE },
      fetch: async () => response,
      crypto,
      ...more,
    }).v3.fundApp.mchTransfer.transferBills.outBillNo._out_bill_no_.get({ out_bill_no: '1' })

  test("are opened with the merchant's key", async () => {
    expect((await client(await encryptedAnswer(keys.PUBLIC_KEY))).data).toMatchObject({
      user_name: '李四',
      state: 'SUCCESS',
    })
  })

  test('that were encrypted for another key are a clear error', async () => {
    await expect(client(await encryptedAnswer(keys.OTHER_PUBLIC_KEY))).rejects.toMatchObject({
      name: 'ResponseDecryptionError',
      code: 'DECRYPTION_FAILED',
      status: 200,
      cause: { name: 'DecryptionError' },
    })
  })

  test('need a decryption key where the private key is a CryptoKey', async () => {
    const { importPrivateKey } = await import('../../../src/core/crypto/keys.ts')
    const { sign, decrypt } = await importPrivateKey(keys.PRIVATE_KEY, 'key', crypto)
    await expect(client(await encryptedAnswer(keys.PUBLIC_KEY), { privateKey: sign })).rejects.toMatchObject({
      message: expect.stringContaining('decryptionKey'),
    })
    const { data } = await client(await encryptedAnswer(keys.PUBLIC_KEY), { privateKey: sign, decryptionKey: decrypt! })
    expect(data.user_name).toBe('李四')
  })
})

test('a client made of the certificate instead of the serial signs as that certificate', async () => {
  const { serial: _, ...merchant } = simulator.merchant
  const client = new Wechatpay({ ...merchant, fetch: simulator.fetch, crypto })
  const { sub_mchid, authenticate_number } = simulator.examples
  await client.v3.payrollCard.authentications._authenticate_number_.get({ authenticate_number, params: { sub_mchid } })
  expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', signedBy: simulator.merchant.serial })
})

test('keys are imported once a client, cannot be exported, and never again a call', async () => {
  const imported: boolean[] = []
  const subtle = new Proxy(crypto.subtle, {
    get: (target, name: keyof SubtleCrypto) => {
      const method = (target[name] as (...args: unknown[]) => unknown).bind(target)
      if (name !== 'importKey') return method
      return (...args: unknown[]) => {
        imported.push(args[3] as boolean)
        return method(...args)
      }
    },
  })
  const watched = { subtle, randomUUID: () => crypto.randomUUID() } as Crypto
  const client = clientOf(simulator, { crypto: watched })
  const { sub_mchid, authenticate_number } = simulator.examples
  const { appid, mchid } = simulator.merchant
  const call = async () => {
    await client.v3.payrollCard.authentications._authenticate_number_.get({
      authenticate_number,
      params: { sub_mchid },
    })
    await client.v2.pay.orderquery.post({ appid, mch_id: mchid, out_trade_no: 'none' }).catch(() => {})
  }
  await call()
  const { length } = imported
  expect(imported).toEqual(Array(length).fill(false))
  await Promise.all([call(), call(), call()])
  expect(imported).toHaveLength(length)
  // The private key, its certificate and WeChat Pay's public key, each for its two uses, and the APIv2 key.
  expect(length).toBe(7)
})
