import { readFileSync } from 'node:fs'
import process from 'node:process'
import { createSecureContext } from 'node:tls'
import type { Agent } from 'undici'
import { once } from '../core/base/single-flight.ts'
import { ConfigurationError, type Wechatpay, type WechatpayOptions } from '../core/index.ts'
import { clientFrom } from './client.ts'
import { optionsFrom as optionsFromTexts } from './environment.ts'
import { type FileEnvironment, readFile } from './files.ts'
import { type KeyPair, type Names, PARTS, readAuthorities, readKeyPair, VARIABLE_PARTS } from './key-pair.ts'
import { readLocal } from './local.ts'
import { withAdvice } from './missing-variable.ts'
import { createNodeCrypto } from './node-crypto.ts'
import { isWaiting, nodeFetch } from './node-fetch.ts'
import { refuseMisspelt } from './refuse-misspelt.ts'
import { refuseOptions } from './refuse-options.ts'
import { runtimeFetch } from './unsent.ts'
import { webcrypto } from './webcrypto.ts'

export { fileCache } from './file-cache.ts'
export type { FileEnvironment } from './files.ts'
export { webcrypto } from './webcrypto.ts'

/** The environment of Node: keys as text or files, and the client certificate as PEM or PKCS#12. */
export interface NodeEnvironment extends FileEnvironment {
  /**
   * Path of `apiclient_cert.p12`, the client certificate to use instead of `WECHATPAY_CERTIFICATE` and
   * `WECHATPAY_PRIVATE_KEY`.
   */
  WECHATPAY_P12_FILE?: string | undefined
  /** Passphrase of that file. Default: the merchant id (商户号), which WeChat Pay sets */
  WECHATPAY_P12_PASSPHRASE?: string | undefined
}

/** The merchant's client certificate: `apiclient_cert.pem` with `apiclient_key.pem`, or `apiclient_cert.p12`. */
export interface ClientCertificate extends Partial<KeyPair> {
  /**
   * PKCS#12, instead of `cert` and `key`; `passphrase` is then that of the file. WeChat Pay sets it to the merchant id
   * (商户号).
   */
  pfx?: Uint8Array
  /** Certificate authorities that replace those of Node, such as that of a simulator or a proxy. PEM. */
  ca?: string
}

/**
 * Creates a client from the environment, which it reads like {@link optionsFrom}.
 *
 * @param environment default: `process.env`
 * @param options override the environment
 * @throws {ConfigurationError} names the variable that is missing or wrong, or the file that cannot be read; or options are given as the
 * environment
 * @example
 * ```ts
 * // WECHATPAY_MCHID=1900000109 WECHATPAY_PRIVATE_KEY_FILE=apiclient_key.pem … node --env-file=.env index.ts
 * const wxpay = wechatpay()
 * ```
 */
export function wechatpay(
  environment: NodeEnvironment = process.env,
  options: Partial<WechatpayOptions> = {},
): Wechatpay {
  if (environment !== process.env) refuseOptions(environment)
  refuseMisspelt(environment, options)
  try {
    return clientFrom({ ...optionsFrom(environment), ...options })
  } catch (error) {
    throw environment === process.env ? withAdvice(error, 'If it is in .env, start with node --env-file=.env') : error
  }
}

/**
 * Reads the options of a client from the environment, {@link NodeEnvironment}, and from the files that it names. If
 * there is a client certificate (双向证书), calls that require one present it, which requires undici 7.
 *
 * The options include a `crypto` that does short operations on the calling thread, and a `fetch` that uses the
 * dispatcher below the global one, and leaves all to that if the program has replaced it or set a dispatcher. Both make a call faster.
 *
 * @param environment default: `process.env`
 * @returns options, without those that the environment does not set
 * @throws {ConfigurationError} names the variable, or the file that cannot be read
 * @example
 * ```ts
 * const wxpay = new Wechatpay({ ...optionsFrom(), timeout: 5000 })
 * ```
 */
export function optionsFrom(environment: NodeEnvironment = process.env): WechatpayOptions {
  const { texts, pair, names, certificateCache } = readLocal(environment, path => readFileSync(path, 'utf8'))
  const { WECHATPAY_P12_FILE: p12, WECHATPAY_P12_PASSPHRASE: passphrase = texts.WECHATPAY_MCHID } = environment
  const certificate = p12 ? { pfx: readFile('WECHATPAY_P12_FILE', p12, path => readFileSync(path)), passphrase } : pair
  return {
    ...optionsFromTexts(texts),
    crypto: createNodeCrypto(webcrypto(), isWaiting),
    fetch: nodeFetch,
    ...(certificate && { mtlsFetch: mtlsFetchOf(certificate, p12 ? P12_VARIABLES : names) }),
    ...(certificateCache && { certificateCache }),
  }
}

/**
 * Creates a `fetch` that presents the merchant's client certificate (双向证书), for the option `mtlsFetch`. Requires undici
 * 7.
 *
 * @throws {ConfigurationError} the certificate or the key cannot be read, they are not a pair, or the passphrase is
 * wrong; thrown by the `fetch` if undici is not installed
 * @see https://pay.weixin.qq.com/wiki/doc/api/jsapi_sl.php?chapter=4_3
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
  return mtlsFetchOf(certificate, PARTS)
}

const P12_VARIABLES: Names = { ...VARIABLE_PARTS, passphrase: 'WECHATPAY_P12_PASSPHRASE' }

function mtlsFetchOf({ pfx, cert, key, passphrase, ca }: ClientCertificate, names: Names): typeof fetch {
  if (pfx) refuseUnreadable(pfx, passphrase, names)
  const own = pfx ? { pfx, passphrase } : readKeyPair({ cert, key, passphrase }, names)
  const connect = { ...own, ...readAuthorities(ca) }
  const dispatcher = once(async () => new (await loadAgent())({ connect: connect as object }))
  return async (input, init) => runtimeFetch(input, { ...init, dispatcher: await dispatcher() } as RequestInit)
}

/** Loads undici on first use, because only client certificates require it. */
async function loadAgent(): Promise<typeof Agent> {
  try {
    return (await import('undici')).Agent
  } catch (cause) {
    const cure = 'required to present a client certificate (双向证书). Install it: npm install undici@7'
    throw new ConfigurationError('PACKAGE_MISSING', 'undici', cure, cause)
  }
}

function refuseUnreadable(pfx: Uint8Array, passphrase: string | undefined, names: Names): void {
  try {
    createSecureContext({ pfx: Buffer.from(pfx), passphrase })
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException
    if (message.includes('mac verify'))
      throw new ConfigurationError(
        'PASSPHRASE_WRONG',
        names.passphrase,
        `does not decrypt ${names.pfx}. WeChat Pay sets it to the merchant id (商户号)`,
        cause,
      )
    const why =
      code === 'ERR_CRYPTO_UNSUPPORTED_OPERATION'
        ? 'its cipher (RC2) is too old for this Node. Give apiclient_cert.pem and apiclient_key.pem of the same download'
        : 'is not a PKCS#12 file. Give apiclient_cert.p12 as it was downloaded'
    throw new ConfigurationError('OPTION_INVALID', names.pfx, why, cause)
  }
}
