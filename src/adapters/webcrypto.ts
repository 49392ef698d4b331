import nodeCrypto from 'node:crypto'
import { createRequire } from 'node:module'
import { ConfigurationError } from '../core/index.ts'

/**
 * Returns a WebCrypto for the option `crypto`: the runtime's, otherwise that of `node:crypto`, otherwise @peculiar/webcrypto if it is
 * installed.
 *
 * @throws {ConfigurationError} `PACKAGE_MISSING`
 * @example
 * ```ts
 * const wxpay = new Wechatpay({ ...options, crypto: webcrypto() })
 * ```
 */
export function webcrypto(): Crypto {
  const builtIn = [globalThis.crypto, nodeCrypto.webcrypto as Crypto | undefined].find(crypto => crypto?.subtle)
  if (builtIn) return builtIn
  try {
    const { Crypto } = createRequire(import.meta.url)('@peculiar/webcrypto') as { Crypto: new () => Crypto }
    return new Crypto()
  } catch (cause) {
    const cure = 'required because this runtime has no WebCrypto. Install it: npm install @peculiar/webcrypto'
    throw new ConfigurationError('PACKAGE_MISSING', '@peculiar/webcrypto', cure, cause)
  }
}
