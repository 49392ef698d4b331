import { Buffer } from 'node:buffer'
import { createCipheriv, createPublicKey, createSign, createVerify, privateDecrypt, publicEncrypt } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  type BrandOptions,
  type CallEvent,
  ConfigurationError,
  type NotificationEvent,
  observe,
  receiveNotification,
  Wechatpay,
  type WechatpayOptions,
} from '../../../src/core/index.ts'
import * as keys from '../../fixtures/keys.ts'

// The brand API beside node:crypto, which verifies what the client signs and signs what it verifies.

const BRAND_ID = '40001'
const KEY_ID = 'PUB_KEY_ID_0140001202611210000000001'
const MERCHANT_KEY_ID = 'PUB_KEY_ID_0119000001092026112100000001'
const API_KEY = 'brandkeybrandkeybrandkeybrandkey'
const APIV3_KEY = '0123456789abcdef0123456789abcdef'
const NOW = 1_760_000_000_000
const brand: BrandOptions = {
  brandId: BRAND_ID,
  serial: '4A8B1C2D3E4F5061728394A5B6C7D8E9F0011223',
  privateKey: keys.PRIVATE_KEY,
  apiKey: API_KEY,
  platformKeys: { [KEY_ID]: keys.OTHER_PUBLIC_KEY },
}
/** A merchant whose keys are others, but for WeChat Pay's, whose text is the same under another id. */
const merchant: WechatpayOptions = {
  mchid: '1900000109',
  serial: 'ABCD',
  privateKey: keys.OTHER_PRIVATE_KEY,
  apiv3Key: APIV3_KEY,
  apiv2Key: '192006250b4c09247ec02edce69f6a2d',
  platformKeys: { [MERCHANT_KEY_ID]: keys.OTHER_PUBLIC_KEY },
}

function signed(body: string, serial = KEY_ID, key = keys.OTHER_PRIVATE_KEY): Record<string, string> {
  const timestamp = String(NOW / 1000)
  return {
    'Wechatpay-Timestamp': timestamp,
    'Wechatpay-Nonce': 'n',
    'Wechatpay-Serial': serial,
    'Wechatpay-Signature': createSign('RSA-SHA256').update(`${timestamp}\nn\n${body}\n`).sign(key, 'base64'),
    'Wechatpay-Signature-Type': 'WECHATPAY-BRAND-SHA256-RSA2048',
  }
}

/** Creates a client whose calls all get one answer, signed by WeChat Pay's key for the brand. */
function clientOf(options: object, data: object | undefined = {}, serial?: string) {
  const sent: { url: URL; method: string; headers: Headers; body: string }[] = []
  const body = data === undefined ? '' : JSON.stringify(data)
  const wxpay = new Wechatpay({
    now: () => NOW,
    retry: false,
    fetch: async (input, init) => {
      const request = new Request(input, init)
      sent.push({
        url: new URL(request.url),
        method: request.method,
        headers: request.headers,
        body: await request.text(),
      })
      return new Response(body || null, { status: body ? 200 : 204, headers: signed(body, serial) })
    },
    ...options,
  } as WechatpayOptions)
  return { wxpay, sent }
}

const AUTHORIZATION =
  /^WECHATPAY-BRAND-SHA256-RSA2048 brand_id="40001",nonce_str="(\w{32})",timestamp="1760000000",serial_no="4A8B1C2D3E4F5061728394A5B6C7D8E9F0011223",signature="([\w+/=]+)"$/

function verifies({ url, method, headers }: { url: URL; method: string; headers: Headers }, text: string): boolean {
  const [, nonce, signature] = AUTHORIZATION.exec(headers.get('authorization')!) ?? []
  return createVerify('RSA-SHA256')
    .update(`${method}\n${url.pathname}${url.search}\n${NOW / 1000}\n${nonce}\n${text}\n`)
    .verify(createPublicKey(keys.PRIVATE_KEY), signature!, 'base64')
}

