import type { CertificateCache } from '../core/index.ts'
import type { Environment } from './environment.ts'
import { fileCache } from './file-cache.ts'
import { type FileEnvironment, readFiles } from './files.ts'
import { openPrivateKey, VARIABLE_PARTS } from './key-pair.ts'

/** An environment whose files were read, for Node, Deno and Bun. */
export interface Local {
  /** All keys as text, the private key without passphrase. */
  texts: Environment
  /** The client certificate (双向证书), if both certificate and key are set. */
  pair: { cert: string; key: string } | undefined
  certificateCache: CertificateCache | undefined
}

/**
 * Reads the files of an environment.
 *
 * @param read returns the text of a file, or throws the runtime's error
 * @throws {ConfigurationError} names the variable
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
