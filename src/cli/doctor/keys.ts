import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type FileEnvironment, readFiles } from '../../adapters/files.ts'
import { openPrivateKey, readKeyPair, VARIABLE_PARTS } from '../../adapters/key-pair.ts'
import { type NodeEnvironment, wechatpay } from '../../adapters/node.ts'
import { webcrypto } from '../../adapters/webcrypto.ts'
import { type Certificate, importCertificate, importPrivateKey, importPublicKey } from '../../core/crypto/keys.ts'
import { ConfigurationError } from '../../core/index.ts'
import { bad, type Check, good, skipped } from '../checks.ts'
import { messageOf } from '../failure.ts'

const DAY = 24 * 60 * 60 * 1000
const SOON = 30 * DAY

/** What is on this machine: whether each key can be read, and whether they belong together. */
export async function checkKeys(environment: NodeEnvironment, now = Date.now()): Promise<Check[]> {
  const crypto = webcrypto()
  const { WECHATPAY_MCHID: mchid, WECHATPAY_SERIAL: serial, WECHATPAY_PUBLIC_KEY_ID: publicKeyId } = environment
  const [key, cert] = [privatePem(environment), textOf(environment, 'WECHATPAY_CERTIFICATE')]
  const certificate = await found(cert, pem => importCertificate(pem, 'WECHATPAY_CERTIFICATE', crypto))
  return [
    checkMchid(mchid),
    await checkPrivateKey(key, crypto),
    ...checkCertificate(certificate, now),
    checkPair(cert, key),
    checkSerial(serial, certificate),
    checkApiv3Key(textOf(environment, 'WECHATPAY_APIV3_KEY')),
    checkApiv2Key(textOf(environment, 'WECHATPAY_APIV2_KEY')),
    await checkPublicKey(publicKeyId, textOf(environment, 'WECHATPAY_PUBLIC_KEY'), crypto),
    await checkClientCertificate(environment, cert, key),
  ]
}

/** What a variable gives: nothing, a value, or why it cannot be read. */
type Found<T> = { readonly value?: T; readonly wrong?: string }

type Text =
  | 'WECHATPAY_PRIVATE_KEY'
  | 'WECHATPAY_CERTIFICATE'
  | 'WECHATPAY_PUBLIC_KEY'
  | 'WECHATPAY_APIV3_KEY'
  | 'WECHATPAY_APIV2_KEY'

/** One variable at a time: what is wrong with another is another line. */
const textOf = (environment: FileEnvironment, name: Text): Found<string> =>
  attempted(() => {
    const own = { [name]: environment[name], [`${name}_FILE`]: environment[`${name}_FILE`] }
    const value = readFiles(own, path => readFileSync(path, 'utf8'))[name]
    return value ? { value } : {}
  })

function privatePem(environment: NodeEnvironment): Found<string> {
  const { value: key, wrong } = textOf(environment, 'WECHATPAY_PRIVATE_KEY')
  const passphrase = environment.WECHATPAY_PRIVATE_KEY_PASSPHRASE
  if (!key) return wrong ? { wrong } : {}
  return attempted(() => ({
    value: openPrivateKey({ key, passphrase }, VARIABLE_PARTS).replaceAll('\\r', '').replaceAll('\\n', '\n'),
  }))
}

function attempted<T>(read: () => Found<T>): Found<T> {
  try {
    return read()
  } catch (error) {
    return { wrong: whyOf(error) }
  }
}

async function found<T, U>({ value, wrong }: Found<T>, read: (value: T) => Promise<U>): Promise<Found<U>> {
  if (value === undefined) return wrong ? { wrong } : {}
  try {
    return { value: await read(value) }
  } catch (error) {
    return { wrong: whyOf(error) }
  }
}

/** What is wrong with the configuration, with its cure; any other error is this program's. */
export function whyOf(error: unknown): string {
  if (error instanceof ConfigurationError) return messageOf(error).replace(/\.$/, '')
  throw error
}

function checkMchid(mchid: string | undefined): Check {
  const name = 'merchant id'
  if (!mchid)
    return bad(name, 'there is none', 'Set WECHATPAY_MCHID to the merchant id (商户号), in the environment or in .env')
  return /^\d+$/.test(mchid)
    ? good(name, mchid)
    : bad(name, 'WECHATPAY_MCHID is not digits', 'Take the merchant id (商户号), not an appid')
}

async function checkPrivateKey({ value: key, wrong }: Found<string>, crypto: Crypto): Promise<Check> {
  const name = 'private key'
  if (wrong) return bad(name, wrong)
  if (!key)
    return bad(
      name,
      'there is none, and APIv3 signs with it',
      'Set WECHATPAY_PRIVATE_KEY to the text of apiclient_key.pem, or WECHATPAY_PRIVATE_KEY_FILE to its path',
    )
  try {
    await importPrivateKey(key, 'WECHATPAY_PRIVATE_KEY', crypto)
  } catch (error) {
    return bad(name, whyOf(error), 'Download it once more, or take it whole')
  }
  return good(name, `RSA, ${createPrivateKey(key).asymmetricKeyDetails?.modulusLength} bits`)
}

function checkCertificate({ value, wrong }: Found<Certificate>, now: number): Check[] {
  const name = 'certificate'
  if (wrong) return [bad(name, wrong)]
  if (!value)
    return [
      skipped(
        name,
        'none, so whether it fits the key and when it expires is not looked at',
        'Set WECHATPAY_CERTIFICATE, or WECHATPAY_CERTIFICATE_FILE',
      ),
    ]
  const { notBefore, notAfter } = value
  const renew = 'Renew it: 商户平台 → API 安全 → 商户 API 证书'
  if (now >= +notAfter) return [bad(name, `expired on ${day(notAfter)}`, renew)]
  if (now < +notBefore) return [bad(name, `not in force before ${day(notBefore)}`, 'Set the clock right')]
  const days = Math.floor((+notAfter - now) / DAY)
  return [good(name, `valid until ${day(notAfter)}, ${days} days`, +notAfter - now < SOON ? renew : undefined)]
}

