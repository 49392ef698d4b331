import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { DAY } from '../../core/base/time.ts'
import { HOSTS } from '../../simulator/generated/catalogue.ts'
import { privateKeyPem } from '../../simulator/keys/key-pair.ts'
import { provideReflectMetadata } from './reflect-metadata.ts'

/** The certificate and key of the server, and the authority that a client trusts; PEM. */
export interface TlsCertificate {
  readonly ca: string
  readonly cert: string
  readonly key: string
}

const YEAR = 365 * DAY
const SIGNATURE = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

/**
 * WeChat Pay's hosts: those of the definitions, and those that only SDKs name: the standby hosts of the documentation and of
 * the official Java SDK, the regional hosts of APIv2, the page that gives a shopper a coupon.
 */
export const WECHAT_PAY_HOSTS: readonly string[] = [
  ...new Set([
    ...HOSTS.split('\n'),
    'api2.mch.weixin.qq.com',
    'apihk.mch.weixin.qq.com',
    'apius.mch.weixin.qq.com',
    'apieu.mch.weixin.qq.com',
    'fraud.mch.weixin.qq.com',
    'payapp.mch.weixin.qq.com',
    'api.wechatpay.cn',
    'api2.wechatpay.cn',
    'pay.wechatpay.cn',
    'action.weixin.qq.com',
  ]),
]

/** Includes WeChat Pay's hosts, for an SDK with a fixed host that finds the simulator through the resolver. */
const HOST_NAMES = ['localhost', '127.0.0.1', '::1', ...WECHAT_PAY_HOSTS]

const namesOf = (host: string): string[] => [...new Set([...HOST_NAMES, host])]

/**
 * Creates a certificate for the HTTPS server under a new authority. The authority's key is discarded, so that trusting
 * it means trusting this certificate only.
 *
 * @param host the address that the server listens on
 */
export async function createTlsCertificate(host: string, now: number): Promise<TlsCertificate> {
  provideReflectMetadata()
  const x509 = await import('@peculiar/x509')
  const makeKeys = () => crypto.subtle.generateKey(SIGNATURE, true, ['sign', 'verify']) as Promise<CryptoKeyPair>
  const [authority, server] = await Promise.all([makeKeys(), makeKeys()])
  // Authorities have different names, because a client that trusts two of the same name may try the wrong key.
  const issuer = `CN=WeChat Pay simulator ${randomBytes(4).toString('hex')}`
  const common = {
    notBefore: new Date(now - YEAR / 365),
    notAfter: new Date(now + 2 * YEAR),
    signingAlgorithm: SIGNATURE,
    signingKey: authority.privateKey,
    issuer,
  }
  const names = namesOf(host).map(value => new x509.GeneralName(isIP(value) ? 'ip' : 'dns', value))
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

/** Returns whether a certificate of an earlier run is still usable: long enough, and for all names. */
export function isUsable({ ca, cert, key }: TlsCertificate, host: string, now: number): boolean {
  try {
    const certificate = new X509Certificate(cert)
    return (
      Date.parse(certificate.validTo) > now + YEAR / 12 &&
      certificate.verify(new X509Certificate(ca).publicKey) &&
      certificate.checkPrivateKey(createPrivateKey(key)) &&
      namesOf(host).every(name => (isIP(name) ? certificate.checkIP(name) : certificate.checkHost(name)) !== undefined)
    )
  } catch {
    return false
  }
}
