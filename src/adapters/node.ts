import { Agent, type buildConnector } from 'undici'

/** The merchant's client certificate: `apiclient_cert.pem` with `apiclient_key.pem`, or `apiclient_cert.p12`. */
export interface ClientCertificate {
  /** PEM */
  cert?: string
  /** PEM */
  key?: string
  /** PKCS#12 */
  pfx?: Uint8Array
  /** Of `pfx`, or of an encrypted `key`. WeChat Pay's default is the merchant id (商户号). */
  passphrase?: string
  /** Whom to trust in place of Node's certificate authorities: a simulator's, a proxy's. PEM. */
  ca?: string
}

/**
 * A `fetch` that presents the merchant's client certificate (双向证书), for the option `mtlsFetch`. Needs undici 7 installed.
 *
 * @example
 * ```ts
 * const mtlsFetch = createMtlsFetch({
 *   cert: await readFile('apiclient_cert.pem', 'utf8'),
 *   key: await readFile('apiclient_key.pem', 'utf8'),
 * })
 * const wxpay = new Wechatpay({ mchid, apiv2Key, mtlsFetch })
 * ```
 */
export function createMtlsFetch(certificate: ClientCertificate): typeof fetch {
  const dispatcher = new Agent({ connect: certificate as buildConnector.BuildOptions })
  return (input, init) => fetch(input, { ...init, dispatcher } as RequestInit)
}
