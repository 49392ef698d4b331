import { replaceFields } from '../../core/codec/fields.ts'
import { parseJson } from '../../core/codec/json.ts'
import { notificationTraits } from '../../core/endpoints/generated/notification-traits.ts'
import { traitOf } from '../../core/endpoints/trait-of.ts'
import { REDACTED } from './redact.ts'

const SEALED = '[sealed]'

/**
 * A message as a log may have it: what is sealed on the wire is `[sealed]`; openids, names, phones, addresses, numbers of
 * identity cards and of bank cards are `[redacted]`. It is meant for the debug level, and even there for whoever may see orders.
 *
 * @param body a request's or an answer's, or the parameters of a query, as read; what has not been read (text, bytes, a form) is not shown
 * @param path as a definition or a request has it, of APIv2 with or without `/v2`
 * @example
 * ```ts
 * log.debug('call', { body: await redactBody(body, 'v3', 'POST', '/v3/pay/transactions/jsapi') })
 * ```
 */
export async function redactBody(body: unknown, api: 'v2' | 'v3', method: string, path: string): Promise<unknown> {
  const trait = traitOf(method.toUpperCase(), api === 'v2' ? path.replace(/^\/v2(?=\/)/, '') : path)
  const { seal = [], sealQuery = [], sealBank = [], open = [], form } = trait
  const { json = [], encode = [], encodeQuery = [] } = trait
  // An outer text before those within: `encode` has them the other way.
  const texts = [...json, ...encode.toReversed(), ...encodeQuery]
  return redact(await replaceFields(body, form, hidden), [...seal, ...sealQuery, ...sealBank, ...open], texts)
}

/**
 * The same for what a notification tells.
 *
 * @param resource opened
 * @param event an APIv2 one behind `v2/`
 */
export async function redactNotification(resource: unknown, event: string): Promise<unknown> {
  const { open = [], json = [] } = notificationTraits[event] ?? {}
  return redact(resource, open, json)
}

async function redact(message: unknown, sealed: readonly string[], texts: readonly string[]): Promise<unknown> {
  const read = await replaceFields(message, texts, parsed)
  return redactPersons(await replaceFields(read, sealed, () => SEALED))
}

/** Text that is to hold something, and does not let itself be read, may hold anything. */
const hidden = (value: unknown): unknown => (typeof value === 'string' ? REDACTED : value)

function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return parseJson(value)
  } catch {
    return REDACTED
  }
}

/** Fields that say who somebody is, or where their money lies. */
const PERSONAL =
  /openid$|unionid$|name$|phone|mobile|(?:^|_)tel(?:_|$)|mail|address|(?:id|identity|identification|credential|cert|certificates?|licen[cs]e|card|account|bank|passport)_?(?:no|num|number|code)$|id_?card|bank_?(?:account|card)|auth_code/i

/** Names of things. */
const THINGS =
  /(?:^|_)(?:goods|bank|branch|brand|store|shop|stock|batch|activity|act|plan|product|item|package|app|file|coupon|project|field|param|discount|trade_type|device|service)_?name$|^filename$/i

function redactPersons(value: unknown, name = ''): unknown {
  if (Array.isArray(value)) return value.map(member => redactPersons(member, name))
  if (isObject(value))
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, redactPersons(one, name)]))
  // Bytes, a form, a whole text: not read.
  if (typeof value === 'object' && value !== null) return REDACTED
  if (name === '' && typeof value === 'string') return REDACTED
  if (value === undefined || value === null || value === '' || value === SEALED) return value
  return PERSONAL.test(name) && !THINGS.test(name) ? REDACTED : value
}

function isObject(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null) return false
  const prototype = Object.getPrototypeOf(value)
  return prototype === Object.prototype || prototype === null
}
