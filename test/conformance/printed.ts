import { assert } from 'chai'
import { parseJson, receiveNotification, ServiceError, Wechatpay, type WechatpayOptions } from '../../src/core/index.ts'
import * as keys from '../fixtures/keys.ts'
import { crypto } from '../webcrypto.ts'
import { type Case, rejection } from './case.ts'
import * as vectors from './vectors.ts'

/** Stands wherever a message, a header, a path or a query may have something personal. */
const CANARY = 'CANARYoUpF8uMuAJO'

interface Inspecting {
  Deno?: { inspect(value: unknown, options: object): string }
  Bun?: { inspect(value: unknown, options: object): string }
  process?: { getBuiltinModule?(name: string): { inspect(value: unknown, options: object): string } | undefined }
}

/** All forms in which this runtime's consoles and loggers show a value. */
function* printed(value: unknown): Generator<string> {
  yield String(value)
  yield JSON.stringify(value)
  yield JSON.stringify(Object.assign({}, value))
  for (let at = value, depth = 0; at instanceof Error && depth < 10; at = at.cause, depth++) {
    yield at.stack ?? ''
    yield JSON.stringify(at)
    yield JSON.stringify(Object.entries(at))
  }
  const { Deno, Bun, process } = globalThis as Inspecting
  const options = { depth: 10, showHidden: false }
  if (Deno) yield Deno.inspect(value, options)
  if (Bun) yield Bun.inspect(value, options)
  const util = process?.getBuiltinModule?.('node:util')
  if (util?.inspect) yield util.inspect(value, options)
}

function assertDiscreet(value: unknown, hidden: readonly string[] = []): void {
  for (const text of printed(value))
    for (const secret of [CANARY, ...hidden]) assert.notInclude(text, secret, `${text.slice(0, 400)} …`)
}

/** The lines of a PEM that nobody but its owner may see. */
const secretLines = (pem: string): string[] => pem.split('\n').filter(line => line.length === 64)
const SECRETS = [...secretLines(keys.PRIVATE_KEY), vectors.APIV3_KEY, vectors.APIV2_KEY]

const client = (more: Partial<WechatpayOptions>) =>
  new Wechatpay({
    mchid: '1900000109',
    certificate: keys.CERTIFICATE,
    privateKey: keys.PRIVATE_KEY,
    apiv3Key: vectors.APIV3_KEY,
    apiv2Key: vectors.APIV2_KEY,
    platformKeys: { PUB_KEY_ID_1: keys.OTHER_PUBLIC_KEY },
    now: () => vectors.TIMESTAMP * 1000,
    retry: false,
    crypto,
    ...more,
  })

const answering = (status: number, body: string, headers: Record<string, string> = {}) =>
  client({ fetch: async () => new Response(body, { status, headers: { 'X-Name': CANARY, ...headers } }) })

const SIGNED_BY_NOBODY = {
  'Wechatpay-Timestamp': String(vectors.TIMESTAMP),
  'Wechatpay-Nonce': 'n',
  'Wechatpay-Serial': 'PUB_KEY_ID_1',
  'Wechatpay-Signature': 'AAAA',
}

/** A call that says something personal in its path, its query and its body. */
const call = (wxpay: Wechatpay) =>
  wxpay.request('POST', `v3/marketing/favor/users/${CANARY}/coupons`, {
    params: { openid: CANARY },
    body: { stock_id: CANARY },
  })
const callV2 = (wxpay: Wechatpay) => wxpay.request('POST', 'v2/pay/orderquery', { body: { openid: CANARY } })

/** Creates a client whose `fetch` throws as in Deno and Bun, with the URL where the runtime puts it. */
function throwing(error: (url: string) => Error): Wechatpay {
  return client({
    fetch: async input => {
      throw error(String(input))
    },
  })
}

const refused = JSON.stringify({
  code: 'PARAM_ERROR',
  message: '参数错误',
  detail: { field: '/payer/openid', value: CANARY, issue: CANARY, sign_information: { sign: CANARY } },
})

const errors: Readonly<Record<string, () => Promise<unknown>>> = {
  'WeChat Pay’s refusal with a detail': () => call(answering(400, refused)),
  'a refusal that is not WeChat Pay’s': () => call(answering(502, `<html>${CANARY}</html>`)),
  'APIv2’s refusal': () =>
    callV2(answering(200, `<xml><return_code>FAIL</return_code><return_msg>x</return_msg><a>${CANARY}</a></xml>`)),
  'an unsigned answer': () => call(answering(200, JSON.stringify({ openid: CANARY }))),
  'a forged answer': () => call(answering(200, JSON.stringify({ openid: CANARY }), SIGNED_BY_NOBODY)),
  'an answer with an unknown key, and none to be had': () =>
    call(answering(200, refused, { ...SIGNED_BY_NOBODY, 'Wechatpay-Serial': '7A8B' })),
  'an answer that is no XML': () => callV2(answering(200, `<xml><a>${CANARY}</a`)),
  'a notification that is forged': () =>
    receiveNotification(
      client({}),
      new Request(`https://example.com/notify/${CANARY}`, {
        method: 'POST',
        body: JSON.stringify({ id: CANARY }),
        headers: { ...SIGNED_BY_NOBODY, 'X-Name': CANARY },
      }),
    ),
  'no answer, in Node’s words': () =>
    call(
      throwing(() => new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }) })),
    ),
  'no answer, in Deno’s words': () =>
    call(throwing(url => new TypeError(`error sending request for url (${url}): Connection refused (os error 111)`))),
  'no answer, in Bun’s words': () =>
    call(
      throwing(url =>
        Object.assign(new Error('Unable to connect.'), { code: 'ConnectionRefused', path: url, errno: 0 }),
      ),
    ),
  'no answer, with the URL in a cause': () =>
    call(throwing(url => new TypeError('failed', { cause: new Error('inner', { cause: new Error(`to ${url}`) }) }))),
  'no answer, in this runtime’s own words': () => call(client({ baseUrl: 'http://127.0.0.1:1/' })),
  'a query that cannot be written': () =>
    client({}).request('GET', 'v3/certificates', { params: { openid: { name: CANARY } as never } }),
  'a message that is no JSON': async () => parseJson(`{"name":${CANARY}}`),
}

export const cases: readonly Case[] = [
  ...Object.entries(errors).map(([what, fail]) => ({
    name: `a console shows of ${what} neither bodies, headers, paths nor keys`,
    async run() {
      assertDiscreet(await rejection(Promise.resolve().then(fail)), SECRETS)
    },
  })),
  {
    name: 'what a console does not show of an error is there for who asks',
    async run() {
      const error = await rejection(call(answering(400, refused)))
      assert.instanceOf(error, ServiceError)
      assert.include(error.body, CANARY)
      assert.equal(error.headers.get('x-name'), CANARY)
      assert.propertyVal(error.detail, 'value', CANARY)
      assert.include(error.message, '/payer/openid')
    },
  },
  {
    name: 'a console shows no key of a client, nor of the error about an option',
    async run() {
      assertDiscreet(client({}), SECRETS)
      const wrong: Partial<WechatpayOptions>[] = [
        { privateKey: `-----BEGIN PRIVATE KEY-----\n${CANARY}\n-----END PRIVATE KEY-----` },
        { privateKey: CANARY },
        { certificate: CANARY },
        { apiv3Key: CANARY },
        { platformKeys: { PUB_KEY_ID_1: CANARY } },
        { mchid: CANARY },
      ]
      for (const options of wrong)
        assertDiscreet(await rejection(Promise.resolve().then(() => call(client(options)))), SECRETS)
    },
  },
]