describe('a call of the brand API', () => {
  test('is signed with the key and the id of the brand, in every spelling', async () => {
    const { wxpay, sent } = clientOf({ brand }, { total_count: 0 })
    const params = { offset: 0, limit: 10 }
    const replies = [
      await wxpay.brand.cardMember.cards.get({ params }),
      await wxpay['brand/card-member/cards'].get({ params }),
      await wxpay.chain('brand/card-member/cards').get({ params }),
      await wxpay.request('GET', 'brand/card-member/cards', { params }),
    ]
    for (const { data, verifiedBy } of replies) {
      expect(data).toEqual({ total_count: 0 })
      expect(verifiedBy).toBe(KEY_ID)
    }
    const response = await wxpay.fetch('https://api.mch.weixin.qq.com/brand/card-member/cards?offset=0&limit=10')
    expect(await response.json()).toEqual({ total_count: 0 })
    expect(sent).toHaveLength(5)
    for (const request of sent) {
      expect(request.url.href).toBe('https://api.mch.weixin.qq.com/brand/card-member/cards?offset=0&limit=10')
      expect(request.headers.get('wechatpay-serial')).toBe(KEY_ID)
      expect(verifies(request, '')).toBe(true)
    }
  })

  test('signs the body that it sends, byte for byte', async () => {
    const { wxpay, sent } = clientOf({ brand })
    await wxpay.brand.marketing.productCoupon.notifyConfigs.post({ notify_url: 'https://merchant.example/品牌' })
    expect(sent[0]!.body).toBe('{"notify_url":"https://merchant.example/品牌"}')
    expect(verifies(sent[0]!, sent[0]!.body)).toBe(true)
  })

  test('fills in the meta of an upload, and signs only its text', async () => {
    const { wxpay, sent } = clientOf({ brand }, { image_url: 'https://x.example' })
    const file = new File([new Uint8Array([1, 2, 3])], 'a.png')
    await wxpay.brand.marketing.productCoupon.media.uploadImage.post({ file })
    const meta = '{"filename":"a.png","sha256":"039058c6f2c0cb492c533b0a4d14ef77cc0f78abccced5287d84a1a2011cfb81"}'
    expect(sent[0]!.body).toContain(meta)
    expect(verifies(sent[0]!, meta)).toBe(true)
  })

  test('encrypts for WeChat Pay with the public key of the brand, and decrypts with its private key', async () => {
    const encrypt = (text: string) =>
      publicEncrypt({ key: createPublicKey(keys.PRIVATE_KEY), oaepHash: 'sha1' }, Buffer.from(text)).toString('base64')
    const { wxpay, sent } = clientOf({ ...merchant, brand }, { phone_number: encrypt('13800000000') })
    const card = wxpay.brand.cardMember.userCards._user_card_code_
    const { data } = await card.get({ user_card_code: 'c', params: { card_id: 'i', openid: 'o' } } as never)
    expect(data).toMatchObject({ phone_number: '13800000000' })
    expect(sent[0]!.headers.get('wechatpay-serial')).toBe(KEY_ID)
    const { ciphertext, serial } = await wxpay.encrypt('张三', 'brand')
    expect(serial).toBe(KEY_ID)
    const plain = privateDecrypt({ key: keys.OTHER_PRIVATE_KEY, oaepHash: 'sha1' }, Buffer.from(ciphertext, 'base64'))
    expect(plain.toString()).toBe('张三')
  })

  test('signs by a signer', async () => {
    const { privateKey: _, ...others } = brand
    const sign = async (message: Uint8Array) => createSign('RSA-SHA256').update(message).sign(keys.PRIVATE_KEY)
    const { wxpay, sent } = clientOf({ brand: { ...others, signer: { sign } } })
    await wxpay.brand.cardMember.cards.get()
    expect(verifies(sent[0]!, '')).toBe(true)
  })

  test('goes to the standby, as in APIv3', async () => {
    const hosts: string[] = []
    const fetch = async (input: RequestInfo | URL) => {
      hosts.push(new URL(String(input)).host)
      throw new TypeError('down')
    }
    const wxpay = new Wechatpay({ brand, fetch, retry: { attempts: 2, delay: () => 0 } })
    await expect(wxpay.brand.cardMember.cards.get()).rejects.toMatchObject({ code: 'NETWORK_ERROR' })
    expect(hosts).toEqual(['api.mch.weixin.qq.com', 'api2.mch.weixin.qq.com'])
  })

  test('refuses a response that the merchant’s key has signed, and one of an unknown key', async () => {
    for (const serial of [MERCHANT_KEY_ID, 'PUB_KEY_ID_9', 'ABCDEF']) {
      const { wxpay } = clientOf({ ...merchant, brand }, {}, serial)
      await expect(wxpay.brand.cardMember.cards.get()).rejects.toMatchObject({ code: 'SIGNATURE_UNKNOWN_SERIAL' })
    }
    const { wxpay } = clientOf({ ...merchant, apiv3Key: undefined, brand }, {}, KEY_ID)
    await expect(wxpay.v3.certificates.get()).rejects.toMatchObject({ code: 'SIGNATURE_UNKNOWN_SERIAL' })
  })

  test('is observed with the brand', async () => {
    const { wxpay } = clientOf({ ...merchant, brand })
    const events: CallEvent[] = []
    observe(wxpay, { request: event => events.push(event) })
    await wxpay.brand.cardMember.cards.get()
    expect(events).toHaveLength(1)
    expect(events[0]).toMatchObject({ api: 'brand', brandId: BRAND_ID, template: '/brand/card-member/cards' })
    expect(events[0]).not.toHaveProperty('mchid')
  })
})

