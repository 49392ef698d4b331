import { readFileSync } from 'node:fs'
import { type FileEnvironment, readFiles } from '../../adapters/files.ts'
import { openPrivateKey, readCertificate, readKeyPair, VARIABLE_PARTS } from '../../adapters/key-pair.ts'
import { type NodeEnvironment, optionsFrom } from '../../adapters/node.ts'
import { webcrypto } from '../../adapters/webcrypto.ts'
import { DAY } from '../../core/base/time.ts'
import { type Certificate, importCertificate, importPrivateKey, importPublicKey } from '../../core/crypto/keys.ts'
import { isPublicKeyId } from '../../core/protocol/platform-keys.ts'
import { type Check, failedCheck, passedCheck, skippedCheck } from '../checks.ts'
import { failedFor, type Problem, problemOf, runCheck } from './problem.ts'

const SOON = 30 * DAY
/** The merchant or the brand that has the keys. */
export interface Owner {
  /** Precedes the names of the checks. */
  readonly label: '' | 'brand '
  /** The beginning of the variables. */
  readonly prefix: 'WECHATPAY_' | 'WECHATPAY_BRAND_'
  /** Where WeChat Pay manages the keys. */
  readonly place: string
}

const MERCHANT: Owner = { label: '', prefix: 'WECHATPAY_', place: '商户平台 → API 安全' }
const downloadAgain = ({ place }: Owner): string => `Download it again (${place}), and use the whole text of the file`

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
  const certificate = await readSetting(MERCHANT, cert, async pem => ({
    ...(await importCertificate(pem, 'WECHATPAY_CERTIFICATE', crypto)),
    mchid: merchantOf(pem),
  }))
  const apiv3Key = settingOf(environment, 'WECHATPAY_APIV3_KEY')
  const apiv2Key = settingOf(environment, 'WECHATPAY_APIV2_KEY')
  const publicKey = settingOf(environment, 'WECHATPAY_PUBLIC_KEY')
  return Promise.all([
    runCheck('merchant id', () => checkMchid(mchid, certificate)),
    runCheck('private key', () => checkPrivateKey(MERCHANT, key, crypto)),
    runCheck('certificate', () => checkCertificate(MERCHANT, certificate, now)),
    runCheck('key pair', () => checkPair(MERCHANT, cert, key)),
    runCheck('serial', () => checkSerial(MERCHANT, serial, certificate)),
    runCheck('APIv3 key', () => checkApiv3Key(apiv3Key)),
    runCheck('APIv2 key', () => checkApiv2Key(apiv2Key)),
    runCheck('public key', () => checkPublicKey(MERCHANT, publicKeyId, publicKey, crypto)),
    runCheck('client certificate', () => checkClientCertificate(environment, cert, key)),
  ])
}

/** The value of a variable, or the reason why it cannot be read; neither if it is not set. */
export type Setting<T> = { readonly value?: T; readonly problem?: Problem }

/** The merchant's certificate, and the merchant id in it. */
interface MerchantCertificate extends Certificate {
  readonly mchid: string | undefined
}

type SettingName =
  | `${Owner['prefix']}${'PRIVATE_KEY' | 'CERTIFICATE' | 'PUBLIC_KEY'}`
  | 'WECHATPAY_APIV3_KEY'
  | 'WECHATPAY_APIV2_KEY'
  | 'WECHATPAY_BRAND_API_KEY'

/** Reads one variable, so that each mistake is a check of its own. */
export const settingOf = (environment: FileEnvironment, name: SettingName, owner: Owner = MERCHANT): Setting<string> =>
  withProblem(owner, () => {
    const own = { [name]: environment[name], [`${name}_FILE`]: environment[`${name}_FILE`] }
    const value = readFiles(own, path => readFileSync(path, 'utf8'))[name]
    return value ? { value } : {}
  })

function privateKeySetting(environment: NodeEnvironment): Setting<string> {
  const { value: key, problem } = settingOf(environment, 'WECHATPAY_PRIVATE_KEY')
  const passphrase = environment.WECHATPAY_PRIVATE_KEY_PASSPHRASE
  if (!key) return problem ? { problem } : {}
  return withProblem(MERCHANT, () => ({ value: openPrivateKey({ key, passphrase }, VARIABLE_PARTS) }))
}

function withProblem<T>(owner: Owner, read: () => Setting<T>): Setting<T> {
  try {
    return read()
  } catch (error) {
    return { problem: problemOf(error, downloadAgain(owner)) }
  }
}

export async function readSetting<T, U>(
  owner: Owner,
  { value, problem }: Setting<T>,
  read: (value: T) => Promise<U>,
): Promise<Setting<U>> {
  if (value === undefined) return problem ? { problem } : {}
  try {
    return { value: await read(value) }
  } catch (error) {
    return { problem: problemOf(error, downloadAgain(owner)) }
  }
}

