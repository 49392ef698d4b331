import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { Refusal } from '../problem.ts'
import type { Caller, JwtCredential } from './caller.ts'
import { createKeySet } from './key-set.ts'

/** Asymmetric algorithms only, because the verification key is public: no HMAC, no `none`. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519']
/** Seconds by which the issuer's clock and this one may differ. */
const TOLERANCE = 60

/** Returns whether a token consists of three parts in base64url. Before verification nothing else distinguishes a JWT. */
export const looksLikeJwt = (token: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)

/** The callers that have the same issuer, audience and keys. */
interface Realm {
  readonly issuer: string
  readonly audience: string
  readonly keys: JWTVerifyGetKey
  readonly callers: { readonly caller: Caller; readonly claims: readonly (readonly [string, string])[] }[]
}

/** The reason why a JWT is not accepted. */
export type JwtProblem = 'invalid' | 'expired'

/**
 * Creates a function that finds the caller of a JWT.
 *
 * @returns a function that returns the caller, or the problem with the token
 */
export function createJwtCheck(
  callers: readonly Caller[],
  options: { fetch: typeof fetch; now: () => number },
): (token: string) => Promise<Caller | JwtProblem> {
  const realms = realmsOf(callers, options)
  return async token => {
    const issuer = issuerOf(token)
    let problem: JwtProblem = 'invalid'
    let isVerified = false
    for (const realm of realms.filter(candidate => candidate.issuer === issuer)) {
      const payload = await verify(token, realm, options.now())
      if (typeof payload === 'string') {
        if (payload === 'expired') problem = payload
        continue
      }
      isVerified = true
      const found = realm.callers.find(({ claims }) => claims.every(([name, value]) => hasValue(payload[name], value)))
      if (found) return found.caller
    }
    if (isVerified) throw callerUnknown()
    return problem
  }
}

function realmsOf(
  callers: readonly Caller[],
  { fetch, now }: { fetch: typeof globalThis.fetch; now: () => number },
): Realm[] {
  const realms = new Map<string, Realm>()
  // One key set per URL, so that it is downloaded and cached once.
  const keySets = new Map<string, JWTVerifyGetKey>()
  for (const caller of callers) {
    if (!('issuer' in caller.credential)) continue
    const { issuer, audience, jwks, claims } = caller.credential satisfies JwtCredential
    const keys = keySets.get(jwks) ?? createKeySet(jwks, fetch, now)
    keySets.set(jwks, keys)
    const name = JSON.stringify([issuer, audience, jwks])
    const realm = realms.get(name) ?? { issuer, audience, keys, callers: [] }
    realm.callers.push({ caller, claims: Object.entries(claims) })
    realms.set(name, realm)
  }
  return [...realms.values()]
}

async function verify(token: string, { issuer, audience, keys }: Realm, now: number): Promise<JWTPayload | JwtProblem> {
  try {
    const { payload } = await jwtVerify(token, keys, {
      issuer,
      audience,
      algorithms: ALGORITHMS,
      requiredClaims: ['exp'],
      clockTolerance: TOLERANCE,
      currentDate: new Date(now),
    })
    return payload
  } catch (error) {
    if (error instanceof errors.JWTExpired) return 'expired'
    // Errors of jose, and the TypeError or DOMException for a key that the runtime cannot import.
    if (error instanceof Refusal) throw error
    return 'invalid'
  }
}

/** Reads the issuer, which selects the keys. It is not trusted before they have verified the token. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

const hasValue = (claim: unknown, value: string): boolean =>
  Array.isArray(claim) ? claim.includes(value) : claim === value

const callerUnknown = (): Refusal =>
  new Refusal({
    status: 403,
    code: 'FORBIDDEN',
    detail:
      'The token is valid, but its claims match no caller of this gateway. Add a caller to GATEWAY_CONFIG.callers.',
  })
