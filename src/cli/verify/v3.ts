import { importCertificate, importPublicKey } from '../../core/crypto/keys.ts'
import { verify } from '../../core/crypto/rsa.ts'
import { ConfigurationError, ServiceError, type WechatpayOptions } from '../../core/index.ts'
import type { Credentials } from '../../core/protocol/call.ts'
import { isPublicKeyId } from '../../core/protocol/platform-keys.ts'
import { bad, type Check, good, skipped } from '../checks.ts'
import { messageOf } from '../failure.ts'
import type { SavedMessage } from '../saved-message.ts'

const PARTS = ['Timestamp', 'Nonce', 'Signature', 'Serial'] as const
/** Seconds. */
const MOST_SKEW = 300

/**
 * The steps of 应答验签, each with what it found; all of them, for what failed first may not be all that is wrong.
 *
 * @param at milliseconds: when it is taken to have arrived
 */
export async function verifyV3(
  { headers, body, isParsed }: SavedMessage,
  at: number,
  credentials: Credentials,
  { platformKeys = {} }: WechatpayOptions,
): Promise<Check[]> {
  const [timestamp = '', nonce = '', signature = '', serial = ''] = PARTS.map(
    part => headers.get(`wechatpay-${part}`) ?? '',
  )
  const missing = PARTS.filter(part => !headers.has(`wechatpay-${part}`)).map(part => `Wechatpay-${part}`)
  const checks: Check[] = [
    missing.length
      ? bad(
          'headers',
          `no ${missing.join(', ')}`,
          'Save them too; if they never came, it is not WeChat Pay that sent it, or a proxy drops them',
        )
      : good('headers', 'the four of Wechatpay-… are there'),
    ...(headers.has('wechatpay-timestamp') ? [checkTime(timestamp, at)] : []),
  ]
  if (signature.startsWith('WECHATPAY/SIGNTEST/'))
    return [
      ...checks,
      bad(
        'signature',
        'a test by WeChat Pay, whether signatures are verified at all: it must be refused',
        'Nothing is wrong on your side',
      ),
    ]
  if (!serial) return checks
  const found = await findKey(serial, at, credentials, platformKeys)
  if (!('key' in found)) return [...checks, found, skipped('signature', 'without the key nobody can tell')]
  checks.push(good('key', `${serial}, ${found.from}`))
  if (missing.length) return checks
  const fits = (text: string) =>
    verify(`${timestamp}\n${nonce}\n${text}\n`, signature, found.key, credentials.account.crypto)
  return [...checks, await checkSignature(body, isParsed, fits, serial)]
}

function checkTime(timestamp: string, at: number): Check {
  const time = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN
  if (Number.isNaN(time))
    return bad('timestamp', `Wechatpay-Timestamp is no number of seconds: ${timestamp}`, "It is not WeChat Pay's")
  const off = Math.round(at / 1000) - time
  const says = `${new Date(time * 1000).toISOString()}, ${Math.abs(off)} s ${off < 0 ? 'ahead' : 'ago'}`
  if (Math.abs(off) <= MOST_SKEW) return good('timestamp', says)
  return bad(
    'timestamp',
    `${says}, more than 5 minutes`,
    'Saved a while ago: judge it by its own time, --at sent. Just arrived: set the clock right (NTP)',
  )
}

/** The key that the message names; or why there is none. */
async function findKey(
  serial: string,
  at: number,
  { account, platformKeys }: Credentials,
  given: Readonly<Record<string, string>>,
): Promise<{ key: CryptoKey; from: string } | Check> {
  const [id, pem] = Object.entries(given).find(([id]) => id.toUpperCase() === serial.toUpperCase()) ?? []
  if (id && pem && isPublicKeyId(id))
    return {
      key: (await importPublicKey(pem, 'platformKeys', account.crypto)).verify,
      from: 'the public key that is configured',
    }
  if (id && pem) {
    const { key, notBefore, notAfter } = await importCertificate(pem, `platformKeys.${id}`, account.crypto)
    if (+notBefore <= at && at < +notAfter) return { key: key.verify, from: 'a certificate of the folder' }
    return bad(
      'key',
      `${serial} was in force from ${notBefore.toISOString()} to ${notAfter.toISOString()} alone`,
      'An old message: judge it by its own time, --at sent',
    )
  }
  const configured = Object.keys(given).find(isPublicKeyId)
  if (isPublicKeyId(serial))
    return bad(
      'key',
      `it names ${serial}, and ${configured ? `WECHATPAY_PUBLIC_KEY_ID is ${configured}` : 'no public key is configured'}`,
      'Take that key and its id from 商户平台 → API 安全 → 微信支付公钥, into WECHATPAY_PUBLIC_KEY and WECHATPAY_PUBLIC_KEY_ID',
    )
  // While a merchant switches it has both kinds of key.
  if (configured && !account.hasApiv3Key)
    return bad(
      'key',
      `it names ${serial}, a platform certificate (平台证书), and only a public key is configured`,
      'Set WECHATPAY_APIV3_KEY, with which certificates are downloaded; or give the folder that has them: --certificates',
    )
  try {
    const key = await platformKeys.verifier(serial)
    if (key) return { key, from: 'a platform certificate' }
  } catch (error) {
    // A merchant in public-key mode has no certificates: that is an answer too.
    const isNone = error instanceof ConfigurationError && error.cause instanceof ServiceError
    if (!isNone)
      return bad(
        'key',
        `it names ${serial}, and the certificates are not to be had: ${messageOf(error as Error).replace(/\.$/, '')}`,
        'Download them where WeChat Pay can be reached: wechatpay-edge certificates --out certificates, and give --certificates certificates',
      )
  }
  return bad(
    'key',
    `WeChat Pay lists no certificate ${serial} for this merchant`,
    "It expired, or the message is another merchant's, or forged",
  )
}

/** When it does not fit: whether it would, had the body not been changed in one of the ways that happen. */
async function checkSignature(
  body: string,
  isParsed: true | undefined,
  fits: (text: string) => Promise<boolean>,
  serial: string,
): Promise<Check> {
  if (await fits(body)) return good('signature', `fits the key ${serial}`)
  const withoutEnd = body.replace(/[\r\n]+$/, '')
  if (withoutEnd !== body && (await fits(withoutEnd)))
    return good('signature', `fits the key ${serial}, without the line break that the file has at its end`)
  const variants: [text: string, what: string][] = [
    [body.replace(/\r\n/g, '\n'), 'its line breaks were made CRLF'],
    [body.replace(/\r?\n/g, '\r\n'), 'its line breaks were made LF'],
    [compact(body), 'it was parsed and written anew'],
  ]
  for (const [text, what] of variants)
    if (text !== body && (await fits(text)))
      return bad(
        'signature',
        `does not fit the body as it is here: ${what}`,
        'Verify the text as it came, before anything parses it',
      )
  if (isParsed)
    return bad(
      'signature',
      'cannot be told: "body" was saved as an object, and it is its text that is signed',
      'Save the text as it came',
    )
  return bad(
    'signature',
    `does not fit the key ${serial}`,
    "The body was changed on the way (a framework that parses, another charset), or it is not WeChat Pay's",
  )
}

function compact(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body))
  } catch {
    return body
  }
}
