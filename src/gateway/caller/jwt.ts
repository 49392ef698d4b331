import {
  createRemoteJWKSet,
  customFetch,
  decodeJwt,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import { Refusal } from '../problem.ts'
import type { Caller, JwtCredential } from './caller.ts'
import { unauthenticated } from './unauthenticated.ts'

/** Those that a public key verifies. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]
/** Seconds that the issuer's clock may be off. */
const TOLERANCE = 60
/** Seconds after which to try again, while an issuer's keys cannot be had. */
const RETRY_AFTER = 5

/** What the token is at fault for; anything else the keys are. */
const OF_TOKEN: ReadonlySet<string> = new Set([
  errors.JWKSNoMatchingKey.code,
  errors.JWKSMultipleMatchingKeys.code,
  errors.JOSENotSupported.code,
])

interface JwtCaller {
  readonly caller: Caller
  readonly credential: JwtCredential
}

/** Verifies JWTs, and tells whose they are. @throws {Refusal} as `createAuthenticate` says */
export function createVerifyJwt(
  callers: readonly Caller[],
  { fetch: get = fetch, now = Date.now }: { fetch?: typeof fetch; now?: () => number },
): (token: string) => Promise<Caller> {
  const known = callers.flatMap(caller =>
    'jwks' in caller.credential ? [{ caller, credential: caller.credential }] : [],
  )
  const keys = new Map(known.map(({ credential: { jwks } }) => [jwks, keysAt(jwks, get)]))

  return async token => {
    const candidates = candidatesOf(known, token)
    let refusal = unauthenticated()
    // Callers of one issuer and audience differ in their claims alone: the token is verified once for all of them.
    const verified = new Map<string, JWTPayload | undefined>()
    for (const { caller, credential } of candidates) {
      const { issuer, audience, jwks } = credential
      const group = JSON.stringify([audience, jwks])
      if (!verified.has(group)) {
        const options = {
          ...{ algorithms: ALGORITHMS, issuer, audience, requiredClaims: ['exp'] },
          ...{ clockTolerance: TOLERANCE, currentDate: new Date(now()) },
        }
        try {
          verified.set(group, (await jwtVerify(token, keys.get(jwks)!, options)).payload)
        } catch (error) {
          verified.set(group, undefined)
          refusal = refusalOf(error)
        }
      }
      const payload = verified.get(group)
      if (payload && hasClaims(payload, credential.claims)) return caller
    }
    throw [...verified.values()].some(Boolean) ? forbidden() : refusal
  }
}

/** Nothing is believed yet: what the token says of itself only tells which keys to ask. */
function candidatesOf(known: readonly JwtCaller[], token: string): readonly JwtCaller[] {
  try {
    const { iss, aud } = decodeJwt(token)
    return known.filter(
      ({ credential: { issuer, audience } }) => iss === issuer && (aud === audience || aud?.includes(audience)),
    )
  } catch {
    return []
  }
}

function keysAt(jwks: string, get: typeof fetch): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(jwks), { [customFetch]: (url, init) => get(url, init) })
  return async (header, token) => {
    try {
      return await keys(header, token)
    } catch (error) {
      throw error instanceof errors.JOSEError && OF_TOKEN.has(error.code) ? error : new KeysUnavailable()
    }
  }
}

class KeysUnavailable extends Error {}

/** A claim that is a list (`groups`, `roles`) has to hold the value. */
const hasClaims = (payload: JWTPayload, claims: Readonly<Record<string, string>>): boolean =>
  Object.entries(claims).every(([name, value]) => {
    const claim = Object.hasOwn(payload, name) ? payload[name] : undefined
    return claim === value || (Array.isArray(claim) && claim.includes(value))
  })

function refusalOf(error: unknown): Refusal {
  if (error instanceof errors.JWTExpired)
    return new Refusal({
      status: 401,
      code: 'TOKEN_EXPIRED',
      detail: 'The token has expired. Get a new one from its issuer.',
      headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
    })
  if (error instanceof KeysUnavailable)
    return new Refusal({
      status: 503,
      code: 'AUTHENTICATION_UNAVAILABLE',
      detail: "The keys of the token's issuer cannot be had at the moment. Come back later.",
      headers: { 'Retry-After': String(RETRY_AFTER) },
    })
  return unauthenticated()
}

const forbidden = (): Refusal =>
  new Refusal({
    status: 403,
    code: 'FORBIDDEN',
    detail: 'The token is valid, but its claims are those of no caller of this gateway.',
  })
