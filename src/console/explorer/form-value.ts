import type { DefinedEndpoint, DefinedField, DefinedSchema } from './definition.ts'
import type { Tables } from './fields.ts'

/** A value as somebody has entered it: text at the leaves, whatever the type, and files. */
export type FormValue = string | File | FormObject | readonly FormValue[]
export interface FormObject {
  readonly [name: string]: FormValue
}

/** Everything that is entered for a call. */
export interface CallForm {
  readonly placeholders: FormObject
  readonly query: FormObject
  readonly headers: FormObject
  readonly body: FormValue | undefined
}

/** Values for fields that examples cannot have: the merchant's own numbers, and numbers of earlier calls. */
export interface KnownValues {
  /** ms */
  readonly now: number
  /** Returns the value of a field by its name. */
  valueOf(name: string): string | undefined
}

/** Creates the form of a call with everything that is required filled in. */
export function initialForm(endpoint: DefinedEndpoint, tables: Tables, known: KnownValues): CallForm {
  const { placeholders, query, headers, body, filled = [] } = endpoint
  const values = (numbers: readonly number[]): FormObject => requiredMembers(numbers, tables, known)
  const creating = endpoint.method === 'POST' ? withFreshNumber(endpoint, tables, known) : known
  return {
    placeholders: values(placeholders),
    query: without(values(query), filled) as FormObject,
    headers: values(headers),
    body: body && without(initialValue(tables.schemas[body.schema]!, tables, creating, ''), filled),
  }
}

/** Leaves out members by their dotted paths. */
function without(value: FormValue, paths: readonly string[], prefix = ''): FormValue {
  if (typeof value !== 'object' || value instanceof File || Array.isArray(value)) return value
  return Object.fromEntries(
    Object.entries(value as FormObject)
      .filter(([name]) => !paths.includes(prefix + name))
      .map(([name, member]) => [name, without(member, paths, `${prefix}${name}.`)]),
  )
}

/**
 * Gives a call that creates something a number of its own: in the field by which WeChat Pay recognizes a repeated call, or in the
 * first required one that the merchant chooses.
 */
function withFreshNumber({ body, idempotentBy }: DefinedEndpoint, tables: Tables, known: KnownValues): KnownValues {
  const members = (body && tables.schemas[body.schema]!.fields) ?? []
  const own = members
    .map(number => tables.fields[number]!)
    .find(
      ({ name, required }) =>
        required && /^(out|partner|mch)_\w*(no|number|id)$/.test(name) && !/mch_?id|appid/.test(name),
    )
  const name = idempotentBy ?? own?.name
  if (name === undefined) return known
  const number = freshNumber(known.now)
  return { now: known.now, valueOf: own => (own === name ? number : known.valueOf(own)) }
}

const freshNumber = (now: number): string => `T${now}${Math.floor(Math.random() * 1000)}`

/** Optional fields that are filled in if their value is known: many calls accept one of two, of which neither is required. */
const USUAL_FIELDS = ['out_trade_no', 'mchid']
/** The same where an object has nothing that is required. */
const USUAL_IN_OPTIONAL = ['openid', 'sp_openid']

function requiredMembers(numbers: readonly number[], tables: Tables, known: KnownValues): FormObject {
  const fields = numbers.map(number => tables.fields[number]!)
  const usual = fields.some(field => field.required) ? USUAL_FIELDS : [...USUAL_FIELDS, ...USUAL_IN_OPTIONAL]
  const included = fields.filter(
    ({ name, required }) => required || (usual.includes(name) && known.valueOf(name) !== undefined),
  )
  return Object.fromEntries(included.map(field => [memberName(field), initialMember(field, tables, known)]))
}

/** Returns the name of a member that is entered: a field such as `coupon_id_#` stands for several. */
export const memberName = ({ name }: DefinedField): string => name.replaceAll('#', '0')

/** Creates a value of a field. */
export const initialMember = (field: DefinedField, tables: Tables, known: KnownValues): FormValue =>
  initialValue(tables.schemas[field.schema]!, tables, known, field.name, field.label)

