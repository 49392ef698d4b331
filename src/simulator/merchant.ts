import { importGcmKey } from '../core/crypto/aes.ts'
import { importHmacKey } from '../core/crypto/digest.ts'
import { importCertificate } from '../core/crypto/keys.ts'
import { nonce } from '../core/crypto/nonce.ts'
import type { Authority } from './authority.ts'
import { generateKeyPair, privateKeyPem } from './key-pair.ts'

/** What the client is configured with. */
export interface SimulatedMerchant {
  readonly mchid: string
  readonly appid: string
  /** Serial number of {@link SimulatedMerchant.certificate}. */
  readonly serial: string
  /** `apiclient_key.pem`, PKCS#8. */
  readonly privateKey: string
  /** `apiclient_cert.pem`, X.509. */
  readonly certificate: string
  /** 32 characters. */
  readonly apiv3Key: string
  /** 32 characters. */
  readonly apiv2Key: string
  /** WeChat Pay's public key by its id; empty in certificate mode, where the client fetches the certificates. */
  readonly platformKeys: Readonly<Record<string, string>>
}

export interface MerchantAccount {
  merchant: Omit<SimulatedMerchant, 'platformKeys'>
  /** Read back from the certificate that was issued: the one thing a request's signature is checked with. */
  verifyKey: CryptoKey
  /** The APIv3 key, which seals for the merchant. */
  gcmKey: CryptoKey
  /** The APIv2 key, for HMAC-SHA256. */
  hmacKey: CryptoKey
}

export async function createMerchant(
  { mchid, appid, now }: { mchid: string; appid: string; now: number },
  authority: Promise<Authority>,
  crypto: Crypto,
): Promise<MerchantAccount> {
  const keys = await generateKeyPair(crypto)
  const subject = `CN=${mchid}, OU=Simulated merchant, O=WeChat Pay simulator, L=Shenzhen, C=CN`
  const issued = await (await authority).issue(subject, keys.publicKey, now)
  const [apiv3Key, apiv2Key] = [nonce(crypto), nonce(crypto)]
  const [privateKey, { key }, gcmKey, hmacKey] = await Promise.all([
    privateKeyPem(keys.privateKey, crypto),
    importCertificate(issued.pem, 'certificate', crypto),
    importGcmKey(apiv3Key, crypto),
    importHmacKey(apiv2Key, crypto),
  ])
  const { serial, pem: certificate } = issued
  return {
    merchant: { mchid, appid, serial, privateKey, certificate, apiv3Key, apiv2Key },
    verifyKey: key.verify,
    gcmKey,
    hmacKey,
  }
}
