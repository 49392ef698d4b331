import { utf8 } from '../../core/bytes.ts'
import { sha256 } from '../../core/crypto/digest.ts'

/** A bearer token as the configuration knows it: `sha256:` and 64 hex digits. */
export const TOKEN_HASH: RegExp = /^sha256:[0-9a-f]{64}$/

/**
 * What the configuration holds in a token's place. The token has to be random, 128 bits and more: a hash of this kind
 * hides no password.
 *
 * @returns `sha256:` and 64 hex digits, lower case
 * @example
 * ```ts
 * await hashOf('wxe_…') // 'sha256:…'
 * ```
 */
export const hashOf = async (token: string): Promise<string> => `sha256:${await sha256(utf8(token))}`
