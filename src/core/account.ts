import { utf8 } from './bytes.ts'
import { importGcmKey } from './crypto/aes.ts'
import { importHmacKey } from './crypto/digest.ts'
import { certificatePem, importCertificate, importPrivateKey, type PrivateKey, privatePem } from './crypto/keys.ts'
import { sign, verify } from './crypto/rsa.ts'
import { ConfigurationError } from './errors.ts'
import { once } from './once.ts'
import type { WechatpayOptions } from './options.ts'

/** What a merchant signs, opens and reads the time with. Each key is imported once, when it is first needed. */
export interface Account {
  readonly mchid: string
  readonly crypto: Crypto
  readonly now: () => number
  /** The serial that `Authorization` names. */
  serial(): Promise<string>
  privateKey(): Promise<PrivateKey>
  /** Whether there is an APIv3 key at all: without one no platform certificate can be fetched. */
  readonly hasApiv3Key: boolean
  apiv3Key(): Promise<CryptoKey>
  apiv2Key(): string
  /** The APIv2 key, for HMAC-SHA256. */
  hmacKey(): Promise<CryptoKey>
}

/**
 * Checks the options as far as that goes without waiting, and promises the keys.
 *
 * @throws {ConfigurationError}
 */
export function createAccount(options: WechatpayOptions): Account {
  const { mchid, serial, certificate, privateKey, decryptionKey, apiv3Key, apiv2Key } = options
  const crypto = options.crypto ?? globalThis.crypto
  if (!crypto?.subtle)
    throw new ConfigurationError('WEBCRYPTO_MISSING', 'crypto', 'no crypto.subtle here; a web page needs HTTPS')
  if (typeof mchid !== 'string' || !/^\d+$/.test(mchid))
    throw new ConfigurationError('OPTION_INVALID', 'mchid', 'the merchant id (商户号) is text of digits')
  if (serial !== undefined && !/^[0-9A-Fa-f]+$/.test(serial))
    throw new ConfigurationError('OPTION_INVALID', 'serial', 'the serial is hex without colons')
  if (typeof privateKey === 'string') privatePem(privateKey, 'privateKey')
  else if (privateKey !== undefined)
    refuseKeyOfOtherUse(privateKey, 'privateKey', 'RSASSA-PKCS1-v1_5', 'SHA-256', 'sign')
  if (decryptionKey !== undefined) refuseKeyOfOtherUse(decryptionKey, 'decryptionKey', 'RSA-OAEP', 'SHA-1', 'decrypt')
  if (certificate !== undefined) certificatePem(certificate, 'certificate')
  if (apiv3Key !== undefined && utf8(apiv3Key).length !== 32)
    throw new ConfigurationError(
      'OPTION_INVALID',
      'apiv3Key',
      `the APIv3 key has 32 bytes; this has ${utf8(apiv3Key).length}`,
    )
  if (apiv2Key === '') throw new ConfigurationError('OPTION_INVALID', 'apiv2Key', 'empty')

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
        'does not fit "certificate". Take both from the same download',
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
    now: options.now ?? Date.now,
    hasApiv3Key: apiv3Key !== undefined,
    serial: once(async () => {
      if (certificate === undefined && serial === undefined)
        throw missing('serial', 'the serial of the merchant certificate (商户 API 证书序列号), or "certificate"')
      const read = certificate === undefined ? undefined : (await importedCertificate()).serial
      if (read !== undefined && serial !== undefined && read !== serial.toUpperCase())
        throw new ConfigurationError('KEY_MISMATCH', 'serial', `"certificate" has ${read}. Leave "serial" out`)
      return read ?? serial!
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

function refuseKeyOfOtherUse(key: CryptoKey, option: string, name: string, hash: string, usage: KeyUsage): void {
  const algorithm = key.algorithm as RsaHashedKeyAlgorithm
  if (algorithm?.name !== name || algorithm.hash?.name !== hash || !key.usages?.includes(usage))
    throw new ConfigurationError(
      'OPTION_INVALID',
      option,
      `give a CryptoKey for ${name} with ${hash} and usage "${usage}"`,
    )
}

async function arePair(privateKey: CryptoKey, publicKey: CryptoKey, crypto: Crypto): Promise<boolean> {
  return verify('pair', await sign('pair', privateKey, crypto), publicKey, crypto)
}
