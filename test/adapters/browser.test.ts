import { beforeAll, describe, expect, test } from 'vitest'
import {
  decrypt,
  decryptRefund,
  type GatewayClient,
  parseXml,
  sign,
  signFields,
  stringifyXml,
  verify,
  wechatpay,
} from '../../src/adapters/browser.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { createGateway, remoteLedger } from '../../src/gateway/index.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import * as vectors from '../conformance/vectors.ts'
import * as keys from '../fixtures/keys.ts'

// In Chromium; in Node and workerd too, which have all that a page has.

/**
 * The gateway is at the other end of the page's wire. Its ledger, which needs SQLite, is tested elsewhere: here it lets
 * every call pass.
 */
const gatewayOf = (client: Wechatpay, mchid: string) =>
  createGateway({
    merchants: { [mchid]: client },
    callers: [],
    authenticate: async () => ({ name: 'page', credential: { tokens: [] }, allow: ['* /**'] }),
    ledgerOf: () => remoteLedger(async method => (method === 'beginCall' ? { outcome: 'send' } : undefined)),
    outbox: { enqueue: async () => {} },
  })

describe('a client by way of a gateway', () => {
  let simulator: Simulator
  let wxpay: GatewayClient
  let seen: Request
  beforeAll(async () => {
    simulator = await createSimulator()
    const { merchant, fetch, mtlsFetch } = simulator
    const client = new Wechatpay({ ...merchant, fetch, mtlsFetch })
    const gateway = gatewayOf(client, merchant.mchid)
    wxpay = wechatpay({
      gateway: 'https://shop.example/',
      headers: { authorization: 'Bearer session' },
      fetch: async (input, init) => {
        seen = new Request(input, init)
        return gateway.fetch(seen.clone())
      },
    })
  })
  const order = () => ({
    appid: simulator.merchant.appid,
    mchid: simulator.merchant.mchid,
    out_trade_no: 'T1000001',
    description: '茶',
    notify_url: 'https://example.com/',
    amount: { total: 100 },
  })

  test('places and queries an order, and hands over which key proved the answer', async () => {
    const { data, verifiedBy } = await wxpay.v3.pay.transactions.native.post(order())
    expect([data.code_url, verifiedBy]).toEqual([
      expect.stringMatching(/^weixin:/),
      expect.stringMatching(/^PUB_KEY_ID_/),
    ])
    expect([seen.url, seen.headers.get('authorization'), await seen.json()]).toEqual([
      'https://shop.example/v3/pay/transactions/native',
      'Bearer session',
      order(),
    ])
    const { mchid } = simulator.merchant
    const path = { out_trade_no: 'T1000001', params: { mchid } }
    const queried = await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get(path)
    expect(queried.data.trade_state).toBe('NOTPAY')
    expect(seen.headers.get('content-type')).toBeNull()
  })

  test('an empty answer is undefined', async () => {
    const { mchid } = simulator.merchant
    const { close } = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
    expect(await close.post({ mchid }, { out_trade_no: 'T1000001' })).toMatchObject({ data: undefined, status: 204 })
  })

  test('APIv2 is JSON for the page, and its refusals are errors although they come with 200', async () => {
    const { appid, mchid: mch_id } = simulator.merchant
    const query = (out_trade_no: string) => wxpay.v2.pay.orderquery.post({ appid, mch_id, out_trade_no })
    expect((await query('T1000001')).data).toMatchObject({ result_code: 'SUCCESS', trade_state: 'CLOSED' })
    await expect(query('none')).rejects.toMatchObject({ name: 'ServiceError', serviceCode: 'ORDERNOTEXIST' })
  })

  test("WeChat Pay's refusals are told apart from the gateway's", async () => {
    const order = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
    const { mchid } = simulator.merchant
    await expect(order.get({ out_trade_no: 'none', params: { mchid } })).rejects.toMatchObject({
      name: 'ServiceError',
      serviceCode: 'ORDER_NOT_EXIST',
      status: 404,
    })
    const closed = gatewayOf(new Wechatpay({ mchid }), mchid)
    const page = wechatpay({
      gateway: 'https://shop.example',
      fetch: async (...args) => closed.fetch(new Request(...args)),
    })
    await expect(page.v3.certificates.get()).rejects.toMatchObject({
      name: 'GatewayError',
      gatewayCode: 'OPTION_MISSING',
      status: 500,
    })
  })

  test('a gateway that cannot be reached is a network error, in doubt after what moves money', async () => {
    const page = wechatpay({ gateway: 'https://shop.example', fetch: () => Promise.reject(new TypeError('offline')) })
    await expect(page.v3.pay.transactions.native.post(order())).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
      mayHaveTakenEffect: true,
    })
    await expect(page.v3.certificates.get()).rejects.toMatchObject({ mayHaveTakenEffect: false })
  })

  test('a missing path parameter is refused before anything is sent', async () => {
    const { get } = wxpay.v3.pay.transactions.outTradeNo._out_trade_no_
    await expect(get({} as never)).rejects.toMatchObject({ code: 'PATH_PARAMETER_MISSING', field: 'out_trade_no' })
  })
})

