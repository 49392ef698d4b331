import { readFileSync } from 'node:fs'
import { type FileEnvironment, readFiles } from '../../adapters/files.ts'
import { openPrivateKey, readCertificate, readKeyPair, VARIABLE_PARTS } from '../../adapters/key-pair.ts'
import { type NodeEnvironment, optionsFrom } from '../../adapters/node.ts'
import { webcrypto } from '../../adapters/webcrypto.ts'
import { type Certificate, importCertificate, importPrivateKey, importPublicKey } from '../../core/crypto/keys.ts'
import { isPublicKeyId } from '../../core/protocol/platform-keys.ts'
import { bad, type Check, good, skipped } from '../checks.ts'
import { badFor, guarded, type Problem, problemOf } from './problem.ts'

const DAY = 24 * 60 * 60 * 1000
const SOON = 30 * DAY
const DOWNLOAD_AGAIN = 'Download it once more (商户平台 → API 安全), and take the text of the file whole'

/**
 * Looks at what is on this machine: whether each key can be read, and whether they belong together.
 *
 * @param now milliseconds; the right time, where this machine's clock is known to be wrong
 */
export async function checkKeys(environment: NodeEnvironment, now: number = Date.now()): Promise<Check[]> {
  const crypto = webcrypto()
  const { WECHATPAY_MCHID: mchid, WECHATPAY_SERIAL: serial } = environment
  const publicKeyId = environment.WECHATPAY_PUBLIC_KEY_ID?.trim()
  const key = privatePem(environment)
  const cert = textOf(environment, 'WECHATPAY_CERTIFICATE')
  const certificate = await readFound(cert, async pem => ({
    ...(await importCertificate(pem, 'WECHATPAY_CERTIFICATE', crypto)),
    mchid: merchantOf(pem),
  }))
  const apiv3Key = textOf(environment, 'WECHATPAY_APIV3_KEY')
  const apiv2Key = textOf(environment, 'WECHATPAY_APIV2_KEY')
  const publicKey = textOf(environment, 'WECHATPAY_PUBLIC_KEY')
  return Promise.all([
    guarded('merchant id', () => checkMchid(mchid, certificate)),
    guarded('private key', () => checkPrivateKey(key, crypto)),
    guarded('certificate', () => checkCertificate(certificate, now)),
    guarded('key pair', () => checkPair(cert, key)),
    guarded('serial', () => checkSerial(serial, certificate)),
    guarded('APIv3 key', () => checkApiv3Key(apiv3Key)),
    guarded('APIv2 key', () => checkApiv2Key(apiv2Key)),
    guarded('public key', () => checkPublicKey(publicKeyId, publicKey, crypto)),
    guarded('client certificate', () => checkClientCertificate(environment, cert, key)),
  ])
}

/** The content of a variable: nothing, a value, or why it cannot be read. */
type Found<T> = { readonly value?: T; readonly wrong?: Problem }

/** The merchant's certificate, and the merchant that it names. */
interface MerchantCertificate extends Certificate {
  readonly mchid: string | undefined
}

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
  return attempted(() => ({ value: openPrivateKey({ key, passphrase }, VARIABLE_PARTS) }))
}

function attempted<T>(read: () => Found<T>): Found<T> {
  try {
    return read()
  } catch (error) {
    return { wrong: problemOf(error, DOWNLOAD_AGAIN) }
  }
}

async function readFound<T, U>({ value, wrong }: Found<T>, read: (value: T) => Promise<U>): Promise<Found<U>> {
  if (value === undefined) return wrong ? { wrong } : {}
  try {
    return { value: await read(value) }
  } catch (error) {
    return { wrong: problemOf(error, DOWNLOAD_AGAIN) }
  }
}

/** WeChat Pay issues a merchant's certificate to the merchant id, which is the common name of its subject. */
const merchantOf = (pem: string): string | undefined =>
  /^CN=(\d+)$/m.exec(readCertificate(pem, 'WECHATPAY_CERTIFICATE').subject)?.[1]

function checkMchid(mchid: string | undefined, { value: certificate }: Found<MerchantCertificate>): Check {
  const name = 'merchant id'
  if (!mchid)
    return bad(name, 'there is none', 'Set WECHATPAY_MCHID to the merchant id (商户号), in the environment or in .env')
  if (!/^\d+$/.test(mchid))
    return bad(name, 'WECHATPAY_MCHID is not digits', 'Take the merchant id (商户号), not an appid')
  const owner = certificate?.mchid
  if (owner !== undefined && owner !== mchid)
    return bad(
      name,
      `WECHATPAY_MCHID is ${mchid}, and the certificate is that of the merchant ${owner}`,
      `Set WECHATPAY_MCHID to ${owner}, or take the key and the certificate of ${mchid}`,
    )
  return good(name, owner === undefined ? mchid : `${mchid}, as the certificate has it`)
}

