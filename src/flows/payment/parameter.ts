import { CallError } from '../../core/errors.ts'

/** What a text has to be, and how to say so. */
export type ParameterFormat = readonly [pattern: RegExp, what: string]

/** Also a 企业微信 corpid, which stands in the appid's place there. */
export const APPID: ParameterFormat = [/^w[wx][0-9A-Za-z]+$/, 'the appid: wx…, text']
export const MCHID: ParameterFormat = [/^\d+$/, 'the merchant id (商户号): digits, as text']

/**
 * A parameter that is signed or sent further on.
 *
 * @throws {CallError} `PARAMETER_INVALID`
 */
export function requireParameter(value: unknown, field: string, [pattern, what]: ParameterFormat): string {
  if (typeof value === 'string' && pattern.test(value)) return value
  throw new CallError('PARAMETER_INVALID', field, `give ${what}`)
}

/** A parameter that may be left out. @throws {CallError} `PARAMETER_INVALID` */
export const optionalParameter = (value: unknown, field: string, shape: ParameterFormat): string | undefined =>
  value === undefined ? undefined : requireParameter(value, field, shape)

/** A whole number as its text; a number that a double does not hold exactly is left for its shape to refuse. */
export const integerText = (value: unknown): unknown =>
  typeof value === 'bigint' || Number.isSafeInteger(value) ? String(value) : value

/** What there is of the fields, as text: what is empty is neither signed nor sent. */
export const presentFields = (fields: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === undefined || value === null || value === '' ? [] : [[name, String(value)]],
    ),
  )

/**
 * A URL of a scheme.
 *
 * @throws {CallError} `PARAMETER_INVALID`
 */
export function requireUrl(value: unknown, field: string, schemes: readonly string[]): URL {
  const url = typeof value === 'string' ? parseUrl(value) : undefined
  if (url && schemes.includes(url.protocol)) return url
  throw new CallError('PARAMETER_INVALID', field, `give a whole URL that begins ${schemes.join('// or ')}//`)
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
