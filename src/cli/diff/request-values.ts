import type { Endpoint } from '../../simulator/catalogue/catalogue.ts'
import type { Field } from '../../simulator/catalogue/shape.ts'
import { type SampleContext, sampleInteger, sampleText } from '../../simulator/sample/sample-value.ts'
import { fieldOf, fieldsOf } from '../record/fields.ts'
import { isListedNumber, isListedText } from '../record/listed-values.ts'
import type { RecordedObject, RecordedText, RecordedValue } from '../record/recording.ts'
import type { ReplaySession } from './replay-session.ts'

/** Amount of every order, in fen, because a recording has none. */
const FEN = 100

/**
 * Makes the values of a request that has the shape of a recorded one: samples, the same text wherever the recording has the same, and of
 * the recorded values only those that a recording may have. Anything else may be an address or a text of somebody's choice.
 */
export function makeFields(
  recorded: RecordedObject,
  fields: readonly Field[],
  endpoint: Endpoint,
  session: ReplaySession,
): Record<string, unknown> {
  const entries = Object.entries(recorded.fields).map(([name, value]) => {
    const { label = name, shape = { type: 'any' } as const } = fieldOf(name, fields) ?? {}
    return [name, makeValue(value, { name, label, required: false, shape }, endpoint, session)]
  })
  return Object.fromEntries(entries)
}

function makeValue(recorded: RecordedValue, field: Field, endpoint: Endpoint, session: ReplaySession): unknown {
  const { shape, name } = field
  switch (recorded.type) {
    case 'string':
      return makeText(recorded, field, endpoint, session)
    case 'object':
      return makeFields(recorded, fieldsOf(shape), endpoint, session)
    case 'array':
      return recorded.items.map(item => makeValue(item, { ...field, shape: shape.items ?? shape }, endpoint, session))
    case 'boolean':
      return true
    case 'null':
      return undefined
    default:
      if (recorded.value !== undefined && isListedNumber(recorded.value, shape)) return recorded.value
      return sampleInteger(name, shape.format, contextOf(endpoint, session))
  }
}

function makeText({ value, ref }: RecordedText, field: Field, endpoint: Endpoint, session: ReplaySession): string {
  const { name, label, shape } = field
  const { texts, vocabulary, simulator } = session
  if (value !== undefined && isListedText(value, name, shape, vocabulary)) return value
  const known = ref === undefined ? undefined : texts.get(ref)
  if (known !== undefined) return known
  const sampled = shape.enum
    ? String(shape.enum[0])
    : sampleText(name, label, shape.format, contextOf(endpoint, session))
  const made = name === 'openid' ? simulator.examples.openid : sampled.slice(0, shape.maxLength)
  if (ref !== undefined) texts.set(ref, made)
  return made
}

const contextOf = ({ api }: Endpoint, { simulator, random }: ReplaySession): SampleContext => ({
  random,
  now: Date.now(),
  merchant: simulator.merchant,
  brandId: simulator.brand?.brandId,
  sub_mchid: simulator.examples.sub_mchid,
  fen: FEN,
  api,
})
