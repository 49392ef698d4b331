import { equal } from '../../core/crypto/digest.ts'
import { Refusal } from '../problem.ts'
import type { Caller } from './caller.ts'
import { createJwtCheck, looksLikeJwt } from './jwt.ts'
import { hashOf } from './token.ts'

export interface AuthenticateOptions {
  /** Fetches the issuers' keys. Default: the runtime's. */
  fetch?: typeof fetch
  /** The clock, milliseconds since 1970. Default: `Date.now`. */
  now?: () => number
}

/** Who it is that makes a request. */
export type Authenticate = (request: Request) => Promise<Caller>

/**
 * Makes what tells who calls: by `Authorization: Bearer …`, a token or a JWT; without it by the JWT that Cloudflare Access
 * puts into `Cf-Access-Jwt-Assertion`. The issuers' keys are fetched when a JWT first asks for them, and kept.
 *
 * @returns gives the caller, or throws a {@link Refusal}: 401 `UNAUTHENTICATED`, 401 `TOKEN_EXPIRED`, 403 `FORBIDDEN` (a
 * genuine JWT of nobody's), 503 `AUTHENTICATION_UNAVAILABLE` (the issuer's keys are out of reach)
 * @example
 * ```ts
 * const authenticate = createAuthenticate(config.callers)
 * const caller = await authenticate(request)
 * ```
 */
export function createAuthenticate(callers: readonly Caller[], options: AuthenticateOptions = {}): Authenticate {
  const { fetch = globalThis.fetch.bind(globalThis), now = Date.now } = options
  const known = callers.flatMap(caller =>
    'tokens' in caller.credential ? caller.credential.tokens.map(hash => ({ hash: hash.toLowerCase(), caller })) : [],
  )
  const findByJwt = callers.some(({ credential }) => 'issuer' in credential)
    ? createJwtCheck(callers, { fetch, now })
    : undefined

  return async ({ headers }) => {
    const authorization = headers.get('authorization')
    const token = authorization === null ? findByJwt && headers.get('cf-access-jwt-assertion') : bearer(authorization)
    if (!token) throw isHash(authorization) ? hashShown() : nobody()
    const byToken = authorization === null ? undefined : findByHash(known, await hashOf(token))
    if (byToken) return byToken
    if (!findByJwt || !looksLikeJwt(token)) throw unknown()
    const found = await findByJwt(token)
    if (found === 'expired') throw expired()
    if (found === 'invalid') throw unknown()
    return found
  }
}

/** All are compared, whichever fits, so that the time it takes tells nothing. */
function findByHash(known: readonly { hash: string; caller: Caller }[], shown: string): Caller | undefined {
  let found: Caller | undefined
  for (const { hash, caller } of known) if (equal(hash, shown)) found = caller
  return found
}

/** RFC 6750, 2.1; the scheme in any case (RFC 9110, 11.1). */
const bearer = (authorization: string): string | undefined => /^bearer +([\w.~+/=-]+) *$/i.exec(authorization)?.[1]

const refusal = (code: string, detail: string, challenge = 'Bearer'): Refusal =>
  new Refusal({ status: 401, code, detail, headers: { 'WWW-Authenticate': challenge } })

const isHash = (authorization: string | null): boolean => /^bearer +sha256:/i.test(authorization ?? '')

const hashShown = (): Refusal =>
  refusal(
    'UNAUTHENTICATED',
    'This is the hash of a token (sha256:…), which only the gateway is configured with. Send the token itself, which "wechatpay-edge token" printed with it.',
    'Bearer error="invalid_token"',
  )

const nobody = (): Refusal =>
  refusal(
    'UNAUTHENTICATED',
    'Show who calls: the header "Authorization: Bearer <token>", with a token of this gateway.',
  )

const unknown = (): Refusal =>
  refusal(
    'UNAUTHENTICATED',
    'This token is not known here. Send a whole token whose hash (sha256:…) the gateway is configured with, or a JWT of an issuer that it accepts.',
    'Bearer error="invalid_token"',
  )

const expired = (): Refusal =>
  refusal('TOKEN_EXPIRED', 'The JWT has expired. Have its issuer make a new one.', 'Bearer error="invalid_token"')
