import { stringifyJson } from '../../core/codec/json.ts'
import type { Values } from '../catalogue/fault.ts'
import { definitionOf, type NotificationName } from '../catalogue/notification.ts'
import { sample } from '../catalogue/sample.ts'
import type { Field, Shape } from '../catalogue/shape.ts'
import { examples } from '../examples.ts'
import type { Random } from '../random.ts'
import type { Writer } from './message.ts'

export interface Ground extends Pick<Writer, 'merchant'> {
  readonly random: Random
  /** ms */
  readonly now: number
}

/**
 * What a notification of which only the name is known may tell, made from its definition: the state that its name speaks
 * of, else success.
 *
 * @returns the plain resource, or APIv2's fields, as JSON text; undefined for an event that no definition has
 */
export function plausibleResource(name: NotificationName, { random, now, merchant }: Ground): string | undefined {
  const definition = definitionOf(name)
  if (!definition) return undefined
  const only = PLAINEST[`${name.api} ${name.event}`]
  const fields = own(definition.fields.filter(field => !only || only.includes(field.name)))
  const { sub_mchid } = examples
  const ground = { random, now, merchant, sub_mchid, fen: 100 + random.below(10_000), api: name.api }
  const { nonce_str: _, sign: __, sign_type: ___, ...values } = sample(fields, namedStates(name.event, fields), ground)
  return stringifyJson(values)
}

/** One event of several products, each with fields of its own: those of an order that the merchant himself placed. */
const PLAINEST: Readonly<Record<string, readonly string[]>> = {
  'v3 TRANSACTION.SUCCESS': [
    ...['appid', 'mchid', 'out_trade_no', 'transaction_id', 'trade_type', 'trade_state', 'trade_state_desc'],
    ...['bank_type', 'attach', 'success_time', 'payer', 'amount'],
  ],
}

const PARTNERS = /^(sp|sub|combine)_/

/** The merchant is directly linked (直连商户): what is a partner's or of a combined order is left out where it may be. */
const own = (fields: readonly Field[]): readonly Field[] =>
  fields
    .filter(({ name, required }) => required || !PARTNERS.test(name))
    .map(field => ({ ...field, shape: ownShape(field.shape) }))

const ownShape = (shape: Shape): Shape => ({
  ...shape,
  ...(shape.fields && { fields: own(shape.fields) }),
  ...(shape.items && { items: ownShape(shape.items) }),
})

const STATES = /(state|status|action_type)$/
/** What an event calls otherwise than the state does. */
const SAME: Readonly<Record<string, string>> = { RELEASE: 'DELETE', QUOTACARDEXPIRED: 'DISABLED' }

/** By the name of the field, the state that an event's name speaks of: `REFUND.ABNORMAL` of `refund_status` `ABNORMAL`. */
function namedStates(event: string, fields: readonly Field[]): Values {
  const words = event
    .replace(/^\w+\./, '')
    .split(/[._]/)
    .map(word => SAME[word] ?? word)
  const found: Record<string, unknown> = {}
  for (const { name, shape } of fields) {
    const named = STATES.test(name) ? namedBy(words, (shape.enum ?? []).map(String)) : undefined
    if (named !== undefined) found[name] ??= named
    if (shape.fields) Object.assign(found, { ...namedStates(event, shape.fields), ...found })
  }
  return found
}

/** The state that is one of the words; else one that ends in it, else one that has it: `PAY_FAIL` for `INDUSTRY_FAILED`. */
function namedBy(words: readonly string[], states: readonly string[]): string | undefined {
  const parts = states.map(state => state.split('_'))
  // What stands in every state tells none of them: CONTRACT_STATE_SIGNED, CONTRACT_STATE_TERMINATED.
  const telling = parts.map(own => own.filter(part => !parts.every(other => other.includes(part))))
  const at = [
    words.map(word => states.indexOf(word)),
    words.map(word => telling.findIndex(own => isAkin(own.at(-1), word))),
    words.map(word => telling.findIndex(own => own.some(part => isAkin(part, word)))),
  ]
  return states[at.flat().find(place => place >= 0) ?? -1]
}

/** Whether two words have one stem: `USE` and `USED`. */
const isAkin = (part: string | undefined, word: string): boolean =>
  part !== undefined && (part.startsWith(word) || word.startsWith(part))