/** Returns the merchant id in a certificate: WeChat Pay puts it in the common name of the subject. */
const merchantOf = (pem: string): string | undefined =>
  /^CN=(\d+)$/m.exec(readCertificate(pem, 'WECHATPAY_CERTIFICATE').subject)?.[1]

function checkMchid(mchid: string | undefined, { value: certificate }: Setting<MerchantCertificate>): Check {
  const name = 'merchant id'
  if (!mchid)
    return failedCheck(
      name,
      'not set',
      'Set WECHATPAY_MCHID to the merchant id (商户号), in the environment or in .env',
    )
  if (!/^\d+$/.test(mchid))
    return failedCheck(name, 'WECHATPAY_MCHID is not digits', 'Use the merchant id (商户号), not an appid')
  const owner = certificate?.mchid
  if (owner !== undefined && owner !== mchid)
    return failedCheck(
      name,
      `WECHATPAY_MCHID is ${mchid}, and the certificate belongs to the merchant ${owner}`,
      `Set WECHATPAY_MCHID to ${owner}, or use the key and the certificate of ${mchid}`,
    )
  return passedCheck(name, owner === undefined ? mchid : `${mchid}, as in the certificate`)
}

export async function checkPrivateKey(
  owner: Owner,
  { value: key, problem }: Setting<string>,
  crypto: Crypto,
): Promise<Check> {
  const name = `${owner.label}private key`
  const variable = `${owner.prefix}PRIVATE_KEY`
  if (problem) return failedFor(name, problem)
  if (!key)
    return failedCheck(
      name,
      `not set, and ${apiOf(owner)} signs with it`,
      `Set ${variable} to the text of apiclient_key.pem, or ${variable}_FILE to its path`,
    )
  try {
    const { sign } = await importPrivateKey(key, variable, crypto)
    return passedCheck(name, `RSA, ${(sign.algorithm as RsaHashedKeyAlgorithm).modulusLength} bits`)
  } catch (error) {
    return failedFor(name, problemOf(error, downloadAgain(owner)))
  }
}

const apiOf = ({ label }: Owner): string => (label ? 'the brand API' : 'APIv3')

export function checkCertificate(owner: Owner, { value, problem }: Setting<Certificate>, now: number): Check {
  const name = `${owner.label}certificate`
  if (problem) return failedFor(name, problem)
  if (!value)
    return skippedCheck(
      name,
      'not set, so that neither its key nor its expiry is checked',
      `Set ${owner.prefix}CERTIFICATE, or ${owner.prefix}CERTIFICATE_FILE`,
    )
  const { notBefore, notAfter } = value
  const renew = `Renew it: ${owner.place} → ${owner.label ? '品牌' : '商户'} API 证书`
  if (Number.isNaN(+notBefore) || Number.isNaN(+notAfter))
    return failedCheck(name, 'its dates cannot be read', downloadAgain(owner))
  if (now >= +notAfter) return failedCheck(name, `expired on ${day(notAfter)}`, renew)
  if (now < +notBefore) return failedCheck(name, `not valid before ${day(notBefore)}`, 'Correct the clock')
  const days = Math.floor((+notAfter - now) / DAY)
  return passedCheck(name, `valid until ${day(notAfter)}, ${days} days`, +notAfter - now < SOON ? renew : undefined)
}

const day = (date: Date): string => date.toISOString().slice(0, 10)

export function checkPair(owner: Owner, { value: cert }: Setting<string>, { value: key }: Setting<string>): Check {
  const name = `${owner.label}key pair`
  if (!cert || !key) return skippedCheck(name, 'requires both key and certificate')
  try {
    readKeyPair(
      { cert, key },
      { ...VARIABLE_PARTS, cert: `${owner.prefix}CERTIFICATE`, key: `${owner.prefix}PRIVATE_KEY` },
    )
    return passedCheck(name, 'the certificate belongs to the key')
  } catch (error) {
    return failedFor(name, problemOf(error, 'Take both from the same download'))
  }
}

export function checkSerial(
  owner: Owner,
  serial: string | undefined,
  { value: certificate }: Setting<Certificate>,
): Check {
  const name = `${owner.label}serial`
  const variable = `${owner.prefix}SERIAL`
  if (!serial)
    return certificate
      ? passedCheck(name, `${certificate.serial}, from the certificate`)
      : failedCheck(
          name,
          `not set, and ${apiOf(owner)} names it in each request`,
          `Set ${owner.prefix}CERTIFICATE; or ${variable}: openssl x509 -noout -serial -in apiclient_cert.pem`,
        )
  if (!/^[0-9A-Fa-f]+$/.test(serial))
    return failedCheck(
      name,
      `${variable} is not hex`,
      'Write it without colons: openssl x509 -noout -serial -in apiclient_cert.pem',
    )
  if (certificate && certificate.serial !== serial.toUpperCase())
    return failedCheck(
      name,
      `${variable} is ${serial}, and that of the certificate is ${certificate.serial}`,
      `Remove ${variable}: it is read from the certificate`,
    )
  return passedCheck(name, `${serial}${certificate ? ', as in the certificate' : ''}`)
}

