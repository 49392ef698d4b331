import { equal, sha256 as webSha256 } from '../../core/crypto/digest.ts'
import { Refusal } from '../problem.ts'
import type { Caller } from './caller.ts'
import { createJwtCheck, looksLikeJwt } from './jwt.ts'
import { hashTokenBy, type Sha256 } from './token.ts'

export interface AuthenticateOptions {
  /** Downloads the keys of JWT issuers. Default: the runtime's `fetch`. */
  fetch?: typeof fetch
  /** The clock, milliseconds since 1970. Default: `Date.now`. */
  now?: () => number
  /** Hashes tokens. Default: WebCrypto's SHA-256. */
  sha256?: Sha256 | undefined
}

/** Identifies the caller of a request. */
export type Authenticate = (request: Request) => Promise<Caller>

/**
 * Creates a function that identifies the caller of a request by `Authorization: Bearer …` with a token or a JWT, or without that
 * header by the JWT that Cloudflare Access puts into `Cf-Access-Jwt-Assertion`. The keys of an issuer are downloaded when the first
 * JWT needs them, and cached.
 *
 * @returns a function that throws a {@link Refusal}: 401 `UNAUTHENTICATED`, 401 `TOKEN_EXPIRED`, 403 `FORBIDDEN` (a valid JWT that
 * belongs to no caller), 503 `AUTHENTICATION_UNAVAILABLE` (the issuer's keys cannot be downloaded)
 * @example
 * ```ts
 * const authenticate = createAuthenticate(config.callers)
 * const caller = await authenticate(request)
 * ```
 */
export function createAuthenticate(callers: readonly Caller[], options: AuthenticateOptions = {}): Authenticate {
  const { fetch = globalThis.fetch.bind(globalThis), now = Date.now, sha256 = webSha256 } = options
  const hashedTokens = hashedTokensOf(callers)
  const findByJwt = callers.some(({ credential }) => 'issuer' in credential)
    ? createJwtCheck(callers, { fetch, now })
    : undefined

  return async ({ headers }) => {
    const authorization = headers.get('authorization')
    const token = authorization === null ? findByJwt && headers.get('cf-access-jwt-assertion') : bearer(authorization)
    if (!token) throw isHash(authorization) ? hashInsteadOfToken() : credentialsMissing()
    const byToken = authorization === null ? undefined : findByHash(hashedTokens, await hashTokenBy(sha256, token))
    if (byToken) return byToken
    if (!findByJwt || !looksLikeJwt(token)) throw tokenUnknown()
    const found = await findByJwt(token)
    if (found === 'expired') throw tokenExpired()
    if (found === 'invalid') throw tokenUnknown()
    return found
  }
}

/** The hash of a token, and the caller that has the token. */
export interface HashedToken {
  readonly hash: string
  readonly caller: Caller
}

/** Lists the hashes of all tokens. */
export const hashedTokensOf = (callers: readonly Caller[]): HashedToken[] =>
  callers.flatMap(caller =>
    'tokens' in caller.credential ? caller.credential.tokens.map(hash => ({ hash: hash.toLowerCase(), caller })) : [],
  )

/** Compares all hashes even after a match, so that the time taken reveals nothing. */
export function findByHash(tokens: readonly HashedToken[], tokenHash: string): Caller | undefined {
  let found: Caller | undefined
  for (const { hash, caller } of tokens) if (equal(hash, tokenHash)) found = caller
  return found
}

/** Extracts a bearer token (RFC 6750, 2.1). The scheme is case-insensitive (RFC 9110, 11.1). */
const bearer = (authorization: string): string | undefined => /^bearer +([\w.~+/=-]+) *$/i.exec(authorization)?.[1]

const refusal = (code: string, detail: string, challenge = 'Bearer'): Refusal =>
  new Refusal({ status: 401, code, detail, headers: { 'WWW-Authenticate': challenge } })

const isHash = (authorization: string | null): boolean => /^bearer +sha256:/i.test(authorization ?? '')

const hashInsteadOfToken = (): Refusal =>
  refusal(
    'UNAUTHENTICATED',
    'This is the hash of a token (sha256:…), which belongs into the configuration of the gateway. Send the token itself, which "wechatpay-edge token" printed with it.',
    'Bearer error="invalid_token"',
  )

const credentialsMissing = (): Refusal =>
  refusal(
    'UNAUTHENTICATED',
    'The request has no credentials. Send the header "Authorization: Bearer <token>", with a token of this gateway.',
  )

const tokenUnknown = (): Refusal =>
  refusal(
    'UNAUTHENTICATED',
    'The token is unknown. Send a complete token whose hash (sha256:…) is in the configuration of the gateway, or a JWT of an issuer that it accepts.',
    'Bearer error="invalid_token"',
  )

const tokenExpired = (): Refusal =>
  refusal('TOKEN_EXPIRED', 'The JWT has expired. Get a new one from its issuer.', 'Bearer error="invalid_token"')
