import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { privateKeyPem } from '../../simulator/keys/key-pair.ts'
import { provideReflectMetadata } from '../../simulator/keys/reflect-metadata.ts'

/** What the server shows, and what a client trusts it by; PEM. */
export interface TlsCertificate {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const YEAR = 365 * 24 * 60 * 60 * 1000
const SIGNATURE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/** WeChat Pay's hosts too: an SDK with a host built in finds the simulator through the resolver. */
const NAMES = ['localhost', '127.0.0.1', '::1', ...['api', 'api2', 'fraud'].map(name => `${name}.mch.weixin.qq.com`)]

/**
 * Makes a certificate for the HTTPS server, under an authority of its own. The authority's key is thrown away: whoever
 * trusts it trusts this one certificate.
 *
 * @param host where the server listens
 */
export async function createTlsCertificate(host: string, now: number): Promise<TlsCertificate> {
  provideReflectMetadata()
  const x509 = await import('@peculiar/x509')
  const makeKeys = () => crypto.subtle.generateKey(SIGNATURE, true, ['sign', 'verify']) as Promise<CryptoKeyPair>
  const [authority, server] = await Promise.all([makeKeys(), makeKeys()])
  // Each its own name: a client that trusts two would else try the key of the one on a certificate of the other.
  const issuer = `CN=WeChat Pay simulator ${randomBytes(4).toString('hex')}`
  const common = {
    notBefore: new Date(now - YEAR / 365),
    notAfter: new Date(now + 2 * YEAR),
    signingAlgorithm: SIGNATURE,
    signingKey: authority.privateKey,
    issuer,
  }
  const names = [...new Set([...NAMES, host])].map(value => new x509.GeneralName(isIP(value) ? 'ip' : 'dns', value))
  const [ca, cert] = await Promise.all([
    x509.X509CertificateGenerator.create({
      ...common,
      subject: issuer,
      publicKey: authority.publicKey,
      extensions: [
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
      ],
    }),
    x509.X509CertificateGenerator.create({
      ...common,
      subject: 'CN=localhost',
      publicKey: server.publicKey,
      extensions: [
        new x509.SubjectAlternativeNameExtension(names),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        await x509.AuthorityKeyIdentifierExtension.create(authority.publicKey),
      ],
    }),
  ])
  return {
    ca: `${ca.toString('pem')}\n`,
    cert: `${cert.toString('pem')}\n`,
    key: await privateKeyPem(server.privateKey, crypto),
  }
}

/** Whether a certificate of an earlier run serves still: whoever trusts it need not learn another. */
export function serves({ ca, cert, key }: TlsCertificate, host: string, now: number): boolean {
  try {
    const certificate = new X509Certificate(cert)
    return (
      Date.parse(certificate.validTo) > now + YEAR / 12 &&
      certificate.verify(new X509Certificate(ca).publicKey) &&
      certificate.checkPrivateKey(createPrivateKey(key)) &&
      (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined
    )
  } catch {
    return false
  }
}
