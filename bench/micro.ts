import { Bench } from 'tinybench'
import { Hash, Rsa, Transformer } from 'wechatpay-axios-plugin'
import { createAccount } from '../src/core/account.ts'
import { parseJson, stringifyJson } from '../src/core/codec/json.ts'
import { parseXml, stringifyXml } from '../src/core/codec/xml.ts'
import { hmacSha256, importHmacKey, md5 } from '../src/core/crypto/digest.ts'
import { importPrivateKey, importPublicKey } from '../src/core/crypto/keys.ts'
import { open, seal, sign, verify } from '../src/core/crypto/rsa.ts'
import { NO_KEYS } from '../src/core/protocol/certificates.ts'
import { encode } from '../src/core/protocol/v2.ts'
import type { Setting } from './setting.ts'

/** Microseconds, medians: a step of a call as we do it, and as the other does it. */
export interface Step {
  name: string
  ours: number
  theirs: number
  other: string
}

type Work = () => unknown
const PLUGIN = 'wechatpay-axios-plugin'

export async function measureSteps(setting: Omit<Setting, 'baseUrl'>, seconds: number): Promise<Step[]> {
  const steps: [name: string, ours: Work, theirs: Work, other: string][] = [
    ...(await rsa(setting)),
    ...(await apiV2(setting)),
    ...json(setting),
  ]
  const bench = new Bench({ time: seconds * 1000, warmupTime: seconds * 200 })
  for (const [name, ours, theirs, other] of steps) bench.add(name, ours).add(`${name}, ${other}`, theirs)
  await bench.run()
  const medianOf = (name: string): number => {
    const result = bench.getTask(name)!.result
    if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`, { cause: result })
    return result.latency.p50 * 1000
  }
  return steps.map(([name, , , other]) => ({
    name,
    ours: medianOf(name),
    theirs: medianOf(`${name}, ${other}`),
    other,
  }))
}

async function rsa({ merchant, order }: Omit<Setting, 'baseUrl'>): Promise<[string, Work, Work, string][]> {
  const own = await importPrivateKey(merchant.privateKey, 'privateKey', crypto)
  const publicKey = await importPublicKey(merchant.publicKey, 'platformKeys', crypto)
  const theirOwn = Rsa.from(merchant.privateKey, Rsa.KEY_TYPE_PRIVATE)
  const theirPublic = Rsa.from(merchant.publicKey, Rsa.KEY_TYPE_PUBLIC)

  const message = `POST\n/v3/pay/transactions/native\n1700000000\n${'0'.repeat(32)}\n${JSON.stringify(order)}\n`
  const signature = await sign(message, own.sign)
  const sealed = await seal('430524200001010014', publicKey)
  return [
    ['sign (RSA, SHA-256)', () => sign(message, own.sign), () => Rsa.sign(message, theirOwn), PLUGIN],
    [
      'verify',
      () => verify(message, signature, publicKey.verify),
      () => Rsa.verify(message, signature, theirPublic),
      PLUGIN,
    ],
    [
      'seal (RSA-OAEP)',
      () => seal('430524200001010014', publicKey),
      () => Rsa.encrypt('430524200001010014', theirPublic),
      PLUGIN,
    ],
    ['open', () => open(sealed, own), () => Rsa.decrypt(sealed, theirOwn), PLUGIN],
  ]
}

async function apiV2({ mchid, order }: Omit<Setting, 'baseUrl'>): Promise<[string, Work, Work, string][]> {
  const apiv2Key = '192006250b4c09247ec02edce69f6a2d'
  const { amount, description, ...rest } = order
  const fields = {
    ...rest,
    mch_id: mchid,
    nonce_str: 'ibuaiVcKdpRxkhJA',
    body: description,
    total_fee: String(amount.total),
  }
  const xml = stringifyXml(fields)
  const text = Object.entries(fields)
    .map(([name, value]) => `${name}=${value}`)
    .join('&')

  const parties = {
    account: createAccount({ mchid, apiv2Key }),
    platformKeys: NO_KEYS,
    bankKey: () => Promise.reject(new Error('no key')),
  }
  const write = async (sign_type: string) => {
    const call = { method: 'POST', path: '/pay/unifiedorder', trait: {}, body: { ...fields, sign_type } }
    return (await encode(call, parties))('https://api.mch.weixin.qq.com/')
  }
  const transformer = new Transformer(mchid, Hash.keyObjectFrom(apiv2Key))
  const transform = (sign_type: string) =>
    (transformer.request as ((data: object) => object)[]).reduce<object>((data, step) => step.call(transformer, data), {
      ...fields,
      sign_type,
    })

  const hmacKey = await importHmacKey(apiv2Key)
  return [
    ['MD5', () => md5(text), () => Hash.md5(text), PLUGIN],
    ['HMAC-SHA256', () => hmacSha256(text, hmacKey), () => Hash.hmac(text, apiv2Key), PLUGIN],
    ['APIv2 request, MD5', () => write('MD5'), () => transform('MD5'), PLUGIN],
    ['APIv2 request, HMAC-SHA256', () => write('HMAC-SHA256'), () => transform('HMAC-SHA256'), PLUGIN],
    ['XML write', () => stringifyXml(fields), () => Transformer.toXml(fields), PLUGIN],
    ['XML read, guarded', () => parseXml(xml), () => Transformer.toObject(xml), PLUGIN],
  ]
}

function json({ order }: Omit<Setting, 'baseUrl'>): [string, Work, Work, string][] {
  const text = JSON.stringify(order)
  const exact = `{"applyment_id":2000002124775691,"sub_mchid":"1900013511","id":18446744073709551615}`
  return [
    ['JSON write', () => stringifyJson(order), () => JSON.stringify(order), 'JSON.stringify'],
    ['JSON read', () => parseJson(text), () => JSON.parse(text), 'JSON.parse'],
    ['JSON read, uint64', () => parseJson(exact), () => JSON.parse(exact), 'JSON.parse, which rounds'],
  ]
}
