import { importPrivateKey, type PrivateKey } from '../core/crypto/keys.ts'
import type { Foundry } from './foundry.ts'
import { publicKeyPem } from './key-pair.ts'
import { compact } from './time.ts'

/**
 * Which keys of WeChat Pay the merchant lives with: the public key, platform certificates, or both while migrating. With
 * both, an answer is signed with the public key where the request names it and else with the newest certificate;
 * notifications, which nobody asked for, come signed with the one and the other in turn, as they do in a migration.
 */
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
  /** @param count how many notifications there have been: the two kinds of key take turns */
  announcer(count: number): PlatformKey
  /** @throws {TypeError} in public-key mode */
  rotate(): Promise<string>
}

/** As the state keeps it. */
interface KeptKey {
  readonly pem: string
  /** PKCS#8 */
  readonly privateKey: string
}
type KeptCertificate = KeptKey & Pick<PlatformCertificate, 'notBefore' | 'notAfter'>

/** The keys that the state has, or new ones. */
export async function createPlatform(
  { mode, mchid }: { mode: PlatformMode; mchid: string },
  foundry: Foundry,
): Promise<Platform> {
  const { state, crypto } = foundry
  const publicKeys = state.map<KeptKey>('platform-public-key')
  const keptCertificates = state.map<KeptCertificate>('platform-certificates')
  let count = keptCertificates.size
  const addCertificate = async (): Promise<string> => {
    const [id, certificate] = await makeCertificate(`certificate-${++count}`, foundry)
    keptCertificates.set(id, certificate)
    return id
  }
  await Promise.all([
    mode !== 'certificate' &&
      publicKeys.size === 0 &&
      makePublicKey(mchid, foundry).then(key => publicKeys.set(...key)),
    mode !== 'public-key' && keptCertificates.size === 0 && addCertificate(),
  ])

  const own = async <T extends KeptKey>([id, { privateKey, ...rest }]: [string, T]) => ({
    id,
    ...rest,
    private: await importPrivateKey(privateKey, 'platform', crypto),
  })
  const [[publicKey], certificates] = await Promise.all([
    Promise.all([...publicKeys].map(own)),
    Promise.all([...keptCertificates].map(own<KeptCertificate>)),
  ])
  return {
    publicKey,
    certificates,
    find: id => [publicKey, ...certificates].find(key => key?.id === id),
    signer: asked => (publicKey && asked === publicKey.id ? publicKey : (certificates.at(-1) ?? publicKey!)),
    announcer: count => (publicKey && count % 2 === 1 ? publicKey : (certificates.at(-1) ?? publicKey!)),
    async rotate() {
      if (mode === 'public-key')
        throw new TypeError('A simulator in public-key mode has no platform certificate to rotate.')
      const id = await addCertificate()
      certificates.push(await own([id, keptCertificates.get(id)!]))
      return id
    },
  }
}

async function makePublicKey(mchid: string, { mint, wall, crypto }: Foundry): Promise<[string, KeptKey]> {
  const { privateKey, publicKey } = await mint.keyPair('public-key')
  const id = `PUB_KEY_ID_01${mchid}${compact(wall()).slice(0, 8)}${mint.digits('public-key', 8)}`
  return [id, { pem: await publicKeyPem(publicKey, crypto), privateKey }]
}

async function makeCertificate(name: string, { mint, authority, wall }: Foundry): Promise<[string, KeptCertificate]> {
  const [{ privateKey, publicKey }, { issue }] = await Promise.all([mint.keyPair(name), authority()])
  const subject = 'CN=Tenpay.com sign, OU=Tenpay.com CA Center, O=Tenpay.com, L=Shenzhen, C=CN'
  const { serial, ...certificate } = await issue(name, subject, publicKey, wall())
  return [serial, { ...certificate, privateKey }]
}
