/**
 * Returns text from an unauthenticated sender in a form that is safe for errors and logs: unchanged if it looks like a
 * name, a number or a serial, otherwise only its length.
 *
 * @example
 * ```ts
 * printable('PUB_KEY_ID_0119') // 'PUB_KEY_ID_0119'
 * printable('A\n{"level":"error"}') // '(19 characters)'
 * ```
 */
export const printable = (text: string): string => (/^[\w.-]{1,64}$/.test(text) ? text : `(${text.length} characters)`)

/** Names the type of a value for an error, because errors must not show the value. */
export function kindOf(value: unknown): string {
  if (value === null) return 'null'
  if (ArrayBuffer.isView(value)) return 'bytes'
  return Array.isArray(value) ? 'a list' : typeof value
}
