import { replaceFields } from './fields.ts'
import { parseJson, stringifyJson } from './json.ts'

/** Reads the fields that hold JSON text. What is documented as JSON and is none stays the text it is. */
export const parseJsonFields = (message: unknown, paths: readonly string[] | undefined): Promise<unknown> =>
  replaceFields(message, paths, value => {
    try {
      return typeof value === 'string' ? parseJson(value) : value
    } catch {
      return value
    }
  })

/**
 * Writes the fields that hold JSON text; one that is text already goes as it is.
 *
 * @throws {CallError} `BODY_INVALID`
 */
export const stringifyJsonFields = (message: unknown, paths: readonly string[] | undefined): Promise<unknown> =>
  replaceFields(message, paths, (value, path) => (typeof value === 'object' ? stringifyJson(value, path) : value), true)
