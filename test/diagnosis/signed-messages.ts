/** Messages as WeChat Pay and merchants sign them, made with node:crypto alone, and the text of the keys that go with them. */
import { createCipheriv, createHash, createSign, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto'
import { CERTIFICATE, OTHER_PRIVATE_KEY, PRIVATE_KEY } from '../fixtures/keys.ts'

/** Seconds: the time of all messages. */
export const TIME = 1_796_083_200
export const SERIAL = new X509Certificate(CERTIFICATE).serialNumber
export const APIV3_KEY = 'v3-key-of-exactly-thirty-two-b-1'
export const APIV2_KEY = '192006250b4c09247ec02edce69f6a2d'
export const PUBLIC_KEY_ID = 'PUB_KEY_ID_0116000001092024110600000000000001'

const platform = generateKeyPairSync('rsa', { modulusLength: 2048 })
export const PLATFORM_PUBLIC_KEY = platform.publicKey.export({ type: 'spki', format: 'pem' }) as string

/** The keys of a merchant, as they are pasted. */
export const KEYS = `${PUBLIC_KEY_ID}\n${PLATFORM_PUBLIC_KEY}\n${PRIVATE_KEY}\n${CERTIFICATE}`

export const RESOURCE = {
  transaction_id: '4200001',
  out_trade_no: 'A-1',
  payer: { openid: 'o1' },
  amount: { total: 1 },
}

export function encryptGcm(
  text: string,
  key = APIV3_KEY,
): { ciphertext: string; nonce: string; associated_data: string } {
  const nonce = randomBytes(6).toString('hex')
  const cipher = createCipheriv('aes-256-gcm', key, nonce)
  cipher.setAAD(Buffer.from('transaction'))
  const bytes = Buffer.concat([cipher.update(text), cipher.final(), cipher.getAuthTag()])
  return { ciphertext: bytes.toString('base64'), nonce, associated_data: 'transaction' }
}

/** A body as WeChat Pay writes it: compact, and Chinese as it is. */
export const notificationBody = (event = 'TRANSACTION.SUCCESS', key = APIV3_KEY): string =>
  JSON.stringify({
    id: 'EV-1',
    create_time: '2026-12-01T08:00:00+08:00',
    resource_type: 'encrypt-resource',
    event_type: event,
    summary: '支付成功',
    resource: {
      original_type: 'transaction',
      algorithm: 'AEAD_AES_256_GCM',
      ...encryptGcm(JSON.stringify(RESOURCE), key),
    },
  })

const sign = (text: string, key: Parameters<ReturnType<typeof createSign>['sign']>[0]): string =>
  createSign('sha256').update(text).sign(key, 'base64')

/** The headers with which WeChat Pay signs a body. */
export const platformHeaders = (body: string, changes: Record<string, string> = {}): Record<string, string> => ({
  'Content-Type': 'application/json',
  'Wechatpay-Timestamp': String(TIME),
  'Wechatpay-Nonce': 'a-nonce',
  'Wechatpay-Serial': PUBLIC_KEY_ID,
  'Wechatpay-Signature': sign(`${TIME}\na-nonce\n${body}\n`, platform.privateKey),
  ...changes,
})

export const http = (first: string, headers: Record<string, string>, body: string): string =>
  [first, ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`), '', body].join('\r\n')

export const URL = '/v3/pay/transactions/native?sub=%E8%8C%B6'
export const ORDER = '{"description":"茶","amount":{"total":1}}'

export interface AuthorizationChoices {
  readonly scheme?: string
  readonly id?: string
  readonly key?: string
  readonly serial?: string
  readonly timestamp?: string
  /** Builds the signed text, as a program with a mistake does. */
  readonly textOf?: (method: string, url: string, timestamp: string, nonce: string, body: string) => string
}

/** `Authorization` of a request of the merchant. */
export function authorization(method: string, url: string, body: string, choices: AuthorizationChoices = {}): string {
  const { scheme = 'WECHATPAY2-SHA256-RSA2048', id = 'mchid="1900000109"', serial = SERIAL } = choices
  const {
    key = PRIVATE_KEY,
    timestamp = String(TIME),
    textOf = (...lines) => lines.map(line => `${line}\n`).join(''),
  } = choices
  const signature = sign(textOf(method, url, timestamp, 'b-nonce', body), key)
  return `${scheme} ${id},nonce_str="b-nonce",signature="${signature}",timestamp="${timestamp}",serial_no="${serial}"`
}

export const signV2 = (fields: Record<string, string>, key = APIV2_KEY): string => {
  const pairs = Object.keys(fields)
    .filter(name => fields[name] !== '')
    .sort()
    .map(name => `${name}=${fields[name]}`)
  return createHash('md5')
    .update(`${pairs.join('&')}&key=${key}`)
    .digest('hex')
    .toUpperCase()
}

export const xml = (fields: Record<string, string>): string =>
  `<xml>${Object.entries(fields)
    .map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`)
    .join('')}</xml>`

export { CERTIFICATE, OTHER_PRIVATE_KEY, PRIVATE_KEY }
