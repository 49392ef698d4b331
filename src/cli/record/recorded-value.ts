import type { Field, Shape } from '../../simulator/catalogue/shape.ts'
import { fieldOf, fieldsOf } from './fields.ts'
import { isListedNumber, isListedText } from './listed-values.ts'
import type { RecordedObject, RecordedText, RecordedValue, TextKind } from './recording.ts'
import type { NumberText } from './references.ts'
import type { Vocabulary } from './vocabulary.ts'

/** The words and the numbering that decide how a message is recorded. */
export interface Recorder {
  readonly vocabulary: Vocabulary
  readonly numberText: NumberText
}

/** Deeper values are recorded as `null`: no message is that deep. */
const MAX_DEPTH = 32
const MAX_ITEMS = 20
const MAX_UNNAMED = 20
const KINDS: readonly (readonly [TextKind, RegExp])[] = [
  ['empty', /^$/],
  ['digits', /^\d+$/],
  ['date-time', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/],
  ['url', /^[a-z][a-z\d+.-]*:\/\//],
  ['hex', /^(?:[\da-f]{8,}|[\dA-F]{8,})$/],
  ['base64', /^[\w+/]{24,}={0,2}$/],
]
/** Characters that tell the kind of a text. */
const KIND_LENGTH = 2048

const kindOf = (text: string): TextKind =>
  KINDS.find(([, pattern]) => pattern.test(text.slice(0, KIND_LENGTH)))?.[0] ?? 'text'

/** Records the members of a message, with those definitions that it has. */
export function recordFields(
  values: Readonly<Record<string, unknown>>,
  fields: readonly Field[],
  recorder: Recorder,
  depth = 0,
): RecordedObject {
  const recorded: [string, RecordedValue][] = []
  const unnamed: RecordedValue[] = []
  for (const [name, value] of Object.entries(values)) {
    const one = recordValue(value, fieldOf(name, fields)?.shape, recorder, name, depth + 1)
    if (recorder.vocabulary.isName(name)) recorded.push([name, one])
    else if (unnamed.length < MAX_UNNAMED) unnamed.push(one)
  }
  return { type: 'object', fields: Object.fromEntries(recorded), ...(unnamed.length > 0 && { unnamed }) }
}

function recordValue(
  value: unknown,
  shape: Shape | undefined,
  recorder: Recorder,
  name: string,
  depth: number,
): RecordedValue {
  if (depth > MAX_DEPTH || value === null || value === undefined) return { type: 'null' }
  if (typeof value === 'boolean') return { type: 'boolean' }
  if (typeof value === 'bigint') return { type: 'integer' }
  if (typeof value === 'number') return recordNumber(value, shape)
  if (typeof value === 'string') return recordText(value, shape, recorder, name)
  if (Array.isArray(value)) {
    const items = value.slice(0, MAX_ITEMS).map(item => recordValue(item, shape?.items, recorder, name, depth + 1))
    return { type: 'array', length: value.length, items }
  }
  return recordFields(value as Readonly<Record<string, unknown>>, fieldsOf(shape), recorder, depth)
}

const recordNumber = (value: number, shape: Shape | undefined): RecordedValue => ({
  type: Number.isInteger(value) ? 'integer' : 'number',
  ...(isListedNumber(value, shape) && { value }),
})

function recordText(text: string, shape: Shape | undefined, recorder: Recorder, name: string): RecordedText {
  const { vocabulary, numberText } = recorder
  const base = { type: 'string', length: [...text.slice(0, 65_536)].length, kind: kindOf(text) } as const
  if (isListedText(text, name, shape, vocabulary)) return { ...base, value: text }
  const ref = numberText(text)
  return ref === undefined ? base : { ...base, ref }
}
