import {
  type Certificate,
  certificatePem,
  importCertificate,
  importPublicKey,
  type PublicKey,
  publicPem,
} from '../crypto/keys.ts'
import { ConfigurationError } from '../errors.ts'
import { once, singleFlight } from '../single-flight.ts'

/** A key to encrypt with, and its id. */
export interface Sealer {
  id: string
  key: PublicKey
}

/** The kind of message that names a key. A response comes from WeChat Pay over TLS; anybody can send a notification. */
export type MessageKind = 'response' | 'notification'

/** Begins what a message waits for, or rejects when too many wait. */
export type Admit = <T>(begin: () => Promise<T>) => Promise<T>

/** WeChat Pay's keys: which one verifies a message, which one encrypts a field. */
export interface PlatformKeys {
  /** The id of the public key that the merchant configured (微信支付公钥): every request asks for a response signed with it. */
  readonly publicKeyId: string | undefined
  /**
   * Makes sure, before anything is sent, that a response can be verified.
   *
   * @returns what has to be waited for, if anything; rejects with `OPTION_MISSING` or what fetching the certificates threw
   */
  ready(): Promise<void> | undefined
  /**
   * Returns the key that a message names; undefined when it is not, or no longer, WeChat Pay's. Fetches the platform
   * certificates for a certificate serial that is not known, never for the id of a public key.
   *
   * @param kind of the message that names it; a notification's serial, which anybody can make up, rarely leads to a fetch
   * @param admit begins a fetch that a message has to wait for, or refuses it
   * @throws {ConfigurationError} `OPTION_MISSING`: the message can be verified once the named option is there
   */
  verifier(serial: string, kind?: MessageKind, admit?: Admit): Promise<CryptoKey | undefined>
  /**
   * Returns the key to encrypt with, and the id to name in `Wechatpay-Serial`.
   *
   * @param serial requires that key: undefined when it is not, or no longer, WeChat Pay's
   */
  sealer(serial?: string): Promise<Sealer | undefined>
}

/** Where platform certificates come from. */
export interface CertificateSource {
  /** Reads those that a cache keeps; undefined when it has none to use. Never rejects. */
  recall(): Promise<Certificate[] | undefined>
  /**
   * Fetches `GET /v3/certificates`.
   *
   * @param configured the configured keys alone, which can verify the response
   * @throws {ConfigurationError} WeChat Pay has no certificate for this merchant, or the request cannot be signed
   */
  download(configured: PlatformKeys): Promise<Certificate[]>
}

/**
 * Milliseconds after a fetch that did not bring the certificate a message named, before such a message leads to the next:
 * by what the fetch came to. Forged notifications must not drive fetches, nor keep responses from being verified, so the
 * two kinds of message have a pause each.
 */
const PAUSES: Readonly<Record<MessageKind, Readonly<Record<'unlisted' | 'none' | 'failed', number>>>> = {
  // A response that names a certificate disproves "none": the merchant has gone back from the public key (停止更换).
  response: { unlisted: 60_000, none: 60_000, failed: 0 },
  // WeChat Pay sends a notification again after 15 seconds, and for a day.
  notification: { unlisted: 60_000, none: 3_600_000, failed: 10_000 },
}

interface Pause {
  since: number
  length: number
  error?: unknown
}

/**
 * Keeps platform certificates (平台证书) and public keys (微信支付公钥) side by side: the serial that a message names picks
 * the key. While a merchant switches from one to the other WeChat Pay signs with both, and before the switch is opened or
 * after it was stopped (停止更换) with certificates alone, even in response to a request that names the public key.
 *
 * @param configured PEM by id
 * @param source undefined when the merchant has no APIv3 key to open certificates with
 * @throws {ConfigurationError} `OPTION_INVALID`, `PEM_INVALID`, `PEM_WRONG_KIND`
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012154180
 */
