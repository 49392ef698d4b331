import { decodeJwt, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose'
import { Refusal } from '../problem.ts'
import type { Caller, JwtCredential } from './caller.ts'
import { createKeySet } from './key-set.ts'

/** Signatures that nobody makes who merely knows what verifies them: no HMAC, no `none`. */
const ALGORITHMS = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
]
/** Seconds by which the issuer's clock and this one may differ. */
const TOLERANCE = 60

/** Three parts in base64url, which is all that tells a JWT from another token before it is verified. */
export const looksLikeJwt = (token: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]+$/.test(token)

/** Those who show a token of one issuer, meant for one audience. */
interface Realm {
  readonly issuer: string
  readonly audience: string
  readonly keys: JWTVerifyGetKey
  readonly callers: { readonly caller: Caller; readonly claims: readonly (readonly [string, string])[] }[]
}

/** Why a JWT is not taken: answered by {@link Refusal}s that say what to do. */
export type JwtFault = 'invalid' | 'expired'

/**
 * Makes what finds the caller that a JWT names.
 *
 * @returns the caller, or what is wrong with the token
 */
export function createJwtCheck(
  callers: readonly Caller[],
  options: { fetch: typeof fetch; now: () => number },
): (token: string) => Promise<Caller | JwtFault> {
  const realms = realmsOf(callers, options)
  return async token => {
    const issuer = issuerOf(token)
    let fault: JwtFault = 'invalid'
    let isProven = false
    for (const realm of realms.filter(one => one.issuer === issuer)) {
      const proven = await verify(token, realm, options.now())
      if (typeof proven === 'string') {
        if (proven === 'expired') fault = proven
        continue
      }
      isProven = true
      const found = realm.callers.find(({ claims }) => claims.every(([name, value]) => has(proven[name], value)))
      if (found) return found.caller
    }
    if (isProven) throw stranger()
    return fault
  }
}

function realmsOf(
  callers: readonly Caller[],
  { fetch, now }: { fetch: typeof globalThis.fetch; now: () => number },
): Realm[] {
  const realms = new Map<string, Realm>()
  // One set of keys a URL, so that it is fetched and kept once.
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

async function verify(token: string, { issuer, audience, keys }: Realm, now: number): Promise<JWTPayload | JwtFault> {
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
    // Besides what jose names, a key that the runtime cannot import: a TypeError, a DOMException.
    if (error instanceof Refusal) throw error
    return 'invalid'
  }
}

/** Chooses whose keys are asked; nothing is believed of it before they have verified it. */
function issuerOf(token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

const has = (claim: unknown, value: string): boolean => (Array.isArray(claim) ? claim.includes(value) : claim === value)

const stranger = (): Refusal =>
  new Refusal({
    status: 403,
    code: 'FORBIDDEN',
    detail:
      'The token is genuine, and no caller of this gateway has its claims. Have one configured: GATEWAY_CONFIG, callers.',
  })