/** Creates a value with all its required members. */
export function initialValue(
  schema: DefinedSchema,
  tables: Tables,
  known: KnownValues,
  name: string,
  label = '',
): FormValue {
  if (schema.content !== undefined) return initialValue(tables.schemas[schema.content]!, tables, known, name, label)
  if (schema.anyOf?.[0] !== undefined) return initialValue(tables.schemas[schema.anyOf[0]]!, tables, known, name, label)
  if (schema.items !== undefined) return [initialValue(tables.schemas[schema.items]!, tables, known, name, label)]
  if (schema.fields) return requiredMembers(schema.fields, tables, known)
  if (schema.type === 'file') return ''
  return leafValue(schema, known, name, label)
}

const HOUR = 3_600_000
const CHINA = 8 * HOUR

function leafValue(
  { type, format, enum: values, example }: DefinedSchema,
  known: KnownValues,
  name: string,
  label: string,
): string {
  const value = known.valueOf(name)
  if (value !== undefined) return value
  if (values?.[0] !== undefined) return String(values.includes(example as string) ? example : values[0])
  // Examples are years old, and a time that has passed is refused.
  if (format === 'date-time') return `${new Date(known.now + HOUR + CHINA).toISOString().slice(0, 19)}+08:00`
  if (format === 'date') return new Date(known.now + CHINA).toISOString().slice(0, 10)
  if (/(^|_)notify_url$/.test(name)) return 'https://merchant.example/notify'
  if (example !== undefined) return String(example)
  if (type === 'boolean') return 'true'
  if (type === 'integer' || type === 'number') return '1'
  if (/[-_](no|id|code|key)$/i.test(name)) return freshNumber(known.now)
  return label
}

/** The parts of a call. */
export type FormPart = keyof CallForm

/** A value that cannot be sent. */
export interface FormProblem {
  /** `amount.total` */
  readonly path: string
  readonly kind: 'integer' | 'number' | 'boolean' | 'file' | 'required'
  /** The unit of the value that is expected. */
  readonly unit?: string
}

/**
 * Converts what was entered to the values of a call. Empty text is left out.
 *
 * @param problems receives what cannot be converted
 */
export function convertValue(
  value: FormValue | undefined,
  schema: DefinedSchema,
  tables: Tables,
  problems: FormProblem[],
  path = '',
): unknown {
  if (schema.content !== undefined && typeof value !== 'string')
    return convertValue(value, tables.schemas[schema.content]!, tables, problems, path)
  if (schema.anyOf) return convertValue(value, alternativeOf(value, schema, tables), tables, problems, path)
  if (Array.isArray(value))
    return value.map((item, at) =>
      convertValue(
        item,
        schema.items === undefined ? schema : tables.schemas[schema.items]!,
        tables,
        problems,
        `${path}[${at}]`,
      ),
    )
  if (value instanceof File) return value
  if (typeof value === 'object') return convertMembers(value as FormObject, schema.fields ?? [], tables, problems, path)
  return convertLeaf(value ?? '', schema, problems, path)
}

/** Converts the members of an object, and reports required ones that are missing. */
export function convertMembers(
  value: FormObject,
  numbers: readonly number[],
  tables: Tables,
  problems: FormProblem[],
  prefix = '',
): Record<string, unknown> {
  const converted: [string, unknown][] = []
  for (const number of numbers) {
    const field = tables.fields[number]!
    const schema = tables.schemas[field.schema]!
    const names = Object.keys(value).filter(name => isMember(name, field))
    for (const name of names) {
      const path = prefix === '' ? name : `${prefix}.${name}`
      const before = problems.length
      const member = convertValue(value[name], schema, tables, problems, path)
      if (member !== undefined) converted.push([name, member])
      else if (field.required && problems.length === before) problems.push({ path, kind: 'required' })
    }
    if (names.length === 0 && field.required)
      problems.push({ path: prefix === '' ? field.name : `${prefix}.${field.name}`, kind: 'required' })
  }
  return Object.fromEntries(converted)
}

