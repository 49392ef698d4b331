import { ConfigurationError } from '../base/errors.ts'
import { createPause } from '../base/pause.ts'
import { once, singleFlight } from '../base/single-flight.ts'
import {
  type Certificate,
  certificatePem,
  importCertificate,
  importPublicKey,
  type PublicKey,
  publicPem,
} from '../crypto/keys.ts'
import type { SigningAccount } from '../options/account.ts'
import { SIGNING_APIS, type SigningApi } from '../options/signing-apis.ts'

/** A key for encryption, and its id. */
export interface EncryptionKey {
  id: string
  key: PublicKey
}

/**
 * Kind of the message that names a key. A response comes from WeChat Pay over TLS; a notification may come from
 * anybody.
 */
export type MessageKind = 'response' | 'notification' | 'field'

/** Starts work that a message waits for, or rejects if too many messages wait. */
export type Admit = <T>(begin: () => Promise<T>) => Promise<T>

/** WeChat Pay's keys, which verify messages and encrypt fields. */
export interface PlatformKeys {
  /** The id of the configured public key (微信支付公钥); every request asks for a response signed with it. */
  readonly publicKeyId: string | undefined
  /** Returns whether a key with this id is configured, valid today or not. */
  has(id: string): boolean
  /**
   * Ensures, before anything is sent, that a response can be verified.
   *
   * @returns undefined if keys are configured; otherwise a promise, which rejects with `OPTION_MISSING` or the error of a download
   */
  ready(): Promise<void> | undefined
  /**
   * Returns the key that a message names; undefined if it is not, or no longer, WeChat Pay's. Downloads the platform
   * certificates for an unknown certificate serial, never for the id of a public key.
   *
   * @param kind the kind of the message; a notification rarely causes a download, because anybody can invent its serial
   * @param admit starts a download that the message waits for, or refuses it
   * @throws {ConfigurationError} `OPTION_MISSING`: verifying the message requires the named option
   */
  verifier(serial: string, kind?: MessageKind, admit?: Admit): Promise<CryptoKey | undefined>
  /**
   * Returns the key to encrypt with, and its id for `Wechatpay-Serial`.
   *
   * @param serial requests a certain key; the result is undefined if it is not, or no longer, WeChat Pay's
   */
  encryptionKey(serial?: string): Promise<EncryptionKey | undefined>
}

/** A source of platform certificates. */
export interface CertificateSource {
  /** Reads cached certificates; undefined if there are no usable ones. Never rejects. */
  recall(): Promise<Certificate[] | undefined>
  /**
   * Downloads `GET /v3/certificates`.
   *
   * @param configured only the configured keys, to verify the response
   * @throws {ConfigurationError} WeChat Pay has no certificate for this merchant, or the request cannot be signed
   */
  download(configured: PlatformKeys): Promise<Certificate[]>
}

/**
 * Milliseconds after a download that did not bring the named certificate until the next one, by its outcome. Forged
 * notifications must neither cause downloads nor prevent responses from being verified, so each kind of message has its
 * own pause.
 */
const PAUSES: Readonly<Record<MessageKind, Readonly<Record<'unlisted' | 'none' | 'failed', number>>>> = {
  // A response that names a certificate disproves "none": the merchant has stopped the switch to the public key (停止更换).
  response: { unlisted: 60_000, none: 60_000, failed: 0 },
  // WeChat Pay repeats a notification after 15 seconds, and for a day.
  notification: { unlisted: 60_000, none: 3_600_000, failed: 10_000 },
  // The caller names the key that encrypts a field, and may name any.
  field: { unlisted: 60_000, none: 60_000, failed: 10_000 },
}

