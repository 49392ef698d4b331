import { generateKeyPairSync, randomBytes, randomInt, randomUUID, sign } from 'node:crypto'
import type { Api } from '../../../definitions/call.ts'
import { type Check, type CheckProgress, skippedCheck } from '../../checks.ts'
import {
  checkForgeryRefused,
  checkRefusalForm,
  checkRoute,
  checkTime,
  routeFailures,
  type ShopResponse,
  sendToShop,
} from './shop-response.ts'

/** Remedies of accepted forgeries. */
export const VERIFY_FIXES = {
  probe:
    'Verify every notification, and answer 4xx or 5xx if the signature is wrong. Treat WECHATPAY/SIGNTEST/ as any other signature',
  'forged-signature': 'Verify the signature over timestamp, nonce and the bytes of the body before anything else',
  'tampered-body':
    'Verify the signature over the bytes of the body as they arrived, not over parsed and rewritten JSON',
  'stale-timestamp': 'Refuse a notification whose Wechatpay-Timestamp is more than five minutes away',
  'unknown-serial': 'Choose the key by Wechatpay-Serial, and refuse a serial that you do not have',
  unsigned: 'Refuse a notification without a signature',
} as const

interface ForgedMessage {
  readonly name: keyof typeof VERIFY_FIXES
  readonly headers: Record<string, string>
  readonly body: string
}

/** An order number that no shop has: as long as order numbers may be, and random. */
const newNumber = (): string => `doctor${randomBytes(13).toString('hex')}`

/** Writes a payment that nobody made. Its resource is encrypted with a random key, so that no shop can decrypt it. */
const forgeBody = (): string =>
  JSON.stringify({
    id: randomUUID(),
    create_time: new Date().toISOString().replace(/\.\d+Z$/, '+00:00'),
    resource_type: 'encrypt-resource',
    event_type: 'TRANSACTION.SUCCESS',
    summary: '支付成功',
    resource: {
      original_type: 'transaction',
      algorithm: 'AEAD_AES_256_GCM',
      ciphertext: randomBytes(512).toString('base64'),
      associated_data: 'transaction',
      nonce: randomBytes(6).toString('hex'),
    },
  })

/** @param publicKeyId id of the key that the shop verifies with, if it is known */
function forgeV3(publicKeyId: string | undefined): ForgedMessage[] {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const unknownId = `PUB_KEY_ID_${Array.from({ length: 34 }, () => randomInt(10)).join('')}`
  const write = (name: ForgedMessage['name'], serial: string | undefined, prefix = ''): ForgedMessage => {
    const body = forgeBody()
    const timestamp = String(Math.floor(Date.now() / 1000))
    const nonce = randomBytes(16).toString('hex')
    const signature = sign('RSA-SHA256', Buffer.from(`${timestamp}\n${nonce}\n${body}\n`), privateKey).toString(
      'base64',
    )
    const signed = serial && {
      'Wechatpay-Serial': serial,
      'Wechatpay-Timestamp': timestamp,
      'Wechatpay-Nonce': nonce,
      'Wechatpay-Signature-Type': 'WECHATPAY2-SHA256-RSA2048',
      'Wechatpay-Signature': prefix + signature.slice(prefix.length),
    }
    return { name, headers: { 'Content-Type': 'application/json', ...signed }, body }
  }
  return [
    write('probe', publicKeyId ?? unknownId, 'WECHATPAY/SIGNTEST/'),
    ...(publicKeyId ? [write('forged-signature', publicKeyId)] : []),
    write('unknown-serial', unknownId),
    write('unsigned', undefined),
  ]
}

/** Writes payments of one fen for an order that does not exist, of a merchant that is not the shop's. */
function forgeV2(): ForgedMessage[] {
  const write = (name: ForgedMessage['name'], signature: string): ForgedMessage => {
    const fields = {
      return_code: 'SUCCESS',
      result_code: 'SUCCESS',
      appid: 'wx0000000000000000',
      mch_id: '1900000000',
      nonce_str: randomBytes(16).toString('hex'),
      openid: 'doctor',
      trade_type: 'NATIVE',
      bank_type: 'OTHERS',
      total_fee: '1',
      cash_fee: '1',
      transaction_id: `doctor${randomBytes(10).toString('hex')}`,
      out_trade_no: newNumber(),
      time_end: '20140903131540',
      ...(signature && { sign: signature }),
    }
    const xml = Object.entries(fields).map(([key, value]) => `<${key}><![CDATA[${value}]]></${key}>`)
    return { name, headers: { 'Content-Type': 'text/xml' }, body: `<xml>${xml.join('')}</xml>` }
  }
  return [write('forged-signature', randomBytes(16).toString('hex').toUpperCase()), write('unsigned', '')]
}

const REHEARSE = 'Run the shop against the simulator: --simulator'
/** Checks that need genuine notifications, which only WeChat Pay, or the simulator, can sign. */
const UNSEEN: readonly (readonly [name: string, detail: string])[] = [
  ['tampered-body', 'only a genuine notification can be changed after it was signed'],
  ['stale-timestamp', 'only WeChat Pay can sign an old timestamp'],
  ['success-answer', 'needs a genuine notification'],
  ['duplicate', 'needs a genuine notification, sent twice'],
  ['amount', 'needs a genuine notification of another amount'],
  ['query', 'needs a payment whose notification does not come'],
]

/**
 * Sends forged notifications, each of which must be refused, and checks how the shop answers. None of them has a genuine
 * signature, a text that the shop can decrypt, or a number that it can know.
 *
 * @param options.progress gets the results; those of what was sent already if it is stopped
 */
export async function checkForged(
  url: URL,
  options: {
    readonly api: Api
    readonly publicKeyId: string | undefined
    readonly progress: CheckProgress
    readonly stopped: AbortSignal
  },
): Promise<void> {
  const { api, publicKeyId, progress, stopped } = options
  const messages = api === 'v3' ? forgeV3(publicKeyId) : forgeV2()
  const responses: ShopResponse[] = []
  const forged: Check[] = []
  try {
    for (const { name, headers, body } of messages) {
      progress.running = name
      const sent = { headers: { ...headers, 'User-Agent': 'Mozilla/4.0' }, body }
      const response = await sendToShop(url, sent, stopped)
      responses.push(response)
      forged.push(checkForgeryRefused(name, api, response, VERIFY_FIXES[name]))
    }
  } catch (error) {
    const failures = routeFailures(responses)
    progress.ended.push(...(failures.length > 0 ? failures : forged))
    throw error
  }
  const route = checkRoute(responses)
  progress.ended.push(...route)
  if (route.some(({ ok }) => ok === false)) return
  // APIv2 has no timestamps.
  const unseen = api === 'v3' ? UNSEEN : UNSEEN.filter(([name]) => name !== 'stale-timestamp')
  progress.ended.push(
    ...forged,
    ...(api === 'v3' && !publicKeyId
      ? [
          skippedCheck(
            'forged-signature',
            'needs the id of the key that the shop verifies with',
            'Set WECHATPAY_PUBLIC_KEY_ID',
          ),
        ]
      : []),
    checkTime(responses),
    checkRefusalForm(api, responses),
    ...unseen.map(([name, detail]) => skippedCheck(name, detail, REHEARSE)),
  )
}
