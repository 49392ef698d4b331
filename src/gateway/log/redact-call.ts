import { parseJson } from '../../core/codec/json.ts'
import { isDefinedSegment, type LogFields, logFieldsOf, type Member, type Shape } from './log-fields.ts'
import { REDACTED } from './redact.ts'

/** Stands for a value that is encrypted on the wire. */
const SEALED = '[sealed]'
/** Stands for the members that a definition does not have. Their names are not shown: a caller chose them. */
const UNKNOWN = '[unknown fields]'
/** Deeper than any message of WeChat Pay's. */
const MAX_DEPTH = 20
/** A string that is shown is one word of visible ASCII: numbers, ids, states and times are. */
const WORD = /^[\x21-\x7e]{1,128}$/
/** An openid, whatever field it stands in. */
const OPENID = /^o[\w-]{27}$/

/** A call to WeChat Pay. */
export interface LoggedCall {
  readonly method: string
  /** With its API before it: `/v3/pay/…`, `/v2/pay/…`; percent-encoded, without query. */
  readonly path: string
  readonly query?: unknown
  readonly body?: unknown
}

/**
 * Makes a call fit for a debug log. Shows only what the definitions say is nobody's own (`log-policy.yaml`, `x-personal`):
 * everything else is `[redacted]`, or `[sealed]` where it is encrypted on the wire. Fields that the endpoint does not have
 * are counted, and of an endpoint that no definition has nothing is shown.
 *
 * @returns path, query and body; a body that has not been read (text, bytes, a form) is `[redacted]`
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
 * Makes the path of any request to the gateway fit for a log: of a call to WeChat Pay, what its definition has literally,
 * and what stands for placeholders that are nobody's own; of the gateway's own paths, the words and numbers that they are
 * made of.
 *
 * @param path percent-encoded, without query
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

/** The words of the gateway's own paths. A merchant chooses what follows `/notify/{mchid}/`. */
const OWN_WORDS: ReadonlySet<string> = new Set([
  'healthz',
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
])
const MCHID = /^\d{8,10}$/
const NUMBER = /^\d{1,10}$/
/** The numbers that may follow some of them. */
const OWN_NUMBERS: Readonly<Record<string, RegExp>> = {
  notify: MCHID,
  merchants: MCHID,
  events: NUMBER,
  deliveries: NUMBER,
}

/** The members of an object, of the objects of a list, of the JSON in a text. */
function redactObject(value: unknown, shape: Shape, depth = 0): unknown {
  if (isEmpty(value)) return value
  if (depth > MAX_DEPTH) return REDACTED
  if (Array.isArray(value)) return value.map(member => redactObject(member, shape, depth + 1))
  if (typeof value === 'string') {
    const inside = depth > 0 ? parsed(value) : undefined
    return typeof inside === 'object' && inside !== null ? redactObject(inside, shape, depth + 1) : REDACTED
  }
  if (!isObject(value)) return REDACTED
  const shown: [string, unknown][] = []
  let unknown = 0
  for (const [name, one] of Object.entries(value)) {
    const member = shape(name)
    if (member === undefined) unknown++
    else shown.push([name, redactMember(one, member, depth + 1)])
  }
  return Object.fromEntries(unknown > 0 ? [...shown, [UNKNOWN, unknown]] : shown)
}

function redactMember(value: unknown, member: Member, depth: number): unknown {
  if (typeof member === 'function') return redactObject(value, member, depth)
  if (isEmpty(value)) return value
  if (member === 'redacted') return REDACTED
  const show = member === 'shown' ? wordOf : () => SEALED
  return Array.isArray(value) ? value.map(show) : show(value)
}

/** A number, a truth value, a word; nothing else. */
function wordOf(value: unknown): unknown {
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return value
  return typeof value === 'string' && WORD.test(value) && !OPENID.test(value) ? value : REDACTED
}

/** It says that somebody left something out, and nothing else. */
const isEmpty = (value: unknown): boolean => value === undefined || value === null || value === ''

function parsed(text: string): unknown {
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
