import {
  type Certificate,
  certificatePem,
  importCertificate,
  importPublicKey,
  type PublicKey,
  publicPem,
} from '../crypto/keys.ts'
import { ConfigurationError } from '../errors.ts'
import { flight } from '../flight.ts'
import { once } from '../once.ts'

/** A key to seal with, and its id. */
export interface Sealer {
  id: string
  key: PublicKey
}

/** WeChat Pay's keys: which one verifies an answer, which one seals a field. */
export interface PlatformKeys {
  /** The public key that the merchant configured (微信支付公钥): answers are asked to be signed with it. */
  readonly publicKeyId: string | undefined
  /**
   * Makes sure, before anything is sent, that an answer can be verified.
   *
   * @returns what has to be waited for, if anything; rejects with `OPTION_MISSING` or what fetching the certificates threw
   */
  ready(): Promise<void> | undefined
  /** The key an answer names; undefined when it is WeChat Pay's no longer, or never was. */
  verifier(serial: string): Promise<CryptoKey | undefined>
  /**
   * The key to seal with, and the id to name in `Wechatpay-Serial`.
   *
   * @param serial demands that key: undefined when it is WeChat Pay's no longer, or never was
   */
  sealer(serial?: string): Promise<Sealer | undefined>
}

/** After a refresh that did not bring the serial asked for, the next waits this long: forged serials must not drive it. Milliseconds. */
const FRUITLESS_PAUSE = 60_000

/**
 * Keeps platform certificates (平台证书) and public keys (微信支付公钥) side by side, as merchants who migrate have them:
 * the serial that a message names picks. Where a public key is configured certificates are never fetched: WeChat Pay
 * answers a merchant in public-key mode 404 `RESOURCE_NOT_EXISTS`.
 *
 * @param configured PEM by id
 * @param download fetches `GET /v3/certificates`, or, when none is known yet, recalls them; undefined when the merchant has no APIv3 key to open them with
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND`
 */
export function createPlatformKeys(
  configured: Readonly<Record<string, string>>,
  download: ((isStart: boolean) => Promise<Certificate[]>) | undefined,
  { crypto, now }: { crypto: Crypto; now: () => number },
): PlatformKeys {
  const given = new Map<string, () => Promise<PlatformKey>>()
  for (const [id, pem] of Object.entries(configured)) {
    const option = `platformKeys.${id}`
    const isPublicKey = id.startsWith(PUBLIC_KEY)
    ;(isPublicKey ? publicPem : certificatePem)(pem, option)
    given.set(
      id.toUpperCase(),
      once(() => (isPublicKey ? readPublicKey : readCertificate)(id, pem, option, crypto)),
    )
  }
  const publicKeyId = Object.keys(configured).find(id => id.startsWith(PUBLIC_KEY))

  const fetched = new Map<string, PlatformKey>()
  let fruitlessAt = Number.NEGATIVE_INFINITY

  const refresh = flight(async () => {
    if (!download) throw new ConfigurationError('OPTION_MISSING', 'platformKeys', `${GIVE_PUBLIC_KEY}, or "apiv3Key"`)
    const certificates = await download(given.size + fetched.size === 0)
    fetched.clear()
    for (const certificate of certificates) fetched.set(certificate.serial, certificate)
  }, now)

  const isValid = ({ notBefore, notAfter }: PlatformKey): boolean => +notBefore <= now() && now() < +notAfter

  async function held(id: string): Promise<PlatformKey | undefined> {
    const key = (await given.get(id)?.()) ?? fetched.get(id)
    return key && isValid(key) ? key : undefined
  }

  async function newest(): Promise<PlatformKey | undefined> {
    const keys = [...(await Promise.all(Array.from(given.values(), key => key()))), ...fetched.values()]
    return keys.filter(isValid).sort((one, other) => +other.notBefore - +one.notBefore)[0]
  }

  async function find(serial: string): Promise<PlatformKey | undefined> {
    const id = serial.toUpperCase()
    const known = await held(id)
    if (known || publicKeyId || !download || now() - fruitlessAt < FRUITLESS_PAUSE) return known
    await refresh()
    const brought = await held(id)
    if (!brought) fruitlessAt = now()
    return brought
  }

  return {
    publicKeyId,

    ready: () => (given.size > 0 || [...fetched.values()].some(isValid) ? undefined : refresh()),

    verifier: async serial => (await find(serial))?.key.verify,

    async sealer(serial) {
      if (serial) return sealerOf(await find(serial))
      let key = publicKeyId ? await held(publicKeyId.toUpperCase()) : await newest()
      if (!key) {
        await refresh()
        key = await newest()
      }
      if (!key) throw new ConfigurationError('OPTION_INVALID', 'platformKeys', 'none is valid today. Check the clock')
      return sealerOf(key)
    },
  }
}

const sealerOf = (key: PlatformKey | undefined): Sealer | undefined => key && { id: key.serial, key: key.key }

const PUBLIC_KEY = 'PUB_KEY_ID_'

export const GIVE_PUBLIC_KEY = 'give { PUB_KEY_ID_…: pem } (商户平台 → API 安全 → 微信支付公钥)'

/** A certificate, or a public key, which is valid until WeChat Pay says otherwise. */
interface PlatformKey extends Omit<Certificate, 'notBefore' | 'notAfter'> {
  notBefore: Date | number
  notAfter: Date | number
}

async function readPublicKey(id: string, pem: string, option: string, crypto: Crypto): Promise<PlatformKey> {
  const key = await importPublicKey(pem, option, crypto)
  return { serial: id, key, notBefore: 0, notAfter: Number.POSITIVE_INFINITY }
}

async function readCertificate(id: string, pem: string, option: string, crypto: Crypto): Promise<PlatformKey> {
  const certificate = await importCertificate(pem, option, crypto)
  if (certificate.serial === id.toUpperCase()) return certificate
  throw new ConfigurationError('KEY_MISMATCH', option, `the serial of this certificate is ${certificate.serial}`)
}
