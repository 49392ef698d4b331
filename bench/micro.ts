import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import * as tenpayUtil from 'tenpay/lib/util.js'
import { Bench } from 'tinybench'
import { Aes, Formatter, Hash, Rsa, Transformer } from 'wechatpay-axios-plugin'
import { optionsFrom } from '../src/adapters/node.ts'
import { parseJson, stringifyJson } from '../src/core/codec/json.ts'
import { parseXml, stringifyXml } from '../src/core/codec/xml.ts'
import { encryptGcm, importGcmKey } from '../src/core/crypto/aes.ts'
import { hmacSha256, importHmacKey, md5 } from '../src/core/crypto/digest.ts'
import { importPrivateKey, importPublicKey } from '../src/core/crypto/keys.ts'
import { decrypt, encrypt, sign, verify } from '../src/core/crypto/rsa.ts'
import { receiveNotification } from '../src/core/index.ts'
import { createAccount } from '../src/core/options/account.ts'
import { createPlatformKeys } from '../src/core/protocol/platform-keys.ts'
import { encode, signFields } from '../src/core/protocol/v2.ts'
import { edgeClient } from './contenders/edge.ts'
import { signV2, xmlOf } from './contenders/floor.ts'
import { nodeV3Client } from './contenders/node-v3.ts'
import { tenpayClient } from './contenders/tenpay.ts'
import type { Setting } from './setting.ts'

/** All contenders; only `wechatpay-edge` has every step. */
export const STEP_CONTENDERS = [
  'wechatpay-edge',
  'floor',
  'wechatpay-axios-plugin',
  'wechatpay-node-v3',
  'tenpay',
] as const
type Contender = (typeof STEP_CONTENDERS)[number]
type Implementation = () => unknown
type Implementations = { 'wechatpay-edge': Implementation } & Partial<Record<Contender, Implementation>>

/** Median microseconds of a step of a call, for each contender that has it. */
export interface Step {
  name: string
  times: { 'wechatpay-edge': number } & Partial<Record<Contender, number>>
}

export async function measureSteps(setting: Setting, seconds: number): Promise<Step[]> {
  const steps: Record<string, Implementations> = {
    ...(await rsa(setting)),
    ...(await notifications(setting)),
    ...(await apiV2(setting)),
    ...json(setting),
  }
  const bench = new Bench({ time: seconds * 1000, warmupTime: seconds * 200 })
  const taskOf = (name: string, contender: string) => `${name}: ${contender}`
  // A step's contenders run one after another, so that other load of the machine affects them equally.
  for (const [name, implementations] of Object.entries(steps))
    for (const [contender, implementation] of Object.entries(implementations))
      bench.add(taskOf(name, contender), implementation)
  await bench.run()
  const medianOf = (task: string): number => {
    const { result } = bench.getTask(task)!
    if (result.state !== 'completed') throw new Error(`${task}: ${result.state}`, { cause: result })
    return result.latency.p50 * 1000
  }
  return Object.entries(steps).map(([name, implementations]) => ({
    name,
    times: Object.fromEntries(
      Object.keys(implementations).map(contender => [contender, medianOf(taskOf(name, contender))]),
    ) as Step['times'],
  }))
}

/** The crypto of wechatpay-edge/node. */
const { crypto: ours } = optionsFrom({})

const PKCS1 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' }
const OAEP = { name: 'RSA-OAEP', hash: 'SHA-1' }

// Cast, because the types of Node and the DOM differ in a key usage that is not used here.
const bareKey = (key: KeyObject, algorithm: typeof PKCS1, usage: KeyUsage): CryptoKey =>
  key.toCryptoKey(algorithm, false, [usage]) as CryptoKey

