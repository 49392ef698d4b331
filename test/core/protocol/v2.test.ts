import { describe, expect, test, vi } from 'vitest'
import { md5 } from '../../../src/core/crypto/digest.ts'
import { encrypted, type Wechatpay } from '../../../src/core/index.ts'
import * as keys from '../../fixtures/keys.ts'
import {
  createTestClient,
  decryptWithKey,
  encryptWithKey,
  fieldsOf,
  isSigned,
  signedV2Response,
} from '../test-client.ts'

describe('a query beside a message', () => {
  const path = '/secapi/mch/submchmanage'
  test.each([
    [
      'a call',
      (wxpay: Wechatpay) => wxpay.request('POST', `v2${path}`, { params: { action: 'add' }, body: { a: '1' } }),
    ],
    [
      'a standard Request',
      (wxpay: Wechatpay) =>
        wxpay.fetch(`https://api.mch.weixin.qq.com${path}?action=add`, { method: 'POST', body: '<xml><a>1</a></xml>' }),
    ],
  ])('goes into the URL, and is not signed: of %s', async (_, call) => {
    const { wxpay, requests } = createTestClient([signedV2Response({}, false)])
    await call(wxpay)
    expect(requests[0]!.url).toBe(`https://api.mch.weixin.qq.com${path}?action=add`)
    const fields = fieldsOf(await requests[0]!.text())
    expect(fields).toEqual({ a: '1', nonce_str: expect.any(String), sign: expect.any(String) })
    expect(isSigned(fields)).toBe(true)
  })
})

describe('a field of url-encoded text', () => {
  test.each<[string, unknown, string | undefined]>([
    [
      'an object, its empty members left out',
      { posttime: 123123412, clientversion: '', mobile: '122344545', deviceid: '茶 &', session: undefined },
      'posttime%3D123123412%26mobile%3D122344545%26deviceid%3D%E8%8C%B6%20%26',
    ],
    [
      'text, as it is',
      'posttime%3d123123412%26clientversion%3d234134',
      'posttime%3d123123412%26clientversion%3d234134',
    ],
    ['nothing', {}, undefined],
  ])('takes %s', async (_, risk_info, sent) => {
    const { wxpay, requests } = createTestClient([signedV2Response({}, false)])
    await wxpay.request('POST', 'v2/mmpaymkttransfers/sendredpack', { body: { mch_billno: '1', risk_info } })
    const fields = fieldsOf(await requests[0]!.text())
    expect([fields.risk_info, isSigned(fields)]).toEqual([sent, true])
  })

  test('names what cannot be sent', async () => {
    const { wxpay } = createTestClient([signedV2Response({}, false)])
    const send = (risk_info: object) =>
      wxpay.request('POST', 'v2/mmpaymkttransfers/sendredpack', { body: { risk_info } })
    await expect(send({ posttime: 2 ** 53 })).rejects.toMatchObject({ code: 'BODY_INVALID', field: 'posttime' })
    await expect(send({ deviceid: '\ud800' })).rejects.toMatchObject({ code: 'BODY_INVALID', field: 'risk_info' })
  })
})

