import { DAY, HOUR } from '../../core/base/time.ts'
import { readPem } from '../../core/crypto/pem.ts'
import type { State } from '../state/state.ts'
import { type DistinguishedName, SIGNING, signCertificate } from './certificate.ts'
import type { AuthorityKey, KeySource } from './key-source.ts'

/** Dependencies of the functions that create keys and certificates. */
export interface KeyContext {
  readonly state: State
  readonly keySource: KeySource
  readonly authority: () => Promise<CertificateAuthority>
  /** Returns the time of the real clock, ms, by which certificates are valid. */
  readonly now: () => number
  readonly crypto: Crypto
}

const ISSUER = { CN: 'Tenpay.com Root CA', OU: 'Tenpay.com CA Center', O: 'Tenpay.com', C: 'CN' }
/** Validity of WeChat Pay's certificates. */
const VALIDITY = 5 * 365 * DAY
/** Backdates certificates, so that they are valid for a client whose clock is a little slow. */
const CLOCK_TOLERANCE = HOUR

export interface IssuedCertificate {
  /** 40 upper-case hex digits. */
  readonly serial: string
  readonly pem: string
  /** ms */
  readonly notBefore: number
  readonly notAfter: number
}

/** The authority that issues the certificates of both sides. */
export interface CertificateAuthority {
  /** @param name name of the certificate in the {@link KeySource} */
  issue(name: string, subject: DistinguishedName, publicKey: CryptoKey, now: number): Promise<IssuedCertificate>
  /** Issues the authority's own certificate, which verifies the others, as PEM. */
  ownCertificate(now: number): Promise<string>
}

/**
 * Returns a function that loads the authority at its first call: a simulator restored from a snapshot has its certificates
 * and may not need it.
 */
export function createAuthority(
  state: State,
  keySource: KeySource,
  crypto: Crypto,
): () => Promise<CertificateAuthority> {
  const keys = state.map<AuthorityKey>('authority')
  const prepare = async (): Promise<CertificateAuthority> => {
    const key = keys.get('key') ?? (await keySource.authorityKey())
    keys.set('key', key)
    const { algorithm } = SIGNING[key.algorithm]
    const { der } = readPem(key.privateKey, 'authority')
    const signingKey = await crypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign'])
    const issue = async (
      name: string,
      subject: DistinguishedName,
      publicKey: CryptoKey,
      now: number,
      isAuthority: boolean,
    ): Promise<IssuedCertificate> => {
      const serial = formatSerial(keySource.hex(`${name}/serial`, 40))
      // X.509 stores whole seconds.
      const notBefore = Math.floor((now - CLOCK_TOLERANCE) / 1000) * 1000
      const notAfter = notBefore + VALIDITY
      const content = { serial, issuer: ISSUER, subject, publicKey, notBefore, notAfter, isAuthority }
      const pem = await signCertificate(content, { key: signingKey, type: key.algorithm }, crypto)
      return { serial, pem, notBefore, notAfter }
    }
    return {
      issue: (name, subject, publicKey, now) => issue(name, subject, publicKey, now, false),
      async ownCertificate(now) {
        const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey('jwk', signingKey)
        const jwk = key.algorithm === 'RSA' ? { kty, n, e } : { kty, crv, x, y }
        const publicKey = await crypto.subtle.importKey('jwk', jwk as JsonWebKey, algorithm, true, ['verify'])
        return (await issue('authority', ISSUER, publicKey, now, true)).pem
      },
    }
  }
  let ready: Promise<CertificateAuthority> | undefined
  return () => {
    ready ??= prepare()
    return ready
  }
}

/** Formats a serial of 20 bytes, positive and without a leading zero (RFC 5280, 4.1.2.2), like WeChat Pay's 40 digits. */
const formatSerial = (digits: string): string =>
  `${1 + (Number.parseInt(digits[0]!, 16) % 7)}${digits.slice(1)}`.toUpperCase()