async function rsa(setting: Setting): Promise<Record<string, Implementations>> {
  const { merchant, order, platform, platformId: serial } = setting
  const own = await importPrivateKey(merchant.privateKey, 'privateKey', ours!)
  const publicKey = await importPublicKey(merchant.publicKey, 'platformKeys', ours!)
  const platformKey = await importPublicKey(platform.publicKey, 'platformKeys', ours!)
  const { subtle } = crypto
  const bareOwn = createPrivateKey(merchant.privateKey)
  const barePublic = createPublicKey(merchant.publicKey)
  const barePlatform = bareKey(createPublicKey(platform.publicKey), PKCS1, 'verify')
  const bareSign = bareKey(bareOwn, PKCS1, 'sign')
  const bareEncryption = bareKey(barePublic, OAEP, 'encrypt')
  const bareDecryption = bareKey(bareOwn, OAEP, 'decrypt')
  const theirOwn = Rsa.from(merchant.privateKey, Rsa.KEY_TYPE_PRIVATE)
  const theirPublic = Rsa.from(merchant.publicKey, Rsa.KEY_TYPE_PUBLIC)
  const theirPlatform = Rsa.from(platform.publicKey, Rsa.KEY_TYPE_PUBLIC)
  const pay = nodeV3Client(setting)
  const pem = Buffer.from(merchant.publicKey)

  const message = `POST\n/v3/pay/transactions/native\n1700000000\n${'0'.repeat(32)}\n${JSON.stringify(order)}\n`
  const signed = await signedMessage(JSON.stringify(order), setting)
  const signedText = Formatter.response(signed.timestamp, signed.nonce, signed.body)
  const name = '430524200001010014'
  const encrypted = await encrypt(name, publicKey)
  return {
    'sign (RSA, SHA-256)': {
      'wechatpay-edge': () => sign(message, own.sign, ours),
      floor: async () => Buffer.from(await subtle.sign(PKCS1.name, bareSign, Buffer.from(message))).toString('base64'),
      'wechatpay-axios-plugin': () => Rsa.sign(message, theirOwn),
      'wechatpay-node-v3': () => pay.sha256WithRsa(message),
    },
    verify: {
      'wechatpay-edge': () => verify(signedText, signed.signature, platformKey.verify, ours),
      floor: () =>
        subtle.verify(PKCS1.name, barePlatform, Buffer.from(signed.signature, 'base64'), Buffer.from(signedText)),
      'wechatpay-axios-plugin': () => Rsa.verify(signedText, signed.signature, theirPlatform),
      'wechatpay-node-v3': () => pay.verifySign({ ...signed, serial }),
    },
    'encrypt (RSA-OAEP)': {
      'wechatpay-edge': () => encrypt(name, publicKey, ours),
      floor: async () =>
        Buffer.from(await subtle.encrypt(OAEP.name, bareEncryption, Buffer.from(name))).toString('base64'),
      'wechatpay-axios-plugin': () => Rsa.encrypt(name, theirPublic),
      'wechatpay-node-v3': () => pay.publicEncrypt(name, pem),
    },
    decrypt: {
      'wechatpay-edge': () => decrypt(encrypted, own, ours),
      floor: async () =>
        Buffer.from(await subtle.decrypt(OAEP.name, bareDecryption, Buffer.from(encrypted, 'base64'))).toString(),
      'wechatpay-axios-plugin': () => Rsa.decrypt(encrypted, theirOwn),
      'wechatpay-node-v3': () => pay.privateDecrypt(encrypted),
    },
  }
}

/**
 * Signs a message like WeChat Pay, with the current time, since it is accepted for five minutes and the steps take
 * less.
 */
async function signedMessage(body: string, { platform }: Setting) {
  const key = bareKey(createPrivateKey(platform.privateKey), PKCS1, 'sign')
  const timestamp = String(Math.floor(Date.now() / 1000))
  const nonce = 'c5ac7061fccab6bf3e254dcf98995b8c'
  return { timestamp, nonce, body, signature: await sign(`${timestamp}\n${nonce}\n${body}\n`, key) }
}

