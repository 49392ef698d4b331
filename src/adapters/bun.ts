import { readFileSync } from 'node:fs'
import process from 'node:process'
import type { Wechatpay, WechatpayOptions } from '../core/index.ts'
import { clientFrom } from './client.ts'
import { optionsFrom as optionsFromTexts } from './environment.ts'
import type { FileEnvironment } from './files.ts'
import { type KeyPair, type Names, PARTS, readAuthorities, readKeyPair } from './key-pair.ts'
import { readLocal } from './local.ts'
import { createNodeCrypto } from './node-crypto.ts'
import { refuseMisspelt } from './refuse-misspelt.ts'
import { refuseOptions } from './refuse-options.ts'
import { runtimeFetch } from './unsent.ts'

export { fileCache } from './file-cache.ts'
export type { FileEnvironment } from './files.ts'

/**
 * The merchant's client certificate. Bun's `fetch` does not support PKCS#12; use the PEM files of the same download.
 */
export interface ClientCertificate extends Partial<KeyPair> {
  /** Certificate authorities that replace those of Bun, such as that of a simulator or a proxy. PEM. */
  ca?: string
}

/**
 * Creates a client from the environment, which it reads like {@link optionsFrom}.
 *
 * @param environment default: `process.env`, which includes `.env` in Bun
 * @param options override the environment
 * @throws {ConfigurationError} names the variable that is missing or wrong, or the file that cannot be read; or options are given as the
 * environment
 * @example
 * ```ts
 * const wxpay = wechatpay()
 * ```
 */
export function wechatpay(
  environment: FileEnvironment = process.env,
  options: Partial<WechatpayOptions> = {},
): Wechatpay {
  if (environment !== process.env) refuseOptions(environment)
  refuseMisspelt(environment, options)
  return clientFrom({ ...optionsFrom(environment), ...options })
}

/**
 * Reads the options of a client from the environment, {@link FileEnvironment}, and from the files that it names. If
 * there is a client certificate (双向证书), calls that require one present it.
 *
 * The options include a `crypto` that verifies, computes HMAC and decrypts notifications on the calling thread, which is faster.
 *
 * @param environment default: `process.env`
 * @returns options, without those that the environment does not set
 * @throws {ConfigurationError} names the variable, or the file that cannot be read
 * @example
 * ```ts
 * const wxpay = new Wechatpay({ ...optionsFrom(), timeout: 5000 })
 * ```
 */
export function optionsFrom(environment: FileEnvironment = process.env): WechatpayOptions {
  const { texts, pair, names, certificateCache } = readLocal(environment, path => readFileSync(path, 'utf8'))
  return {
    ...optionsFromTexts(texts),
    // Operations with a private key are left to other threads: in Bun they take longer than the way there.
    crypto: createNodeCrypto(globalThis.crypto, () => true),
    fetch: runtimeFetch,
    ...(pair && { mtlsFetch: mtlsFetchOf(pair, names) }),
    ...(certificateCache && { certificateCache }),
  }
}

/**
 * Creates a `fetch` that presents the merchant's client certificate (双向证书), for the option `mtlsFetch`.
 *
 * @throws {ConfigurationError} the certificate or the key cannot be read, they are not a pair, or the passphrase is wrong
 * @see https://bun.sh/reference/globals/BunFetchRequestInit/tls
 * @example
 * ```ts
 * const mtlsFetch = createMtlsFetch({
 *   cert: await Bun.file('apiclient_cert.pem').text(),
 *   key: await Bun.file('apiclient_key.pem').text(),
 * })
 * const wxpay = new Wechatpay({ mchid, apiv2Key, mtlsFetch })
 * ```
 */
export function createMtlsFetch(certificate: ClientCertificate): typeof fetch {
  return mtlsFetchOf(certificate, PARTS)
}

function mtlsFetchOf({ cert, key, passphrase, ca }: ClientCertificate, names: Names): typeof fetch {
  const tls = { ...readKeyPair({ cert, key, passphrase }, names), ...readAuthorities(ca) }
  return (input, init) => runtimeFetch(input, { ...init, tls } as RequestInit)
}