const day = (date: Date): string => date.toISOString().slice(0, 10)

function checkPair({ value: cert }: Found<string>, { value: key }: Found<string>): Check {
  const name = 'key pair'
  if (!cert || !key) return skipped(name, 'takes both key and certificate')
  try {
    readKeyPair({ cert, key }, VARIABLE_PARTS)
    return good(name, 'the certificate is that of the key')
  } catch (error) {
    return bad(name, whyOf(error))
  }
}

function checkSerial(serial: string | undefined, { value: certificate }: Found<Certificate>): Check {
  const name = 'serial'
  if (!serial)
    return certificate
      ? good(name, `${certificate.serial}, from the certificate`)
      : bad(
          name,
          'there is none, and APIv3 names it in each request',
          'Set WECHATPAY_CERTIFICATE; or WECHATPAY_SERIAL: openssl x509 -noout -serial -in apiclient_cert.pem',
        )
  if (!/^[0-9A-Fa-f]+$/.test(serial))
    return bad(
      name,
      'WECHATPAY_SERIAL is not hex',
      'Write it without colons: openssl x509 -noout -serial -in apiclient_cert.pem',
    )
  if (certificate && certificate.serial !== serial.toUpperCase())
    return bad(
      name,
      `WECHATPAY_SERIAL is ${serial}, and the certificate has ${certificate.serial}`,
      'Take WECHATPAY_SERIAL away: it is read from the certificate',
    )
  return good(name, `${serial}${certificate ? ', as the certificate has it' : ''}`)
}

function checkApiv3Key({ value: key, wrong }: Found<string>): Check {
  const name = 'APIv3 key'
  if (wrong) return bad(name, wrong)
  if (!key)
    return skipped(
      name,
      'none: no notification opens without',
      'Set WECHATPAY_APIV3_KEY (商户平台 → API 安全 → APIv3 密钥)',
    )
  const { length } = Buffer.from(key)
  return length === 32
    ? good(name, '32 bytes')
    : bad(
        name,
        `${length} bytes, where 32 are due`,
        'Copy it whole, without blanks; if it is lost, set another: 商户平台 → API 安全',
      )
}

function checkApiv2Key({ value: key, wrong }: Found<string>): Check {
  const name = 'APIv2 key'
  if (wrong) return bad(name, wrong)
  if (!key)
    return skipped(name, 'none: APIv2 alone needs it', 'Set WECHATPAY_APIV2_KEY (商户平台 → API 安全 → API 密钥)')
  const { length } = Buffer.from(key)
  return length === 32
    ? good(name, '32 bytes')
    : bad(name, `${length} bytes, where 32 are due`, 'Copy it whole, without blanks')
}

async function checkPublicKey(
  id: string | undefined,
  { value: pem, wrong }: Found<string>,
  crypto: Crypto,
): Promise<Check> {
  const name = 'public key'
  const where = '商户平台 → API 安全 → 微信支付公钥'
  if (wrong) return bad(name, wrong)
  if (!id && !pem) return skipped(name, 'none: WeChat Pay is verified with platform certificates (平台证书)')
  if (!id || !pem)
    return bad(name, `${id ? 'WECHATPAY_PUBLIC_KEY' : 'WECHATPAY_PUBLIC_KEY_ID'} is missing`, `Take both from ${where}`)
  if (!/^PUB_KEY_ID_\d+$/.test(id))
    return bad(name, 'WECHATPAY_PUBLIC_KEY_ID is not PUB_KEY_ID_ and digits', `Take it from ${where}`)
  try {
    await importPublicKey(pem, 'WECHATPAY_PUBLIC_KEY', crypto)
    return good(name, `${id}: WeChat Pay is verified with it (public-key mode)`)
  } catch (error) {
    return bad(name, whyOf(error), `Take it from ${where}`)
  }
}

/** 双向证书: its material, and the package that presents it. */
async function checkClientCertificate(
  environment: NodeEnvironment,
  { value: cert }: Found<string>,
  { value: key }: Found<string>,
): Promise<Check> {
  const name = 'client certificate'
  const { WECHATPAY_P12_FILE, WECHATPAY_P12_PASSPHRASE, WECHATPAY_MCHID = '' } = environment
  if (WECHATPAY_P12_FILE) {
    try {
      // The one key is any: what is looked at is the file.
      wechatpay({ WECHATPAY_P12_FILE, WECHATPAY_P12_PASSPHRASE, WECHATPAY_MCHID, WECHATPAY_APIV2_KEY: 'any' })
    } catch (error) {
      return bad(name, whyOf(error))
    }
  } else if (!cert || !key)
    return skipped(
      name,
      'none: APIv2 refunds and transfers alone need it',
      'It is WECHATPAY_CERTIFICATE with WECHATPAY_PRIVATE_KEY, or WECHATPAY_P12_FILE',
    )
  const what = WECHATPAY_P12_FILE ? 'the PKCS#12 file opens' : 'the certificate and its key'
  try {
    await import('undici')
    return good(name, what)
  } catch {
    return skipped(
      name,
      `${what}; to present it takes undici`,
      'Install it where a call demands that: npm install undici@7',
    )
  }
}