async function notifications(setting: Setting): Promise<Record<string, Implementations>> {
  const { platform, platformId: serial, apiv3Key, apiv2Key, order, orderV2 } = setting
  const client = edgeClient(setting)
  const url = 'https://example.com/notify'

  const paid = { ...order, transaction_id: '1217752501201407033233368018', trade_state: 'SUCCESS' }
  const gcm = { nonce: 'fdasflkja484', associated_data: 'transaction' }
  const ciphertext = await encryptGcm(JSON.stringify(paid), gcm, await importGcmKey(apiv3Key))
  const envelope = {
    id: 'EV-2018022511223320873',
    create_time: '2026-01-01T12:00:00+08:00',
    event_type: 'TRANSACTION.SUCCESS',
    resource_type: 'encrypt-resource',
    summary: '支付成功',
    resource: { original_type: 'transaction', algorithm: 'AEAD_AES_256_GCM', ciphertext, ...gcm },
  }
  const signed = await signedMessage(JSON.stringify(envelope), setting)
  const headers = {
    'wechatpay-timestamp': signed.timestamp,
    'wechatpay-nonce': signed.nonce,
    'wechatpay-serial': serial,
    'wechatpay-signature': signed.signature,
  }
  const bareVerify = bareKey(createPublicKey(platform.publicKey), PKCS1, 'verify')
  const bareGcm = await crypto.subtle.importKey('raw', Buffer.from(apiv3Key), 'AES-GCM', false, ['decrypt'])
  const certificate = Rsa.from(platform.publicKey, Rsa.KEY_TYPE_PUBLIC)
  const pay = nodeV3Client(setting)

  const fields = {
    return_code: 'SUCCESS',
    result_code: 'SUCCESS',
    appid: orderV2.appid,
    mch_id: orderV2.mch_id,
    nonce_str: 'IITRi8Iabbblz1Jc',
    openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
    is_subscribe: 'N',
    trade_type: 'JSAPI',
    bank_type: 'CFT',
    total_fee: '100',
    cash_fee: '100',
    out_trade_no: orderV2.out_trade_no,
    transaction_id: paid.transaction_id,
    time_end: '20260101120000',
  }
  const xml = xmlOf({ ...fields, sign: signV2(fields, apiv2Key) })
  const tenpay = tenpayClient(setting)
  return {
    'receive APIv3 notification': {
      'wechatpay-edge': () =>
        receiveNotification(client, new Request(url, { method: 'POST', headers, body: signed.body })),
      floor: async () => {
        const { timestamp, nonce, body, signature } = signed
        const message = Buffer.from(`${timestamp}\n${nonce}\n${body}\n`)
        if (!(await crypto.subtle.verify(PKCS1.name, bareVerify, Buffer.from(signature, 'base64'), message)))
          throw new Error('not verified')
        const { resource } = JSON.parse(body) as typeof envelope
        const algorithm = {
          name: 'AES-GCM',
          iv: Buffer.from(resource.nonce),
          additionalData: Buffer.from(resource.associated_data),
        }
        const text = await crypto.subtle.decrypt(algorithm, bareGcm, Buffer.from(resource.ciphertext, 'base64'))
        return JSON.parse(Buffer.from(text).toString())
      },
      'wechatpay-axios-plugin': () => {
        const { timestamp, nonce, body, signature } = signed
        if (!Rsa.verify(Formatter.response(timestamp, nonce, body), signature, certificate))
          throw new Error('not verified')
        const { resource } = JSON.parse(body) as typeof envelope
        return JSON.parse(Aes.AesGcm.decrypt(resource.ciphertext, apiv3Key, resource.nonce, resource.associated_data))
      },
      'wechatpay-node-v3': async () => {
        if (!(await pay.verifySign({ ...signed, serial }))) throw new Error('not verified')
        const { resource } = JSON.parse(signed.body) as typeof envelope
        return pay.decipher_gcm(resource.ciphertext, resource.associated_data, resource.nonce)
      },
    },
    'receive APIv2 notification': {
      'wechatpay-edge': () => receiveNotification(client, new Request(url, { method: 'POST', body: xml })),
      'wechatpay-axios-plugin': () => {
        const fields = Transformer.toObject(xml) as unknown as Record<string, string>
        const { sign: theirs, ...params } = fields
        if (!Hash.equals(theirs!, Hash.sign(Hash.ALGO_MD5, params, apiv2Key)!)) throw new Error('not verified')
        return params
      },
      tenpay: async () => {
        const context: { request: { body: string; weixin?: unknown }; body?: string } = { request: { body: xml } }
        await tenpay.middleware('pay')(context, async () => {})
        if (!context.request.weixin) throw new Error(context.body)
      },
    },
  }
}