export function createPlatformKeys(
  configured: Readonly<Record<string, string>>,
  source: CertificateSource | undefined,
  { crypto, now }: { crypto: Crypto; now: () => number },
): PlatformKeys {
  const readers = new Map<string, () => Promise<PlatformKey>>()
  for (const [id, pem] of Object.entries(configured)) readers.set(id.toUpperCase(), readerOf(id, pem, crypto))
  const publicKeyId = [...readers.keys()].find(isPublicKeyId)

  const fetched = new Map<string, PlatformKey>()
  const pauses: Partial<Record<MessageKind, Pause>> = {}
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
    if (!source) throw new ConfigurationError('OPTION_MISSING', 'platformKeys', `${GIVE_PUBLIC_KEY}, or "apiv3Key"`)
    storeCertificates(await source.download(configuredKeys))
    pauses.response = pauses.notification = undefined
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
    return keys.filter(isValid).sort((one, other) => +other.notBefore - +one.notBefore)[0]
  }

  /** Fetches until a certificate is in force: what is kept, else from WeChat Pay. */
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
    const pause = pauses[kind]
    // A clock that was set back must not lengthen the pause.
    if (pause && Math.abs(now() - pause.since) < pause.length) {
      if (pause.error) throw pause.error
      return undefined
    }
    return admit(() => fetchKey(id, kind))
  }

  async function fetchKey(id: string, kind: MessageKind): Promise<PlatformKey | undefined> {
    if (!isRecalled) await recall()
    const recalled = await knownKey(id)
    if (recalled) return recalled
    try {
      await refresh()
    } catch (error) {
      const outcome = error instanceof ConfigurationError ? 'none' : 'failed'
      pauses[kind] = { since: now(), length: PAUSES[kind][outcome], error }
      throw error
    }
    const brought = await knownKey(id)
    if (!brought) pauses[kind] = { since: now(), length: PAUSES[kind].unlisted }
    return brought
  }

  /** The configured keys, without a way to fetch others: what the fetch itself goes by. */
  const configuredKeys: PlatformKeys = {
    publicKeyId,
    ready: () => undefined,
    verifier: async serial => (await configuredKey(serial.toUpperCase()))?.key.verify,
    sealer: async () => undefined,
  }

  return {
    publicKeyId,

    ready: () => (readers.size > 0 || [...fetched.values()].some(isValid) ? undefined : loadCertificates()),

    async verifier(serial, kind = 'notification', admit) {
      const key = await findKey(serial, kind, admit)
      if (key) return key.key.verify
      if (isPublicKeyId(serial))
        throw new ConfigurationError('OPTION_MISSING', 'platformKeys', givePublicKey(serial.toUpperCase()))
      if (!source)
        throw new ConfigurationError(
          'OPTION_MISSING',
          'platformKeys',
          'the message is signed with a platform certificate (平台证书). Give it, or "apiv3Key"',
        )
      return undefined
    },

    async sealer(serial) {
      if (serial) return sealerOf(await findKey(serial, 'response'))
      let key = publicKeyId ? await knownKey(publicKeyId) : await newestKey()
      if (!key) {
        await loadCertificates()
        key = await newestKey()
      }
      if (!key) throw new ConfigurationError('OPTION_INVALID', 'platformKeys', 'none is valid today. Check the clock')
      return sealerOf(key)
    },
  }
}

const sealerOf = (key: PlatformKey | undefined): Sealer | undefined => key && { id: key.serial, key: key.key }

/** The id of a public key, in either case, as it may be logged. */
const PUBLIC_KEY_ID = /^PUB_KEY_ID_\w{1,64}$/i
/** At most 20 octets (RFC 5280, 4.1.2.2), and some that are longer in practice. */
const CERTIFICATE_SERIAL = /^[0-9A-F]{1,64}$/i

/** Tells the id of a public key (微信支付公钥ID) from the serial of a certificate. */
export const isPublicKeyId = (id: string): boolean => PUBLIC_KEY_ID.test(id)

const givePublicKey = (id: string): string => `give { ${id}: pem } (商户平台 → API 安全 → 微信支付公钥)`
export const GIVE_PUBLIC_KEY: string = givePublicKey('PUB_KEY_ID_…')

/** A certificate, or a public key, which is valid until WeChat Pay says otherwise. */
interface PlatformKey extends Omit<Certificate, 'notBefore' | 'notAfter'> {
  notBefore: Date | number
  notAfter: Date | number
}

/** Checks a configured key as far as that goes without waiting, and imports it when it is first needed. */
function readerOf(id: string, pem: string, crypto: Crypto): () => Promise<PlatformKey> {
  const option = `platformKeys.${id}`
  const isPublicKey = isPublicKeyId(id)
  if (!isPublicKey && !CERTIFICATE_SERIAL.test(id))
    throw new ConfigurationError('OPTION_INVALID', option, 'name it PUB_KEY_ID_…, or by its serial, hex without colons')
  ;(isPublicKey ? publicPem : certificatePem)(pem, option)
  return once(() => (isPublicKey ? readPublicKey : readCertificate)(id.toUpperCase(), pem, option, crypto))
}

async function readPublicKey(id: string, pem: string, option: string, crypto: Crypto): Promise<PlatformKey> {
  const key = await importPublicKey(pem, option, crypto)
  return { serial: id, key, notBefore: 0, notAfter: Number.POSITIVE_INFINITY }
}

async function readCertificate(id: string, pem: string, option: string, crypto: Crypto): Promise<PlatformKey> {
  const certificate = await importCertificate(pem, option, crypto)
  if (certificate.serial === id) return certificate
  throw new ConfigurationError('KEY_MISMATCH', option, `this certificate is ${certificate.serial}`)
}
