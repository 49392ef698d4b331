import { problemOfAllow } from '../caller/allow.ts'
import type { Caller, JwtCredential, Rate, TokenCredential } from '../caller/caller.ts'
import {
  listOf,
  type Members,
  membersOf,
  merchantsOf,
  nameOf,
  refuseTwins,
  textOf,
  textsOf,
  wholeOf,
} from './members.ts'
import type { Report } from './problems.ts'
import { type Variables, variableOf } from './variables.ts'

const KEYS = ['name', 'tokens', 'jwt', 'merchants', 'allow', 'maxAmount', 'rate']
const JWT_KEYS = ['issuer', 'audience', 'jwks', 'claims']
const NEW_TOKEN = 'npx wechatpay-edge token'

/** Callers by one variable each. */
const SIMPLE = [
  { name: 'default', variable: 'GATEWAY_TOKEN', allow: ['* /v3/**', '* /v2/**', 'POST /checkout/*'] },
  { name: 'admin', variable: 'GATEWAY_ADMIN_TOKEN', allow: ['* /admin/**', 'GET /metrics', 'GET /healthz'] },
] as const

/** The callers of `GATEWAY_TOKEN` and `GATEWAY_ADMIN_TOKEN`, and those of `GATEWAY_CONFIG`. */
export function callersOf(
  env: Variables,
  document: Members | undefined,
  mchids: readonly string[],
  report: Report,
): readonly Caller[] {
  const found: { option: string; caller: Caller }[] = []
  for (const { name, variable, allow } of SIMPLE) {
    const text = variableOf(env, variable, report)
    if (text === undefined) continue
    const tokens = text.split(',').map(token => token.trim())
    found.push({
      option: variable,
      caller: { name, credential: { tokens: hashesOf(tokens, variable, report) }, allow },
    })
  }
  const listed = listOf(document?.callers, 'GATEWAY_CONFIG.callers', report)
  listed.forEach((value, at) => {
    const option = `GATEWAY_CONFIG.callers[${at}]`
    const members = membersOf(value, option, KEYS, report)
    if (members) found.push({ option, caller: callerOf(members, option, mchids, report) })
  })
  if (document && found.length + listed.length === 0)
    report('GATEWAY_TOKEN', `is missing: without it nobody may call. Make one: ${NEW_TOKEN}`)
  refuseTwins(
    found.map(({ option, caller: { name } }) => ({ option, name })),
    report,
  )
  refuseSharedTokens(found, report)
  return found.map(({ caller }) => caller)
}

function callerOf(members: Members, option: string, mchids: readonly string[], report: Report): Caller {
  const merchants = merchantsOf(members.merchants, `${option}.merchants`, mchids, report)
  const maxAmount = wholeOf(
    members.maxAmount,
    `${option}.maxAmount`,
    'the most that one call may move, fen (分)',
    report,
  )
  const rate = rateOf(members.rate, `${option}.rate`, report)
  return {
    name: nameOf(members.name, `${option}.name`, report),
    credential: credentialOf(members, option, report),
    ...(merchants && { merchants }),
    allow: allowOf(members.allow, `${option}.allow`, report),
    ...(maxAmount !== undefined && { maxAmount }),
    ...(rate && { rate }),
  }
}

function credentialOf({ tokens, jwt }: Members, option: string, report: Report): TokenCredential | JwtCredential {
  if (tokens !== undefined && jwt !== undefined) report(`${option}.jwt`, 'tokens are given too. Keep one of them')
  if (jwt !== undefined) return jwtOf(jwt, `${option}.jwt`, report)
  const what = `["sha256:…"]; jwt is the other way. Make one: ${NEW_TOKEN}`
  return { tokens: hashesOf(textsOf(tokens, `${option}.tokens`, what, report), `${option}.tokens`, report) }
}

/** What is no hash may well be the token itself: it is not shown. */
function hashesOf(tokens: readonly string[], option: string, report: Report): readonly string[] {
  if (!tokens.every(token => /^sha256:[0-9a-f]{64}$/i.test(token)))
    report(
      option,
      `is no hash of a token: sha256: and 64 hex digits. The token itself stays with the caller. Make one: ${NEW_TOKEN}`,
    )
  return tokens
}

function jwtOf(value: unknown, option: string, report: Report): JwtCredential {
  const members = membersOf(value, option, JWT_KEYS, report)
  if (!members) return { issuer: '', audience: '', jwks: '', claims: {} }
  const issuer = textOf(members.issuer, `${option}.issuer`, 'as "iss" of the token has it', report)
  const audience = textOf(members.audience, `${option}.audience`, 'as "aud" of the token has it', report)
  const jwks = textOf(members.jwks, `${option}.jwks`, "where the issuer's public keys are, https://…", report)
  if (jwks && (!URL.canParse(jwks) || new URL(jwks).protocol !== 'https:'))
    report(`${option}.jwks`, 'is no https URL. Keys that come otherwise prove nothing')
  return { issuer, audience, jwks, claims: claimsOf(members.claims, `${option}.claims`, report) }
}

/** Many issuers give anybody a token for any audience: without a claim they would all be this caller. */
function claimsOf(value: unknown, option: string, report: Report): Readonly<Record<string, string>> {
  const claims = Object(value) as Readonly<Record<string, string>>
  const values = Array.isArray(value) ? [] : Object.values(claims)
  if (values.length === 0 || !values.every(claim => typeof claim === 'string' && claim !== ''))
    report(option, 'at least one claim is due, by name: {"email": "a@example.com"}, {"sub": "…"}')
  return claims
}

function allowOf(value: unknown, option: string, report: Report): readonly string[] {
  const allow = textsOf(value, option, '["POST /v3/pay/transactions/*", "GET /v3/**"]', report)
  allow.forEach((pattern, at) => {
    const problem = problemOfAllow(pattern)
    if (problem) report(`${option}[${at}]`, `${JSON.stringify(pattern)} ${problem}`)
  })
  return allow
}

/** `"60/60"`: calls, and the seconds they are made within. */
function rateOf(value: unknown, option: string, report: Report): Rate | undefined {
  if (value === undefined) return undefined
  const [, calls, within] = (typeof value === 'string' && /^(\d{1,9})\/(\d{1,9})$/.exec(value)) || []
  const members = calls
    ? { most: Number(calls), seconds: Number(within) }
    : typeof value === 'object' && membersOf(value, option, ['most', 'seconds'], report)
  const { most, seconds } = Object(members) as Partial<Rate>
  if ([most, seconds].every(number => Number.isSafeInteger(number) && number! >= 1))
    return { most: most!, seconds: seconds! }
  report(option, 'is "60/60": calls, and the seconds within which they may be made')
  return undefined
}

/** Whose a token is has to be plain. */
function refuseSharedTokens(found: readonly { option: string; caller: Caller }[], report: Report): void {
  const owners = new Map<string, string>()
  for (const { option, caller } of found) {
    if (!('tokens' in caller.credential)) continue
    for (const token of new Set(caller.credential.tokens.map(token => token.toLowerCase()))) {
      const owner = owners.get(token)
      if (owner !== undefined) report(option, `has a token of ${owner}'s. Each caller has its own`)
      else owners.set(token, caller.name)
    }
  }
}
