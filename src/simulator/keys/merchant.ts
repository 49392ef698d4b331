import { importEcbKey, importGcmKey } from '../../core/crypto/aes.ts'
import { importHmacKey, md5 } from '../../core/crypto/digest.ts'
import { importCertificate, type PublicKey } from '../../core/crypto/keys.ts'
import type { KeyContext } from './authority.ts'
import type { Signer } from './signer.ts'
import { requireMerchantKeys } from './stored-keys.ts'

/** Options to configure the client with. */
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

type Merchant = Omit<SimulatedMerchant, 'platformKeys'>

/** The merchant or the brand, and its imported keys. */
export interface SigningKeys {
  readonly signer: Signer
  /** Public key of the signer's certificate, which verifies its requests. */
  readonly verificationKey: CryptoKey
  /** Public key of the signer's certificate, which encrypts fields for it. */
  readonly encryptionKey: PublicKey
  /** The APIv3 key, or the API key of the brand (品牌 API 密钥), for AES-256-GCM. */
  readonly gcmKey: CryptoKey
}

/** The merchant and its imported keys. */
export interface MerchantAccount extends SigningKeys {
  readonly merchant: Merchant
  /** The APIv2 key, for HMAC-SHA256. */
  readonly hmacKey: CryptoKey
  /** The MD5 of the APIv2 key, for the AES-256-ECB of refund notifications. */
  readonly ecbKey: CryptoKey
}

/** Loads the merchant from the state, or creates one and saves it there. */
export async function createMerchant(
  identity: Pick<Merchant, 'mchid' | 'appid'>,
  keyContext: KeyContext,
): Promise<MerchantAccount> {
  const { state, crypto } = keyContext
  const stored = state.map<Merchant>('merchant')
  const existing = stored.get('account')
  if (existing) await requireMerchantKeys(existing, identity, crypto)
  const merchant = existing ?? (await makeMerchant(identity, keyContext))
  stored.set('account', merchant)
  const [{ key }, gcmKey, hmacKey, ecbKey] = await Promise.all([
    importCertificate(merchant.certificate, 'certificate', crypto),
    importGcmKey(merchant.apiv3Key, crypto),
    importHmacKey(merchant.apiv2Key, crypto),
    importEcbKey(md5(merchant.apiv2Key), crypto),
  ])
  const signer: Signer = { api: 'v3', id: merchant.mchid, serial: merchant.serial }
  return { merchant, signer, verificationKey: key.verify, encryptionKey: key, gcmKey, hmacKey, ecbKey }
}

async function makeMerchant(
  { mchid, appid }: Pick<Merchant, 'mchid' | 'appid'>,
  { keySource, authority, now }: KeyContext,
): Promise<Merchant> {
  const [{ privateKey, publicKey }, { issue }] = await Promise.all([keySource.keyPair('merchant'), authority()])
  const subject = { CN: mchid, OU: 'Simulated merchant', O: 'WeChat Pay simulator', L: 'Shenzhen', C: 'CN' }
  const { serial, pem } = await issue('merchant', subject, publicKey, now())
  return {
    mchid,
    appid,
    serial,
    privateKey,
    certificate: pem,
    apiv3Key: keySource.hex('apiv3Key', 32),
    apiv2Key: keySource.hex('apiv2Key', 32),
  }
}
