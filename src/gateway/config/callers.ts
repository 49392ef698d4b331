import type { BindingCredential, Caller, JwtCredential, Rate, TokenCredential } from '../caller/caller.ts'
import { TOKEN_HASH } from '../caller/token.ts'
import { patternProblem } from '../caps/allow.ts'
import { addressOf, type IsPrivateHost, parseUrl } from './address.ts'
import { isMembers, itemsOf, type Members, mchidsOf, membersOf, nameOf, optionalMember, textsOf } from './members.ts'
import { type Report, reportMissing } from './problem.ts'
import { type Env, listOf, textOf } from './variables.ts'

/** The callers that variables define: one for the merchant's services, one for the operator. */
const SIMPLE: readonly { variable: string; name: string; allow: readonly string[] }[] = [
  { variable: 'GATEWAY_TOKEN', name: 'default', allow: ['* /v3/**', '* /v2/**', '* /brand/**', '* /checkout/**'] },
  { variable: 'GATEWAY_ADMIN_TOKEN', name: 'admin', allow: ['* /admin/**', 'GET /metrics', 'GET /healthz'] },
]

const KEYS = ['name', 'tokens', 'jwt', 'binding', 'merchants', 'allow', 'maxAmount', 'rate']
const JWT_KEYS = ['issuer', 'audience', 'jwks', 'claims']
/** The hash of the empty text, which results from hashing a variable that is not set. */
const EMPTY_TEXT_HASH = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

export interface CallerContext {
  /** The merchants of the gateway. */
  mchids: readonly string[]
  isPrivateHost: IsPrivateHost
  /** GATEWAY_CONFIG is valid or not set. Otherwise its contents are unknown, and nothing can be reported as missing from it. */
  hasFile: boolean
  report: Report
}

/**
 * Reads the callers of an environment.
 *
 * @param configured `callers` of GATEWAY_CONFIG
 */
export function readCallers(env: Env, configured: unknown, context: CallerContext): readonly Caller[] {
  const { report } = context
  const hashes = new Map<string, string>()
  const names = new Set<string>()
  const simple = SIMPLE.flatMap(({ variable, name, allow }): Caller[] => {
    const list = listOf(textOf(env, variable))
    if (list.length === 0) return []
    names.add(name)
    const tokens = list.flatMap(token => tokenOf(token, variable, hashes, report) ?? [])
    return [{ name, credential: { tokens }, allow }]
  })
  const items = itemsOf(configured, 'GATEWAY_CONFIG.callers', report)
  const callers = items.flatMap(
    (item, index) => callerOf(item, `GATEWAY_CONFIG.callers[${index}]`, names, hashes, context) ?? [],
  )
  if (simple.length === 0 && items.length === 0 && context.hasFile)
    reportMissing(
      report,
      'GATEWAY_TOKEN',
      ', and GATEWAY_CONFIG has no callers, so that nobody can use the gateway. Create a token and its hash: npx wechatpay-edge token',
    )
  return [...simple, ...callers]
}

function callerOf(
  value: unknown,
  at: string,
  names: Set<string>,
  hashes: Map<string, string>,
  { mchids, isPrivateHost, report }: CallerContext,
): Caller | undefined {
  const members = membersOf(value, KEYS, at, report)
  if (!members) return undefined
  const { maxAmount } = members
  const credential = credentialOf(members, at, hashes, isPrivateHost, report)
  if (maxAmount !== undefined && !(Number.isSafeInteger(maxAmount) && (maxAmount as number) >= 0))
    report(`${at}.maxAmount`, 'must be a whole number of fen (分), 0 or more')
  return {
    name: nameOf(members.name, `${at}.name`, names, report) ?? '',
    credential,
    allow: allowOf(members.allow, `${at}.allow`, report),
    ...optionalMember('merchants', mchidsOf(members.merchants, `${at}.merchants`, mchids, report)),
    ...optionalMember('maxAmount', maxAmount as number | undefined),
    ...optionalMember('rate', rateOf(members.rate, `${at}.rate`, report)),
  }
}

const CREDENTIALS = ['tokens', 'jwt', 'binding']