describe('fields encrypted for the bank', () => {
  const body = { partner_trade_no: '1', enc_bank_no: '6225760008219524', enc_true_name: '张三', bank_code: '1001' }
  const payBank = 'v2/mmpaysptrans/pay_bank'
  const key = (pub_key: string) => signedV2Response({ mch_id: '1900000109', pub_key }, false)
  const paths = (requests: Request[]) => requests.map(({ url }) => new URL(url).pathname)

  test('have their key fetched once, however many calls wait, and kept', async () => {
    const plain: typeof fetch = () => Promise.reject(new Error('not over mTLS'))
    const { wxpay, requests } = createTestClient([key(keys.PUBLIC_KEY_PKCS1), signedV2Response({})], { fetch: plain })
    const pay = () => wxpay.request('POST', payBank, { body })
    await Promise.all([pay(), pay(), pay()])
    await pay()
    expect(paths(requests)).toEqual(['/risk/getpublickey', ...Array(4).fill('/mmpaysptrans/pay_bank')])
    expect(new URL(requests[0]!.url).host).toBe('fraud.mch.weixin.qq.com')
    expect(fieldsOf(await requests[0]!.text())).toMatchObject({ mch_id: '1900000109', nonce_str: expect.any(String) })
    const fields = fieldsOf(await requests[4]!.text())
    expect([
      await decryptWithKey(fields.enc_bank_no, keys.PRIVATE_KEY),
      await decryptWithKey(fields.enc_true_name, keys.PRIVATE_KEY),
    ]).toEqual([body.enc_bank_no, body.enc_true_name])
    expect([fields.bank_code, isSigned(fields)]).toEqual(['1001', true])
  })

  test.each([
    ['PKCS#1', keys.PUBLIC_KEY_PKCS1],
    ['SPKI', keys.PUBLIC_KEY],
  ])('are encrypted with a key that is configured, %s', async (_, bankKey) => {
    const { wxpay, requests } = createTestClient([signedV2Response({})], { bankKey })
    await wxpay.request('POST', payBank, { body })
    expect(paths(requests)).toEqual(['/mmpaysptrans/pay_bank'])
    expect(await decryptWithKey(fieldsOf(await requests[0]!.text()).enc_true_name, keys.PRIVATE_KEY)).toBe('张三')
  })

  test('have their key fetched again ten seconds after that failed, however many calls need it before', async () => {
    let time = 1_700_000_000_000
    const down = () => Promise.reject(new TypeError('down'))
    const { wxpay, requests } = createTestClient([down, key(keys.PUBLIC_KEY), signedV2Response({})], {
      now: () => time,
    })
    const pay = () => wxpay.request('POST', payBank, { body })
    await expect(pay()).rejects.toMatchObject({ code: 'NETWORK_ERROR' })
    time += 9_999
    await expect(pay()).rejects.toMatchObject({ code: 'NETWORK_ERROR' })
    expect(paths(requests)).toEqual(['/risk/getpublickey'])
    time += 1
    await pay()
    expect(paths(requests)).toEqual(['/risk/getpublickey', '/risk/getpublickey', '/mmpaysptrans/pay_bank'])
  })

  test('encrypted already, or empty, need no key', async () => {
    const { wxpay, requests } = createTestClient([signedV2Response({})])
    const enc_bank_no = await encryptWithKey('6225760008219524')
    await wxpay.request('POST', payBank, { body: { enc_bank_no: encrypted(enc_bank_no), enc_true_name: '' } })
    const fields = fieldsOf(await requests[0]!.text())
    expect([fields.enc_bank_no, 'enc_true_name' in fields, isSigned(fields)]).toEqual([enc_bank_no, false, true])
  })

  test('are taken for encrypted in a standard Request', async () => {
    const { wxpay, requests } = createTestClient([signedV2Response({})])
    const body = '<xml><enc_bank_no>c2VhbGVk</enc_bank_no></xml>'
    await wxpay.fetch('https://api.mch.weixin.qq.com/mmpaysptrans/pay_bank', { method: 'POST', body })
    const fields = fieldsOf(await requests[0]!.text())
    expect([fields.enc_bank_no, isSigned(fields)]).toEqual(['c2VhbGVk', true])
  })

  test.each([
    ['a number', 6225760008219524],
    ['an object', {}],
  ])('are text, not %s', async (_, enc_bank_no) => {
    const { wxpay, requests } = createTestClient([signedV2Response({})], { bankKey: keys.PUBLIC_KEY })
    await expect(wxpay.request('POST', payBank, { body: { enc_bank_no } })).rejects.toMatchObject({
      code: 'BODY_INVALID',
      field: 'enc_bank_no',
    })
    expect(requests).toEqual([])
  })

  test('need the client certificate, and say so', async () => {
    const { wxpay } = createTestClient([signedV2Response({})], { mtlsFetch: undefined as never })
    await expect(wxpay.request('POST', payBank, { body })).rejects.toMatchObject({
      name: 'ConfigurationError',
      option: 'mtlsFetch',
      message: expect.stringMatching(/createMtlsFetch.*mtls_certificates/),
    })
  })

  test('are not waited for without end', async () => {
    const { wxpay } = createTestClient([() => new Promise(() => {})], { timeout: 20 })
    await expect(wxpay.request('POST', payBank, { body })).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  test.each([
    ['a certificate', keys.CERTIFICATE, 'PEM_WRONG_KIND'],
    ['a path', 'pub_key.pem', 'PEM_INVALID'],
  ])('have no key in %s', (_, bankKey, code) => {
    expect(() => createTestClient([], { bankKey })).toThrow(expect.objectContaining({ code, option: 'bankKey' }))
  })
})

describe('a file in the answer', () => {
  const download = (answer: Response | (() => Response), signal?: AbortSignal) =>
    createTestClient([answer]).wxpay.request('POST', 'v2/pay/downloadbill', { body: {}, ...(signal && { signal }) })
  const bytesOf = async (data: unknown) => new Uint8Array(await new Response(data as ReadableStream).arrayBuffer())
  const chunks = (...parts: (string | Uint8Array)[]) =>
    new Response(
      new ReadableStream({
        start(controller) {
          for (const part of parts) controller.enqueue(typeof part === 'string' ? new TextEncoder().encode(part) : part)
          controller.close()
        },
      }),
    )

  const bill = '\ufeff交易时间,公众账号ID\r\n`2026-01-01 00:00:00,`wx1\r\n'
  test.each<[string, () => Response, Uint8Array]>([
    ['text', () => new Response(bill), new TextEncoder().encode(bill)],
    [
      'text that comes a byte at a time',
      () => chunks(...Array.from(new TextEncoder().encode(bill), byte => Uint8Array.of(byte))),
      new TextEncoder().encode(bill),
    ],
    ['text behind white space', () => chunks(' ', '', '\n', 'a<b'), new TextEncoder().encode(' \na<b')],
    ['gzip', () => new Response(Uint8Array.of(0x1f, 0x8b, 8, 0, 0xff)), Uint8Array.of(0x1f, 0x8b, 8, 0, 0xff)],
    ['nothing', () => new Response(''), new Uint8Array()],
    ['no body', () => new Response(null), new Uint8Array()],
  ])('is a stream of all its bytes: %s', async (_, answer, bytes) => {
    const { data, verifiedBy } = await download(answer)
    expect(data).toBeInstanceOf(ReadableStream)
    expect([await bytesOf(data), verifiedBy]).toEqual([bytes, undefined])
  })

  const failed =
    '<xml><return_code>FAIL</return_code><return_msg>No Bill Exist</return_msg><error_code>20002</error_code></xml>'
  test.each([
    ['at once', () => new Response(failed)],
    ['behind a byte order mark and white space', () => new Response(`\ufeff\n ${failed}`)],
    ['a piece at a time', () => chunks('', ' ', '<', failed.slice(1, 50), failed.slice(50))],
    [
      'that says SUCCESS of the transport alone',
      () =>
        chunks(
          '<xml><return_code>SUCCESS</return_code><error_code>20002</error_code><return_msg>No Bill Exist</return_msg></xml>',
        ),
    ],
  ])('is an error where XML comes, %s', async (_, answer) => {
    await expect(download(answer)).rejects.toMatchObject({
      name: 'ServiceError',
      serviceCode: '20002',
      serviceMessage: 'No Bill Exist',
      verifiedBy: undefined,
    })
  })

  test('is an error where the status is one', async () => {
    await expect(download(new Response('x', { status: 502 }))).rejects.toMatchObject({ serviceCode: 'HTTP_502' })
  })

  test('that breaks off before it began is a transport error', async () => {
    const broken = new Response(new ReadableStream({ start: controller => controller.error(new Error('reset')) }))
    await expect(download(() => broken)).rejects.toMatchObject({ code: 'RESPONSE_CUT_SHORT' })
  })

  test('must begin within the timeout', async () => {
    const never = () => new Response(new ReadableStream({ pull: () => new Promise(() => {}) }))
    const { wxpay } = createTestClient([never], { timeout: 20 })
    await expect(wxpay.request('POST', 'v2/pay/downloadbill', { body: {} })).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  test('may take longer than the timeout to end', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      let more: ReadableStreamDefaultController | undefined
      let seen: AbortSignal | null | undefined
      const start = (controller: ReadableStreamDefaultController) => {
        more = controller
        controller.enqueue(Uint8Array.of(65))
      }
      const slow: typeof fetch = async (_, init) => {
        seen = init?.signal
        return new Response(new ReadableStream({ start }))
      }
      const { data } = await createTestClient([], { fetch: slow }).wxpay.request('POST', 'v2/pay/downloadbill', {
        body: {},
      })
      vi.advanceTimersByTime(3_600_000)
      expect(seen?.aborted).toBe(false)
      more!.enqueue(Uint8Array.of(66))
      more!.close()
      expect(await bytesOf(data)).toEqual(Uint8Array.of(65, 66))
    } finally {
      vi.useRealTimers()
    }
  })

  test('is fetched under the signal of its caller to the end', async () => {
    let seen: AbortSignal | null | undefined
    const controller = new AbortController()
    const answer: typeof fetch = async (_, init) => {
      seen = init?.signal
      return new Response('a')
    }
    await createTestClient([], { fetch: answer }).wxpay.request('POST', 'v2/pay/downloadbill', {
      body: {},
      signal: controller.signal,
    })
    expect(seen?.aborted).toBe(false)
    controller.abort()
    expect(seen?.aborted).toBe(true)
  })

  test('reaches a standard Response whole', async () => {
    const { wxpay } = createTestClient([chunks('a', 'b')])
    const init = { method: 'POST', body: '<xml><bill_date>20260101</bill_date></xml>' }
    expect(await (await wxpay.fetch('https://api.mch.weixin.qq.com/pay/downloadbill', init)).text()).toBe('ab')
  })
})

describe('a file in the request', () => {
  const content = new TextEncoder().encode('茶')
  const upload = async (body: unknown) => {
    const { wxpay, requests } = createTestClient([signedV2Response({ media_id: '1' })])
    const { data } = await wxpay.request('POST', 'v2/secapi/mch/uploadmedia', { body })
    expect(data).toMatchObject({ media_id: '1' })
    const form = await requests[0]!.formData()
    const { media, ...fields } = Object.fromEntries(form) as Record<string, string> & { media: File }
    return { media, fields }
  }
  const form = new FormData()
  form.set('mch_id', '1900000109')
  form.set('media', new File([content], '营业执照.png', { type: 'image/png' }))

  test.each<[string, unknown]>([
    [
      'an object',
      { mch_id: '1900000109', media: new File([content], '营业执照.png', { type: 'image/png' }), extra: '' },
    ],
    ['a form', form],
  ])('goes out as a form, its digest made, all else signed: %s', async (_, body) => {
    const { media, fields } = await upload(body)
    expect([media.name, media.type, new Uint8Array(await media.arrayBuffer())]).toEqual([
      '营业执照.png',
      'image/png',
      content,
    ])
    const { sign, nonce_str, ...rest } = fields
    expect(rest).toEqual({ mch_id: '1900000109', media_hash: md5(content), sign_type: 'HMAC-SHA256' })
    expect(nonce_str).toMatch(/^[0-9a-f]{32}$/)
  })

  test('is signed with the sign type that its caller names, over the digest that its caller gives', async () => {
    const media = new File([content], 'a.jpg')
    const { fields } = await upload({ mch_id: '1', media, media_hash: 'given', sign_type: 'MD5' })
    expect([fields.media_hash, isSigned(fields)]).toEqual(['given', true])
  })

  test('must have a name', async () => {
    await expect(upload({ mch_id: '1', media: content })).rejects.toMatchObject({
      code: 'BODY_INVALID',
      field: 'media',
    })
  })
})

describe('an answer of JSON', () => {
  const ask = (text: string) =>
    createTestClient([new Response(text)]).wxpay.request('GET', 'v2/appauth/getaccesstoken', { params: { code: '1' } })

  test('is read as its fields, integers exactly, and counts as unsigned', async () => {
    const { data, verifiedBy } = await ask('{"retcode":0,"retmsg":"ok","access_token":"t","id":18446744073709551615}')
    expect([data, verifiedBy]).toEqual([
      { retcode: 0, retmsg: 'ok', access_token: 't', id: 18446744073709551615n },
      undefined,
    ])
  })

  test.each([
    ['{"errcode":40029,"errmsg":"invalid code"}', '40029', 'invalid code'],
    ['{"retcode":-1,"retmsg":"系统错误"}', '-1', '系统错误'],
    ['{"return_code":"FAIL","return_msg":"签名错误"}', 'FAIL', '签名错误'],
  ])('is an error when it says so: %s', async (text, serviceCode, serviceMessage) => {
    await expect(ask(text)).rejects.toMatchObject({ name: 'ServiceError', serviceCode, serviceMessage })
  })

  test('must be JSON', async () => {
    await expect(ask('<xml/>')).rejects.toMatchObject({ name: 'MalformedResponseError', code: 'NOT_JSON' })
  })
})

describe('a response that has no signature by its definition', () => {
  const ask = (more: string) =>
    createTestClient([
      new Response(
        `<xml><return_code>SUCCESS</return_code><result_code>SUCCESS</result_code><status>RECEIVED</status>${more}</xml>`,
      ),
    ]).wxpay.request('POST', 'v2/mmpaymkttransfers/gethbinfo', { body: { mch_billno: '1' } })

  test('may hold elements in elements, and is never said to be proven, not with a signature either', async () => {
    const list = '<hblist><hbinfo><amount>1</amount></hbinfo></hblist>'
    for (const more of [list, `${list}<sign>${'0'.repeat(32)}</sign>`])
      expect(await ask(more)).toMatchObject({
        data: { hblist: { hbinfo: { amount: '1' } } },
        verifiedBy: undefined,
      })
  })
})
