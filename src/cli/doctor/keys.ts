import { readFileSync } from 'node:fs'
import { type FileEnvironment, readFiles } from '../../adapters/files.ts'
import { openPrivateKey, readCertificate, readKeyPair, VARIABLE_PARTS } from '../../adapters/key-pair.ts'
import { type NodeEnvironment, optionsFrom } from '../../adapters/node.ts'
import { webcrypto } from '../../adapters/webcrypto.ts'
import { type Certificate, importCertificate, importPrivateKey, importPublicKey } from '../../core/crypto/keys.ts'
import { isPublicKeyId } from '../../core/protocol/platform-keys.ts'
import { DAY } from '../../core/time.ts'
import { type Check, failed, passed, skipped } from '../checks.ts'
import { failedFor, type Problem, problemOf, runCheck } from './problem.ts'

const SOON = 30 * DAY
const DOWNLOAD_AGAIN = 'Download it again (商户平台 → API 安全), and use the whole text of the file'

/**
 * Checks the keys on this machine: whether each can be read, and whether they belong together.
 *
 * @param now milliseconds since 1970; the correct time if this machine's clock is known to be wrong
 */
export async function checkKeys(environment: NodeEnvironment, now: number = Date.now()): Promise<Check[]> {
  const crypto = webcrypto()
  const { WECHATPAY_MCHID: mchid, WECHATPAY_SERIAL: serial } = environment
  const publicKeyId = environment.WECHATPAY_PUBLIC_KEY_ID?.trim()
  const key = privateKeySetting(environment)
  const cert = settingOf(environment, 'WECHATPAY_CERTIFICATE')
  const certificate = await readSetting(cert, async pem => ({
    ...(await importCertificate(pem, 'WECHATPAY_CERTIFICATE', crypto)),
    mchid: merchantOf(pem),
  }))
  const apiv3Key = settingOf(environment, 'WECHATPAY_APIV3_KEY')
  const apiv2Key = settingOf(environment, 'WECHATPAY_APIV2_KEY')
  const publicKey = settingOf(environment, 'WECHATPAY_PUBLIC_KEY')
  return Promise.all([
    runCheck('merchant id', () => checkMchid(mchid, certificate)),
    runCheck('private key', () => checkPrivateKey(key, crypto)),
    runCheck('certificate', () => checkCertificate(certificate, now)),
    runCheck('key pair', () => checkPair(cert, key)),
    runCheck('serial', () => checkSerial(serial, certificate)),
    runCheck('APIv3 key', () => checkApiv3Key(apiv3Key)),
    runCheck('APIv2 key', () => checkApiv2Key(apiv2Key)),
    runCheck('public key', () => checkPublicKey(publicKeyId, publicKey, crypto)),
    runCheck('client certificate', () => checkClientCertificate(environment, cert, key)),
  ])
}

/** The value of a variable, or the reason why it cannot be read; neither if it is not set. */
type Setting<T> = { readonly value?: T; readonly problem?: Problem }

/** The merchant's certificate, and the merchant id in it. */
interface MerchantCertificate extends Certificate {
  readonly mchid: string | undefined
}

type SettingName =
  | 'WECHATPAY_PRIVATE_KEY'
  | 'WECHATPAY_CERTIFICATE'
  | 'WECHATPAY_PUBLIC_KEY'
  | 'WECHATPAY_APIV3_KEY'
  | 'WECHATPAY_APIV2_KEY'

/** Reads one variable, so that each mistake is a check of its own. */
const settingOf = (environment: FileEnvironment, name: SettingName): Setting<string> =>
  withProblem(() => {
    const own = { [name]: environment[name], [`${name}_FILE`]: environment[`${name}_FILE`] }
    const value = readFiles(own, path => readFileSync(path, 'utf8'))[name]
    return value ? { value } : {}
  })

function privateKeySetting(environment: NodeEnvironment): Setting<string> {
  const { value: key, problem } = settingOf(environment, 'WECHATPAY_PRIVATE_KEY')
  const passphrase = environment.WECHATPAY_PRIVATE_KEY_PASSPHRASE
  if (!key) return problem ? { problem } : {}
  return withProblem(() => ({ value: openPrivateKey({ key, passphrase }, VARIABLE_PARTS) }))
}

function withProblem<T>(read: () => Setting<T>): Setting<T> {
  try {
    return read()
  } catch (error) {
    return { problem: problemOf(error, DOWNLOAD_AGAIN) }
  }
}

