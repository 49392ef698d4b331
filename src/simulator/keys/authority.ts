import type * as X509 from '@peculiar/x509'
import { readPem } from '../../core/crypto/pem.ts'
import type { State } from '../state/state.ts'
import type { AuthorityKey, KeySource } from './key-source.ts'
import { provideReflectMetadata } from './reflect-metadata.ts'

/** Dependencies of the functions that make keys and certificates. */
export interface KeyContext {
  readonly state: State
  readonly keySource: KeySource
  readonly authority: () => Promise<CertificateAuthority>
  /** Returns the real time, ms: certificates are valid by it. */
  readonly now: () => number
  readonly crypto: Crypto
}

const ISSUER = 'CN=Tenpay.com Root CA, OU=Tenpay.com CA Center, O=Tenpay.com, C=CN'
/** WeChat Pay's certificates are valid for five years. */
const VALIDITY: number = 5 * 365 * 24 * 60 * 60 * 1000
/** A clock a little behind the issuer's must not find the certificate not yet valid. */
const LEEWAY = 60 * 60 * 1000

export interface IssuedCertificate {
  /** 40 upper-case hex digits. */
  serial: string
  pem: string
  /** ms */
  notBefore: number
  notAfter: number
}

/** The certificate authority that both sides' certificates come from. */
export interface CertificateAuthority {
  /** @param name what it is for, as the {@link KeySource} has it */
  issue(name: string, subject: string, publicKey: CryptoKey, now: number): Promise<IssuedCertificate>
  /** Issues the authority's own certificate, which the others verify with; PEM. */
  ownCertificate(now: number): Promise<string>
}

const ALGORITHMS = {
  ECDSA: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  RSA: { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' },
}

/** Ready at the first call, not before: a simulator that goes on from a state has its certificates. */
export function createAuthority(
  state: State,
  keySource: KeySource,
  crypto: Crypto,
): () => Promise<CertificateAuthority> {
  const keys = state.map<AuthorityKey>('authority')
  const prepare = async (): Promise<CertificateAuthority> => {
    const [x509, key] = await Promise.all([loadX509(), keys.get('key') ?? keySource.authorityKey()])
    keys.set('key', key)
    const signingAlgorithm = ALGORITHMS[key.algorithm]
    const { der } = readPem(key.privateKey, 'authority')
    const signingKey = await crypto.subtle.importKey('pkcs8', der, signingAlgorithm, true, ['sign'])
    const issue = async (
      name: string,
      subject: string,
      publicKey: CryptoKey,
      now: number,
      extensions: X509.Extension[] = [],
    ): Promise<IssuedCertificate> => {
      const serialNumber = formatSerial(keySource.hex(`${name}/serial`, 40))
      // X.509 holds whole seconds.
      const notBefore = Math.floor((now - LEEWAY) / 1000) * 1000
      const notAfter = notBefore + VALIDITY
      const certificate = await x509.X509CertificateGenerator.create(
        {
          serialNumber,
          subject,
          issuer: ISSUER,
          publicKey,
          signingKey,
          signingAlgorithm,
          extensions,
          notBefore: new Date(notBefore),
          notAfter: new Date(notAfter),
        },
        crypto,
      )
      return { serial: serialNumber, pem: `${certificate.toString('pem')}\n`, notBefore, notAfter }
    }
    return {
      issue: (name, subject, publicKey, now) => issue(name, subject, publicKey, now),
      async ownCertificate(now) {
        const { kty, crv, x, y, n, e } = await crypto.subtle.exportKey('jwk', signingKey)
        const jwk = key.algorithm === 'RSA' ? { kty, n, e } : { kty, crv, x, y }
        const publicKey = await crypto.subtle.importKey('jwk', jwk as JsonWebKey, signingAlgorithm, true, ['verify'])
        const isAuthority = new x509.BasicConstraintsExtension(true, undefined, true)
        return (await issue('authority', ISSUER, publicKey, now, [isAuthority])).pem
      },
    }
  }
  let ready: Promise<CertificateAuthority> | undefined
  return () => {
    ready ??= prepare()
    return ready
  }
}

/** Loaded when a certificate is made, not before: whoever only imports the module pays nothing. */
function loadX509(): Promise<typeof X509> {
  provideReflectMetadata()
  return import('@peculiar/x509')
}

/** 20 bytes, positive and without a leading zero (RFC 5280, 4.1.2.2): WeChat Pay's have 40 digits. */
const formatSerial = (digits: string): string =>
  `${1 + (Number.parseInt(digits[0]!, 16) % 7)}${digits.slice(1)}`.toUpperCase()
