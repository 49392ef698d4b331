import { importCertificate, importPublicKey } from '../../core/crypto/keys.ts'
import { verify } from '../../core/crypto/rsa.ts'
import { ConfigurationError, ServiceError, type WechatpayOptions } from '../../core/index.ts'
import type { Credentials } from '../../core/protocol/call.ts'
import { isPublicKeyId } from '../../core/protocol/platform-keys.ts'
import { MAX_SKEW_SECONDS } from '../../core/time.ts'
import { type Check, failed, passed, skipped } from '../checks.ts'
import { messageOf } from '../failure.ts'
import type { SavedMessage } from '../saved-message.ts'

const HEADER_PARTS = ['Timestamp', 'Nonce', 'Signature', 'Serial'] as const

/**
 * Runs all steps of 应答验签, even after one has failed, because more than one thing may be wrong.
 *
 * @param at time of arrival, milliseconds since 1970
 */
export async function verifyV3(
  { headers, body, isParsed }: SavedMessage,
  at: number,
  credentials: Credentials,
  { platformKeys = {} }: WechatpayOptions,
): Promise<Check[]> {
  const [timestamp = '', nonce = '', signature = '', serial = ''] = HEADER_PARTS.map(
    part => headers.get(`wechatpay-${part}`) ?? '',
  )
  const missing = HEADER_PARTS.filter(part => !headers.has(`wechatpay-${part}`)).map(part => `Wechatpay-${part}`)
  const checks: Check[] = [
    missing.length
      ? failed(
          'headers',
          `no ${missing.join(', ')}`,
          'Save them too. If they never arrived, WeChat Pay did not send the message, or a proxy drops them',
        )
      : passed('headers', 'all four Wechatpay-… headers are present'),
    ...(headers.has('wechatpay-timestamp') ? [checkTime(timestamp, at)] : []),
  ]
  if (signature.startsWith('WECHATPAY/SIGNTEST/'))
    return [
      ...checks,
      failed(
        'signature',
        'a probe by WeChat Pay that tests whether signatures are verified: it must be refused',
        'Nothing is wrong on your side',
      ),
    ]
  if (!serial) return checks
  const found = await findKey(serial, at, credentials, platformKeys)
  if (!('key' in found)) return [...checks, found, skipped('signature', 'cannot be checked without the key')]
  checks.push(passed('key', `${serial}, ${found.from}`))
  if (missing.length) return checks
  const isSigned = (text: string) =>
    verify(`${timestamp}\n${nonce}\n${text}\n`, signature, found.key, credentials.account.crypto)
  return [...checks, await checkSignature(body, isParsed, isSigned, serial)]
}

function checkTime(timestamp: string, at: number): Check {
  const time = /^\d{1,12}$/.test(timestamp) ? Number(timestamp) : Number.NaN
  if (Number.isNaN(time))
    return failed('timestamp', `Wechatpay-Timestamp is not a number of seconds: ${timestamp}`, "It is not WeChat Pay's")
  const off = Math.round(at / 1000) - time
  const detail = `${new Date(time * 1000).toISOString()}, ${Math.abs(off)} s ${off < 0 ? 'ahead' : 'ago'}`
  if (Math.abs(off) <= MAX_SKEW_SECONDS) return passed('timestamp', detail)
  return failed(
    'timestamp',
    `${detail}, more than 5 minutes`,
    'If it was saved a while ago, check it against its own time with --at sent. If it just arrived, correct the clock (NTP)',
  )
}

/** Returns the key that the message names, or a failed check with the reason why there is none. */
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
      from: 'the configured public key',
    }
  if (id && pem) {
    const { key, notBefore, notAfter } = await importCertificate(pem, `platformKeys.${id}`, account.crypto)
    if (+notBefore <= at && at < +notAfter) return { key: key.verify, from: 'a certificate of the folder' }
    return failed(
      'key',
      `${serial} was valid only from ${notBefore.toISOString()} to ${notAfter.toISOString()}`,
      'If the message is old, check it against its own time with --at sent',
    )
  }
  const configured = Object.keys(given).find(isPublicKeyId)
  if (isPublicKeyId(serial))
    return failed(
      'key',
      `it names ${serial}, and ${configured ? `WECHATPAY_PUBLIC_KEY_ID is ${configured}` : 'no public key is configured'}`,
      'Copy that key and its id from 商户平台 → API 安全 → 微信支付公钥 to WECHATPAY_PUBLIC_KEY and WECHATPAY_PUBLIC_KEY_ID',
    )
  // A merchant that is switching has both kinds of keys.
  if (configured && !account.hasApiv3Key)
    return failed(
      'key',
      `it names ${serial}, a platform certificate (平台证书), and only a public key is configured`,
      'Set WECHATPAY_APIV3_KEY to download certificates, or give the folder that has them: --certificates',
    )
  try {
    const key = await platformKeys.verifier(serial)
    if (key) return { key, from: 'a platform certificate' }
  } catch (error) {
    // A merchant in public-key mode has no certificates, for which WeChat Pay returns an error.
    const hasNone = error instanceof ConfigurationError && error.cause instanceof ServiceError
    if (!hasNone)
      return failed(
        'key',
        `it names ${serial}, and the certificates cannot be downloaded: ${messageOf(error as Error).replace(/\.$/, '')}`,
        'Download them where WeChat Pay can be reached (wechatpay-edge certificates --out certificates), and give --certificates certificates',
      )
  }
  return failed(
    'key',
    `WeChat Pay lists no certificate ${serial} for this merchant`,
    'It expired, or the message belongs to another merchant, or is forged',
  )
}

/** Checks the signature. If it is invalid, undoes common changes of the body to find the cause. */
async function checkSignature(
  body: string,
  isParsed: true | undefined,
  isSigned: (text: string) => Promise<boolean>,
  serial: string,
): Promise<Check> {
  if (await isSigned(body)) return passed('signature', `valid with the key ${serial}`)
  const withoutEnd = body.replace(/[\r\n]+$/, '')
  if (withoutEnd !== body && (await isSigned(withoutEnd)))
    return passed('signature', `valid with the key ${serial}, without the line break at the end of the file`)
  const variants: [text: string, what: string][] = [
    [body.replace(/\r\n/g, '\n'), 'its line breaks were changed to CRLF'],
    [body.replace(/\r?\n/g, '\r\n'), 'its line breaks were changed to LF'],
    [compact(body), 'it was parsed and serialized again'],
  ]
  for (const [text, what] of variants)
    if (text !== body && (await isSigned(text)))
      return failed(
        'signature',
        `not valid for the body in this file: ${what}`,
        'Verify the text as received, before anything parses it',
      )
  if (isParsed)
    return failed(
      'signature',
      'cannot be checked: "body" was saved as an object, and the signature covers its text',
      'Save the text as received',
    )
  return failed(
    'signature',
    `not valid with the key ${serial}`,
    "The body was changed in transit (a framework that parses, another charset), or it is not WeChat Pay's",
  )
}

function compact(body: string): string {
  try {
    return JSON.stringify(JSON.parse(body))
  } catch {
    return body
  }
}