/**
 * Holds platform certificates (平台证书) and public keys (微信支付公钥) together: the serial in a message selects the key. While
 * a merchant switches from certificates to the public key, WeChat Pay signs with both; before the switch begins or
 * after it is stopped (停止更换) it signs only with certificates, even in response to a request that names the public key.
 *
 * @param configured PEM by id
 * @param source undefined if the merchant has no APIv3 key to decrypt certificates with, and for a brand, which has only public keys
 * @throws {ConfigurationError} `OPTION_INVALID`, `PEM_INVALID`, `PEM_WRONG_KIND`
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012154180
 */
export function createPlatformKeys(
  configured: Readonly<Record<string, string>>,
  source: CertificateSource | undefined,
  account: Pick<SigningAccount, 'api' | 'crypto' | 'now' | 'optionName'>,
): PlatformKeys {
  const { api, now } = account
  const { hasCertificates } = SIGNING_APIS[api]
  const option = account.optionName('platformKeys')
  const readers = new Map<string, () => Promise<PlatformKey>>()
  for (const [id, pem] of Object.entries(configured)) readers.set(id.toUpperCase(), readerOf(id, pem, account))
  const publicKeyId = [...readers.keys()].find(isPublicKeyId)

  const fetched = new Map<string, PlatformKey>()
  const pauses = { response: createPause(now), notification: createPause(now), field: createPause(now) }
  let isRecalled = false

  const storeCertificates = (certificates: readonly Certificate[]): void => {
    fetched.clear()
    for (const certificate of certificates) fetched.set(certificate.serial, certificate)
  }

  const recall = singleFlight(async () => {
    storeCertificates((await source?.recall()) ?? [])
    isRecalled = true
  })

  const refresh = singleFlight(async () => {
    if (!source)
      throw new ConfigurationError(
        'OPTION_MISSING',
        option,
        `${givePublicKey('PUB_KEY_ID_…', api)}${hasCertificates ? ', or "apiv3Key"' : ''}`,
      )
    storeCertificates(await source.download(configuredKeys))
    for (const pause of Object.values(pauses)) pause.end()
  })

  const isValid = ({ notBefore, notAfter }: PlatformKey): boolean => +notBefore <= now() && now() < +notAfter

  async function configuredKey(id: string): Promise<PlatformKey | undefined> {
    const key = await readers.get(id)?.()
    return key && isValid(key) ? key : undefined
  }

  async function knownKey(id: string): Promise<PlatformKey | undefined> {
    const key = fetched.get(id)
    return (await configuredKey(id)) ?? (key && isValid(key) ? key : undefined)
  }

  async function newestKey(): Promise<PlatformKey | undefined> {
    const keys = [...(await Promise.all(Array.from(readers.values(), key => key()))), ...fetched.values()]
    return keys.filter(isValid).sort((left, right) => +right.notBefore - +left.notBefore)[0]
  }

  /** Loads certificates from the cache, or from WeChat Pay if none of those is valid. */
  async function loadCertificates(): Promise<void> {
    if (!isRecalled) await recall()
    if (![...fetched.values()].some(isValid)) await refresh()
  }

  async function findKey(
    serial: string,
    kind: MessageKind,
    admit: Admit = begin => begin(),
  ): Promise<PlatformKey | undefined> {
    const id = serial.toUpperCase()
    const known = await knownKey(id)
    if (known || !source || !CERTIFICATE_SERIAL.test(id)) return known
    const reason = pauses[kind].reason()
    if (reason?.error) throw reason.error
    return reason ? undefined : admit(() => fetchKey(id, kind))
  }

  async function fetchKey(id: string, kind: MessageKind): Promise<PlatformKey | undefined> {
    if (!isRecalled) await recall()
    const recalled = await knownKey(id)
    if (recalled) return recalled
    try {
      await refresh()
    } catch (error) {
      const outcome = error instanceof ConfigurationError ? 'none' : 'failed'
      pauses[kind].begin(PAUSES[kind][outcome], error)
      throw error
    }
    const brought = await knownKey(id)
    if (!brought) pauses[kind].begin(PAUSES[kind].unlisted)
    return brought
  }

  const has = (id: string): boolean => readers.has(id.toUpperCase())

  /** The configured keys only, for the download itself. */
  const configuredKeys: PlatformKeys = {
    publicKeyId,
    has,
    ready: () => undefined,
    verifier: async serial => (await configuredKey(serial.toUpperCase()))?.key.verify,
    encryptionKey: async () => undefined,
  }

  return {
    publicKeyId,
    has,

    ready: () => (readers.size > 0 ? undefined : loadCertificates()),

    async verifier(serial, kind = 'notification', admit) {
      const key = await findKey(serial, kind, admit)
      if (key) return key.key.verify
      if (isPublicKeyId(serial))
        throw new ConfigurationError('OPTION_MISSING', option, givePublicKey(serial.toUpperCase(), api))
      if (!source && hasCertificates)
        throw new ConfigurationError(
          'OPTION_MISSING',
          option,
          'the message is signed with a platform certificate (平台证书). Give it, or "apiv3Key"',
        )
      return undefined
    },

    async encryptionKey(serial) {
      if (serial) return encryptionKeyOf(await findKey(serial, 'field'))
      let key = publicKeyId ? await knownKey(publicKeyId) : await newestKey()
      if (!key) {
        await loadCertificates()
        key = await newestKey()
      }
      if (!key) throw new ConfigurationError('OPTION_INVALID', option, 'none is valid today. Check the clock')
      return encryptionKeyOf(key)
    },
  }
}

