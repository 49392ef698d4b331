import type { BindingCredential, Caller, JwtCredential, Rate, TokenCredential } from '../caller/caller.ts'
import { TOKEN_HASH } from '../caller/token.ts'
import { patternFault } from '../caps/allow.ts'
import { addressOf, type IsPrivateHost, parseUrl } from './address.ts'
import { given, isMembers, itemsOf, type Members, mchidsOf, membersOf, nameOf, textsOf } from './members.ts'
import { type Report, reportMissing } from './problem.ts'
import { type Env, listOf, textOf } from './variables.ts'

/** The callers of the simple mode: all that is for shops, and all that is for whoever runs the gateway. */
const SIMPLE: readonly { variable: string; name: string; allow: readonly string[] }[] = [
  { variable: 'GATEWAY_TOKEN', name: 'default', allow: ['* /v3/**', '* /v2/**', '* /checkout/**'] },
  { variable: 'GATEWAY_ADMIN_TOKEN', name: 'admin', allow: ['* /admin/**', 'GET /metrics', 'GET /healthz'] },
]

const KEYS = ['name', 'tokens', 'jwt', 'binding', 'merchants', 'allow', 'maxAmount', 'rate']
const JWT_KEYS = ['issuer', 'audience', 'jwks', 'claims']
/** Of the empty text: what is made of a token that was not there. */
const HASH_OF_NOTHING = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

export interface CallerContext {
  /** The merchants that the gateway has. */
  mchids: readonly string[]
  isPrivateHost: IsPrivateHost
  /** GATEWAY_CONFIG is not set, or could be read: what is not in it is missing. */
  hasFile: boolean
  report: Report
}

/**
 * The callers of an environment.
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
    const tokens = list.flatMap(one => tokenOf(one, variable, hashes, report) ?? [])
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
      ', and GATEWAY_CONFIG has no callers: nobody may use the gateway. Make a token and its hash: npx wechatpay-edge token',
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
    report(`${at}.maxAmount`, 'give a whole number of fen (分), 0 or more')
  return {
    name: nameOf(members.name, `${at}.name`, names, report) ?? '',
    credential,
    allow: allowOf(members.allow, `${at}.allow`, report),
    ...given('merchants', mchidsOf(members.merchants, `${at}.merchants`, mchids, report)),
    ...given('maxAmount', maxAmount as number | undefined),
    ...given('rate', rateOf(members.rate, `${at}.rate`, report)),
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
    report(at, 'a caller shows who it is by "tokens", "jwt" or "binding": give exactly one of them')
  if (binding !== undefined) return bindingOf(binding, `${at}.binding`, report)
  return jwt === undefined ? tokensOf(tokens, at, hashes, report) : jwtOf(jwt, `${at}.jwt`, isPrivateHost, report)
}

function bindingOf(value: unknown, at: string, report: Report): BindingCredential {
  if (value !== true) report(at, 'true is expected: a Worker whose service binding has this name in its props calls')
  return { binding: true }
}

function tokensOf(value: unknown, at: string, hashes: Map<string, string>, report: Report): TokenCredential {
  if (value === undefined) return { tokens: [] }
  const tokens = textsOf(value, `${at}.tokens`, report)
  return { tokens: tokens.flatMap((one, index) => tokenOf(one, `${at}.tokens[${index}]`, hashes, report) ?? []) }
}

function tokenOf(text: string, at: string, hashes: Map<string, string>, report: Report): string | undefined {
  const hash = text.trim().toLowerCase()
  const holder = hashes.get(hash)
  if (!TOKEN_HASH.test(hash))
    report(
      at,
      hash.startsWith('sha256:')
        ? 'after sha256: there must be 64 hex digits'
        : 'this must be the hash of a token, sha256:…, not the token itself. Make both: npx wechatpay-edge token',
    )
  else if (hash === HASH_OF_NOTHING)
    report(at, 'it is the hash of no text at all. Make another: npx wechatpay-edge token')
  else if (holder !== undefined) report(at, `the same hash stands in ${holder}. Each caller has tokens of its own`)
  else {
    hashes.set(hash, at)
    return hash
  }
  return undefined
}

function jwtOf(value: unknown, at: string, isPrivateHost: IsPrivateHost, report: Report): JwtCredential {
  const { issuer, audience, jwks, claims } = membersOf(value, JWT_KEYS, at, report) ?? {}
  for (const [name, text] of Object.entries({ issuer, audience }))
    if (typeof text !== 'string' || text === '') report(`${at}.${name}`, 'give text, as the tokens have it')
  // Whoever can answer in its place makes any token: https, but in the gateway's own network.
  const local = isPrivateHost(parseUrl(jwks)?.hostname ?? '')
  const url = addressOf(jwks, `${at}.jwks`, { isPrivateHost, allowPrivate: local }, report)
  const entries = isMembers(claims) ? Object.entries(claims) : []
  if (entries.length === 0)
    report(
      `${at}.claims`,
      'give at least one claim, { "email": "…" } or { "sub": "…" }: without, whoever the issuer knows is let in',
    )
  for (const [name, text] of entries)
    if (typeof text !== 'string' || text === '') report(`${at}.claims.${name}`, 'give text')
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
    const fault = patternFault(pattern)
    if (fault) report(`${at}[${index}]`, fault)
  }
  return allow
}

function rateOf(value: unknown, at: string, report: Report): Rate | undefined {
  if (value === undefined) return undefined
  const [, most, seconds] = (typeof value === 'string' && /^(\d+)\/(\d+)$/.exec(value.trim())) || []
  const rate =
    most && seconds
      ? { most: Number(most), seconds: Number(seconds) }
      : (membersOf(value, ['most', 'seconds'], at, () => {}) as Rate | undefined)
  if (isCount(rate?.most) && isCount(rate?.seconds)) return { most: rate!.most, seconds: rate!.seconds }
  report(at, 'give calls within seconds: "60/60", or { "most": 60, "seconds": 60 }, whole numbers from 1')
  return undefined
}

const isCount = (value: unknown): boolean => Number.isSafeInteger(value) && (value as number) > 0
