import { importGcmKey } from '../../core/crypto/aes.ts'
import { importCertificate } from '../../core/crypto/keys.ts'
import type { KeyContext } from './authority.ts'
import type { SigningKeys } from './merchant.ts'
import { createPlatform, type Platform } from './platform.ts'
import { requireBrandKeys } from './stored-keys.ts'

/** The option `brand` to configure the client with. */
export interface SimulatedBrand {
  /** Brand id (品牌 ID). */
  readonly brandId: string
  /** Serial number of {@link SimulatedBrand.certificate}. */
  readonly serial: string
  /** `apiclient_key.pem`, PKCS#8. */
  readonly privateKey: string
  /** `apiclient_cert.pem`, X.509. */
  readonly certificate: string
  /** 品牌 API 密钥, 32 characters. */
  readonly apiKey: string
  /** WeChat Pay's public key for the brand by its id. */
  readonly platformKeys: Readonly<Record<string, string>>
}

/** The brand, and the keys that take the place of the merchant's in its API. */
export interface BrandAccount {
  readonly brand: SimulatedBrand
  readonly keys: SigningKeys & { readonly platform: Platform }
}

type StoredBrand = Omit<SimulatedBrand, 'platformKeys'>

/** Loads the brand from the state, or creates one and saves it there. */
export async function createBrand(brandId: string, keyContext: KeyContext): Promise<BrandAccount> {
  const { state, crypto } = keyContext
  const stored = state.map<StoredBrand>('brand')
  const existing = stored.get('account')
  if (existing) await requireBrandKeys(existing, brandId, crypto)
  const [brand, platform] = await Promise.all([
    existing ?? makeBrand(brandId, keyContext),
    createPlatform({ mode: 'public-key', id: brandId, api: 'brand' }, keyContext),
  ])
  stored.set('account', brand)
  const [{ key }, gcmKey] = await Promise.all([
    importCertificate(brand.certificate, 'certificate', crypto),
    importGcmKey(brand.apiKey, crypto),
  ])
  const { id, pem } = platform.publicKey!
  return {
    brand: { ...brand, platformKeys: { [id]: pem } },
    keys: {
      signer: { api: 'brand', id: brandId, serial: brand.serial },
      verificationKey: key.verify,
      encryptionKey: key,
      gcmKey,
      platform,
    },
  }
}

async function makeBrand(brandId: string, { keySource, authority, now }: KeyContext): Promise<StoredBrand> {
  const [{ privateKey, publicKey }, { issue }] = await Promise.all([keySource.keyPair('brand'), authority()])
  const subject = { CN: brandId, OU: 'Simulated brand', O: 'WeChat Pay simulator', L: 'Shenzhen', C: 'CN' }
  const { serial, pem } = await issue('brand', subject, publicKey, now())
  return { brandId, serial, privateKey, certificate: pem, apiKey: keySource.hex('brand-apiKey', 32) }
}