function checkApiv3Key({ value: key, problem }: Setting<string>): Check {
  const name = 'APIv3 key'
  if (problem) return failedFor(name, problem)
  if (!key)
    return skippedCheck(
      name,
      'not set: without it no notification can be decrypted',
      'Set WECHATPAY_APIV3_KEY (商户平台 → API 安全 → APIv3 密钥)',
    )
  const { length } = Buffer.from(key)
  return length === 32
    ? passedCheck(name, '32 bytes')
    : failedCheck(
        name,
        `${length} bytes instead of 32`,
        'Copy all of it, without spaces. If you lost it, set a new one: 商户平台 → API 安全',
      )
}

function checkApiv2Key({ value: key, problem }: Setting<string>): Check {
  const name = 'APIv2 key'
  if (problem) return failedFor(name, problem)
  if (!key)
    return skippedCheck(
      name,
      'not set: only APIv2 needs it',
      'Set WECHATPAY_APIV2_KEY (商户平台 → API 安全 → API 密钥)',
    )
  const { length } = Buffer.from(key)
  return length === 32
    ? passedCheck(name, '32 bytes')
    : failedCheck(name, `${length} bytes instead of 32`, 'Copy all of it, without spaces')
}

export async function checkPublicKey(
  owner: Owner,
  id: string | undefined,
  { value: pem, problem }: Setting<string>,
  crypto: Crypto,
): Promise<Check> {
  const name = `${owner.label}public key`
  const variable = `${owner.prefix}PUBLIC_KEY`
  const fix = `Take it from ${owner.place} → 微信支付公钥`
  if (problem) return failedFor(name, problem)
  // A brand has no platform certificates.
  if (!id && !pem && owner.label) return failedCheck(name, `${variable} and ${variable}_ID are missing`, fix)
  if (!id && !pem) return skippedCheck(name, 'not set: WeChat Pay is verified with platform certificates (平台证书)')
  if (!id || !pem)
    return failedCheck(
      name,
      `${id ? variable : `${variable}_ID`} is missing`,
      `Take both from ${owner.place} → 微信支付公钥`,
    )
  if (!isPublicKeyId(id)) return failedCheck(name, `${variable}_ID is not PUB_KEY_ID_ followed by digits`, fix)
  try {
    await importPublicKey(pem, variable, crypto)
    return passedCheck(name, `${id}: WeChat Pay is verified with it (public-key mode)`)
  } catch (error) {
    return failedFor(name, problemOf(error, fix))
  }
}

/** Checks the client certificate (双向证书) and the package that presents it. */
async function checkClientCertificate(
  environment: NodeEnvironment,
  { value: cert, problem: certProblem }: Setting<string>,
  { value: key, problem: keyProblem }: Setting<string>,
): Promise<Check> {
  const name = 'client certificate'
  const notYet = skippedCheck(name, 'cannot be presented before the key pair is right')
  const { WECHATPAY_P12_FILE, WECHATPAY_P12_PASSPHRASE, WECHATPAY_MCHID } = environment
  if (WECHATPAY_P12_FILE) {
    try {
      optionsFrom({ WECHATPAY_P12_FILE, WECHATPAY_P12_PASSPHRASE, WECHATPAY_MCHID })
    } catch (error) {
      return failedFor(name, problemOf(error, 'Give apiclient_cert.p12 as it was downloaded'))
    }
  } else if (certProblem || keyProblem) return notYet
  else if (!cert || !key)
    return skippedCheck(
      name,
      'not set: only APIv2 refunds and transfers need it',
      `Set ${[!cert && 'WECHATPAY_CERTIFICATE', !key && 'WECHATPAY_PRIVATE_KEY'].filter(Boolean).join(' and ')}, or WECHATPAY_P12_FILE`,
    )
  else if (checkPair(MERCHANT, { value: cert }, { value: key }).ok === false) return notYet
  const what = WECHATPAY_P12_FILE ? 'the PKCS#12 file is readable' : 'the certificate and its key'
  try {
    await import('undici')
    return passedCheck(name, what)
  } catch {
    return skippedCheck(
      name,
      `${what}; presenting it requires undici`,
      'Install it if you make such calls: npm install undici@7',
    )
  }
}