describe('an option', () => {
  test.each<[string, object, (wxpay: Wechatpay) => Promise<unknown>, string]>([
    ['the brand', merchant, wxpay => wxpay.brand.cardMember.cards.get(), 'brand'],
    ['the merchant', { brand }, wxpay => wxpay.v3.certificates.get(), 'mchid'],
    ['the merchant in APIv2', { brand }, wxpay => wxpay.request('POST', 'v2/pay/orderquery'), 'mchid'],
    ['the merchant to encrypt', { brand }, wxpay => wxpay.encrypt('x'), 'mchid'],
    [
      'its key',
      { brand: { ...brand, privateKey: undefined } },
      w => w.brand.cardMember.cards.get(),
      'brand.privateKey',
    ],
    ['its serial', { brand: { ...brand, serial: undefined } }, w => w.brand.cardMember.cards.get(), 'brand.serial'],
    [
      'its public key',
      { brand: { ...brand, platformKeys: undefined } },
      wxpay => wxpay.brand.cardMember.cards.get(),
      'brand.platformKeys',
    ],
  ])('that a call lacks is named: %s', async (_, options, call, option) => {
    const { wxpay, sent } = clientOf(options)
    await expect(call(wxpay)).rejects.toMatchObject({ code: 'OPTION_MISSING', option })
    expect(sent).toEqual([])
  })

  test.each<[string, object, string, string]>([
    ['no merchant and no brand', {}, 'OPTION_MISSING', 'mchid'],
    ['a brand that is text', { brand: 'x' }, 'OPTION_INVALID', 'brand'],
    ['a brand that is null', { brand: null }, 'OPTION_INVALID', 'brand'],
    ['no brand id', { brand: { ...brand, brandId: undefined } }, 'OPTION_MISSING', 'brand.brandId'],
    ['a brand id that would end the header', { brand: { ...brand, brandId: '1"' } }, 'OPTION_INVALID', 'brand.brandId'],
    ['a short API key', { brand: { ...brand, apiKey: 'x' } }, 'OPTION_INVALID', 'brand.apiKey'],
    ['a misspelled option', { brand: { ...brand, apikey: API_KEY } }, 'OPTION_INVALID', 'brand.apikey'],
    ['a private key that is none', { brand: { ...brand, privateKey: 'x' } }, 'PEM_INVALID', 'brand.privateKey'],
    [
      'a platform certificate, which brands do not have',
      { brand: { ...brand, platformKeys: { ABCD: keys.CERTIFICATE } } },
      'OPTION_INVALID',
      'brand.platformKeys.ABCD',
    ],
    [
      'a public key of the merchant',
      { ...merchant, brand: { ...brand, platformKeys: { [MERCHANT_KEY_ID.toLowerCase()]: keys.PUBLIC_KEY } } },
      'OPTION_INVALID',
      `brand.platformKeys.${MERCHANT_KEY_ID.toLowerCase()}`,
    ],
  ])('is refused: %s', (_, options, code, option) => {
    const create = () => new Wechatpay(options as WechatpayOptions)
    expect(create).toThrow(ConfigurationError)
    expect(create).toThrow(expect.objectContaining({ code, option }))
  })

  test('with the certificate of another key is refused', async () => {
    const { wxpay } = clientOf({ brand: { ...brand, serial: undefined, certificate: keys.OTHER_CERTIFICATE } })
    await expect(wxpay.brand.cardMember.cards.get()).rejects.toMatchObject({
      code: 'KEY_MISMATCH',
      option: 'brand.privateKey',
    })
  })

  test('never shows a key in an error', async () => {
    const { wxpay } = clientOf({ brand: { ...brand, certificate: keys.OTHER_CERTIFICATE } })
    const error = await wxpay.brand.cardMember.cards.get().catch(cause => cause)
    for (const secret of [API_KEY, keys.PRIVATE_KEY])
      expect(String(error) + JSON.stringify(error)).not.toContain(secret)
  })
})

interface Forged {
  serial?: string
  key?: string
  apiKey?: string
  event?: string
  resource?: object
}

