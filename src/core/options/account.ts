import type { Bytes } from '../base/bytes.ts'
import { ConfigurationError } from '../base/errors.ts'
import type { Limits } from '../base/limits.ts'
import { once } from '../base/single-flight.ts'
import { importGcmKey } from '../crypto/aes.ts'
import { importHmacKey } from '../crypto/digest.ts'
import { importCertificate, importPrivateKey, type PrivateKey } from '../crypto/keys.ts'
import { bytesOf, decrypt, sign, verify } from '../crypto/rsa.ts'
import { checkOptions } from './option-checks.ts'
import { type ClientOptions, DEFAULT_TIMEOUT, type KeyOptions, type WechatpayOptions } from './options.ts'
import { decryptBySigner, signBySigner } from './signer.ts'
import { SIGNING_APIS, type SigningApi } from './signing-apis.ts'

/** The keys of a merchant or of a brand, and the client's clock. Each key is imported once, when it is first needed. */
export interface SigningAccount {
  /** The API whose calls it signs, besides APIv2. */
  readonly api: SigningApi
  /** The merchant id (商户号), or the brand id (品牌 ID). */
  readonly id: string
  readonly crypto: Crypto
  readonly now: () => number
  /** Returns the name of an option as the user writes it: `apiv3Key`, `brand.apiKey`. */
  optionName(name: string): string
  /** The serial that `Authorization` names. */
  serial(): Promise<string>
  /** Whether a signer holds the private key. */
  readonly hasSigner: boolean
  /** Imports the private key, and checks that it belongs to the certificate, if that is given. A signer is not asked. */
  importPrivateKey(): Promise<unknown>
  /**
   * Signs with the private key, SHA256withRSA.
   *
   * @param message text is encoded as UTF-8
   * @param limits of a signer. Default: the client's `timeout`
   * @returns base64
   * @throws {ConfigurationError}
   * @throws {TransportError} `SIGNER_FAILED`, `TIMEOUT`, `ABORTED`
   */
  sign(message: string | Bytes, limits?: Limits): Promise<string>
  /**
   * Decrypts a field that WeChat Pay encrypted for the merchant or the brand.
   *
   * @param encrypted base64
   * @throws {DecryptionError}
   */
  decrypt(encrypted: string): Promise<string>
  /** The key that decrypts notifications: the APIv3 key (APIv3 密钥), or the API key of the brand (品牌 API 密钥). */
  notificationKey(): Promise<CryptoKey>
  /** The option of that key. */
  readonly notificationKeyName: string
}

/** The keys of a merchant. */
export interface Account extends SigningAccount {
  readonly mchid: string
  /** Whether an APIv3 key is configured: without one, no platform certificate can be downloaded. */
  readonly hasApiv3Key: boolean
  apiv2Key(): string
  /** The APIv2 key, for HMAC-SHA256. */
  hmacKey(): Promise<CryptoKey>
}

/**
 * Creates the account of a merchant, and checks its options as far as that is possible without waiting.
 *
 * @throws {ConfigurationError}
 */
export const createAccount = (options: WechatpayOptions): Account => createAccounts(options).account!

/**
 * Creates the accounts of a client: of its merchant, of its brand, or of both.
 *
 * @throws {ConfigurationError}
 */
export function createAccounts(options: ClientOptions): {
  account: Account | undefined
  brandAccount: SigningAccount | undefined
} {
  checkOptions(options)
  const { mchid, brand, apiv3Key, apiv2Key } = options
  const { crypto = globalThis.crypto, now = Date.now, timeout = DEFAULT_TIMEOUT } = options
  if (typeof crypto?.subtle?.importKey !== 'function' || typeof crypto.randomUUID !== 'function')
    throw new ConfigurationError('WEBCRYPTO_MISSING', 'crypto', 'no crypto.subtle here; a web page needs HTTPS')
  const context = { crypto, now: checkedClock(now), timeout }

  const v2Key = (): string => requireOption(apiv2Key, 'apiv2Key', 'the APIv2 key (API 密钥)')
  return {
    account:
      mchid === undefined
        ? undefined
        : {
            ...createSigningAccount('v3', mchid, options, apiv3Key, context),
            mchid,
            hasApiv3Key: apiv3Key !== undefined,
            apiv2Key: v2Key,
            hmacKey: once(async () => importHmacKey(v2Key(), crypto)),
          },
    brandAccount: brand && createSigningAccount('brand', brand.brandId, brand, brand.apiKey, context),
  }
}