describe('the tools', () => {
  const { nonce, body, signature, transaction } = vectors.NOTIFICATION
  const headers = {
    'Wechatpay-Timestamp': String(vectors.TIMESTAMP),
    'Wechatpay-Nonce': nonce,
    'Wechatpay-Serial': 'PUB_KEY_ID_1',
    'Wechatpay-Signature': signature,
  }
  const platformKeys = { PUB_KEY_ID_1: keys.OTHER_PUBLIC_KEY }

  test('verify a saved notification however old, and say which step fails', async () => {
    expect(await verify({ headers, body }, platformKeys)).toBe('PUB_KEY_ID_1')
    await expect(verify({ headers, body: `${body} ` }, platformKeys)).rejects.toMatchObject({
      code: 'SIGNATURE_INVALID',
    })
    await expect(verify({ headers, body }, {})).rejects.toMatchObject({ code: 'SIGNATURE_UNKNOWN_SERIAL' })
    await expect(verify({ headers: {}, body }, platformKeys)).rejects.toMatchObject({ code: 'SIGNATURE_MISSING' })
    await expect(verify({ headers, body }, platformKeys, Date.now())).rejects.toMatchObject({ code: 'SIGNATURE_STALE' })
  })

  test('open what the APIv3 key and the APIv2 key encrypt', async () => {
    expect(JSON.parse(await decrypt(JSON.parse(body).resource, vectors.APIV3_KEY))).toEqual(transaction)
    expect(await decryptRefund(vectors.REQ_INFO.encrypted, vectors.APIV2_KEY)).toEqual(vectors.REQ_INFO.fields)
    await expect(decrypt(JSON.parse(body).resource, 'x'.repeat(32))).rejects.toMatchObject({
      code: 'DECRYPTION_FAILED',
    })
  })

  test('sign as openssl and as the official known answer', async () => {
    const lines = ['GET', '/v3/certificates', '1554208460', '593BEC0C930BF1AFEB40B4A08C8FB242', '']
    expect(await sign(lines, keys.PRIVATE_KEY)).toEqual({
      message: 'GET\n/v3/certificates\n1554208460\n593BEC0C930BF1AFEB40B4A08C8FB242\n\n',
      signature: keys.SIGNATURE_OF_CERTIFICATES_REQUEST,
    })
    expect(await signFields(vectors.V2_FIELDS, vectors.APIV2_KEY)).toBe(vectors.V2_MD5)
    expect(await signFields(vectors.V2_FIELDS, vectors.APIV2_KEY, 'HMAC-SHA256')).toBe(vectors.V2_HMAC)
  })

  test('read and write XML', () => {
    expect(parseXml(stringifyXml({ a: '<1>' }))).toEqual({ a: '<1>' })
  })
})
