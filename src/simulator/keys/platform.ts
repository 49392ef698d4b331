import { importPrivateKey, type PrivateKey } from '../../core/crypto/keys.ts'
import { ParameterError, ParameterRangeError } from '../parameter-error.ts'
import type { KeyContext } from './authority.ts'
import { publicKeyPem } from './key-pair.ts'
import { SCHEMES, type SignedApi } from './signer.ts'
import { requireCertificateKeys, requirePublicKey, type StoredKey } from './stored-keys.ts'

/**
 * Keys of WeChat Pay that the merchant uses: the public key, platform certificates, or both while it switches from
 * certificates to the public key. With both, {@link KeySwitch} decides which key signs.
 */
export type PlatformMode = 'public-key' | 'certificate' | 'both'

/**
 * Progress of a merchant's switch from platform certificates to the public key (平台证书切换微信支付公钥).
 *
 * - `stopped`: not started yet, or stopped (停止更换). Certificates sign everything, even the response to a request that names
 *   the public key.
 * - `started` (开始更换): the public key signs the response to a request that names it, and a share of the notifications.
 * - `done` (作废平台证书): the public key signs everything, and certificates can no longer be downloaded.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012154180
 */
export interface KeySwitch {
  readonly stage: KeySwitchStage
  /**
   * Share of the notifications that the public key signs once the switch is started, 0 to 1. WeChat Pay raises it within a
   * week: 0.001, 0.01, 0.05, 0.1, 0.2, 0.5, 1.
   */
  readonly share: number
}
export type KeySwitchStage = 'stopped' | 'started' | 'done'

/** A key of WeChat Pay. `Wechatpay-Serial` contains its id. */
export interface PlatformKey {
  readonly id: string
  readonly pem: string
  readonly private: PrivateKey
  /** The signature scheme, which `Wechatpay-Signature-Type` names. */
  readonly scheme: string
}

export interface PlatformCertificate extends PlatformKey {
  /** ms */
  readonly notBefore: number
  readonly notAfter: number
}

/** WeChat Pay's own keys. */
export interface Platform {
  readonly publicKey: PlatformKey | undefined
  /** Certificates that the merchant can download, the newest last. The newest signs. */
  readonly certificates: readonly PlatformCertificate[]
  find(id: string): PlatformKey | undefined
  /**
   * Returns the key that signs a response.
   *
   * @param requestSerial `Wechatpay-Serial` of the request: once the switch is started, a request that names the public key
   * gets a response signed with it
   */
  responseKey(requestSerial: string | null): PlatformKey
  /**
   * Returns the key that signs a notification.
   *
   * @param number number of notifications before this one: those that the public key signs are spread evenly
   */
  notificationKey(number: number): PlatformKey
  /**
   * Adds a certificate, which signs from now on.
   *
   * @returns its serial
   * @throws {TypeError} in public-key mode, or when the switch to the public key is done
   */
  rotate(): Promise<string>
  readonly keySwitch: KeySwitch
  /**
   * @throws {TypeError} the merchant does not have both kinds of key
   * @throws {RangeError} the share is not from 0 to 1
   */
  setKeySwitch(keySwitch: KeySwitch): void
}

type StoredCertificate = StoredKey & Pick<PlatformCertificate, 'notBefore' | 'notAfter'>

/**
 * Loads the keys from the state, or creates them and saves them there.
 *
 * @param id the merchant, or the brand, that the keys are for
 */
