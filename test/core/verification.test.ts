import { beforeAll, describe, expect, test } from 'vitest'
import { Wechatpay, type WechatpayOptions } from '../../src/core/index.ts'
import { createSimulator, type PlatformMode, type Simulator } from '../../src/simulator/index.ts'
import * as keys from '../fixtures/keys.ts'
import { crypto } from '../webcrypto.ts'

type Tamper = (response: Response) => Response | Promise<Response>

/** A client between which and WeChat Pay somebody changes the answers. */
function tampered(simulator: Simulator, tamper: Tamper, options: Partial<WechatpayOptions> = {}) {
  return new Wechatpay({
    ...simulator.merchant,
    fetch: async (input, init) => tamper(await simulator.fetch(input, init)),
    crypto,
    retry: false,
    ...options,
  })
}
const withHeader =
  (name: string, value: string | undefined): Tamper =>
  response => {
    const headers = new Headers(response.headers)
    if (value === undefined) headers.delete(name)
    else headers.set(name, value)
    return new Response(response.body, { status: response.status, headers })
  }
/** Gives an answer a time that is so many seconds from now. */
const withTime =
  (seconds: number): Tamper =>
  response =>
    withHeader('wechatpay-timestamp', String(Math.floor(Date.now() / 1000) + seconds))(response)
const withBody =
  (change: (body: string) => string): Tamper =>
  async response =>
    new Response(change(await response.text()), { status: response.status, headers: response.headers })

