import { stringifyJson } from '../../core/codec/json.ts'
import { definitionOf, type NotificationName } from '../catalogue/notification.ts'
import { sample } from '../catalogue/sample.ts'
import type { Field, Shape } from '../catalogue/shape.ts'
import type { Values } from '../catalogue/violation.ts'
import { examples } from '../examples.ts'
import type { Random } from '../state/random.ts'
import type { MessageContext } from './message.ts'

export interface SampleResourceContext extends Pick<MessageContext, 'merchant'> {
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
export function sampleResource(
  name: NotificationName,
  { random, now, merchant }: SampleResourceContext,
): string | undefined {
  const definition = definitionOf(name)
  if (!definition) return undefined
  const only = RESTRICTED_FIELDS[`${name.api} ${name.event}`]
  const fields = directFields(definition.fields.filter(field => !only || only.includes(field.name)))
  const { sub_mchid } = examples
  const context = { random, now, merchant, sub_mchid, fen: 100 + random.below(10_000), api: name.api }
  const {
    nonce_str: _,
    sign: __,
    sign_type: ___,
    ...values
  } = sample(fields, findNamedStates(name.event, fields), context)
  return stringifyJson(values)
}

/** One event of several products, each with fields of its own: those of an order that the merchant himself placed. */
const RESTRICTED_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'v3 TRANSACTION.SUCCESS': [
    ...['appid', 'mchid', 'out_trade_no', 'transaction_id', 'trade_type', 'trade_state', 'trade_state_desc'],
    ...['bank_type', 'attach', 'success_time', 'payer', 'amount'],
  ],
}

const PARTNERS = /^(sp|sub|combine)_/

/** The merchant is directly linked (直连商户): what is a partner's or of a combined order is left out where it may be. */
const directFields = (fields: readonly Field[]): readonly Field[] =>
  fields
    .filter(({ name, required }) => required || !PARTNERS.test(name))
    .map(field => ({ ...field, shape: directShape(field.shape) }))

const directShape = (shape: Shape): Shape => ({
  ...shape,
  ...(shape.fields && { fields: directFields(shape.fields) }),
  ...(shape.items && { items: directShape(shape.items) }),
})

const STATES = /(state|status|action_type)$/
/** What an event calls otherwise than the state does. */
const SYNONYMS: Readonly<Record<string, string>> = { RELEASE: 'DELETE', QUOTACARDEXPIRED: 'DISABLED' }

/** By the name of the field, the state that an event's name speaks of: `REFUND.ABNORMAL` of `refund_status` `ABNORMAL`. */
function findNamedStates(event: string, fields: readonly Field[]): Values {
  const words = event
    .replace(/^\w+\./, '')
    .split(/[._]/)
    .map(word => SYNONYMS[word] ?? word)
  const own = fields.flatMap(({ name, shape }) => {
    const state = STATES.test(name) ? findNamedState(words, name, shape) : undefined
    return state === undefined ? [] : [[name, state] as const]
  })
  const deeper = fields.map(({ shape: { fields = [], items } }) => {
    const inner = items?.fields ?? fields
    // What is only text means one thing at the top, another below.
    return findNamedStates(
      event,
      inner.filter(({ shape }) => shape.enum || shape.fields || shape.items),
    )
  })
  return Object.assign({}, ...deeper, Object.fromEntries(own))
}

/** Of the states that are known, one of the words, or one that tells itself from the others by a word of that stem. */
function findNamedState(words: readonly string[], name: string, { enum: known }: Shape): string | undefined {
  if (!known) return words.find(word => word === 'FAIL')
  const states = known.map(String)
  const exact = words.map(word => states.indexOf(word))
  const parts = states.map(state => state.split('_'))
  // What stands in every state tells none of them: CONTRACT_STATE_SIGNED, CONTRACT_STATE_TERMINATED.
  const telling = parts.map(own => own.filter(part => !parts.every(other => other.includes(part))))
  // A state says what became of it at its end, an action at its beginning: PAY_FAIL, CREATE_COMPLAINT.
  const place = name.endsWith('action_type') ? 0 : -1
  const akin = words.map(word => telling.findIndex(own => haveSameStem(own.at(place), word)))
  return states[[...exact, ...akin].find(at => at >= 0) ?? -1]
}

/** Whether two words have one stem: `USE` and `USED`. */
const haveSameStem = (part: string | undefined, word: string): boolean =>
  part !== undefined && (part.startsWith(word) || word.startsWith(part))