async function readSetting<T, U>({ value, problem }: Setting<T>, read: (value: T) => Promise<U>): Promise<Setting<U>> {
  if (value === undefined) return problem ? { problem } : {}
  try {
    return { value: await read(value) }
  } catch (error) {
    return { problem: problemOf(error, DOWNLOAD_AGAIN) }
  }
}

/** Returns the merchant id in a certificate: WeChat Pay puts it in the common name of the subject. */
const merchantOf = (pem: string): string | undefined =>
  /^CN=(\d+)$/m.exec(readCertificate(pem, 'WECHATPAY_CERTIFICATE').subject)?.[1]

function checkMchid(mchid: string | undefined, { value: certificate }: Setting<MerchantCertificate>): Check {
  const name = 'merchant id'
  if (!mchid)
    return failed(name, 'not set', 'Set WECHATPAY_MCHID to the merchant id (商户号), in the environment or in .env')
  if (!/^\d+$/.test(mchid))
    return failed(name, 'WECHATPAY_MCHID is not digits', 'Use the merchant id (商户号), not an appid')
  const owner = certificate?.mchid
  if (owner !== undefined && owner !== mchid)
    return failed(
      name,
      `WECHATPAY_MCHID is ${mchid}, and the certificate belongs to the merchant ${owner}`,
      `Set WECHATPAY_MCHID to ${owner}, or use the key and the certificate of ${mchid}`,
    )
  return passed(name, owner === undefined ? mchid : `${mchid}, as in the certificate`)
}

async function checkPrivateKey({ value: key, problem }: Setting<string>, crypto: Crypto): Promise<Check> {
  const name = 'private key'
  if (problem) return failedFor(name, problem)
  if (!key)
    return failed(
      name,
      'not set, and APIv3 signs with it',
      'Set WECHATPAY_PRIVATE_KEY to the text of apiclient_key.pem, or WECHATPAY_PRIVATE_KEY_FILE to its path',
    )
  try {
    const { sign } = await importPrivateKey(key, 'WECHATPAY_PRIVATE_KEY', crypto)
    return passed(name, `RSA, ${(sign.algorithm as RsaHashedKeyAlgorithm).modulusLength} bits`)
  } catch (error) {
    return failedFor(name, problemOf(error, DOWNLOAD_AGAIN))
  }
}

function checkCertificate({ value, problem }: Setting<MerchantCertificate>, now: number): Check {
  const name = 'certificate'
  if (problem) return failedFor(name, problem)
  if (!value)
    return skipped(
      name,
      'not set, so that neither its key nor its expiry is checked',
      'Set WECHATPAY_CERTIFICATE, or WECHATPAY_CERTIFICATE_FILE',
    )
  const { notBefore, notAfter } = value
  const renew = 'Renew it: 商户平台 → API 安全 → 商户 API 证书'
  if (Number.isNaN(+notBefore) || Number.isNaN(+notAfter))
    return failed(name, 'its dates cannot be read', DOWNLOAD_AGAIN)
  if (now >= +notAfter) return failed(name, `expired on ${day(notAfter)}`, renew)
  if (now < +notBefore) return failed(name, `not valid before ${day(notBefore)}`, 'Correct the clock')
  const days = Math.floor((+notAfter - now) / DAY)
  return passed(name, `valid until ${day(notAfter)}, ${days} days`, +notAfter - now < SOON ? renew : undefined)
}

const day = (date: Date): string => date.toISOString().slice(0, 10)

function checkPair({ value: cert }: Setting<string>, { value: key }: Setting<string>): Check {
  const name = 'key pair'
  if (!cert || !key) return skipped(name, 'requires both key and certificate')
  try {
    readKeyPair({ cert, key }, VARIABLE_PARTS)
    return passed(name, 'the certificate belongs to the key')
  } catch (error) {
    return failedFor(name, problemOf(error, 'Take both from the same download'))
  }
}