async function apiV2(setting: Setting): Promise<Record<string, Implementations>> {
  const { mchid, apiv2Key, orderV2 } = setting
  const fields = { ...orderV2, nonce_str: 'ibuaiVcKdpRxkhJA' }
  const hmacFields = { ...fields, sign_type: 'HMAC-SHA256' }
  const xml = stringifyXml(fields)
  const text = Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')

  const account = createAccount({ mchid, apiv2Key, ...(ours && { crypto: ours }) })
  const platformKeys = createPlatformKeys({}, undefined, account)
  const parties = { account, platformKeys, bankKey: () => Promise.reject(new Error('no key')) }
  const write = async (body: object) => {
    const call = { method: 'POST', path: '/pay/unifiedorder', trait: {}, body }
    return (await encode(call, parties))('https://api.mch.weixin.qq.com/')
  }
  const transformer = new Transformer(mchid, Hash.keyObjectFrom(apiv2Key))
  const transform = (data: object) =>
    (transformer.request as ((data: object) => object)[]).reduce<object>((data, step) => step.call(transformer, data), {
      ...data,
    })
  const tenpay = tenpayClient(setting)
  const build = (data: typeof fields | typeof hmacFields) =>
    tenpayUtil.buildXML({ ...data, sign: tenpay._getSign(data, data.sign_type) })

  const hmacKey = await importHmacKey(apiv2Key)
  const oursHmacKey = await importHmacKey(apiv2Key, ours)
  const { subtle } = crypto
  return {
    MD5: {
      'wechatpay-edge': () => md5(text),
      'wechatpay-axios-plugin': () => Hash.md5(text),
      tenpay: () => tenpayUtil.md5(text),
    },
    'HMAC-SHA256': {
      'wechatpay-edge': () => hmacSha256(text, oursHmacKey, ours),
      floor: async () => Buffer.from(await subtle.sign('HMAC', hmacKey, Buffer.from(text))).toString('hex'),
      'wechatpay-axios-plugin': () => Hash.hmac(text, apiv2Key),
      tenpay: () => tenpayUtil.sha256(text, apiv2Key),
    },
    'APIv2 sign, MD5': {
      'wechatpay-edge': () => signFields(fields, 'MD5', account),
      'wechatpay-axios-plugin': () => Hash.sign(Hash.ALGO_MD5, fields, apiv2Key),
      tenpay: () => tenpay._getSign(fields, 'MD5'),
    },
    'APIv2 sign, HMAC-SHA256': {
      'wechatpay-edge': () => signFields(fields, 'HMAC-SHA256', account),
      'wechatpay-axios-plugin': () => Hash.sign(Hash.ALGO_HMAC_SHA256, fields, apiv2Key),
      tenpay: () => tenpay._getSign(fields, 'HMAC-SHA256'),
    },
    'APIv2 request, MD5': {
      'wechatpay-edge': () => write(fields),
      'wechatpay-axios-plugin': () => transform(fields),
      tenpay: () => build(fields),
    },
    'APIv2 request, HMAC-SHA256': {
      'wechatpay-edge': () => write(hmacFields),
      'wechatpay-axios-plugin': () => transform(hmacFields),
      tenpay: () => build(hmacFields),
    },
    'XML encode': {
      'wechatpay-edge': () => stringifyXml(fields),
      'wechatpay-axios-plugin': () => Transformer.toXml(fields),
      tenpay: () => tenpayUtil.buildXML(fields),
    },
    'XML parse (ours checks limits)': {
      'wechatpay-edge': () => parseXml(xml),
      'wechatpay-axios-plugin': () => Transformer.toObject(xml),
      tenpay: () => tenpayUtil.parseXML(xml),
    },
  }
}

/** Measures JSON; the floor is `JSON`, which rounds a uint64. */
function json({ order }: Setting): Record<string, Implementations> {
  const text = JSON.stringify(order)
  const exact = `{"applyment_id":2000002124775691,"sub_mchid":"1900013511","id":18446744073709551615}`
  return {
    'JSON encode': { 'wechatpay-edge': () => stringifyJson(order), floor: () => JSON.stringify(order) },
    'JSON parse': { 'wechatpay-edge': () => parseJson(text), floor: () => JSON.parse(text) },
    'JSON parse, uint64': { 'wechatpay-edge': () => parseJson(exact), floor: () => JSON.parse(exact) },
  }
}
