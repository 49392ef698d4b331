import { assert } from 'chai'
import { type Observers, observe, Wechatpay, type WechatpayOptions } from '../../src/core/index.ts'
import * as keys from '../fixtures/keys.ts'
import { crypto } from '../webcrypto.ts'
import { type Case, includes, rejection } from './case.ts'
import * as vectors from './vectors.ts'

/** A merchant whose WeChat Pay is one saved answer, at the time at which that was given. */
function client(answer: () => Response, sent?: Request[], more?: Partial<WechatpayOptions>): Wechatpay {
  return new Wechatpay({
    mchid: '1900000109',
    certificate: keys.CERTIFICATE,
    privateKey: keys.PRIVATE_KEY,
    platformKeys: { PUB_KEY_ID_1: keys.OTHER_PUBLIC_KEY },
    now: () => vectors.TIMESTAMP * 1000,
    crypto,
    retry: false,
    fetch: async (input, init) => {
      sent?.push(new Request(input, init))
      return answer()
    },
    ...more,
  })
}

const saved = ({ nonce, body, signature }: typeof vectors.ANSWER, headers: Record<string, string> = {}) =>
  new Response(body || null, {
    status: body ? 200 : 204,
    headers: {
      'Wechatpay-Timestamp': String(vectors.TIMESTAMP + 1),
      'Wechatpay-Nonce': nonce,
      'Wechatpay-Serial': 'PUB_KEY_ID_1',
      'Wechatpay-Signature': signature,
      'Request-ID': '08F78BB5AF0610D302',
      ...headers,
    },
  })
const place = (wxpay: Wechatpay) => wxpay.v3.pay.transactions.native.post(vectors.ORDER)

export const cases: readonly Case[] = [
  {
    name: 'an observer sees each attempt of a call, its repetition and its response, and cannot change it',
    async run() {
      let attempts = 0
      const answer = () => {
        if (++attempts === 1) throw new TypeError('down')
        return saved(vectors.ANSWER)
      }
      const wxpay = client(answer, [], { retry: { repeatable: true, delay: () => 1 } })
      const seen: string[] = []
      const note =
        (type: string) =>
        ({
          attempt,
          status,
          code,
          verifiedBy,
        }: {
          attempt: number
          status?: number
          code?: string
          verifiedBy?: string
        }) => {
          seen.push([type, attempt, status ?? code, verifiedBy].filter(Boolean).join(' '))
          throw new Error('an observer')
        }
      const types: (keyof Observers)[] = ['request', 'response', 'retry', 'error']
      const stop = observe(wxpay, Object.fromEntries(types.map(type => [type, note(type)])))
      const { status } = await place(wxpay)
      stop()
      await place(wxpay)
      assert.equal(status, 200)
      assert.deepEqual(seen, ['request 1', 'retry 1 NETWORK_ERROR', 'request 2', 'response 2 200 PUB_KEY_ID_1'])
    },
  },
  {
    name: 'an APIv3 request goes out as it was signed, with the signature that openssl makes',
    async run() {
      const sent: Request[] = []
      const { subtle } = crypto
      const fixed = { subtle, randomUUID: () => vectors.ORDER_NONCE } as unknown as Crypto
      await place(client(() => saved(vectors.ANSWER), sent, { crypto: fixed }))
      const [request] = sent
      assert.equal(
        request!.headers.get('authorization'),
        `WECHATPAY2-SHA256-RSA2048 mchid="1900000109",nonce_str="${vectors.ORDER_NONCE.replaceAll('-', '')}",` +
          `timestamp="${vectors.TIMESTAMP}",serial_no="4A8B1C2D3E4F5061728394A5B6C7D8E9F0011223",` +
          `signature="${vectors.ORDER_SIGNATURE}"`,
      )
      assert.equal(await request!.text(), JSON.stringify(vectors.ORDER))
      assert.equal(request!.url, 'https://api.mch.weixin.qq.com/v3/pay/transactions/native')
    },
  },
  {
    name: 'an APIv3 answer that openssl signed is verified and read',
    async run() {
      includes(await place(client(() => saved(vectors.ANSWER))), {
        data: { code_url: 'weixin://wxpay/bizpayurl?pr=p4lpSuKzz' },
        verifiedBy: 'PUB_KEY_ID_1',
        requestId: '08F78BB5AF0610D302',
      })
    },
  },
  {
    name: 'an empty APIv3 answer is verified like any other',
    async run() {
      const close = (wxpay: Wechatpay) =>
        wxpay.request('POST', 'v3/pay/transactions/out-trade-no/1/close', { body: {} })
      includes(await close(client(() => saved(vectors.EMPTY_ANSWER))), { status: 204, verifiedBy: 'PUB_KEY_ID_1' })
      const wrong = saved({ ...vectors.EMPTY_ANSWER, signature: vectors.ANSWER.signature })
      includes(await rejection(close(client(() => wrong))), { code: 'SIGNATURE_INVALID', status: 204 })
    },
  },
  ...(
    [
      ['a changed body', saved({ ...vectors.ANSWER, body: '{}' }), 'SIGNATURE_INVALID'],
      ['another nonce', saved(vectors.ANSWER, { 'Wechatpay-Nonce': 'other' }), 'SIGNATURE_INVALID'],
      ['an old time', saved(vectors.ANSWER, { 'Wechatpay-Timestamp': '1554208159' }), 'SIGNATURE_STALE'],
      [
        "WeChat Pay's probe",
        saved({ ...vectors.ANSWER, signature: `WECHATPAY/SIGNTEST/${vectors.ANSWER.signature}` }),
        'SIGNATURE_PROBE',
      ],
      ['an unknown key', saved(vectors.ANSWER, { 'Wechatpay-Serial': 'PUB_KEY_ID_2' }), 'SIGNATURE_UNKNOWN_SERIAL'],
    ] as const
  ).map(([what, answer, code]) => ({
    name: `an APIv3 answer with ${what} is refused, and handed over in doubt`,
    async run() {
      includes(await rejection(place(client(() => answer.clone()))), {
        name: 'SignatureError',
        code,
        mayHaveTakenEffect: true,
      })
    },
  })),
]