function checkSerial(serial: string | undefined, { value: certificate }: Setting<MerchantCertificate>): Check {
  const name = 'serial'
  if (!serial)
    return certificate
      ? passed(name, `${certificate.serial}, from the certificate`)
      : failed(
          name,
          'not set, and APIv3 names it in each request',
          'Set WECHATPAY_CERTIFICATE; or WECHATPAY_SERIAL: openssl x509 -noout -serial -in apiclient_cert.pem',
        )
  if (!/^[0-9A-Fa-f]+$/.test(serial))
    return failed(
      name,
      'WECHATPAY_SERIAL is not hex',
      'Write it without colons: openssl x509 -noout -serial -in apiclient_cert.pem',
    )
  if (certificate && certificate.serial !== serial.toUpperCase())
    return failed(
      name,
      `WECHATPAY_SERIAL is ${serial}, and that of the certificate is ${certificate.serial}`,
      'Remove WECHATPAY_SERIAL: it is read from the certificate',
    )
  return passed(name, `${serial}${certificate ? ', as in the certificate' : ''}`)
}

function checkApiv3Key({ value: key, problem }: Setting<string>): Check {
  const name = 'APIv3 key'
  if (problem) return failedFor(name, problem)
  if (!key)
    return skipped(
      name,
      'not set: without it no notification can be decrypted',
      'Set WECHATPAY_APIV3_KEY (商户平台 → API 安全 → APIv3 密钥)',
    )
  const { length } = Buffer.from(key)
  return length === 32
    ? passed(name, '32 bytes')
    : failed(
        name,
        `${length} bytes instead of 32`,
        'Copy all of it, without spaces. If you lost it, set a new one: 商户平台 → API 安全',
      )
}

function checkApiv2Key({ value: key, problem }: Setting<string>): Check {
  const name = 'APIv2 key'
  if (problem) return failedFor(name, problem)
  if (!key)
    return skipped(name, 'not set: only APIv2 needs it', 'Set WECHATPAY_APIV2_KEY (商户平台 → API 安全 → API 密钥)')
  const { length } = Buffer.from(key)
  return length === 32
    ? passed(name, '32 bytes')
    : failed(name, `${length} bytes instead of 32`, 'Copy all of it, without spaces')
}

async function checkPublicKey(
  id: string | undefined,
  { value: pem, problem }: Setting<string>,
  crypto: Crypto,
): Promise<Check> {
  const name = 'public key'
  const fix = 'Take it from 商户平台 → API 安全 → 微信支付公钥'
  if (problem) return failedFor(name, problem)
  if (!id && !pem) return skipped(name, 'not set: WeChat Pay is verified with platform certificates (平台证书)')
  if (!id || !pem)
    return failed(
      name,
      `${id ? 'WECHATPAY_PUBLIC_KEY' : 'WECHATPAY_PUBLIC_KEY_ID'} is missing`,
      'Take both from 商户平台 → API 安全 → 微信支付公钥',
    )
  if (!isPublicKeyId(id)) return failed(name, 'WECHATPAY_PUBLIC_KEY_ID is not PUB_KEY_ID_ followed by digits', fix)
  try {
    await importPublicKey(pem, 'WECHATPAY_PUBLIC_KEY', crypto)
    return passed(name, `${id}: WeChat Pay is verified with it (public-key mode)`)
  } catch (error) {
    return failedFor(name, problemOf(error, fix))
  }
}

/** Checks the client certificate (双向证书) and the package that presents it. */
async function checkClientCertificate(
  environment: NodeEnvironment,
  { value: cert }: Setting<string>,
  { value: key }: Setting<string>,
): Promise<Check> {
  const name = 'client certificate'
  const { WECHATPAY_P12_FILE, WECHATPAY_P12_PASSPHRASE, WECHATPAY_MCHID } = environment
  if (WECHATPAY_P12_FILE) {
    try {
      optionsFrom({ WECHATPAY_P12_FILE, WECHATPAY_P12_PASSPHRASE, WECHATPAY_MCHID })
    } catch (error) {
      return failedFor(name, problemOf(error, 'Give apiclient_cert.p12 as it was downloaded'))
    }
  } else if (!cert || !key)
    return skipped(
      name,
      'not set: only APIv2 refunds and transfers need it',
      'Set WECHATPAY_CERTIFICATE and WECHATPAY_PRIVATE_KEY, or WECHATPAY_P12_FILE',
    )
  const what = WECHATPAY_P12_FILE ? 'the PKCS#12 file is readable' : 'the certificate and its key'
  try {
    await import('undici')
    return passed(name, what)
  } catch {
    return skipped(
      name,
      `${what}; presenting it requires undici`,
      'Install it if you make such calls: npm install undici@7',
    )
  }
}
