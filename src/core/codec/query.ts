import { type CallCode, CallError } from '../errors.ts'
import { type Scalar, scalarText } from './scalar.ts'

/** Query parameters. A list repeats its name; `undefined` is left out. */
export type Query = Readonly<Record<string, Scalar | readonly Scalar[] | undefined>>

/**
 * Writes a query string, without the `?`. Everything but the unreserved characters of RFC 3986 is percent-encoded, so
 * that `URL` leaves it as it is: what is signed is what is sent.
 *
 * @throws {CallError} `QUERY_INVALID`
 */
export function stringifyQuery(query: Query): string {
  const encode = (text: string, name: string) => percentEncode(text, name, 'QUERY_INVALID')
  return Object.entries(query)
    .flatMap(([name, value]) =>
      [value]
        .flat()
        .filter(one => one !== undefined)
        .map(one => `${encode(name, name)}=${encode(scalarText(one, name, 'QUERY_INVALID'), name)}`),
    )
    .join('&')
}

/**
 * Percent-encodes all but the unreserved characters of RFC 3986.
 *
 * @throws {CallError} half a surrogate pair has no UTF-8
 */
export function percentEncode(text: string, field: string, code: CallCode): string {
  try {
    return encodeURIComponent(text).replace(
      /[!'()*]/g,
      character => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
    )
  } catch (cause) {
    throw new CallError(code, field, 'not well-formed Unicode', cause)
  }
}
