import { importPrivateKey, type PrivateKey } from '../core/crypto/keys.ts'
import type { Authority } from './authority.ts'
import { generateKeyPair, privateKeyPem, publicKeyPem } from './key-pair.ts'
import { digits } from './number.ts'
import { compact } from './time.ts'

/** Which keys of WeChat Pay the merchant lives with: the public key, platform certificates, or both while migrating. */
export type PlatformMode = 'public-key' | 'certificate' | 'both'

/** A key of WeChat Pay, under the id that `Wechatpay-Serial` names. */
export interface PlatformKey {
  readonly id: string
  readonly pem: string
  readonly private: PrivateKey
}

export interface PlatformCertificate extends PlatformKey {
  /** ms */
  readonly notBefore: number
  readonly notAfter: number
}

/** WeChat Pay's own keys. */
export interface Platform {
  readonly publicKey: PlatformKey | undefined
  /** The newest last; it signs. */
  readonly certificates: readonly PlatformCertificate[]
  find(id: string): PlatformKey | undefined
  /** @param asked `Wechatpay-Serial` of the request: a merchant who names the public key is answered with it */
  signer(asked: string | null): PlatformKey
  rotate(): Promise<string>
}

export async function createPlatform(
  { mode, mchid, now }: { mode: PlatformMode; mchid: string; now: () => number },
  authority: Promise<Authority>,
  crypto: Crypto,
): Promise<Platform> {
  const certificate = () => createCertificate(now(), authority, crypto)
  const [publicKey, first] = await Promise.all([
    mode === 'certificate' ? undefined : createPublicKey(mchid, now(), crypto),
    mode === 'public-key' ? undefined : certificate(),
  ])
  const certificates = first ? [first] : []
  return {
    publicKey,
    certificates,
    find: id => [publicKey, ...certificates].find(key => key?.id === id),
    signer: asked => (publicKey && asked === publicKey.id ? publicKey : (certificates.at(-1) ?? publicKey!)),
    async rotate() {
      if (!first) throw new TypeError('A simulator in public-key mode has no platform certificate to rotate.')
      const newer = await certificate()
      certificates.push(newer)
      return newer.id
    },
  }
}

async function createPublicKey(mchid: string, now: number, crypto: Crypto): Promise<PlatformKey> {
  const keys = await generateKeyPair(crypto)
  const [pem, own] = await Promise.all([publicKeyPem(keys.publicKey, crypto), importOwn(keys, crypto)])
  return { id: `PUB_KEY_ID_01${mchid}${compact(now).slice(0, 8)}${digits(8, crypto)}`, pem, private: own }
}

async function createCertificate(
  now: number,
  authority: Promise<Authority>,
  crypto: Crypto,
): Promise<PlatformCertificate> {
  const keys = await generateKeyPair(crypto)
  const subject = 'CN=Tenpay.com sign, OU=Tenpay.com CA Center, O=Tenpay.com, L=Shenzhen, C=CN'
  const [issued, own] = await Promise.all([
    authority.then(({ issue }) => issue(subject, keys.publicKey, now)),
    importOwn(keys, crypto),
  ])
  const { serial: id, ...rest } = issued
  return { id, ...rest, private: own }
}

/** WebCrypto ties a key to one use; through its PEM it gets both, signing and opening. */
const importOwn = async ({ privateKey }: CryptoKeyPair, crypto: Crypto): Promise<PrivateKey> =>
  importPrivateKey(await privateKeyPem(privateKey, crypto), 'platform', crypto)
