import type { CertificateCache } from '../core/index.ts'
import type { Environment } from './environment.ts'
import { fileCache } from './file-cache.ts'
import { type FileEnvironment, readFiles, readText, setVariable } from './files.ts'
import { type Names, openPrivateKey, VARIABLE_PARTS } from './key-pair.ts'

/** An environment whose files were read, for Node, Deno and Bun. */
export interface Local {
  /** All keys as text, the private key without passphrase. */
  texts: Environment
  /** The client certificate (双向证书), if both certificate and key are set. */
  pair: { cert: string; key: string } | undefined
  /** The variables that set the parts of the client certificate. */
  names: Names
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
  const names: Names = {
    ...VARIABLE_PARTS,
    cert: setVariable(environment, 'WECHATPAY_CERTIFICATE'),
    key: setVariable(environment, 'WECHATPAY_PRIVATE_KEY'),
  }
  const key =
    given && readText(environment, 'WECHATPAY_PRIVATE_KEY', () => openPrivateKey({ key: given, passphrase }, names))
  return {
    texts: { ...texts, WECHATPAY_PRIVATE_KEY: key },
    pair: cert && key ? { cert, key } : undefined,
    names,
    certificateCache: cache ? fileCache(cache) : undefined,
  }
}