/** Writes a notification as WeChat Pay does, or one with the parts of another. */
function notificationOf({
  serial = KEY_ID,
  key = keys.OTHER_PRIVATE_KEY,
  apiKey = API_KEY,
  event = 'BRAND_MEMBER_CARD.USER_CARD.DELETE',
  resource = { brand_id: BRAND_ID, card_id: 'c', openid: 'o', user_card_code: 'u' },
}: Forged = {}): Request {
  const cipher = createCipheriv('aes-256-gcm', apiKey, '0123456789ab').setAAD(Buffer.from('user_card'))
  const ciphertext = Buffer.concat([cipher.update(JSON.stringify(resource)), cipher.final(), cipher.getAuthTag()])
  const body = JSON.stringify({
    id: 'EV-1',
    create_time: '2026-11-21T10:00:00+08:00',
    resource_type: 'encrypt-resource',
    event_type: event,
    summary: '会员卡',
    resource: {
      original_type: 'user_card',
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: ciphertext.toString('base64'),
      associated_data: 'user_card',
      nonce: '0123456789ab',
    },
  })
  return new Request('https://merchant.example/notify', { method: 'POST', headers: signed(body, serial, key), body })
}

describe('a notification of the brand API', () => {
  test.each<[string, object]>([
    ['of a brand', { brand }],
    ['of a merchant and a brand', { ...merchant, brand }],
  ])('is verified and decrypted by a client %s', async (_, options) => {
    const { wxpay } = clientOf(options)
    const events: NotificationEvent[] = []
    observe(wxpay, { notification: event => events.push(event) })
    const notification = await receiveNotification(wxpay, notificationOf())
    expect(notification).toMatchObject({
      api: 'brand',
      id: 'EV-1',
      event: 'BRAND_MEMBER_CARD.USER_CARD.DELETE',
      resource: { brand_id: BRAND_ID, user_card_code: 'u' },
      verifiedBy: KEY_ID,
    })
    expect(events).toEqual([
      { api: 'brand', brandId: BRAND_ID, id: 'EV-1', event: notification.event, verifiedBy: KEY_ID },
    ])
  })

  test('leaves those of the merchant to the merchant', async () => {
    const { wxpay } = clientOf({ ...merchant, brand })
    const resource = { mchid: merchant.mchid, out_trade_no: '1', trade_state: 'SUCCESS' }
    const request = notificationOf({
      serial: MERCHANT_KEY_ID,
      apiKey: APIV3_KEY,
      event: 'TRANSACTION.SUCCESS',
      resource,
    })
    expect(await receiveNotification(wxpay, request)).toMatchObject({ api: 'v3', resource })
  })

  test('has the name of its event only if the brand API defines it, so that a name belongs to one API', async () => {
    const { wxpay } = clientOf({ ...merchant, brand })
    const events = []
    for (const event of ['TRANSACTION.SUCCESS', 'NEW.EVENT', 'PRODUCT_COUPON.USE']) {
      const resource = { mchid: merchant.mchid, out_trade_no: '1', trade_state: 'SUCCESS' }
      events.push((await receiveNotification(wxpay, notificationOf({ event, resource }))).event)
      const ofMerchant = { serial: MERCHANT_KEY_ID, apiKey: APIV3_KEY, event, resource }
      events.push((await receiveNotification(wxpay, notificationOf(ofMerchant))).event)
    }
    expect(events).toEqual([
      'brand/TRANSACTION.SUCCESS',
      'TRANSACTION.SUCCESS',
      'brand/NEW.EVENT',
      'NEW.EVENT',
      'PRODUCT_COUPON.USE',
      'v3/PRODUCT_COUPON.USE',
    ])
  })

  // By definition of APIv3, `phone_number` of the first and `passthrough_request_content` of the second are encrypted and JSON.
  test.each<[string, object]>([
    ['MEMBERCARD.ACCEPT_CARD', { phone_number: '13800000000' }],
    ['MEDICAL_INSURANCE.SUCCESS', { passthrough_request_content: '{"a":1}' }],
  ])('is not read by the definition that APIv3 has of an event of its name: %s', async (event, fields) => {
    const { wxpay } = clientOf({ brand })
    const resource = { brand_id: BRAND_ID, ...fields }
    const received = await receiveNotification(wxpay, notificationOf({ event, resource }))
    expect(received).toMatchObject({ api: 'brand', event: `brand/${event}`, resource })
  })

  test('of APIv3 is not read by the definition that the brand API has of an event of its name', async () => {
    const { wxpay } = clientOf(merchant)
    const event = 'BRAND_MEMBER_CARD.USER_CARD.CREATE'
    const resource = { phone_number: '13800000000' }
    const request = notificationOf({ serial: MERCHANT_KEY_ID, apiKey: APIV3_KEY, event, resource })
    expect(await receiveNotification(wxpay, request)).toMatchObject({ api: 'v3', event: `v3/${event}`, resource })
  })

  test('of APIv3 does not have the name of an event of APIv2', async () => {
    const { wxpay } = clientOf(merchant)
    const resource = { state: 'SUCCESS' }
    const request = notificationOf({ serial: MERCHANT_KEY_ID, apiKey: APIV3_KEY, event: 'CHECK.SUCCESS', resource })
    expect(await receiveNotification(wxpay, request)).toMatchObject({ api: 'v3', event: 'v3/CHECK.SUCCESS', resource })
  })

  // The key text of WeChat Pay is the same for both here, so that only what the client checks keeps them apart.
  test.each<[string, Forged, object, string]>([
    [
      'of the brand with the serial of the merchant',
      { serial: MERCHANT_KEY_ID },
      { ...merchant, brand },
      'DECRYPTION_FAILED',
    ],
    [
      'of the merchant with the serial of the brand',
      { apiKey: APIV3_KEY },
      { ...merchant, brand },
      'DECRYPTION_FAILED',
    ],
    ['of a brand to a client without one', {}, { ...merchant, apiv3Key: undefined }, 'SIGNATURE_UNKNOWN_SERIAL'],
    [
      'of the merchant to a client of a brand',
      { serial: MERCHANT_KEY_ID, apiKey: APIV3_KEY },
      { brand },
      'SIGNATURE_UNKNOWN_SERIAL',
    ],
    ['signed by another key', { key: keys.PRIVATE_KEY }, { ...merchant, brand }, 'SIGNATURE_INVALID'],
    ['of another brand with the same keys', { resource: { brand_id: '40002' } }, { brand }, 'MERCHANT_MISMATCH'],
    ['of no brand', { resource: { brand_id: null } }, { brand }, 'MERCHANT_MISMATCH'],
    [
      'of a merchant with the same API key, under the serial of the brand',
      { resource: { brand_id: merchant.mchid } },
      { ...merchant, apiv3Key: API_KEY, brand },
      'MERCHANT_MISMATCH',
    ],
    ['of a platform certificate', { serial: 'ABCD' }, { brand }, 'SIGNATURE_UNKNOWN_SERIAL'],
  ])('is refused: %s', async (_, forged, options, code) => {
    const { wxpay, sent } = clientOf(options)
    await expect(receiveNotification(wxpay, notificationOf(forged))).rejects.toMatchObject({ code })
    expect(sent).toEqual([])
  })

  test('is only for the one of two brands whose serial it names', async () => {
    const otherId = 'PUB_KEY_ID_0140002202611210000000002'
    const second = { ...brand, brandId: '40002', platformKeys: { [otherId]: keys.OTHER_PUBLIC_KEY } }
    const clients = [clientOf({ brand }).wxpay, clientOf({ brand: second }).wxpay]
    const outcomes = await Promise.all(
      [notificationOf(), notificationOf({ serial: otherId })].flatMap(request =>
        clients.map(client =>
          receiveNotification(client, request.clone()).then(
            ({ api }) => api,
            ({ code }) => code,
          ),
        ),
      ),
    )
    // The second message names the first brand in its resource.
    expect(outcomes).toEqual(['brand', 'SIGNATURE_UNKNOWN_SERIAL', 'SIGNATURE_UNKNOWN_SERIAL', 'MERCHANT_MISMATCH'])
  })

  test('needs the API key of the brand, and names it', async () => {
    const { wxpay } = clientOf({ ...merchant, brand: { ...brand, apiKey: undefined } })
    await expect(receiveNotification(wxpay, notificationOf())).rejects.toMatchObject({
      code: 'OPTION_MISSING',
      option: 'brand.apiKey',
    })
    const wrong = clientOf({ brand: { ...brand, apiKey: APIV3_KEY } })
    await expect(receiveNotification(wrong.wxpay, notificationOf())).rejects.toThrow(/"brand\.apiKey" does not decrypt/)
  })

  test('in the form of APIv2 is not accepted by a client of a brand', async () => {
    const { wxpay } = clientOf({ brand })
    const request = new Request('https://merchant.example', { method: 'POST', body: '<xml><mch_id>1</mch_id></xml>' })
    await expect(receiveNotification(wxpay, request)).rejects.toMatchObject({ code: 'OPTION_MISSING', option: 'mchid' })
  })
})
