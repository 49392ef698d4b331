import { beforeAll, describe, expect, it } from 'vitest'
import { receiveNotification, refuse, Wechatpay } from '../../../src/core/index.ts'
import { crypto as webcrypto } from '../../webcrypto.ts'
import { APIV2_KEY, APIV3_KEY, createSender, MCHID, post, signed, URL, xml } from './signer.ts'

let sender: Awaited<ReturnType<typeof createSender>>
let wxpay: Wechatpay
beforeAll(async () => {
  sender = await createSender()
  const { platformKeys } = sender
  wxpay = new Wechatpay({ mchid: MCHID, apiv2Key: APIV2_KEY, apiv3Key: APIV3_KEY, platformKeys, crypto: webcrypto })
})
const errorOf = (request: Request) => receiveNotification(wxpay, request).catch(error => error)

/** A request whose body has no end, and what was read of it. */
function endless(headers: Record<string, string> = {}) {
  const read = { bytes: 0, isCanceled: false }
  const body = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        read.bytes += 4096
        controller.enqueue(new Uint8Array(4096).fill(32))
      },
      cancel() {
        read.isCanceled = true
      },
    },
    { highWaterMark: 0 },
  )
  return { read, request: new Request(URL, { method: 'POST', headers, body, duplex: 'half' } as RequestInit) }
}

describe('of a notification whose headers are wrong, not a byte is read:', () => {
  it.each<[string, string, (headers: Record<string, string>) => Record<string, string | undefined>]>([
    ['an old timestamp', 'SIGNATURE_STALE', headers => ({ ...headers, 'wechatpay-timestamp': '1700000000' })],
    [
      'a key that nobody knows',
      'SIGNATURE_UNKNOWN_SERIAL',
      headers => ({ ...headers, 'wechatpay-serial': 'PUB_KEY_ID_0' }),
    ],
    ['a probe', 'SIGNATURE_PROBE', headers => ({ ...headers, 'wechatpay-signature': 'WECHATPAY/SIGNTEST/x' })],
    ['no nonce', 'SIGNATURE_MISSING', headers => ({ ...headers, 'wechatpay-nonce': undefined })],
    ['no signature, but a serial', 'SIGNATURE_MISSING', headers => ({ ...headers, 'wechatpay-signature': undefined })],
  ])('%s is refused with %s', async (_, code, change) => {
    const changed = Object.entries(change(await sender.headers('{}'))).filter(([, value]) => value !== undefined)
    const { read, request } = endless(Object.fromEntries(changed) as Record<string, string>)
    const error = await errorOf(request)
    expect([error.code, read.bytes]).toEqual([code, 0])
    expect(await refuse(error).json()).toEqual({ code: 'FAIL', message: code })
  })
})

describe('of a notification that is too long', () => {
  it.each(['v3', 'v2'] as const)('no more than 64 KiB are read (%s), and the rest is canceled', async api => {
    const { read, request } = endless(api === 'v3' ? await sender.headers('{}') : {})
    const error = await errorOf(request)
    expect(error).toMatchObject({ name: 'NotificationError', code: 'BODY_TOO_LARGE' })
    expect(error.message).toContain('65536')
    expect(read).toEqual({ bytes: 65_536 + 4096, isCanceled: true })
  })

  it('and says so, nothing is read', async () => {
    const { read, request } = endless({ 'content-length': '65537' })
    expect([(await errorOf(request)).code, read.bytes]).toEqual(['BODY_TOO_LARGE', 0])
  })

  it('a genuine one of 64 KiB is received', async () => {
    const body = await sender.message('TRANSACTION.SUCCESS', { mchid: MCHID, attach: 'x'.repeat(48_600) })
    expect(body.length).toBeGreaterThan(64_500)
    expect(body.length).toBeLessThanOrEqual(65_536)
    expect((await receiveNotification(wxpay, post(body, await sender.headers(body)))).event).toBe('TRANSACTION.SUCCESS')
  })

  it('or has more than 256 fields, is refused before its signature is computed', async () => {
    const many = Object.fromEntries(Array.from({ length: 600 }, (_, at) => [`f${at}`, '1']))
    const [text, members] = [xml(many), JSON.stringify(await signed(many))]
    for (const body of [text, members]) {
      const error = await errorOf(post(body))
      expect([error.code.startsWith('NOT_'), error.message]).toEqual([true, expect.stringContaining('256 fields')])
    }
  })
})

describe('an error says what is to be done:', () => {
  it('an APIv3 notification whose headers were lost on the way names them', async () => {
    const body = await sender.message('TRANSACTION.SUCCESS', { mchid: MCHID })
    const error = await errorOf(post(body, { 'content-type': 'application/json' }))
    expect([error.code, error.message]).toEqual(['SIGNATURE_MISSING', expect.stringContaining('Wechatpay-Signature')])
    expect(error.message).toMatch(/proxy/)
    expect(refuse(error).status).toBe(401)
  })

  it('JSON that is signed in neither way names the headers of APIv3 beside the "sign" of APIv2', async () => {
    for (const body of ['{}', '{"id":"1"}', JSON.stringify({ mch_id: MCHID, event_type: 'CHECK_IN' })])
      expect(await errorOf(post(body, { 'content-type': 'application/json' }))).toMatchObject({
        code: 'SIGNATURE_MISSING',
        message: expect.stringMatching(/no Wechatpay-Signature, -Serial, -Timestamp and -Nonce .*no "sign"/),
      })
  })

  it('a body that was parsed and written anew: the raw bytes are required, and the keys of that merchant', async () => {
    const body = await sender.message('TRANSACTION.SUCCESS', { mchid: MCHID })
    const headers = await sender.headers(body)
    const rewritten = JSON.stringify(JSON.parse(body), null, 1)
    const error = await errorOf(post(rewritten, headers))
    expect([error.code, error.message]).toEqual(['SIGNATURE_INVALID', expect.stringMatching(/byte for byte.*keys/)])
    const v2 = await errorOf(post(xml({ a: '1', sign: '0'.repeat(64) })))
    expect([v2.code, v2.message]).toEqual(['SIGNATURE_INVALID', expect.stringMatching(/apiv2Key.*byte for byte/)])
  })

  it('a body that was read before', async () => {
    const request = post('{}')
    await request.text()
    expect(await errorOf(request)).toMatchObject({ name: 'ConfigurationError', option: 'request' })
  })
})