const encryptionKeyOf = (key: PlatformKey | undefined): EncryptionKey | undefined =>
  key && { id: key.serial, key: key.key }

/** Pattern for the id of a public key, in upper or lower case, short enough to be logged. */
const PUBLIC_KEY_ID = /^PUB_KEY_ID_\w{1,64}$/i
/** Pattern for the serial of a certificate. RFC 5280, 4.1.2.2 limits it to 20 octets, but some are longer. */
const CERTIFICATE_SERIAL = /^[0-9A-F]{1,64}$/i

/** Returns whether an id is that of a public key (微信支付公钥ID) and not the serial of a certificate. */
export const isPublicKeyId = (id: string): boolean => PUBLIC_KEY_ID.test(id)

const givePublicKey = (id: string, api: SigningApi): string =>
  `give { ${id}: pem } (${SIGNING_APIS[api].publicKeyPlace})`
export const GIVE_PUBLIC_KEY: string = givePublicKey('PUB_KEY_ID_…', 'v3')

/** A certificate, or a public key, which does not expire. */
interface PlatformKey extends Omit<Certificate, 'notBefore' | 'notAfter'> {
  notBefore: Date | number
  notAfter: Date | number
}

/** Checks a configured key as far as possible synchronously, and imports it when it is first needed. */
function readerOf(
  given: string,
  pem: string,
  { api, crypto, optionName }: Pick<SigningAccount, 'api' | 'crypto' | 'optionName'>,
): () => Promise<PlatformKey> {
  const option = optionName(`platformKeys.${given}`)
  const serial = given.toUpperCase()
  const { hasCertificates } = SIGNING_APIS[api]
  const isPublicKey = isPublicKeyId(serial)
  if (!isPublicKey && !(hasCertificates && CERTIFICATE_SERIAL.test(serial)))
    throw new ConfigurationError(
      'OPTION_INVALID',
      option,
      `${given === 'undefined' ? 'id not set: ' : ''}name it PUB_KEY_ID_…${hasCertificates ? ', or by its serial, hex without colons' : ''}`,
    )
  ;(isPublicKey ? publicPem : certificatePem)(pem, option)
  return once(async () => {
    if (isPublicKey)
      return {
        serial,
        key: await importPublicKey(pem, option, crypto),
        notBefore: 0,
        notAfter: Number.POSITIVE_INFINITY,
      }
    const certificate = await importCertificate(pem, option, crypto)
    if (certificate.serial === serial) return certificate
    throw new ConfigurationError('KEY_MISMATCH', option, `name it by its serial, ${certificate.serial}`)
  })
}
