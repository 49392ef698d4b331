import { CallError } from '../errors.ts'

export type QueryValue = string | number | bigint | boolean
/** Query parameters. A list repeats its name; `undefined` is left out. */
export type Query = Readonly<Record<string, QueryValue | readonly QueryValue[] | undefined>>

/**
 * Writes a query string, without the `?`. Everything but the unreserved characters of RFC 3986 is percent-encoded, so
 * that `URL` leaves it as it is: what is signed is what is sent.
 *
 * @throws {CallError} `QUERY_INVALID`
 */
export function stringifyQuery(query: Query): string {
  return Object.entries(query)
    .flatMap(([name, value]) =>
      (Array.isArray(value) ? value : [value])
        .filter(one => one !== undefined)
        .map(one => `${encodeComponent(name, name)}=${encodeComponent(scalar(one, name), name)}`),
    )
    .join('&')
}

function scalar(value: unknown, name: string): string {
  if (['string', 'bigint', 'boolean'].includes(typeof value)) return String(value)
  if (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value))) return String(value)
  throw new CallError('QUERY_INVALID', name, `The query parameter "${name}" must be text, a number or a boolean.`)
}

function encodeComponent(text: string, name: string): string {
  try {
    return percentEncode(text)
  } catch (cause) {
    throw new CallError('QUERY_INVALID', name, `The query parameter "${name}" is not well-formed Unicode.`, { cause })
  }
}

/** Percent-encodes all but the unreserved characters of RFC 3986. Throws a `URIError` on a lone surrogate. */
export const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`)
