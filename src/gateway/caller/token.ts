import { utf8 } from '../../core/base/bytes.ts'
import { sha256 } from '../../core/crypto/digest.ts'

/** Computes SHA-256, lower-case hex. */
export type Sha256 = (message: ReturnType<TextEncoder['encode']>) => string | Promise<string>

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
export const hashOf = (token: string): Promise<string> => hashTokenBy(sha256, token)

/** Hashes a bearer token as {@link hashOf} does, by an implementation of SHA-256. */
export const hashTokenBy = async (hash: Sha256, token: string): Promise<string> => `sha256:${await hash(utf8(token))}`
