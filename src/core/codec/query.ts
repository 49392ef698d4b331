import { type CallCode, CallError } from '../base/errors.ts'
import { type Scalar, scalarText } from './scalar.ts'

/** Query parameters. A list repeats its name; `undefined` is omitted. */
export type Query = Readonly<Record<string, Scalar | readonly Scalar[] | undefined>>

/**
 * Writes a query string without the `?`. Percent-encodes all characters except the unreserved ones of RFC 3986, so that
 * `URL` does not change the text after it was signed.
 *
 * @throws {CallError} `QUERY_INVALID`
 */
export function stringifyQuery(query: Query): string {
  const encode = (text: string, name: string) => percentEncode(text, name, 'QUERY_INVALID')
  return Object.entries(query)
    .flatMap(([name, value]) =>
      [value]
        .flat()
        .filter(scalar => scalar !== undefined)
        .map(scalar => `${encode(name, name)}=${encode(scalarText(scalar, name, 'QUERY_INVALID'), name)}`),
    )
    .join('&')
}

/**
 * Percent-encodes all characters except the unreserved ones of RFC 3986.
 *
 * @throws {CallError} the text has a lone surrogate, which UTF-8 cannot encode
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
