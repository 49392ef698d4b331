import { stringifyJson } from '../../core/codec/json.ts'
import { definitionOf, type NotificationName } from '../catalogue/notification.ts'
import type { Field, Shape } from '../catalogue/shape.ts'
import type { Values } from '../catalogue/violation.ts'
import { examples } from '../examples.ts'
import { sample } from '../sample/sample.ts'
import type { Random } from '../state/random.ts'
import type { MessageContext } from './message.ts'

export interface SampleResourceContext extends Pick<MessageContext, 'merchant'> {
  readonly random: Random
  /** ms */
  readonly now: number
  readonly brandId?: string | undefined
}

/**
 * Makes a sample resource from the definition of a notification. States match the name of the event; otherwise they are
 * successful.
 *
 * @returns the plain resource, or APIv2's fields, as JSON text; undefined for an event without a definition
 */
export function sampleResource(
  name: NotificationName,
  { random, now, merchant, brandId }: SampleResourceContext,
): string | undefined {
  const definition = definitionOf(name)
  if (!definition) return undefined
  const names = RESTRICTED_FIELDS[`${name.api} ${name.event}`]
  const fields = directFields(definition.fields.filter(field => !names || names.includes(field.name)))
  const { sub_mchid } = examples
  const context = { random, now, merchant, brandId, sub_mchid, fen: 100 + random.below(10_000), api: name.api }
  const {
    nonce_str: _,
    sign: __,
    sign_type: ___,
    ...values
  } = sample(fields, findNamedStates(name.event, fields), context)
  return stringifyJson(values)
}

/** Fields of an event that several products use: those of a merchant's own order. */
const RESTRICTED_FIELDS: Readonly<Record<string, readonly string[]>> = {
  'v3 TRANSACTION.SUCCESS': [
    'appid',
    'mchid',
    'out_trade_no',
    'transaction_id',
    'trade_type',
    'trade_state',
    'trade_state_desc',
    'bank_type',
    'attach',
    'success_time',
    'payer',
    'amount',
  ],
}

const PARTNERS = /^(sp|sub|combine)_/

/** Returns the fields of a directly linked merchant (直连商户): drops optional fields of partners and combined orders. */
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
/** Words of event names whose states have another name. */
const SYNONYMS: Readonly<Record<string, string>> = { RELEASE: 'DELETE', QUOTACARDEXPIRED: 'DISABLED' }

/**
 * Returns the states that the name of an event implies, by field: `REFUND.ABNORMAL` implies `refund_status` `ABNORMAL`.
 */
function findNamedStates(event: string, fields: readonly Field[]): Values {
  const words = event
    .replace(/^\w+\./, '')
    .split(/[._]/)
    .map(word => SYNONYMS[word] ?? word)
  const topLevel = fields.flatMap(({ name, shape }) => {
    const state = STATES.test(name) ? findNamedState(words, name, shape) : undefined
    return state === undefined ? [] : [[name, state] as const]
  })
  const nested = fields.map(({ shape }) => {
    const members = shape.items?.fields ?? shape.fields ?? []
    // A nested field without an enum does not hold the state of the event.
    return findNamedStates(
      event,
      members.filter(member => member.shape.enum || member.shape.fields || member.shape.items),
    )
  })
  return Object.assign({}, ...nested, Object.fromEntries(topLevel))
}

/** Returns the state that equals a word of the event, or the one whose distinguishing word has the same stem. */
function findNamedState(words: readonly string[], name: string, { enum: values }: Shape): string | undefined {
  if (!values) return words.find(word => word === 'FAIL')
  const states = values.map(String)
  const exactMatches = words.map(word => states.indexOf(word))
  const parts = states.map(state => state.split('_'))
  // A word that all states have does not distinguish them: CONTRACT_STATE_SIGNED, CONTRACT_STATE_TERMINATED.
  const distinguishing = parts.map(own => own.filter(part => !parts.every(other => other.includes(part))))
  // The distinguishing word ends a state and begins an action: PAY_FAIL, CREATE_COMPLAINT.
  const position = name.endsWith('action_type') ? 0 : -1
  const stemMatches = words.map(word => distinguishing.findIndex(own => haveSameStem(own.at(position), word)))
  return states[[...exactMatches, ...stemMatches].find(at => at >= 0) ?? -1]
}

/** Returns whether two words have the same stem: `USE` and `USED`. */
const haveSameStem = (part: string | undefined, word: string): boolean =>
  part !== undefined && (part.startsWith(word) || word.startsWith(part))
