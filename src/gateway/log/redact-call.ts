import { parseJson } from '../../core/codec/json.ts'
import { isDefinedSegment, type LogFields, logFieldsOf, type Member, type Shape } from './log-fields.ts'
import { REDACTED } from './redact.ts'

/** Replaces a value that is encrypted in transmission. */
const ENCRYPTED = '[encrypted]'
/** Names the count of members that a definition does not have. Their names are not shown, because the caller chose them. */
const UNKNOWN = '[unknown fields]'
/** More levels than any message of WeChat Pay has. */
const MAX_DEPTH = 20
/** Matches the texts that may be shown, such as numbers, ids, states and times: one word of visible ASCII. */
const WORD = /^[\x21-\x7e]{1,128}$/
/** Matches an openid, which is redacted in any field. */
const OPENID = /^o[\w-]{27}$/

/** A call to WeChat Pay. */
export interface LoggedCall {
  readonly method: string
  /** Beginning with its API: `/v3/pay/…`, `/v2/pay/…`; percent-encoded, without a query. */
  readonly path: string
  readonly query?: unknown
  readonly body?: unknown
}

/**
 * Redacts a call for a debug log. Shows only the fields that are not personal data according to the definitions (`log-policy.yaml`,
 * `x-personal`). Other values become `[redacted]`, or `[encrypted]` if they are encrypted in transmission. Fields that the endpoint does
 * not have are counted. Of an endpoint that no definition has, nothing is shown.
 *
 * @returns path, query and body; an unparsed body (text, bytes, a form) is `[redacted]`
 * @example
 * ```ts
 * redactCall({ method: 'POST', path: '/v3/pay/transactions/jsapi', body: { mchid, payer: { openid } } })
 * // { path: '/v3/pay/transactions/jsapi', query: undefined, body: { mchid: '1900000109', payer: { openid: '[redacted]' } } }
 * ```
 */
export function redactCall({ method, path, query, body }: LoggedCall): { path: string; query: unknown; body: unknown } {
  const fields = logFieldsOf(method.toUpperCase(), path)
  return {
    path: pathOf(path, fields),
    query: redactObject(query, fields?.query ?? NOTHING),
    body: redactObject(body, fields?.body ?? NOTHING),
  }
}

/**
 * Redacts the path of any request to the gateway for a log. Of a call to WeChat Pay it shows the literal segments and the placeholders
 * that are not personal data; of the gateway's own paths, the known words and numbers.
 *
 * @param path percent-encoded, without a query
 * @example
 * ```ts
 * redactPath('GET', '/v3/marketing/favor/users/oUpF8…/coupons/98765')
 * // '/v3/marketing/favor/users/[redacted]/coupons/98765'
 * ```
 */
export const redactPath = (method: string, path: string): string =>
  pathOf(path, logFieldsOf(method.toUpperCase(), path))

const NOTHING: Shape = () => undefined

function pathOf(path: string, fields: LogFields | undefined): string {
  const segments = path.split('/').slice(1)
  const isOwn = OWN_WORDS.has(segments[0]!)
  const shown = segments.map((segment, at) => {
    if (segment === '') return segment
    if (isOwn) return OWN_WORDS.has(segment) || OWN_NUMBERS[segments[at - 1]!]?.test(segment) ? segment : REDACTED
    const isShown = fields ? (fields.placeholders.get(at) ?? true) : isDefinedSegment(segment)
    return isShown ? wordOf(segment) : REDACTED
  })
  return `/${shown.join('/')}`
}

/** The words in the gateway's own paths. The merchant chooses the rest of `/notify/{mchid}/…`, which is redacted. */
const OWN_WORDS: ReadonlySet<string> = new Set([
  'healthz',
  'readyz',
  'livez',
  'metrics',
  'notify',
  'checkout',
  'jsapi',
  'mini-program',
  'app',
  'h5',
  'native',
  'admin',
  'merchants',
  'events',
  'message',
  'stream',
  'resend',
  'deliveries',
  'replay',
  'dead',
  'callers',
  'calls',
  'sweep',
  'doubts',
  'ask',
  'dismiss',
  'counters',
  'session',
  'health',
  'throughput',
  'ledgers',
  'rows',
  'console',
])
const MCHID = /^\d{8,10}$/
const NUMBER = /^\d{1,10}$/
/** The numbers that may follow these words. */
const OWN_NUMBERS: Readonly<Record<string, RegExp>> = {
  notify: MCHID,
  merchants: MCHID,
  events: NUMBER,
  deliveries: NUMBER,
  doubts: NUMBER,
}

/** Redacts the members of an object, of the objects in a list, and of JSON within a text. */
function redactObject(value: unknown, shape: Shape, depth = 0): unknown {
  if (isEmpty(value)) return value
  if (depth > MAX_DEPTH) return REDACTED
  if (Array.isArray(value)) return value.map(member => redactObject(member, shape, depth + 1))
  if (typeof value === 'string') {
    const inside = depth > 0 ? parseIfJson(value) : undefined
    return typeof inside === 'object' && inside !== null ? redactObject(inside, shape, depth + 1) : REDACTED
  }
  if (!isObject(value)) return REDACTED
  const shown: [string, unknown][] = []
  let unknown = 0
  for (const [name, memberValue] of Object.entries(value)) {
    const member = shape(name)
    if (member === undefined) unknown++
    else shown.push([name, redactMember(memberValue, member, depth + 1)])
  }
  return Object.fromEntries(unknown > 0 ? [...shown, [UNKNOWN, unknown]] : shown)
}

function redactMember(value: unknown, member: Member, depth: number): unknown {
  if (typeof member === 'function') return redactObject(value, member, depth)
  if (isEmpty(value)) return value
  if (member === 'redacted') return REDACTED
  const show = member === 'shown' ? wordOf : () => ENCRYPTED
  return Array.isArray(value) ? value.map(show) : show(value)
}

/** Returns a number, a boolean or a word as it is, and redacts everything else. */
function wordOf(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return value
  return typeof value === 'string' && WORD.test(value) && !OPENID.test(value) ? value : REDACTED
}

/** An empty value is shown: it discloses only that the field is empty. */
const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === ''

function parseIfJson(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
