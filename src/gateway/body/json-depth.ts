/** Levels of objects and lists in a call's body. WeChat Pay's messages have fewer than ten. */
export const MAX_DEPTH = 64

const QUOTE = 0x22
const BACKSLASH = 0x5c
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b])
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d])

/**
 * Tells whether a JSON text has more than {@link MAX_DEPTH} levels, without parsing it: what reads a parsed body may need stack
 * or time for each level. The time that it takes grows with the length of the text.
 *
 * @example
 * ```ts
 * isTooDeep('['.repeat(65)) // true
 * ```
 */
export function isTooDeep(json: string): boolean {
  let depth = 0
  let isText = false
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (isText && code === BACKSLASH) at++
    else if (code === QUOTE) isText = !isText
    else if (isText) continue
    else if (OPENING.has(code) && ++depth > MAX_DEPTH) return true
    else if (CLOSING.has(code)) depth--
  }
  return false
}
