import { md5 } from '../../src/core/crypto/digest.ts'
import { importPrivateKey, importPublicKey } from '../../src/core/crypto/keys.ts'
import { decrypt, encrypt, sign } from '../../src/core/crypto/rsa.ts'
import { Wechatpay, type WechatpayOptions } from '../../src/core/index.ts'
import * as keys from '../fixtures/keys.ts'
import { crypto } from '../webcrypto.ts'

// Responses that WeChat Pay might send, for endpoints that the simulator does not have. Its key FF01 is keys.OTHER_PRIVATE_KEY.

const apiv2Key = '192006250b4c09247ec02edce69f6a2d'

type Step = Response | ((request: Request) => Response | Promise<Response>)

/** Creates a client that gets the given responses in turn; the last one repeats. */
export function createTestClient(steps: Step[], options: Partial<WechatpayOptions> = {}) {
  const requests: Request[] = []
  const answer: typeof fetch = async (input, init) => {
    const request = new Request(input, init)
    const step = steps[Math.min(requests.length, steps.length - 1)]!
    requests.push(request.clone())
    return step instanceof Response ? step.clone() : step(request)
  }
  const wxpay = new Wechatpay({
    mchid: '1900000109',
    serial: 'ABCD',
    privateKey: keys.PRIVATE_KEY,
    apiv2Key,
    platformKeys: { FF01: keys.OTHER_CERTIFICATE },
    fetch: answer,
    mtlsFetch: answer,
    crypto,
    retry: false,
    ...options,
  })
  return { wxpay, requests }
}

/** Creates a signed APIv3 response. */
export async function signedV3Response(data?: unknown): Promise<Response> {
  const body = data === undefined ? '' : JSON.stringify(data)
  const [timestamp, nonce] = [String(Math.floor(Date.now() / 1000)), 'nonce']
  const { sign: key } = await importPrivateKey(keys.OTHER_PRIVATE_KEY, 'key', crypto)
  return new Response(body || null, {
    status: body ? 200 : 204,
    headers: {
      'Wechatpay-Timestamp': timestamp,
      'Wechatpay-Nonce': nonce,
      'Wechatpay-Signature': await sign(`${timestamp}\n${nonce}\n${body}\n`, key, crypto),
      'Wechatpay-Serial': 'FF01',
    },
  })
}

/** Creates an APIv2 response, signed by default. */
export function signedV2Response(fields: Record<string, string>, isSigned = true): Response {
  const all: Record<string, string> = { return_code: 'SUCCESS', result_code: 'SUCCESS', ...fields }
  const pairs = Object.keys(all)
    .sort()
    .map(name => `${name}=${all[name]}`)
  if (isSigned) all.sign = md5([...pairs, `key=${apiv2Key}`].join('&')).toUpperCase()
  const xml = Object.entries(all).map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
  return new Response(`<xml>${xml.join('')}</xml>`)
}

/** Decrypts a text with one of the two private keys. */
export const decryptWithKey = async (ciphertext: unknown, key = keys.OTHER_PRIVATE_KEY): Promise<string> =>
  decrypt(String(ciphertext), await importPrivateKey(key, 'key', crypto), crypto)

/** Encrypts a text with one of the two public keys. */
export const encryptWithKey = async (text: string, key = keys.OTHER_PUBLIC_KEY): Promise<string> =>
  encrypt(text, await importPublicKey(key, 'key', crypto), crypto)

/** The fields of an APIv2 message. */
export const fieldsOf = (xml: string): Record<string, string> =>
  Object.fromEntries(Array.from(xml.matchAll(/<(\w+)>([^<]*)<\/\1>/g), ([, name, value]) => [name!, value!]))

/** Returns whether an APIv2 message has the right signature. */
export function isSigned({ sign, ...fields }: Record<string, string>): boolean {
  const pairs = Object.keys(fields)
    .sort()
    .map(name => `${name}=${fields[name]}`)
  return fields.sign_type !== 'HMAC-SHA256' && md5([...pairs, `key=${apiv2Key}`].join('&')).toUpperCase() === sign
}
