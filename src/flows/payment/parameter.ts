import { CallError } from '../../core/errors.ts'

/** What a text has to be, and how to say so. */
export type Shape = readonly [pattern: RegExp, what: string]

/** Also a 企业微信 corpid, which stands in the appid's place there. */
export const APPID: Shape = [/^w[wx][0-9A-Za-z]+$/, 'the appid: wx…, text']
export const MCHID: Shape = [/^\d+$/, 'the merchant id (商户号): digits, as text']

/**
 * A parameter that is signed or sent further on. Each shape excludes the line break and `&`, between which others are signed.
 *
 * @throws {CallError} `PARAMETER_INVALID`
 */
export function parameter(value: unknown, field: string, [pattern, what]: Shape): string {
  if (typeof value === 'string' && pattern.test(value)) return value
  throw new CallError('PARAMETER_INVALID', field, `give ${what}`)
}

/**
 * A URL of a scheme.
 *
 * @throws {CallError} `PARAMETER_INVALID`
 */
export function urlParameter(value: unknown, field: string, schemes: readonly string[]): URL {
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
