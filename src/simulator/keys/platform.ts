import { importPrivateKey, type PrivateKey } from '../../core/crypto/keys.ts'
import { compactTime } from '../clock/time.ts'
import type { KeyContext } from './authority.ts'
import { publicKeyPem } from './key-pair.ts'

/**
 * Which keys of WeChat Pay the merchant lives with: the public key, platform certificates, or both while it switches from
 * the one to the other. With both, {@link KeySwitch} says what signs.
 */
export type PlatformMode = 'public-key' | 'certificate' | 'both'

/**
 * How far a merchant's switch from platform certificates to the public key has come (平台证书切换微信支付公钥).
 *
 * - `stopped`: not opened yet, or given up (停止更换). Certificates sign everything, even the response to a request that names
 *   the public key.
 * - `started` (开始更换): the public key signs the response to a request that names it, and a share of the notifications.
 * - `done` (作废平台证书): the public key signs everything, and there is no certificate to download any more.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012154180
 */
export interface KeySwitch {
  readonly stage: KeySwitchStage
  /** The share of notifications that the public key signs once the switch is started, 0 to 1. WeChat Pay raises it within a week: 0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1. */
  readonly share: number
}
export type KeySwitchStage = 'stopped' | 'started' | 'done'

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
  /** Those that a merchant can download, the newest last; it signs. */
  readonly certificates: readonly PlatformCertificate[]
  find(id: string): PlatformKey | undefined
  /** @param asked `Wechatpay-Serial` of the request: once the switch is started, a merchant who names the public key is answered with it */
  responseKey(asked: string | null): PlatformKey
  /** @param count how many notifications there have been: the public key's are spread evenly among them */
  notificationKey(count: number): PlatformKey
  /** @throws {TypeError} in public-key mode, or when the switch to the public key is done */
  rotate(): Promise<string>
  readonly keySwitch: KeySwitch
  /**
   * @throws {TypeError} the merchant has not both kinds of key
   * @throws {RangeError} a share that is none
   */
  setKeySwitch(keySwitch: KeySwitch): void
}

/** As the state keeps it. */
interface StoredKey {
  readonly pem: string
  /** PKCS#8 */
  readonly privateKey: string
}
type StoredCertificate = StoredKey & Pick<PlatformCertificate, 'notBefore' | 'notAfter'>

/** The keys that the state has, or new ones. */
export async function createPlatform(
  { mode, mchid }: { mode: PlatformMode; mchid: string },
  keyContext: KeyContext,
): Promise<Platform> {
  const { state, crypto } = keyContext
  const publicKeys = state.map<StoredKey>('platform-public-key')
  const storedCertificates = state.map<StoredCertificate>('platform-certificates')
  let count = storedCertificates.size
  const addCertificate = async (): Promise<string> => {
    const [id, certificate] = await makeCertificate(`certificate-${++count}`, keyContext)
    storedCertificates.set(id, certificate)
    return id
  }
  await Promise.all([
    mode !== 'certificate' &&
      publicKeys.size === 0 &&
      makePublicKey(mchid, keyContext).then(key => publicKeys.set(...key)),
    mode !== 'public-key' && storedCertificates.size === 0 && addCertificate(),
  ])

  const loadKey = async <T extends StoredKey>([id, { privateKey, ...rest }]: [string, T]) => ({
    id,
    ...rest,
    private: await importPrivateKey(privateKey, 'platform', crypto),
  })
  const [[publicKey], certificates] = await Promise.all([
    Promise.all([...publicKeys].map(loadKey)),
    Promise.all([...storedCertificates].map(loadKey<StoredCertificate>)),
  ])
  const storedSwitch = state.map<KeySwitch>('key-switch')
  const keySwitch = (): KeySwitch =>
    mode === 'both' ? (storedSwitch.get('current') ?? INITIAL_SWITCH) : FIXED_SWITCHES[mode]
  const downloadable = (): readonly PlatformCertificate[] => (keySwitch().stage === 'done' ? [] : certificates)
  const find = (id: string): PlatformKey | undefined => [publicKey, ...downloadable()].find(key => key?.id === id)
  const chooseKey = (isPublicKey: boolean): PlatformKey => (isPublicKey ? publicKey! : certificates.at(-1)!)
  return {
    publicKey,
    get certificates() {
      return downloadable()
    },
    find,
    responseKey(asked) {
      const { stage } = keySwitch()
      return chooseKey(stage === 'done' || (stage === 'started' && asked?.toUpperCase() === publicKey!.id))
    },
    notificationKey(count) {
      const { stage, share } = keySwitch()
      const signed = (count: number) => Math.floor(count * share)
      return chooseKey(stage === 'done' || (stage === 'started' && signed(count + 1) > signed(count)))
    },
    async rotate() {
      if (keySwitch().stage === 'done')
        throw new TypeError('A simulator in public-key mode has no platform certificate to rotate.')
      const id = await addCertificate()
      certificates.push(await loadKey([id, storedCertificates.get(id)!]))
      return id
    },
    get keySwitch() {
      return keySwitch()
    },
    setKeySwitch({ stage, share }) {
      if (mode !== 'both')
        throw new TypeError(`A simulator of platform "${mode}" has nothing to switch. Create it with platform "both".`)
      if (!(share >= 0 && share <= 1)) throw new RangeError('The share of notifications is a number from 0 to 1.')
      storedSwitch.set('current', { stage, share })
    },
  }
}

/** What a simulator with both kinds of key begins with: the two take turns. */
const INITIAL_SWITCH: KeySwitch = { stage: 'started', share: 0.5 }
/** Of a merchant that has one kind of key. */
const FIXED_SWITCHES: Readonly<Record<Exclude<PlatformMode, 'both'>, KeySwitch>> = {
  certificate: { stage: 'stopped', share: 0 },
  'public-key': { stage: 'done', share: 1 },
}

async function makePublicKey(mchid: string, { keySource, now, crypto }: KeyContext): Promise<[string, StoredKey]> {
  const { privateKey, publicKey } = await keySource.keyPair('public-key')
  const id = `PUB_KEY_ID_01${mchid}${compactTime(now()).slice(0, 8)}${keySource.digits('public-key', 8)}`
  return [id, { pem: await publicKeyPem(publicKey, crypto), privateKey }]
}

async function makeCertificate(
  name: string,
  { keySource, authority, now }: KeyContext,
): Promise<[string, StoredCertificate]> {
  const [{ privateKey, publicKey }, { issue }] = await Promise.all([keySource.keyPair(name), authority()])
  const subject = 'CN=Tenpay.com sign, OU=Tenpay.com CA Center, O=Tenpay.com, L=Shenzhen, C=CN'
  const { serial, ...certificate } = await issue(name, subject, publicKey, now())
  return [serial, { ...certificate, privateKey }]
}