export async function createPlatform(
  { mode, id: owner, api = 'v3' }: { mode: PlatformMode; id: string; api?: SignedApi },
  keyContext: KeyContext,
): Promise<Platform> {
  const { state, crypto } = keyContext
  const prefix = api === 'v3' ? '' : `${api}-`
  const publicKeys = state.map<StoredKey>(`${prefix}platform-public-key`)
  const storedCertificates = state.map<StoredCertificate>(`${prefix}platform-certificates`)
  await Promise.all([
    ...[...publicKeys].map(([id, key]) => requirePublicKey(id, key, crypto)),
    ...[...storedCertificates].map(([serial, key]) => requireCertificateKeys(serial, key, crypto)),
  ])
  let count = storedCertificates.size
  const addCertificate = async (): Promise<string> => {
    const [id, certificate] = await makeCertificate(`certificate-${++count}`, keyContext)
    storedCertificates.set(id, certificate)
    return id
  }
  await Promise.all([
    mode !== 'certificate' &&
      publicKeys.size === 0 &&
      makePublicKey(owner, `${prefix}public-key`, keyContext).then(key => publicKeys.set(...key)),
    mode !== 'public-key' && storedCertificates.size === 0 && addCertificate(),
  ])

  const loadKey = async <T extends StoredKey>([id, { privateKey, ...rest }]: [string, T]) => ({
    id,
    ...rest,
    private: await importPrivateKey(privateKey, 'platform', crypto),
    scheme: SCHEMES[api].name,
  })
  const [[publicKey], certificates] = await Promise.all([
    // The state may have a key from a time with another mode.
    Promise.all(mode === 'certificate' ? [] : [...publicKeys].map(loadKey)),
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
    responseKey(requestSerial) {
      const { stage } = keySwitch()
      return chooseKey(stage === 'done' || (stage === 'started' && requestSerial?.toUpperCase() === publicKey!.id))
    },
    notificationKey(number) {
      const { stage, share } = keySwitch()
      const signedByPublicKey = (sent: number) => Math.floor(sent * share)
      const isNext = signedByPublicKey(number + 1) > signedByPublicKey(number)
      return chooseKey(stage === 'done' || (stage === 'started' && isNext))
    },
    async rotate() {
      if (keySwitch().stage === 'done')
        throw new ParameterError(
          mode === 'both'
            ? 'The key switch is done, so no platform certificate is in use; set its stage to "stopped" or "started" first.'
            : 'A simulator in public-key mode has no platform certificate to rotate; create it with platform "certificate" or "both".',
        )
      const id = await addCertificate()
      certificates.push(await loadKey([id, storedCertificates.get(id)!]))
      return id
    },
    get keySwitch() {
      return keySwitch()
    },
    setKeySwitch({ stage, share }) {
      if (mode !== 'both')
        throw new ParameterError(
          `A simulator with platform "${mode}" has no key switch; create it with platform "both".`,
        )
      if (!(share >= 0 && share <= 1))
        throw new ParameterRangeError(`The share of notifications is ${share}; it must be a number from 0 to 1.`)
      storedSwitch.set('current', { stage, share })
    },
  }
}

/** Initial switch of a simulator with both kinds of key: each signs every second notification. */
const INITIAL_SWITCH: KeySwitch = { stage: 'started', share: 0.5 }
/** Switch of a merchant that has only one kind of key. */
const FIXED_SWITCHES: Readonly<Record<Exclude<PlatformMode, 'both'>, KeySwitch>> = {
  certificate: { stage: 'stopped', share: 0 },
  'public-key': { stage: 'done', share: 1 },
}

/** Day on which the merchant applied for the public key. It is fixed, so that the same seed gives the same id on every day. */
const APPLICATION_DAY = '20241106'

async function makePublicKey(
  owner: string,
  name: string,
  { keySource, crypto }: KeyContext,
): Promise<[string, StoredKey]> {
  const { privateKey, publicKey } = await keySource.keyPair(name)
  const id = `PUB_KEY_ID_01${owner}${APPLICATION_DAY}${keySource.digits(name, 8)}`
  return [id, { pem: await publicKeyPem(publicKey, crypto), privateKey }]
}

async function makeCertificate(
  name: string,
  { keySource, authority, now }: KeyContext,
): Promise<[string, StoredCertificate]> {
  const [{ privateKey, publicKey }, { issue }] = await Promise.all([keySource.keyPair(name), authority()])
  const subject = { CN: 'Tenpay.com sign', OU: 'Tenpay.com CA Center', O: 'Tenpay.com', L: 'Shenzhen', C: 'CN' }
  const { serial, ...certificate } = await issue(name, subject, publicKey, now())
  return [serial, { ...certificate, privateKey }]
}