describe('an APIv3 answer', () => {
  let simulator: Simulator
  let body: object
  beforeAll(async () => {
    simulator = await createSimulator({ seed: 'core', crypto })
    const { appid, mchid } = simulator.merchant
    body = {
      appid,
      mchid,
      description: 'x',
      out_trade_no: 'T1000001',
      notify_url: 'https://example.com/',
      amount: { total: 1 },
    }
  })
  const place = (wxpay: Wechatpay) => wxpay.request('POST', 'v3/pay/transactions/native', { body })
  const query = (wxpay: Wechatpay) =>
    wxpay.request('GET', 'v3/pay/transactions/out-trade-no/T1000001', { params: { mchid: simulator.merchant.mchid } })

  test.each<[string, Tamper, string, string]>([
    ['without signature', withHeader('wechatpay-signature', undefined), 'SIGNATURE_MISSING', 'Wechatpay-Signature'],
    ['without timestamp', withHeader('wechatpay-timestamp', undefined), 'SIGNATURE_MISSING', 'Wechatpay-Timestamp'],
    ['without nonce', withHeader('wechatpay-nonce', undefined), 'SIGNATURE_MISSING', 'Wechatpay-Nonce'],
    ['without serial', withHeader('wechatpay-serial', undefined), 'SIGNATURE_MISSING', 'Wechatpay-Serial'],
    ['with another body', withBody(text => text.replace('weixin', 'wexiin')), 'SIGNATURE_INVALID', 'does not match'],
    ['with no body', withBody(() => ''), 'SIGNATURE_INVALID', 'does not match'],
    ['with another nonce', withHeader('wechatpay-nonce', 'x'), 'SIGNATURE_INVALID', 'does not match'],
    [
      'with a signature that is no base64',
      withHeader('wechatpay-signature', '***'),
      'SIGNATURE_INVALID',
      'does not match',
    ],
    [
      'with a probe',
      withHeader('wechatpay-signature', `WECHATPAY/SIGNTEST/${'A'.repeat(344)}`),
      'SIGNATURE_PROBE',
      'test signature',
    ],
    ['five minutes and a second old', withTime(-302), 'SIGNATURE_STALE', 'Check the clock'],
    ['from the future', withTime(310), 'SIGNATURE_STALE', 'Check the clock'],
    ['with a timestamp that is no number', withHeader('wechatpay-timestamp', 'now'), 'SIGNATURE_STALE', 'now'],
    [
      'that names an unknown key',
      withHeader('wechatpay-serial', 'PUB_KEY_ID_0'),
      'SIGNATURE_UNKNOWN_SERIAL',
      'PUB_KEY_ID_0',
    ],
    [
      'that names a certificate in public-key mode',
      withHeader('wechatpay-serial', 'ABCD'),
      'SIGNATURE_UNKNOWN_SERIAL',
      'ABCD',
    ],
  ])('%s is refused, and all of it handed over with a warning', async (_, tamper, code, words) => {
    const error = await place(tampered(simulator, tamper)).catch(error => error)
    expect(error).toMatchObject({
      name: 'SignatureError',
      code,
      status: 200,
      mayHaveTakenEffect: true,
      message: expect.stringContaining(words),
    })
    expect(error.message).toContain('may have taken effect')
    // A certificate that nobody knows is asked for after the call.
    const call = simulator.journal.findLast(({ url }) => url !== '/v3/certificates')
    expect(error.requestId).toBe(call?.requestId)
    expect(error.headers.get('request-id')).toBe(error.requestId)
    expect(error.body).toBeTypeOf('string')
    // The order is placed all the same.
    expect(simulator.order('T1000001')).toBeDefined()
  })

  test('that is empty is verified like any other', async () => {
    const { mchid } = simulator.merchant
    await place(tampered(simulator, response => response))
    const close = (wxpay: Wechatpay) =>
      wxpay.request('POST', 'v3/pay/transactions/out-trade-no/T1000001/close', { body: { mchid } })
    const unsigned = tampered(simulator, withHeader('wechatpay-signature', undefined))
    await expect(close(unsigned)).rejects.toMatchObject({ code: 'SIGNATURE_MISSING', status: 204 })
  })

  test('to a query leaves no doubt about an effect', async () => {
    await expect(query(tampered(simulator, withHeader('wechatpay-signature', undefined)))).rejects.toMatchObject({
      code: 'SIGNATURE_MISSING',
      mayHaveTakenEffect: false,
    })
  })

  test('that is an error is verified where it is signed, and read where it is not', async () => {
    const missing = (wxpay: Wechatpay) =>
      wxpay.request('GET', 'v3/pay/transactions/out-trade-no/T404', { params: { mchid: simulator.merchant.mchid } })
    await expect(
      missing(
        tampered(
          simulator,
          withBody(text => text.replace('ORDER', 'order')),
        ),
      ),
    ).rejects.toMatchObject({ code: 'SIGNATURE_INVALID', status: 404 })
    const unsigned = await missing(tampered(simulator, withHeader('wechatpay-signature', undefined))).catch(
      error => error,
    )
    expect(unsigned).toMatchObject({ code: 'SERVICE_ERROR', serviceCode: 'ORDER_NOT_EXIST', verifiedBy: undefined })
  })

  test("that is a proxy's HTML is a service error with the status, and leaves a doubt about what changes something", async () => {
    const html: Tamper = () => new Response('<html>502 Bad Gateway</html>', { status: 502 })
    await expect(place(tampered(simulator, html))).rejects.toMatchObject({
      code: 'SERVICE_ERROR',
      serviceCode: 'HTTP_502',
      status: 502,
      mayHaveTakenEffect: true,
    })
    await expect(query(tampered(simulator, html))).rejects.toMatchObject({
      serviceCode: 'HTTP_502',
      mayHaveTakenEffect: false,
    })
    const empty: Tamper = () => new Response(null, { status: 403 })
    await expect(place(tampered(simulator, empty))).rejects.toMatchObject({
      serviceCode: 'HTTP_403',
      mayHaveTakenEffect: true,
    })
  })

  test('that breaks off is a clear error, in doubt', async () => {
    const cut: Tamper = ({ status, headers }) =>
      new Response(
        new ReadableStream({
          start(controller) {
            controller.enqueue(new TextEncoder().encode('{"code_url":"weix'))
            controller.error(new TypeError('terminated'))
          },
        }),
        { status, headers },
      )
    await expect(place(tampered(simulator, cut))).rejects.toMatchObject({
      name: 'TransportError',
      code: 'RESPONSE_CUT_SHORT',
      mayHaveTakenEffect: true,
    })
  })

  test('that is verified and yet no JSON is handed over', async () => {
    const { importPrivateKey } = await import('../../src/core/crypto/keys.ts')
    const { sign } = await import('../../src/core/crypto/rsa.ts')
    const platform = await importPrivateKey(keys.OTHER_PRIVATE_KEY, 'key', crypto)
    const timestamp = String(Math.floor(Date.now() / 1000))
    const signature = await sign(`${timestamp}\nn\nSUCCESS\n`, platform.sign, crypto)
    const headers = {
      'wechatpay-timestamp': timestamp,
      'wechatpay-nonce': 'n',
      'wechatpay-serial': 'ff01',
      'wechatpay-signature': signature,
    }
    const wxpay = tampered(simulator, () => new Response('SUCCESS', { headers }), {
      platformKeys: { ff01: keys.OTHER_CERTIFICATE },
    })
    await expect(place(wxpay)).rejects.toMatchObject({
      name: 'MalformedResponseError',
      code: 'NOT_JSON',
      status: 200,
      body: 'SUCCESS',
      mayHaveTakenEffect: true,
    })
  })
})

