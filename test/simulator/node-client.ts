/** A merchant's or a brand's client on node:crypto alone: it shares no code with what it tests. */
import {
  createDecipheriv,
  createHash,
  createHmac,
  createSign,
  createVerify,
  randomBytes,
  X509Certificate,
} from 'node:crypto'
import type { SimulatedBrand, Simulator } from '../../src/simulator/index.ts'

export interface V3Options {
  body?: unknown
  headers?: Record<string, string | undefined>
  /** Signed values that differ from the sent ones. */
  signed?: Partial<{ method: string; url: string; body: string; timestamp: string; nonce: string; key: string }>
  authorization?: Partial<Record<'mchid' | 'brand_id' | 'serial_no' | 'timestamp' | 'signature' | 'scheme', string>>
  now?: number
}

export interface V3Answer {
  status: number
  headers: Headers
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into whatever came
  json: any
}

export async function v3(
  simulator: Simulator,
  method: string,
  url: string,
  options: V3Options = {},
): Promise<V3Answer> {
  const isBrand = url.startsWith('/brand/')
  const own = isBrand ? brandOf(simulator) : simulator.merchant
  const { body, signed = {}, authorization = {}, now = Date.now() } = options
  const sent =
    body === undefined ? '' : typeof body === 'string' || body instanceof Uint8Array ? body : JSON.stringify(body)
  const timestamp = signed.timestamp ?? String(Math.floor(now / 1000))
  const nonce = signed.nonce ?? randomBytes(16).toString('hex')
  const signature = createSign('RSA-SHA256')
    .update(`${signed.method ?? method}\n${signed.url ?? url}\n${timestamp}\n${nonce}\n`)
    .update(signed.body ?? sent)
    .update('\n')
    .sign(signed.key ?? own.privateKey, 'base64')
  const id = isBrand ? { brand_id: simulator.brand!.brandId } : { mchid: simulator.merchant.mchid }
  const parameters = { ...id, nonce_str: nonce, timestamp, serial_no: own.serial, signature }
  const { scheme = isBrand ? 'WECHATPAY-BRAND-SHA256-RSA2048' : 'WECHATPAY2-SHA256-RSA2048', ...others } = authorization
  const headers = {
    Accept: 'application/json',
    'User-Agent': 'node-client',
    'Content-Type': sent.length > 0 ? 'application/json' : undefined,
    Authorization: `${scheme} ${Object.entries({ ...parameters, ...others })
      .map(([name, value]) => `${name}="${value}"`)
      .join()}`,
    ...(isBrand && { 'Wechatpay-Serial': Object.keys(own.platformKeys)[0] }),
    ...options.headers,
  }
  const response = await simulator.fetch(`https://api.mch.weixin.qq.com${url}`, {
    method,
    headers: Object.entries(headers).filter((header): header is [string, string] => header[1] !== undefined),
    ...(sent.length > 0 && { body: sent as BodyInit }),
  })
  const text = await response.text()
  return { status: response.status, headers: response.headers, text, json: parse(text) }
}

function brandOf({ brand }: Simulator): SimulatedBrand {
  if (brand) return brand
  throw new TypeError('create the simulator with a brandId')
}

function parse(text: string) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

export function isSigned({ headers, text }: V3Answer, key: string): boolean {
  const [timestamp, nonce] = [headers.get('wechatpay-timestamp'), headers.get('wechatpay-nonce')]
  const signature = headers.get('wechatpay-signature')
  if (!signature) return false
  return createVerify('RSA-SHA256').update(`${timestamp}\n${nonce}\n${text}\n`).verify(key, signature, 'base64')
}

interface Listed {
  serial_no: string
  effective_time: string
  expire_time: string
  encrypt_certificate: { algorithm: string; nonce: string; associated_data: string; ciphertext: string }
}

/** `GET /v3/certificates`, each certificate opened with the APIv3 key. */
export async function certificates(
  of: Simulator,
  now?: number,
): Promise<{ answer: V3Answer; list: (Listed & { x509: X509Certificate; pem: string })[] }> {
  const answer = await v3(of, 'GET', '/v3/certificates', now === undefined ? {} : { now })
  const list = (answer.json.data as Listed[]).map(one => {
    const { ciphertext, nonce, associated_data } = one.encrypt_certificate
    const bytes = Buffer.from(ciphertext, 'base64')
    const decipher = createDecipheriv('aes-256-gcm', of.merchant.apiv3Key, nonce)
    decipher.setAuthTag(bytes.subarray(-16)).setAAD(Buffer.from(associated_data))
    const x509 = new X509Certificate(Buffer.concat([decipher.update(bytes.subarray(0, -16)), decipher.final()]))
    return { ...one, x509, pem: x509.publicKey.export({ type: 'spki', format: 'pem' }) as string }
  })
  return { answer, list }
}

export function v2Sign(params: Record<string, string>, key: string, type: string = params.sign_type || 'MD5'): string {
  const text = Object.keys(params)
    .filter(name => name !== 'sign' && params[name])
    .sort()
    .map(name => `${name}=${params[name]}`)
    .join('&')
  const hash = type === 'HMAC-SHA256' ? createHmac('sha256', key) : createHash('md5')
  return hash.update(`${text}&key=${key}`).digest('hex').toUpperCase()
}

export const xml = (params: Record<string, string>): string =>
  `<xml>${Object.entries(params)
    .map(([name, value]) => `<${name}><![CDATA[${value.replaceAll(']]>', ']]]]><![CDATA[>')}]]></${name}>`)
    .join('')}</xml>`

export const fromXml = (text: string): Record<string, string> =>
  Object.fromEntries(
    [...text.matchAll(/<(\w+)>((?:<!\[CDATA\[[\s\S]*?\]\]>)+)<\/\1>/g)].map(([, name, value]) => [
      name,
      value!.replace(/<!\[CDATA\[([\s\S]*?)\]\]>/g, '$1'),
    ]),
  )

/** Sends a signed APIv2 message; `null` leaves a parameter out that is there by default. */
export async function v2(
  simulator: Simulator,
  path: string,
  params: Record<string, string | null | undefined>,
  certified = false,
): Promise<Record<string, string>> {
  const { appid, mchid, apiv2Key } = simulator.merchant
  const all = { appid, mch_id: mchid, nonce_str: randomBytes(16).toString('hex'), ...params }
  const kept = Object.fromEntries(
    Object.entries(all).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
  const body = xml({ sign: v2Sign(kept, apiv2Key), ...kept })
  const send = certified ? simulator.mtlsFetch : simulator.fetch
  const response = await send(`https://api.mch.weixin.qq.com${path}`, { method: 'POST', body })
  const answer = fromXml(await response.text())
  if (answer.sign && answer.sign !== v2Sign(answer, apiv2Key, params.sign_type ?? 'MD5'))
    throw new Error('badly signed')
  return answer
}
