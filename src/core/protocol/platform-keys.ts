import {
  type Certificate,
  certificatePem,
  importCertificate,
  importPublicKey,
  type PublicKey,
  publicPem,
} from '../crypto/keys.ts'
import { ConfigurationError } from '../errors.ts'
import { once } from '../once.ts'

/** WeChat Pay's keys: which one verifies an answer, which one seals a field. */
export interface PlatformKeys {
  /** The public key that the merchant configured (微信支付公钥): answers are asked to be signed with it. */
  readonly publicKeyId: string | undefined
  /**
   * Makes sure, before anything is sent, that an answer can be verified.
   *
   * @throws {ConfigurationError} `OPTION_MISSING`, and whatever fetching the certificates throws
   */
  ready(): Promise<void>
  /** The key an answer names; undefined when it is WeChat Pay's no longer, or never was. */
  verifier(serial: string): Promise<CryptoKey | undefined>
  /** The key to seal with, and the id to name in `Wechatpay-Serial`. */
  sealer(): Promise<{ id: string; key: PublicKey }>
}

/** After a refresh that did not bring the serial asked for, the next waits this long: forged serials must not drive it. Milliseconds. */
const FRUITLESS_PAUSE = 60_000
/** On Workers a flight ends unheard with the request that began it, when that is cancelled. Milliseconds. */
const LOST_FLIGHT = 60_000

/**
 * Keeps platform certificates (平台证书) and public keys (微信支付公钥) side by side, as merchants who migrate have them:
 * the serial that a message names picks. Where a public key is configured certificates are never fetched: WeChat Pay
 * answers a merchant in public-key mode 404 `RESOURCE_NOT_EXISTS`.
 *
 * @param configured PEM by id
 * @param download fetches `GET /v3/certificates`; undefined when the merchant has no APIv3 key to open them with
 * @throws {ConfigurationError} `PEM_INVALID`, `PEM_WRONG_KIND`
 */
export function createPlatformKeys(
  configured: Readonly<Record<string, string>>,
  download: (() => Promise<Certificate[]>) | undefined,
  { crypto, now }: { crypto: Crypto; now: () => number },
): PlatformKeys {
  const publicKeys = new Map<string, () => Promise<PublicKey>>()
  const givenCertificates = new Map<string, () => Promise<Certificate>>()
  for (const [id, pem] of Object.entries(configured)) {
    const option = `platformKeys.${id}`
    if (id.startsWith('PUB_KEY_ID_')) {
      publicPem(pem, option)
      publicKeys.set(
        id,
        once(() => importPublicKey(pem, option, crypto)),
      )
    } else {
      certificatePem(pem, option)
      givenCertificates.set(
        id.toUpperCase(),
        once(() => importNamedCertificate(id, pem, option, crypto)),
      )
    }
  }
  const publicKeyId = publicKeys.keys().next().value

  const fetched = new Map<string, Certificate>()
  let fruitlessAt = Number.NEGATIVE_INFINITY
  let flight: { promise: Promise<void>; since: number } | undefined

  const isValid = ({ notBefore, notAfter }: Certificate): boolean =>
    notBefore.getTime() <= now() && now() < notAfter.getTime()

  /** One flight, however many calls wait for it. */
  function refresh(): Promise<void> {
    if (flight && now() - flight.since < LOST_FLIGHT) return flight.promise
    const own = { promise: fetchCertificates(), since: now() }
    flight = own
    const landed = () => {
      if (flight === own) flight = undefined
    }
    own.promise.then(landed, landed)
    return own.promise
  }

  async function fetchCertificates(): Promise<void> {
    if (!download)
      throw new ConfigurationError(
        'OPTION_MISSING',
        'platformKeys',
        'there is no key to verify WeChat Pay\'s answers with. Give its public key ({ "PUB_KEY_ID_…": pem }, 商户平台 → API 安全 → 微信支付公钥), or "apiv3Key", with which its certificates can be fetched.',
      )
    const certificates = await download()
    fetched.clear()
    for (const certificate of certificates) fetched.set(certificate.serial, certificate)
  }

  async function certificateOf(serial: string): Promise<Certificate | undefined> {
    const certificate = (await givenCertificates.get(serial)?.()) ?? fetched.get(serial)
    return certificate && isValid(certificate) ? certificate : undefined
  }

  return {
    publicKeyId,

    async ready() {
      if (publicKeyId === undefined && givenCertificates.size === 0 && fetched.size === 0) await refresh()
    },

    async verifier(serial) {
      const publicKey = await publicKeys.get(serial)?.()
      if (publicKey) return publicKey.verify
      const held = await certificateOf(serial.toUpperCase())
      if (held) return held.key.verify
      if (publicKeyId !== undefined || !download || now() - fruitlessAt < FRUITLESS_PAUSE) return undefined
      await refresh()
      const brought = await certificateOf(serial.toUpperCase())
      if (!brought) fruitlessAt = now()
      return brought?.key.verify
    },

    async sealer() {
      if (publicKeyId !== undefined) return { id: publicKeyId, key: await publicKeys.get(publicKeyId)!() }
      const newest = async () => {
        const given = await Promise.all([...givenCertificates.values()].map(certificate => certificate()))
        return [...given, ...fetched.values()]
          .filter(isValid)
          .sort((one, other) => other.notBefore.getTime() - one.notBefore.getTime())[0]
      }
      const held = await newest()
      if (!held) await refresh()
      const certificate = held ?? (await newest())
      if (!certificate)
        throw new ConfigurationError(
          'OPTION_INVALID',
          'platformKeys',
          'none of the platform certificates is valid today. Check the clock, or give the current one.',
        )
      return { id: certificate.serial, key: certificate.key }
    },
  }
}

async function importNamedCertificate(id: string, pem: string, option: string, crypto: Crypto): Promise<Certificate> {
  const certificate = await importCertificate(pem, option, crypto)
  if (certificate.serial !== id.toUpperCase())
    throw new ConfigurationError(
      'KEY_MISMATCH',
      option,
      `this certificate has the serial ${certificate.serial}. Put it under that.`,
    )
  return certificate
}
