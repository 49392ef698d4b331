import { utf8 } from '../../core/bytes.ts'
import { sha256 } from '../../core/crypto/digest.ts'

/** Matches the hash of a token: `sha256:` and 64 hex digits. */
export const TOKEN_HASH: RegExp = /^sha256:[0-9a-f]{64}$/

/**
 * Hashes a bearer token for the configuration. The token must be random, with at least 128 bits: this fast hash does not protect a
 * password.
 *
 * @returns `sha256:` and 64 hex digits, lower case
 * @example
 * ```ts
 * await hashOf('wxe_…') // 'sha256:…'
 * ```
 */
export const hashOf = async (token: string): Promise<string> => `sha256:${await sha256(utf8(token))}`
