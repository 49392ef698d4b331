/** Levels of objects and lists in a call's body. WeChat Pay's messages have fewer than ten. */
export const MAX_DEPTH = 64
/** Values in a call's body, including objects and lists. A batch of 3,000 transfers, the largest message, has about 20,000. */
export const MAX_VALUES = 50_000

const QUOTE = 0x22
const BACKSLASH = 0x5c
const COMMA = 0x2c
const OPENING: ReadonlySet<number> = new Set([0x5b, 0x7b])
const CLOSING: ReadonlySet<number> = new Set([0x5d, 0x7d])

/**
 * Finds the bound that a JSON text exceeds, in linear time and without parsing it. Code that reads a parsed body may need stack for
 * each level, and needs time and memory for each value, which may be only two bytes of the text.
 *
 * Values are counted by commas and opening brackets, so that an empty object or list counts twice.
 *
 * @returns a phrase for an error text; undefined if the text is within the bounds
 * @example
 * ```ts
 * exceededBound('['.repeat(65)) // 'more than 64 levels of objects and lists'
 * ```
 */
export function exceededBound(json: string): string | undefined {
  let depth = 0
  let values = 1
  let isText = false
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at)
    if (isText && code === BACKSLASH) at++
    else if (code === QUOTE) isText = !isText
    else if (isText) continue
    else if (code === COMMA) values++
    else if (CLOSING.has(code)) depth--
    else if (OPENING.has(code)) {
      values++
      depth++
    }
    if (depth > MAX_DEPTH) return `more than ${MAX_DEPTH} levels of objects and lists`
    if (values > MAX_VALUES) return `more than ${MAX_VALUES} values`
  }
  return undefined
}