async function checkPrivateKey({ value: key, wrong }: Found<string>, crypto: Crypto): Promise<Check> {
  const name = 'private key'
  if (wrong) return badFor(name, wrong)
  if (!key)
    return bad(
      name,
      'there is none, and APIv3 signs with it',
      'Set WECHATPAY_PRIVATE_KEY to the text of apiclient_key.pem, or WECHATPAY_PRIVATE_KEY_FILE to its path',
    )
  try {
    const { sign } = await importPrivateKey(key, 'WECHATPAY_PRIVATE_KEY', crypto)
    return good(name, `RSA, ${(sign.algorithm as RsaHashedKeyAlgorithm).modulusLength} bits`)
  } catch (error) {
    return badFor(name, problemOf(error, DOWNLOAD_AGAIN))
  }
}

function checkCertificate({ value, wrong }: Found<MerchantCertificate>, now: number): Check {
  const name = 'certificate'
  if (wrong) return badFor(name, wrong)
  if (!value)
    return skipped(
      name,
      'none, so whether it fits the key and when it expires is not looked at',
      'Set WECHATPAY_CERTIFICATE, or WECHATPAY_CERTIFICATE_FILE',
    )
  const { notBefore, notAfter } = value
  const renew = 'Renew it: 商户平台 → API 安全 → 商户 API 证书'
  if (Number.isNaN(+notBefore) || Number.isNaN(+notAfter)) return bad(name, 'its dates cannot be read', DOWNLOAD_AGAIN)
  if (now >= +notAfter) return bad(name, `expired on ${day(notAfter)}`, renew)
  if (now < +notBefore) return bad(name, `not in force before ${day(notBefore)}`, 'Set the clock right')
  const days = Math.floor((+notAfter - now) / DAY)
  return good(name, `valid until ${day(notAfter)}, ${days} days`, +notAfter - now < SOON ? renew : undefined)
}

const day = (date: Date): string => date.toISOString().slice(0, 10)

function checkPair({ value: cert }: Found<string>, { value: key }: Found<string>): Check {
  const name = 'key pair'
  if (!cert || !key) return skipped(name, 'takes both key and certificate')
  try {
    readKeyPair({ cert, key }, VARIABLE_PARTS)
    return good(name, 'the certificate is that of the key')
  } catch (error) {
    return badFor(name, problemOf(error, 'Take both from the same download'))
  }
}

function checkSerial(serial: string | undefined, { value: certificate }: Found<MerchantCertificate>): Check {
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
  if (wrong) return badFor(name, wrong)
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
        `${length} bytes instead of 32`,
        'Copy it whole, without blanks; if it is lost, set another: 商户平台 → API 安全',
      )
}

function checkApiv2Key({ value: key, wrong }: Found<string>): Check {
  const name = 'APIv2 key'
  if (wrong) return badFor(name, wrong)
  if (!key)
    return skipped(name, 'none: APIv2 alone needs it', 'Set WECHATPAY_APIV2_KEY (商户平台 → API 安全 → API 密钥)')
  const { length } = Buffer.from(key)
  return length === 32
    ? good(name, '32 bytes')
    : bad(name, `${length} bytes instead of 32`, 'Copy it whole, without blanks')
}

async function checkPublicKey(
  id: string | undefined,
  { value: pem, wrong }: Found<string>,
  crypto: Crypto,
): Promise<Check> {
  const name = 'public key'
  const cure = 'Take it from 商户平台 → API 安全 → 微信支付公钥'
  if (wrong) return badFor(name, wrong)
  if (!id && !pem) return skipped(name, 'none: WeChat Pay is verified with platform certificates (平台证书)')
  if (!id || !pem)
    return bad(
      name,
      `${id ? 'WECHATPAY_PUBLIC_KEY' : 'WECHATPAY_PUBLIC_KEY_ID'} is missing`,
      'Take both from 商户平台 → API 安全 → 微信支付公钥',
    )
  if (!isPublicKeyId(id)) return bad(name, 'WECHATPAY_PUBLIC_KEY_ID is not PUB_KEY_ID_ and digits', cure)
  try {
    await importPublicKey(pem, 'WECHATPAY_PUBLIC_KEY', crypto)
    return good(name, `${id}: WeChat Pay is verified with it (public-key mode)`)
  } catch (error) {
    return badFor(name, problemOf(error, cure))
  }
}

/** 双向证书: its material, and the package that presents it. */
async function checkClientCertificate(
  environment: NodeEnvironment,
  { value: cert }: Found<string>,
  { value: key }: Found<string>,
): Promise<Check> {
  const name = 'client certificate'
  const { WECHATPAY_P12_FILE, WECHATPAY_P12_PASSPHRASE, WECHATPAY_MCHID } = environment
  if (WECHATPAY_P12_FILE) {
    try {
      optionsFrom({ WECHATPAY_P12_FILE, WECHATPAY_P12_PASSPHRASE, WECHATPAY_MCHID })
    } catch (error) {
      return badFor(name, problemOf(error, 'Give apiclient_cert.p12 as it was downloaded'))
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
      'Install it if you make such calls: npm install undici@7',
    )
  }
}
