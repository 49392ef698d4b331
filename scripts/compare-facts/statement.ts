import type { FactField } from './facts.ts'

/** Reliability of a statement. */
export type Certainty = 'official' | 'two sources' | 'one source'

/** A nested field; its members are in `fields`. */
export type StatedField = Pick<
  FactField,
  'name' | 'type' | 'required' | 'enum' | 'maxLength' | 'format' | 'encrypted'
> & {
  fields?: readonly StatedField[]
}

/** Facts from a source about a place. Omitted facets are not compared. */
export interface Saying {
  /** `string`, `object[]`; `integer` satisfies `number`. */
  type?: string
  required?: boolean
  /** All values; `null` for any. */
  enum?: readonly string[] | null
  /** Some of the values. */
  includes?: readonly string[]
  /** `null`: not encrypted. */
  encrypted?: string | null
  maxLength?: number
  format?: string
  /** APIv2 endpoints: whether the message has no `nonce_str`. */
  nonceless?: boolean
  mtls?: boolean
  /** The kind of an endpoint's response: `json`, `empty`. */
  answer?: string
  /** The access point, unless it is the usual one; and a second one. */
  base?: string
  baseAlternative?: string
  /** Members of the place, which may have others. */
  fields?: readonly StatedField[]
  /** The names of members, dotted, where a source tells no more. */
  has?: readonly string[]
}

/** Facts from sources about one place of the API: a line of a table of statements. */
export interface Statement {
  /** The endpoint or notification: `v3 POST /v3/pay/transactions/jsapi`, `v3 REFUND.SUCCESS`. */
  of: string
  /** Dotted path, as in a report: `body.payer.openid`. If omitted: the endpoint itself. */
  at?: string
  /** `null`: the place does not exist. */
  says: Saying | null
  certainty: Certainty
  /** The sources that state it. */
  sources: readonly string[]
  /** The sources that contradict it. */
  against?: readonly string[]
  /** The facts of earlier definitions; `null`: they did not have it. */
  was?: Saying | null
  /** The replacement of an endpoint that does not exist. */
  instead?: string
}

/** Thrown for a line that is not a valid statement or explanation. */
export class TableError extends Error {}

/** A check of a value, and a description of valid ones. */
interface Rule {
  fits: (value: unknown) => boolean
  expected: string
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
const text: Rule = { fits: value => typeof value === 'string' && value.trim() !== '', expected: 'a text' }
const flag: Rule = { fits: value => typeof value === 'boolean', expected: 'true or false' }
const list: Rule = {
  fits: value => Array.isArray(value) && value.length > 0 && value.every(text.fits),
  expected: 'a list of texts, not empty',
}
const orNull = ({ fits, expected }: Rule): Rule => ({
  fits: value => value === null || fits(value),
  expected: `${expected}, or null`,
})
const natural: Rule = { fits: value => Number.isSafeInteger(value) && (value as number) > 0, expected: 'a number' }
const CERTAINTIES: readonly Certainty[] = ['official', 'two sources', 'one source']

const FIELD_RULES: Readonly<Record<string, Rule>> = {
  name: text,
  type: text,
  required: flag,
  enum: list,
  maxLength: natural,
  format: text,
  encrypted: text,
  fields: { fits: value => Array.isArray(value) && value.every(isField), expected: 'a list of fields' },
}

const SAYING_RULES: Readonly<Record<string, Rule>> = {
  type: text,
  required: flag,
  enum: orNull(list),
  includes: list,
  encrypted: orNull(text),
  maxLength: natural,
  format: text,
  nonceless: flag,
  mtls: flag,
  answer: text,
  base: text,
  baseAlternative: text,
  fields: FIELD_RULES.fields!,
  has: list,
}

const saying: Rule = orNull({
  fits: value => isObject(value) && faultOf(value, SAYING_RULES, []) === undefined,
  expected: `an object with some of ${Object.keys(SAYING_RULES).join(', ')}`,
})

const STATEMENT_RULES: Readonly<Record<string, Rule>> = {
  of: { fits: value => typeof value === 'string' && /^(?:v2|v3|brand) \S/.test(value), expected: '`v3 POST /v3/…`' },
  at: text,
  says: saying,
  certainty: {
    fits: value => CERTAINTIES.includes(value as Certainty),
    expected: CERTAINTIES.map(certainty => `"${certainty}"`).join(' or '),
  },
  sources: list,
  against: list,
  // Not checked further, because earlier definitions may have been wrong in any way.
  was: orNull({ fits: isObject, expected: 'an object' }),
  instead: text,
}

/** A deliberate difference from a statement: a line of a list of explanations. */
export interface Explanation {
  of: string
  at?: string
  /** The facet that is contradicted: `required`; `exists` for a place that only one side has. */
  facet: string
  /** The facts of the definitions; absent if they have none. */
  definitions?: unknown
  /** The reason. */
  because: string
}

const EXPLANATION_RULES: Readonly<Record<string, Rule>> = {
  of: STATEMENT_RULES.of!,
  at: text,
  facet: text,
  definitions: { fits: () => true, expected: 'a value' },
  because: text,
}

function isField(value: unknown): boolean {
  return isObject(value) && faultOf(value, FIELD_RULES, ['name', 'type']) === undefined
}

function faultOf(
  row: Record<string, unknown>,
  rules: Readonly<Record<string, Rule>>,
  required: readonly string[],
): string | undefined {
  for (const name of required) if (!Object.hasOwn(row, name)) return `has no "${name}"`
  for (const [name, value] of Object.entries(row)) {
    const rule = Object.hasOwn(rules, name) ? rules[name] : undefined
    if (!rule) return `has an unknown "${name}"; use ${Object.keys(rules).join(', ')}`
    if (!rule.fits(value)) return `has a wrong "${name}"; write ${rule.expected}`
  }
  return undefined
}

/**
 * Checks a line of a table of statements.
 *
 * @param row the line's JSON
 * @param where `official.jsonl:3`, for the error
 * @throws {TableError} a key is missing, unknown, or has a wrong value
 */
export const toStatement = (row: unknown, where: string): Statement =>
  checked<Statement>(row, where, STATEMENT_RULES, ['of', 'says', 'certainty', 'sources'])

/**
 * Checks a line of a list of explanations.
 *
 * @param row the line's JSON
 * @param where `explained.jsonl:3`, for the error
 * @throws {TableError} a key is missing, unknown, or has a wrong value
 */
export const toExplanation = (row: unknown, where: string): Explanation =>
  checked<Explanation>(row, where, EXPLANATION_RULES, ['of', 'facet', 'because'])

function checked<T>(
  row: unknown,
  where: string,
  rules: Readonly<Record<string, Rule>>,
  required: readonly string[],
): T {
  const fault = isObject(row) ? faultOf(row, rules, required) : 'is not a JSON object'
  if (fault) throw new TableError(`${where} ${fault}`)
  return row as T
}
