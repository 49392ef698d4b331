import { createCipheriv, createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { promisify } from 'node:util'

// WeChat Pay's hand, on node:crypto alone: it shares no line with what reads it.

/** The merchant of a gateway, and the key whose notifications it accepts. */
export interface Merchant {
  readonly mchid: string
  readonly serial: string
  /** PEM, PKCS#8 */
  readonly privateKey: string
  readonly apiv3Key: string
  readonly publicKeyId: string
  /** WeChat Pay's (微信支付公钥), PEM */
  readonly publicKey: string
}

export interface Event {
  readonly id: string
  readonly event: 'TRANSACTION.SUCCESS' | 'REFUND.SUCCESS'
  readonly transaction_id: string
  /** Milliseconds since 1970. */
  readonly created: number
}

/** A notification as it goes over the wire. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Deliberate flaws of a notification. */
export const FLAWS = ['tampered', 'wrong key', 'probe', 'stale'] as const
export type Flaw = (typeof FLAWS)[number]

export interface Platform {
  readonly merchant: Merchant
  /** Encrypts and signs an event anew, as each of its sendings is. */
  write(event: Event, flaw?: Flaw): Promise<Message>
}

const PROBE = 'WECHATPAY/SIGNTEST/'
const STALE = 10 * 60 * 1000
const signed = promisify(sign)
const createKeys = () =>
  generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  })

export function createPlatform(mchid = '1900000109'): Platform {
  const own = createKeys()
  // As a text it would be read anew for each signature.
  const [key, wrongKey] = [createPrivateKey(own.privateKey), createPrivateKey(createKeys().privateKey)]
  const merchant = {
    mchid,
    serial: '1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C',
    privateKey: createKeys().privateKey,
    apiv3Key: '0123456789abcdef0123456789ABCDEF',
    publicKeyId: 'PUB_KEY_ID_0114232134912410000000000000',
    publicKey: own.publicKey,
  }
  return {
    merchant,
    async write(event, flaw) {
      const body = bodyOf(event, merchant)
      const timestamp = Math.floor((Date.now() - (flaw === 'stale' ? STALE : 0)) / 1000)
      const nonce = randomBytes(16).toString('hex')
      const signedText = Buffer.from(`${timestamp}
${nonce}
${body}
`)
      const signature = (await signed('sha256', signedText, flaw === 'wrong key' ? wrongKey : key)).toString('base64')
      return {
        headers: {
          'content-type': 'application/json',
          'wechatpay-timestamp': String(timestamp),
          'wechatpay-nonce': nonce,
          'wechatpay-serial': merchant.publicKeyId,
          'wechatpay-signature': flaw === 'probe' ? PROBE + signature.slice(PROBE.length) : signature,
        },
        // The encrypted part is unchanged: only the signature shows the change.
        body: flaw === 'tampered' ? body.replace('"summary":"', '"summary":"!') : body,
      }
    },
  }
}

function bodyOf({ id, event, created, ...rest }: Event, { mchid, apiv3Key }: Merchant): string {
  const isPayment = event === 'TRANSACTION.SUCCESS'
  const original_type = isPayment ? 'transaction' : 'refund'
  const nonce = randomBytes(6).toString('hex')
  const cipher = createCipheriv('aes-256-gcm', apiv3Key, nonce).setAAD(Buffer.from(original_type))
  const resource = isPayment ? transactionOf(rest, mchid) : refundOf(rest, mchid)
  const encrypted = [cipher.update(JSON.stringify(resource)), cipher.final(), cipher.getAuthTag()]
  return JSON.stringify({
    id,
    create_time: new Date(created).toISOString(),
    resource_type: 'encrypt-resource',
    event_type: event,
    summary: isPayment ? '支付成功' : '退款成功',
    resource: {
      original_type,
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: Buffer.concat(encrypted).toString('base64'),
      associated_data: original_type,
      nonce,
    },
  })
}

const transactionOf = ({ transaction_id }: Pick<Event, 'transaction_id'>, mchid: string): object => ({
  transaction_id,
  mchid,
  appid: 'wxd678efh567hg6787',
  out_trade_no: `T${transaction_id}`,
  trade_type: 'NATIVE',
  trade_state: 'SUCCESS',
  trade_state_desc: '支付成功',
  bank_type: 'OTHERS',
  attach: '',
  success_time: '2026-06-08T10:34:56+08:00',
  payer: { openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' },
  amount: { total: 100, payer_total: 100, currency: 'CNY', payer_currency: 'CNY' },
})

const refundOf = ({ transaction_id }: Pick<Event, 'transaction_id'>, mchid: string): object => ({
  mchid,
  transaction_id,
  out_trade_no: `T${transaction_id}`,
  refund_id: `5${transaction_id}`,
  out_refund_no: `R${transaction_id}`,
  refund_status: 'SUCCESS',
  success_time: '2026-06-08T10:35:56+08:00',
  user_received_account: '支付用户零钱',
  amount: { total: 100, refund: 100, payer_total: 100, payer_refund: 100 },
})
