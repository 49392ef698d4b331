import { codeKind } from '../../core/base/service-codes.ts'
import { endpointEntries } from '../../simulator/catalogue/catalogue.ts'
import { FIELDS, SHAPES } from '../../simulator/generated/catalogue.ts'

/**
 * The words that a recording may contain: those of the definitions, and those that the user has allowed. Everything
 * else may be a secret.
 */
export interface Vocabulary {
  /** Returns whether a name of a field, parameter or part may be recorded. */
  isName(name: string): boolean
  isSegment(segment: string): boolean
  isCode(code: string): boolean
  /** Returns whether a definition lists a text among the values of a field of this name, or the user has allowed it. */
  isValue(name: string, text: string): boolean
}

/** Members of errors, which the definitions do not repeat for each endpoint. */
const ERROR_NAMES = ['code', 'message', 'detail', 'field', 'value', 'location', 'issue', 'sign_information', 'data']
/** Codes that the documents of both APIs name, beyond the table of the client. */
const CODES = ['SUCCESS', 'FAIL', 'OK', 'NOT_FOUND', 'ALREADY_EXISTS', 'METHOD_NOT_ALLOWED', 'INVALID_TRANSACTIONID']

/** Returns a name with `#` for each number, as the definitions write `coupon_id_#`. */
const withoutNumbers = (name: string): string => name.replace(/(?<=_)\d{1,3}(?=_|$)/g, '#')

interface DefinedWords {
  readonly names: ReadonlySet<string>
  readonly segments: ReadonlySet<string>
  /** `name value` for each listed value of each field: APIv2 lists fewer than APIv3 does for the same names. */
  readonly values: ReadonlySet<string>
}

let defined: DefinedWords | undefined

function definedWords(): DefinedWords {
  if (defined) return defined
  const shapes = SHAPES.split('\n')
  const fields = FIELDS.split('\n').map(line => JSON.parse(line) as [name: string, label: string, shape: number])
  const values = fields.flatMap(([name, , number]) => {
    const line = shapes[number]!
    const listed = line.includes('"enum"') ? ((JSON.parse(line).enum ?? []) as readonly unknown[]) : []
    return listed.map(value => `${name} ${value}`)
  })
  const segments = endpointEntries().flatMap(({ path }) => path.split('/').filter(segment => /^[^{}]+$/.test(segment)))
  defined = {
    names: new Set([...fields.map(([name]) => name), ...ERROR_NAMES]),
    segments: new Set(segments),
    values: new Set(values),
  }
  return defined
}

/** @param allowed words that the user has looked at, and that may be recorded as well */
export function createVocabulary(allowed: readonly string[] = []): Vocabulary {
  const { names, segments, values } = definedWords()
  const more = new Set(allowed)
  return {
    isName: name => more.has(name) || names.has(name) || names.has(withoutNumbers(name)),
    isSegment: segment => more.has(segment) || segments.has(segment),
    isCode: code => more.has(code) || CODES.includes(code) || codeKind(code) !== undefined,
    isValue: (name, text) => more.has(text) || values.has(`${withoutNumbers(name)} ${text}`),
  }
}