/** Converts JSON back to what is entered in a form. */
export function valueToForm(value: unknown): FormValue {
  if (Array.isArray(value)) return value.map(valueToForm)
  if (typeof value !== 'object' || value === null) return value === undefined || value === null ? '' : String(value)
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, valueToForm(member)]))
}

/** Returns whether a member belongs to a field: `coupon_id_0` to `coupon_id_#`. */
export function isMember(name: string, field: DefinedField): boolean {
  if (!field.name.includes('#')) return name === field.name
  const parts = field.name.split('#')
  return name.startsWith(parts[0]!) && name.endsWith(parts.at(-1)!) && /\d/.test(name)
}

/** Returns the alternative that has all members that were entered, otherwise the first. */
export function alternativeOf(
  value: FormValue | undefined,
  { anyOf = [] }: DefinedSchema,
  tables: Tables,
): DefinedSchema {
  const alternatives = anyOf.map(number => tables.schemas[number]!)
  const names = typeof value === 'object' && !Array.isArray(value) && !(value instanceof File) ? Object.keys(value) : []
  const hasAll = ({ fields = [] }: DefinedSchema): boolean =>
    names.every(name => fields.some(number => isMember(name, tables.fields[number]!)))
  return alternatives.find(hasAll) ?? alternatives[0]!
}

function convertLeaf(
  text: string,
  { type, enum: values, unit }: DefinedSchema,
  problems: FormProblem[],
  path: string,
): unknown {
  const report = (kind: FormProblem['kind']): undefined => {
    problems.push({ path, kind, ...(unit !== undefined && { unit }) })
    return undefined
  }
  if (text === '') return undefined
  if (type === 'file') return report('file')
  if (type === 'boolean') return text === 'true' || text === 'false' ? text === 'true' : report('boolean')
  if (type === 'integer') {
    if (!/^-?\d+$/.test(text)) return report('integer')
    return Number.isSafeInteger(Number(text)) ? Number(text) : BigInt(text)
  }
  if (type === 'number') return Number.isFinite(Number(text)) && text.trim() !== '' ? Number(text) : report('number')
  if (type === 'any' && values?.some(value => typeof value === 'number') && /^-?\d+$/.test(text)) return Number(text)
  return text
}

/** A problem, and the part of the call that it is in. */
export interface PartProblem extends FormProblem {
  readonly part: FormPart
}

/** The values of a call, as the client takes them. */
export interface CallValues {
  readonly placeholders: Readonly<Record<string, unknown>>
  readonly query: Readonly<Record<string, unknown>>
  readonly headers: Readonly<Record<string, unknown>>
  readonly body: unknown
}

/** Converts a form. The problems are those of fields; the values are complete only without any. */
export function convertForm(
  form: CallForm,
  endpoint: DefinedEndpoint,
  tables: Tables,
): { readonly values: CallValues; readonly problems: readonly PartProblem[] } {
  const problems: PartProblem[] = []
  const { placeholders, query, headers, body, filled = [] } = endpoint
  const within = <T>(part: FormPart, convert: (found: FormProblem[]) => T): T => {
    const found: FormProblem[] = []
    const converted = convert(found)
    problems.push(...found.map(problem => ({ ...problem, part })))
    return converted
  }
  const values = {
    placeholders: within('placeholders', found => convertMembers(form.placeholders, placeholders, tables, found)),
    query: within('query', found => convertMembers(form.query, query, tables, found)),
    headers: within('headers', found => convertMembers(form.headers, headers, tables, found)),
    body: within('body', found =>
      body && form.body !== undefined
        ? convertValue(form.body, tables.schemas[body.schema]!, tables, found)
        : undefined,
    ),
  }
  const isFilled = ({ kind, path }: PartProblem): boolean => kind === 'required' && filled.includes(path)
  return { values, problems: problems.filter(problem => !isFilled(problem)) }
}
