import nodeCrypto from 'node:crypto'
import { createRequire } from 'node:module'
import { ConfigurationError } from '../core/index.ts'

/**
 * The WebCrypto to use: the runtime's; where `globalThis.crypto` is missing that of `node:crypto`; where there is none at
 * all, @peculiar/webcrypto, if it is installed. For the option `crypto`.
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
    const cure = 'no WebCrypto in this runtime. Install it: npm install @peculiar/webcrypto'
    throw new ConfigurationError('PACKAGE_MISSING', '@peculiar/webcrypto', cure, cause)
  }
}
