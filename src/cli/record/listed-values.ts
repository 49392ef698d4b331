import type { Shape } from '../../simulator/catalogue/shape.ts'
import type { Vocabulary } from './vocabulary.ts'

/** Names of the fields with error codes. */
const CODE_FIELDS: ReadonlySet<string> = new Set(['code', 'err_code', 'return_code', 'result_code', 'error_code'])

/**
 * Returns whether a recording may contain the text of a field, and whether a replay may send it: a value that a definition lists, a known
 * error code, or a word that the user has allowed.
 *
 * @param name the name of the field
 * @param shape the definition of the field, if there is one
 */
export const isListedText = (text: string, name: string, shape: Shape | undefined, vocabulary: Vocabulary): boolean =>
  shape?.enum?.some(value => String(value) === text) ||
  (CODE_FIELDS.has(name) && vocabulary.isCode(text)) ||
  vocabulary.isValue(name, text)

/** Returns whether a recording may contain a number: only one that the definition of its field lists. */
export const isListedNumber = (value: number, shape: Shape | undefined): boolean =>
  shape?.enum?.includes(value) ?? false
