import { importGcmKey } from './crypto/aes.ts'
import { importHmacKey } from './crypto/digest.ts'
import { importCertificate, importPrivateKey, type PrivateKey } from './crypto/keys.ts'
import { sign, verify } from './crypto/rsa.ts'
import { ConfigurationError } from './errors.ts'
import { checkOptions } from './option-checks.ts'
import type { WechatpayOptions } from './options.ts'
import { once } from './single-flight.ts'

/** The keys of a merchant, and its clock. Each key is imported once, when it is first needed. */
export interface Account {
  readonly mchid: string
  readonly crypto: Crypto
  readonly now: () => number
  /** The serial that `Authorization` names. */
  serial(): Promise<string>
  privateKey(): Promise<PrivateKey>
  /** Whether an APIv3 key is configured: without one, no platform certificate can be downloaded. */
  readonly hasApiv3Key: boolean
  apiv3Key(): Promise<CryptoKey>
  apiv2Key(): string
  /** The APIv2 key, for HMAC-SHA256. */
  hmacKey(): Promise<CryptoKey>
}

/**
 * Creates an account, and checks its options as far as that is possible without waiting.
 *
 * @throws {ConfigurationError}
 */
export function createAccount(options: WechatpayOptions): Account {
  checkOptions(options)
  const { mchid, serial, certificate, privateKey, decryptionKey, apiv3Key, apiv2Key } = options
  const { crypto = globalThis.crypto, now = Date.now } = options
  if (typeof crypto?.subtle?.importKey !== 'function' || typeof crypto.randomUUID !== 'function')
    throw new ConfigurationError('WEBCRYPTO_MISSING', 'crypto', 'no crypto.subtle here; a web page needs HTTPS')

  const importedCertificate = once(() => importCertificate(certificate!, 'certificate', crypto))
  const importedPrivateKey = once(async () => {
    if (privateKey === undefined) throw missing('privateKey', 'the private key (商户 API 私钥, apiclient_key.pem)')
    const key: PrivateKey =
      typeof privateKey === 'string'
        ? await importPrivateKey(privateKey, 'privateKey', crypto)
        : { sign: privateKey, decrypt: decryptionKey }
    if (certificate !== undefined && !(await arePair(key.sign, (await importedCertificate()).key.verify, crypto)))
      throw new ConfigurationError(
        'KEY_MISMATCH',
        'privateKey',
        'does not match "certificate". Take both from the same download',
      )
    return key
  })

  const v2Key = (): string => {
    if (apiv2Key === undefined) throw missing('apiv2Key', 'the APIv2 key (API 密钥)')
    return apiv2Key
  }

  return {
    mchid,
    crypto,
    now: checkedClock(now),
    hasApiv3Key: apiv3Key !== undefined,
    serial: once(async () => {
      const read = certificate && (await importedCertificate()).serial
      if (read && serial && read !== serial.toUpperCase())
        throw new ConfigurationError('KEY_MISMATCH', 'serial', `"certificate" has ${read}. Leave "serial" out`)
      const named = read || serial
      if (named) return named
      throw missing('serial', 'the serial of the certificate (证书序列号), or "certificate"')
    }),
    privateKey: importedPrivateKey,
    apiv3Key: once(async () => {
      if (apiv3Key === undefined) throw missing('apiv3Key', 'the APIv3 key (APIv3 密钥)')
      return importGcmKey(apiv3Key, crypto)
    }),
    apiv2Key: v2Key,
    hmacKey: once(async () => importHmacKey(v2Key(), crypto)),
  }
}

const missing = (option: string, what: string) =>
  new ConfigurationError('OPTION_MISSING', option, `this call needs ${what}`)

/** Refuses a time that is not a number, because it would be signed. */
const checkedClock = (clock: () => number) => (): number => {
  let cause: unknown
  try {
    const time = clock()
    if (Number.isFinite(time)) return time
  } catch (error) {
    cause = error
  }
  throw new ConfigurationError('OPTION_INVALID', 'now', 'must return milliseconds since 1970', cause)
}

async function arePair(privateKey: CryptoKey, publicKey: CryptoKey, crypto: Crypto): Promise<boolean> {
  return verify('pair', await sign('pair', privateKey, crypto), publicKey, crypto)
}
