import type { CertificateCache } from '../core/index.ts'
import type { Environment } from './environment.ts'
import { fileCache } from './file-cache.ts'
import { type FileEnvironment, readFiles } from './files.ts'
import { openPrivateKey, VARIABLE_PARTS } from './key-pair.ts'

/** What Node, Deno and Bun alike make of an environment whose keys may lie in files. */
export interface Local {
  /** Every key as text, the private key without passphrase. */
  texts: Environment
  /** The client certificate (双向证书), where it is there with its key. */
  pair: { cert: string; key: string } | undefined
  certificateCache: CertificateCache | undefined
}

/**
 * Reads the files of an environment.
 *
 * @param read gives a file's text, or throws as the runtime does
 * @throws {ConfigurationError} naming the variable
 */
export function readLocal(environment: FileEnvironment, read: (path: string) => string): Local {
  const texts = readFiles(environment, read)
  const { WECHATPAY_CERTIFICATE_CACHE: cache, WECHATPAY_PRIVATE_KEY_PASSPHRASE: passphrase } = environment
  const { WECHATPAY_CERTIFICATE: cert, WECHATPAY_PRIVATE_KEY: given } = texts
  const key = given && openPrivateKey({ key: given, passphrase }, VARIABLE_PARTS)
  return {
    texts: { ...texts, WECHATPAY_PRIVATE_KEY: key },
    pair: cert && key ? { cert, key } : undefined,
    certificateCache: cache ? fileCache(cache) : undefined,
  }
}
