import { type CertificateCache, ConfigurationError, type Wechatpay, type WechatpayOptions } from '../core/index.ts'
import { MAX_CERTIFICATE_AGE } from '../core/options/options.ts'
import { clientFrom } from './client.ts'
import { createDenoFetch } from './deno-fetch.ts'
import { optionsFrom as optionsFromTexts, VARIABLES } from './environment.ts'
import { FILE_VARIABLES, type FileEnvironment } from './files.ts'
import { type KeyPair, type Names, PARTS, readAuthorities, readKeyPair } from './key-pair.ts'
import { readLocal } from './local.ts'
import { withAdvice } from './missing-variable.ts'
import { refuseMisspelt } from './refuse-misspelt.ts'
import { refuseOptions } from './refuse-options.ts'

export { fileCache } from './file-cache.ts'
export type { FileEnvironment } from './files.ts'

/** The part of a `Deno.Kv` that this adapter uses. */
export interface DenoKv {
  get(key: string[]): Promise<{ value: unknown }>
  set(key: string[], value: unknown, options: { expireIn: number }): Promise<unknown>
  close(): void
}

/** The part of Deno's API that this file uses. */
declare const Deno: {
  env: { get(name: string): string | undefined }
  readTextFileSync(path: string): string
  openKv?(): Promise<DenoKv>
}

/** The merchant's client certificate. Deno does not support PKCS#12; use the PEM files of the same download. */
export interface ClientCertificate extends Partial<KeyPair> {
  /** Certificate authorities that replace those of Deno, such as that of a simulator or a proxy. PEM. */
  ca?: string
}

/** Options of {@link createFetch}. */
export interface FetchOptions {
  /** Certificate authorities that replace those of Deno, such as that of a simulator or a proxy. PEM. */
  ca?: string
}

/**
 * Creates a client from the environment, which it reads like {@link optionsFrom}.
 *
 * The minimum permissions are `--allow-env=WECHATPAY_* --allow-net=api.mch.weixin.qq.com,api2.mch.weixin.qq.com`, with
 * `--allow-read=…` for the files in variables ending with `_FILE`, and `--allow-read=… --allow-write=…` for the folder
 * of the cache. A proxy requires `--allow-env=HTTPS_PROXY,NO_PROXY` and `--allow-net` for its host.
 *
 * @param environment default: the variables in `Deno.env`
 * @param options override the environment
 * @throws {ConfigurationError} names the variable that is missing or wrong, the file that cannot be read, or the
 * missing permission; or options are given as the environment
 * @example
 * ```ts
 * const wxpay = wechatpay()
 * ```
 */
export function wechatpay(environment?: FileEnvironment, options: Partial<WechatpayOptions> = {}): Wechatpay {
  if (environment) {
    refuseOptions(environment)
    refuseMisspelt(environment, options)
  }
  try {
    return clientFrom({ ...optionsFrom(environment ?? readEnvironment()), ...options })
  } catch (error) {
    throw environment ? error : withAdvice(error, 'If it is in .env, start with deno run --env-file')
  }
}

/**
 * Reads the options of a client from the environment, {@link FileEnvironment}, and from the files that it names. If
 * there is a client certificate (双向证书), calls that require one present it. Platform certificates are cached in the file
 * in `WECHATPAY_CERTIFICATE_CACHE`, or in Deno KV if available (Deno Deploy, `--unstable-kv`).
 *
 * @param environment default: the variables in `Deno.env`
 * @returns options, without those that the environment does not set
 * @throws {ConfigurationError} names the variable, the file that cannot be read, or the missing permission
 * @example
 * ```ts
 * const wxpay = new Wechatpay({ ...optionsFrom(), timeout: 5000 })
 * ```
 */