describe('an APIv2 answer', () => {
  let simulator: Simulator
  beforeAll(async () => {
    simulator = await createSimulator({ seed: 'core', crypto })
  })
  const place = (wxpay: Wechatpay) => {
    const { appid, mchid: mch_id } = simulator.merchant
    const body = {
      appid,
      mch_id,
      body: 'x',
      out_trade_no: 'T2',
      total_fee: 1,
      spbill_create_ip: '::1',
      notify_url: 'https://example.com/',
      trade_type: 'NATIVE',
    }
    return wxpay.request('POST', 'v2/pay/unifiedorder', { body })
  }

  test.each<[string, Tamper, object]>([
    ['without sign', withBody(text => text.replace(/<sign>.*<\/sign>/, '')), { code: 'SIGNATURE_MISSING' }],
    ['with another field', withBody(text => text.replace('weixin', 'wexiin')), { code: 'SIGNATURE_INVALID' }],
    [
      'with a field more',
      withBody(text => text.replace('<xml>', '<xml><total_fee>1</total_fee>')),
      { code: 'SIGNATURE_INVALID' },
    ],
    [
      'with an element in an element, which no signature covers',
      withBody(text => text.replace('</xml>', '<prepaid><prepay_id>1</prepay_id></prepaid></xml>')),
      { code: 'SIGNATURE_PARTIAL', mayHaveTakenEffect: true, message: expect.stringContaining('"prepaid"') },
    ],
    [
      'with an element that is repeated, which no signature covers',
      withBody(text => text.replace('</xml>', '<mweb_url>1</mweb_url><mweb_url>2</mweb_url></xml>')),
      { code: 'SIGNATURE_PARTIAL' },
    ],
    [
      'with another sign',
      withBody(text => text.replace(/(<sign>(?:<!\[CDATA\[)?)./, '$1X')),
      { code: 'SIGNATURE_INVALID' },
    ],
    [
      'with an MD5 that is none of ours',
      withBody(text => text.replace(/<sign>.*<\/sign>/, `<sign>${'A'.repeat(32)}</sign>`)),
      { code: 'SIGNATURE_INVALID' },
    ],
    ['that is cut short', withBody(text => text.slice(0, -3)), { name: 'MalformedResponseError', code: 'NOT_XML' }],
    ['that is no XML', withBody(() => 'OK'), { name: 'MalformedResponseError', code: 'NOT_XML', body: 'OK' }],
    ['with a DOCTYPE', withBody(text => `<!DOCTYPE xml>${text}`), { code: 'NOT_XML' }],
    [
      "that is a proxy's HTML",
      () => new Response('<html>', { status: 502 }),
      { code: 'SERVICE_ERROR', serviceCode: 'HTTP_502' },
    ],
  ])('%s is refused, and handed over in doubt', async (_, tamper, expected) => {
    await expect(place(tampered(simulator, tamper))).rejects.toMatchObject({ ...expected, mayHaveTakenEffect: true })
  })

  test('signed with MD5 is verified as such', async () => {
    const { appid, mchid } = simulator.merchant
    const body = { appid, mch_id: mchid, out_trade_no: 'T2', sign_type: 'MD5' }
    expect(
      await tampered(simulator, response => response).request('POST', 'v2/pay/orderquery', { body }),
    ).toMatchObject({ verifiedBy: 'MD5' })
  })
})

describe('platform keys', () => {
  const modes: PlatformMode[] = ['public-key', 'certificate', 'both']
  const example = (simulator: Simulator, wxpay: Wechatpay) =>
    wxpay.request('GET', 'v3/apply4subject/applyment', { params: { business_code: simulator.examples.business_code } })
  const fetches = (simulator: Simulator) => simulator.journal.filter(({ url }) => url === '/v3/certificates').length

  test.each(modes)('verify in mode %s', async platform => {
    const simulator = await createSimulator({ seed: 'core', platform, crypto })
    const wxpay = tampered(simulator, response => response)
    expect((await example(simulator, wxpay)).verifiedBy).toMatch(
      platform === 'certificate' ? /^[0-9A-F]+$/ : /^PUB_KEY_ID_/,
    )
    expect(fetches(simulator)).toBe(platform === 'certificate' ? 1 : 0)
  })

  test('are fetched once, however many calls wait, and before anything that moves money is sent', async () => {
    const simulator = await createSimulator({ seed: 'core', platform: 'certificate', crypto })
    const wxpay = tampered(simulator, response => response)
    await Promise.all(Array.from({ length: 8 }, () => example(simulator, wxpay)))
    await example(simulator, wxpay)
    expect(fetches(simulator)).toBe(1)
    expect(simulator.journal[0]?.url).toBe('/v3/certificates')
  })

  test('that were rotated are fetched again, once, by the serial that an answer names', async () => {
    const simulator = await createSimulator({ seed: 'core', platform: 'certificate', crypto })
    const wxpay = tampered(simulator, response => response)
    const before = await example(simulator, wxpay)
    const serial = await simulator.rotate()
    const after = await Promise.all([example(simulator, wxpay), example(simulator, wxpay), example(simulator, wxpay)])
    expect(before.verifiedBy).not.toBe(serial)
    expect(after.map(({ verifiedBy }) => verifiedBy)).toEqual([serial, serial, serial])
    expect(fetches(simulator)).toBe(2)
  })

  test('that have all expired are fetched again before the next call is sent', async () => {
    const simulator = await createSimulator({ seed: 'core', platform: 'certificate', crypto })
    let clock = Date.now()
    const wxpay = tampered(simulator, response => response, { now: () => clock })
    await example(simulator, wxpay)
    clock += 10 * 365 * 24 * 3600_000
    // The simulator, whose clock stands, refuses the time of the request; what matters is which was sent first.
    await expect(example(simulator, wxpay)).rejects.toMatchObject({ serviceCode: 'SIGN_ERROR' })
    expect(simulator.journal.at(-1)?.url).toBe('/v3/certificates')
  })

  test('that nobody knows are asked for once, and then no more for a minute', async () => {
    const simulator = await createSimulator({ seed: 'core', platform: 'certificate', crypto })
    let clock = Date.now()
    const wxpay = tampered(
      simulator,
      response =>
        response.headers.get('content-type') && isCertificates(simulator)
          ? response
          : withHeader('wechatpay-serial', '5157F09EFDC096DE')(response),
      { now: () => clock },
    )
    for (let time = 0; time < 3; time++)
      await expect(example(simulator, wxpay)).rejects.toMatchObject({ code: 'SIGNATURE_UNKNOWN_SERIAL' })
    expect(fetches(simulator)).toBe(2)
    clock += 61_000
    await expect(example(simulator, wxpay)).rejects.toMatchObject({ code: 'SIGNATURE_UNKNOWN_SERIAL' })
    expect(fetches(simulator)).toBe(3)
  })
  const isCertificates = (simulator: Simulator) => simulator.journal.at(-1)?.url === '/v3/certificates'

  test('encrypt with the newest certificate, and with the public key where there is one', async () => {
    for (const platform of modes) {
      const simulator = await createSimulator({ seed: 'core', platform, crypto })
      const { appid } = simulator.merchant
      const receiver = { type: 'PERSONAL_OPENID', account: 'o', name: '张三', relation_type: 'USER' }
      const wxpay = tampered(simulator, response => response)
      const body = { appid, ...receiver }
      const { data } = await wxpay.request('POST', 'v3/profitsharing/receivers/add', { body })
      expect(data, platform).toMatchObject(receiver)
    }
  })

  test('of a merchant in public-key mode who has not configured the public key: the error says what to give', async () => {
    const simulator = await createSimulator({ seed: 'core', crypto })
    const wxpay = tampered(simulator, response => response, { platformKeys: {} })
    const error = await example(simulator, wxpay).catch(error => error)
    expect(error).toMatchObject({
      name: 'ConfigurationError',
      code: 'OPTION_MISSING',
      option: 'platformKeys',
      message: expect.stringContaining('PUB_KEY_ID_'),
    })
    expect(error.cause).toMatchObject({ serviceCode: 'RESOURCE_NOT_EXISTS' })
    expect(simulator.journal.map(({ url }) => url)).toEqual(['/v3/certificates'])
  })

  test('with a wrong APIv3 key: the error names the key and the merchant platform', async () => {
    const simulator = await createSimulator({ seed: 'core', platform: 'certificate', crypto })
    const wxpay = tampered(simulator, response => response, { apiv3Key: 'x'.repeat(32) })
    await expect(example(simulator, wxpay)).rejects.toMatchObject({
      name: 'DecryptionError',
      code: 'DECRYPTION_FAILED',
      message: expect.stringMatching(/apiv3Key.*merchant platform/),
    })
    expect(simulator.journal).toHaveLength(1)
  })

  test('whose list was tampered with are refused', async () => {
    const simulator = await createSimulator({ seed: 'core', platform: 'certificate', crypto })
    const wxpay = tampered(
      simulator,
      withBody(text => text.replace('"data"', ' "data"')),
    )
    await expect(example(simulator, wxpay)).rejects.toMatchObject({ code: 'SIGNATURE_INVALID' })
  })

  test('that cannot be fetched when an answer to a payment names them leave that answer in doubt, and say so', async () => {
    const simulator = await createSimulator({ seed: 'core', platform: 'certificate', crypto })
    const { appid, mchid } = simulator.merchant
    let down = false
    const wxpay = tampered(simulator, response => {
      if (down && simulator.journal.at(-1)?.url === '/v3/certificates') throw new TypeError('connection reset')
      return response
    })
    await example(simulator, wxpay)
    await simulator.rotate()
    down = true
    const body = {
      appid,
      mchid,
      description: 'x',
      out_trade_no: 'T4000001',
      notify_url: 'https://example.com/',
      amount: { total: 1 },
    }
    await expect(wxpay.request('POST', 'v3/pay/transactions/native', { body })).rejects.toMatchObject({
      name: 'SignatureError',
      code: 'SIGNATURE_UNKNOWN_SERIAL',
      status: 200,
      mayHaveTakenEffect: true,
      cause: { code: 'NETWORK_ERROR' },
    })
  })

  test('that could not be fetched are fetched by the next call', async () => {
    const simulator = await createSimulator({ seed: 'core', platform: 'certificate', crypto })
    let down = true
    const wxpay = tampered(simulator, response => {
      if (down) throw new TypeError('connection reset')
      return response
    })
    await expect(example(simulator, wxpay)).rejects.toMatchObject({ code: 'NETWORK_ERROR' })
    down = false
    expect((await example(simulator, wxpay)).status).toBe(200)
  })
})
