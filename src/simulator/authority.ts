import { hex } from '../core/bytes.ts'
import { provideReflectMetadata } from './reflect.ts'

const ISSUER = 'CN=Tenpay.com Root CA, OU=Tenpay.com CA Center, O=Tenpay.com, C=CN'
/** WeChat Pay's certificates are valid for five years. */
export const VALIDITY: number = 5 * 365 * 24 * 60 * 60 * 1000
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
export interface Authority {
  issue(subject: string, publicKey: CryptoKey, now: number): Promise<IssuedCertificate>
}

/** Its own key is on P-256: made in no time, where another RSA key would double the cold start. */
export async function createAuthority(crypto: Crypto): Promise<Authority> {
  const curve = { name: 'ECDSA', namedCurve: 'P-256' }
  const [x509, keys] = await Promise.all([loadX509(), crypto.subtle.generateKey(curve, true, ['sign', 'verify'])])
  const { privateKey } = keys as CryptoKeyPair
  return {
    async issue(subject, publicKey, now) {
      const serial = serialNumber(crypto)
      // X.509 holds whole seconds.
      const notBefore = Math.floor((now - LEEWAY) / 1000) * 1000
      const notAfter = notBefore + VALIDITY
      const certificate = await x509.X509CertificateGenerator.create(
        {
          serialNumber: serial,
          subject,
          issuer: ISSUER,
          notBefore: new Date(notBefore),
          notAfter: new Date(notAfter),
          publicKey,
          signingKey: privateKey,
          signingAlgorithm: { ...curve, hash: 'SHA-256' },
        },
        crypto,
      )
      return { serial, pem: `${certificate.toString('pem')}\n`, notBefore, notAfter }
    },
  }
}

/** Loaded when a simulator is made, not before: whoever only imports the module pays nothing. */
function loadX509(): Promise<typeof import('@peculiar/x509')> {
  provideReflectMetadata()
  return import('@peculiar/x509')
}

/** 20 random bytes, positive and without a leading zero (RFC 5280, 4.1.2.2): WeChat Pay's have 40 digits. */
function serialNumber(crypto: Crypto): string {
  const bytes = crypto.getRandomValues(new Uint8Array(20))
  bytes[0] = 0x10 + (bytes[0]! % 0x70)
  return hex(bytes).toUpperCase()
}