/** Creates an account that signs. */
function createSigningAccount(
  api: SigningApi,
  id: string,
  { certificate, signer, privateKey, decryptionKey, serial = signer?.serial }: KeyOptions,
  notificationKey: string | undefined,
  { crypto, now, timeout }: { crypto: Crypto; now: () => number; timeout: number },
): SigningAccount {
  const { optionPrefix, notificationKey: notificationKeyFacts } = SIGNING_APIS[api]
  const optionName = (name: string): string => optionPrefix + name
  const required = <T>(value: T | undefined, name: string, what: string): T =>
    requireOption(value, optionName(name), what)
  const signerName = optionName('signer')
  const [keyName, keyText] = notificationKeyFacts
  const privateKeyName = optionName('privateKey')

  if (signer && (privateKey ?? decryptionKey))
    throw new ConfigurationError('OPTION_INVALID', signerName, 'leave out "privateKey" and "decryptionKey"')
  const importedCertificate = once(() => importCertificate(certificate!, optionName('certificate'), crypto))
  const importedPrivateKey = once(async () => {
    const given = required(privateKey, 'privateKey', 'the private key (API 私钥, apiclient_key.pem)')
    const key: PrivateKey =
      typeof given === 'string'
        ? await importPrivateKey(given, privateKeyName, crypto)
        : { sign: given, decrypt: decryptionKey }
    if (certificate !== undefined)
      await requirePair('privateKey', 'pair', await sign('pair', key.sign, crypto, privateKeyName))
    return key
  })

  async function requirePair(name: 'privateKey' | 'signer', message: string | Bytes, signature: string): Promise<void> {
    if (await verify(message, signature, (await importedCertificate()).key.verify, crypto)) return
    throw new ConfigurationError(
      'KEY_MISMATCH',
      optionName(name),
      name === 'signer'
        ? 'does not match "certificate", or does not sign with RSASSA-PKCS1-v1_5 and SHA-256'
        : 'does not match "certificate". Take both from the same download',
    )
  }

  return {
    api,
    id,
    crypto,
    now,
    optionName,
    serial: once(async () => {
      const read = certificate && (await importedCertificate()).serial
      if (read && serial && read !== serial.toUpperCase())
        throw new ConfigurationError(
          'KEY_MISMATCH',
          optionName('serial'),
          `"certificate" has ${read}. Leave "serial" out`,
        )
      return required(read || serial, 'serial', 'the serial of the certificate (证书序列号), or "certificate"')
    }),
    hasSigner: signer !== undefined,
    importPrivateKey: signer ? async () => {} : importedPrivateKey,
    async sign(message, limits = { timeout }) {
      if (!signer) return sign(message, (await importedPrivateKey()).sign, crypto, privateKeyName)
      const signature = await signBySigner(bytesOf(message), signer, limits, signerName)
      // Checks every signature, because a service may replace its key while the client keeps the certificate.
      if (certificate !== undefined) await requirePair('signer', message, signature)
      return signature
    },
    decrypt: async encrypted =>
      signer
        ? decryptBySigner(encrypted, signer, { timeout }, signerName)
        : decrypt(encrypted, await importedPrivateKey(), crypto, privateKeyName),
    notificationKey: once(async () => importGcmKey(required(notificationKey, keyName, keyText), crypto)),
    notificationKeyName: optionName(keyName),
  }
}

/** Returns the value of an option. @throws {ConfigurationError} `OPTION_MISSING` */
function requireOption<T>(value: T | undefined, option: string, what: string): T {
  if (value !== undefined) return value
  throw new ConfigurationError('OPTION_MISSING', option, `this call needs ${what}`)
}

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
