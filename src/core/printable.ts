/**
 * Returns a text of an unauthenticated sender as a message or a log may hold it: as it is if it looks like a name, a number or a
 * serial, otherwise without its characters.
 *
 * @example
 * ```ts
 * printable('PUB_KEY_ID_0119') // 'PUB_KEY_ID_0119'
 * printable('A\n{"level":"error"}') // '(19 characters)'
 * ```
 */
export const printable = (text: string): string => (/^[\w.-]{1,64}$/.test(text) ? text : `(${text.length} characters)`)
