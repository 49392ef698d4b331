import { CallError } from '../core/base/errors.ts'

/** Format of a text parameter: a pattern, and its description for errors. */
export type ParameterFormat = readonly [pattern: RegExp, description: string]

/** Matches appids and 企业微信 corpids, which are used in the same fields. */
export const APPID: ParameterFormat = [/^w[wx][0-9A-Za-z]+$/, 'the appid: wx…, text']
export const MCHID: ParameterFormat = [/^\d+$/, 'the merchant id (商户号): digits, as text']

/**
 * Returns a parameter after checking its format.
 *
 * @throws {CallError} `PARAMETER_INVALID`
 */
export function requireParameter(value: unknown, field: string, [pattern, description]: ParameterFormat): string {
  if (typeof value === 'string' && pattern.test(value)) return value
  throw new CallError('PARAMETER_INVALID', field, `give ${description}`)
}

/** Checks a parameter that may be undefined. @throws {CallError} `PARAMETER_INVALID` */
export const optionalParameter = (value: unknown, field: string, format: ParameterFormat): string | undefined =>
  value === undefined ? undefined : requireParameter(value, field, format)

/**
 * Converts an integer to text. Leaves numbers that a double cannot represent exactly, so that the format check rejects
 * them.
 */
export const integerText = (value: unknown): unknown =>
  typeof value === 'bigint' || Number.isSafeInteger(value) ? String(value) : value

/** Returns the fields that have a value, as text. Empty ones are neither signed nor sent. */
export const presentFields = (fields: Readonly<Record<string, unknown>>): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]) =>
      value === undefined || value === null || value === '' ? [] : [[name, String(value)]],
    ),
  )

/**
 * Parses a URL and checks its scheme.
 *
 * @param schemes with the colon: `https:`
 * @throws {CallError} `PARAMETER_INVALID`
 */
export function requireUrl(value: unknown, field: string, schemes: readonly string[]): URL {
  const url = typeof value === 'string' ? parseUrl(value) : undefined
  if (url && schemes.includes(url.protocol)) return url
  throw new CallError('PARAMETER_INVALID', field, `give a complete URL that begins with ${schemes.join('// or ')}//`)
}

function parseUrl(text: string): URL | undefined {
  try {
    return new URL(text)
  } catch {
    return undefined
  }
}
