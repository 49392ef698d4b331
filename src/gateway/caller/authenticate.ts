import { utf8 } from '../../core/bytes.ts'
import { equal, sha256 } from '../../core/crypto/digest.ts'
import { Refusal } from '../problem.ts'
import type { Caller } from './caller.ts'
import { createVerifyJwt } from './jwt.ts'
import { unauthenticated } from './unauthenticated.ts'

/** Where Cloudflare Access puts its JWT. */
const ACCESS_HEADER = 'Cf-Access-Jwt-Assertion'
const JWT = /^[\w-]+\.[\w-]+\.[\w-]+$/
const HASH = /^sha256:/i

/**
 * Tells who sends a request, by `Authorization: Bearer` or, without it, by the JWT of Cloudflare Access.
 *
 * @param callers those that there are
 * @param options `fetch` gets issuers' keys; `now` is the clock, milliseconds since 1970
 * @returns gives the caller; throws {@link Refusal}: 401 `UNAUTHENTICATED`, `TOKEN_EXPIRED`; 403 `FORBIDDEN` for a JWT
 * that is valid and no caller's; 503 `AUTHENTICATION_UNAVAILABLE` while an issuer's keys cannot be had
 */
export function createAuthenticate(
  callers: readonly Caller[],
  options: { fetch?: typeof fetch; now?: () => number } = {},
): (request: Request) => Promise<Caller> {
  const hashes = callers.flatMap(caller =>
    'tokens' in caller.credential
      ? caller.credential.tokens.map(token => ({ caller, hash: token.replace(HASH, '').toLowerCase() }))
      : [],
  )
  const verifyJwt = createVerifyJwt(callers, options)

  return async ({ headers }) => {
    const shown = /^Bearer +(\S+) *$/i.exec(headers.get('Authorization') ?? '')?.[1] ?? headers.get(ACCESS_HEADER)
    if (!shown)
      throw new Refusal({
        status: 401,
        code: 'UNAUTHENTICATED',
        detail: 'Show who you are: a token in the header Authorization, its scheme Bearer.',
        headers: { 'WWW-Authenticate': 'Bearer' },
      })
    const hash = await sha256(utf8(shown))
    // To the end, so that time tells nothing about which caller it was.
    const fits = hashes.filter(known => equal(known.hash, hash))
    if (fits[0]) return fits[0].caller
    if (JWT.test(shown)) return verifyJwt(shown)
    throw unauthenticated()
  }
}