export function optionsFrom(environment: FileEnvironment = readEnvironment()): WechatpayOptions {
  const { texts, pair, names, certificateCache } = readLocal(environment, path => Deno.readTextFileSync(path))
  const cache = certificateCache ?? (texts.WECHATPAY_MCHID && Deno.openKv ? kvCache(texts.WECHATPAY_MCHID) : undefined)
  return {
    ...optionsFromTexts(texts),
    fetch: createFetch(),
    ...(pair && { mtlsFetch: mtlsFetchOf(pair, names) }),
    ...(cache && { certificateCache: cache }),
  }
}

/** Reads the variables one by one, so that permission for the whole environment is not required. */
function readEnvironment(): FileEnvironment {
  try {
    return Object.fromEntries([...VARIABLES, ...FILE_VARIABLES].map(name => [name, Deno.env.get(name)]))
  } catch (cause) {
    throw new ConfigurationError('PERMISSION_DENIED', 'Deno.env', 'run Deno with --allow-env=WECHATPAY_*', cause)
  }
}

/**
 * Creates a `fetch` that presents the merchant's client certificate (双向证书), for the option `mtlsFetch`.
 *
 * @throws {ConfigurationError} the certificate or the key cannot be read, they are not a pair, or the passphrase is wrong
 * @see https://docs.deno.com/api/deno/~/Deno.createHttpClient
 * @example
 * ```ts
 * const mtlsFetch = createMtlsFetch({
 *   cert: await Deno.readTextFile('apiclient_cert.pem'),
 *   key: await Deno.readTextFile('apiclient_key.pem'),
 * })
 * const wxpay = new Wechatpay({ mchid, apiv2Key, mtlsFetch })
 * ```
 */
export function createMtlsFetch(certificate: ClientCertificate): typeof fetch {
  return mtlsFetchOf(certificate, PARTS)
}

function mtlsFetchOf({ cert, key, passphrase, ca }: ClientCertificate, names: Names): typeof fetch {
  const pair = readKeyPair({ cert, key, passphrase }, names)
  return createDenoFetch({ ...pair, ...readAuthorities(ca) })
}

/**
 * Creates a `fetch` that sends each request once, for the option `fetch` of a client that is created without
 * {@link wechatpay} and {@link optionsFrom}, which use it already. Deno's own `fetch` sends a POST again, with the same
 * signature, if the connection breaks after the request has arrived.
 *
 * It uses HTTP/1.1, keeps connections alive, and does not follow redirects. It uses `HTTPS_PROXY` and `NO_PROXY` if
 * `--allow-env` permits reading them.
 *
 * @returns a `fetch` that rejects like Deno's, but with a {@link ConfigurationError} `PERMISSION_DENIED` if
 * `--allow-net` is missing
 * @see https://github.com/denoland/deno/issues/35610
 * @example
 * ```ts
 * const wxpay = new Wechatpay({ mchid, serial, privateKey, apiv3Key, fetch: createFetch() })
 * ```
 */
export function createFetch({ ca }: FetchOptions = {}): typeof fetch {
  return createDenoFetch(readAuthorities(ca))
}

/**
 * Caches platform certificates (平台证书) in Deno KV for 11 hours, for the option `certificateCache`. They remain encrypted
 * with the APIv3 key.
 *
 * @param name name of the entry, which must differ between merchants
 * @param open opens the store. Default: `Deno.openKv`, the program's own
 * @example
 * ```ts
 * const wxpay = new Wechatpay({ ...options, certificateCache: kvCache(mchid) })
 * ```
 */
export function kvCache(name: string, open: () => Promise<DenoKv> = () => Deno.openKv!()): CertificateCache {
  const key = ['wechatpay-edge', 'certificates', name]
  // Opened for each use only, which is twice a day.
  const using = async <T>(use: (kv: DenoKv) => Promise<T>): Promise<T> => {
    const kv = await open()
    try {
      return await use(kv)
    } finally {
      kv.close()
    }
  }
  return {
    get: () => using(async kv => (await kv.get(key)).value as string | null),
    set: text => using(async kv => void (await kv.set(key, text, { expireIn: MAX_CERTIFICATE_AGE }))),
  }
}