function credentialOf(
  members: Members,
  at: string,
  hashes: Map<string, string>,
  isPrivateHost: IsPrivateHost,
  report: Report,
): Caller['credential'] {
  const { tokens, jwt, binding } = members
  if (CREDENTIALS.filter(name => members[name] !== undefined).length !== 1)
    report(at, 'a caller must have exactly one of "tokens", "jwt" and "binding"')
  if (binding !== undefined) return bindingOf(binding, `${at}.binding`, report)
  return jwt === undefined ? tokensOf(tokens, at, hashes, report) : jwtOf(jwt, `${at}.jwt`, isPrivateHost, report)
}

function bindingOf(value: unknown, at: string, report: Report): BindingCredential {
  if (value !== true) report(at, 'must be true; the props of the service binding name the caller')
  return { binding: true }
}

function tokensOf(value: unknown, at: string, hashes: Map<string, string>, report: Report): TokenCredential {
  if (value === undefined) return { tokens: [] }
  const tokens = textsOf(value, `${at}.tokens`, report)
  return { tokens: tokens.flatMap((token, index) => tokenOf(token, `${at}.tokens[${index}]`, hashes, report) ?? []) }
}

function tokenOf(text: string, at: string, hashes: Map<string, string>, report: Report): string | undefined {
  const hash = text.trim().toLowerCase()
  const holder = hashes.get(hash)
  if (!TOKEN_HASH.test(hash))
    report(
      at,
      hash.startsWith('sha256:')
        ? 'sha256: must be followed by 64 hex digits'
        : 'must be the hash of a token, sha256:…, not the token itself. Create both: npx wechatpay-edge token',
    )
  else if (hash === EMPTY_TEXT_HASH)
    report(at, 'this is the hash of the empty text. Create a token and its hash: npx wechatpay-edge token')
  else if (holder !== undefined) report(at, `the same hash is in ${holder}. Give each caller its own token`)
  else {
    hashes.set(hash, at)
    return hash
  }
  return undefined
}

function jwtOf(value: unknown, at: string, isPrivateHost: IsPrivateHost, report: Report): JwtCredential {
  const { issuer, audience, jwks, claims } = membersOf(value, JWT_KEYS, at, report) ?? {}
  for (const [name, text] of Object.entries({ issuer, audience }))
    if (typeof text !== 'string' || text === '') report(`${at}.${name}`, 'must be the text that the tokens contain')
  // A party that can replace the key set can issue any token, so plain HTTP is allowed in the gateway's own network only.
  const local = isPrivateHost(parseUrl(jwks)?.hostname ?? '')
  const url = addressOf(jwks, `${at}.jwks`, { isPrivateHost, allowPrivate: local }, report)
  const entries = isMembers(claims) ? Object.entries(claims) : []
  if (entries.length === 0)
    report(
      `${at}.claims`,
      'must have at least one claim, { "email": "…" } or { "sub": "…" }: without one, all users of the issuer would be admitted',
    )
  for (const [name, text] of entries)
    if (typeof text !== 'string' || text === '') report(`${at}.claims.${name}`, 'must be text that is not empty')
  return {
    issuer: String(issuer),
    audience: String(audience),
    jwks: url?.href ?? '',
    claims: Object.fromEntries(entries) as Record<string, string>,
  }
}

function allowOf(value: unknown, at: string, report: Report): readonly string[] {
  const allow = textsOf(value, at, report)
  for (const [index, pattern] of allow.entries()) {
    const problem = patternProblem(pattern)
    if (problem) report(`${at}[${index}]`, problem)
  }
  return allow
}

function rateOf(value: unknown, at: string, report: Report): Rate | undefined {
  if (value === undefined) return undefined
  const [, max, seconds] = (typeof value === 'string' && /^(\d+)\/(\d+)$/.exec(value.trim())) || []
  const rate =
    max && seconds
      ? { max: Number(max), seconds: Number(seconds) }
      : (membersOf(value, ['max', 'seconds'], at, () => {}) as Rate | undefined)
  if (isCount(rate?.max) && isCount(rate?.seconds)) return { max: rate!.max, seconds: rate!.seconds }
  report(at, 'must be calls/seconds, "60/60" or { "max": 60, "seconds": 60 }, with whole numbers from 1')
  return undefined
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0
