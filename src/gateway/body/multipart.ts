import { utf8 } from '../../core/base/bytes.ts'

/** Parts of a form. An upload to WeChat Pay has a file and a few fields. */
export const MAX_PARTS = 32
/** Bytes of the headers of a part: its name, the name of the file and its type. */
export const MAX_PART_HEAD = 8192

const BOUNDARY = /;\s*boundary=(?:"([^"\\]+)"|([^\s;"]+))/i
const TOKEN = /^[!#$%&'*+.^`|~\w-]+$/
const CRLF = utf8('\r\n')
const BLANK_LINE = utf8('\r\n\r\n')
const DASH = 0x2d

/** Returns the boundary that a content type names; undefined if it names none. */
export function boundaryOf(type: string): string | undefined {
  const [, quoted, bare] = BOUNDARY.exec(type) ?? []
  return quoted ?? bare
}

/** Returns the content type of a form with a boundary, and without other parameters. */
export const formType = (boundary: string): string =>
  `multipart/form-data; boundary=${TOKEN.test(boundary) ? boundary : `"${boundary}"`}`

/**
 * Returns where a form begins: at the first line that is a boundary.
 *
 * @returns -1 if no line is one
 */
export function formStart(bytes: Uint8Array, boundary: string): number {
  const delimiter = utf8(`\n--${boundary}`)
  if (isAt(bytes, delimiter.subarray(1), 0)) return 0
  const at = indexOf(bytes, delimiter)
  return at < 0 ? at : at + 1
}

/**
 * Finds the bound that a form exceeds, in linear time and without parsing it: a runtime needs time and memory for each part, which may
 * be only 40 bytes.
 *
 * @param bytes of the form, from its first boundary on
 * @returns a phrase for an error text; undefined if the form is within the bounds
 * @example
 * ```ts
 * exceededFormBound(utf8('--x\r\n\r\n\r\n'.repeat(33)), 'x') // 'more than 32 parts'
 * ```
 */
export function exceededFormBound(bytes: Uint8Array, boundary: string): string | undefined {
  // A part ends with a line break, of which parsers differ in requiring the carriage return.
  const delimiter = utf8(`\n--${boundary}`)
  const maxHead = CRLF.length + MAX_PART_HEAD + BLANK_LINE.length
  let parts = 0
  let at = delimiter.length - 1
  while (at < bytes.length) {
    if (bytes[at] !== DASH || bytes[at + 1] !== DASH) {
      if (++parts > MAX_PARTS) return `more than ${MAX_PARTS} parts`
      const head = bytes.subarray(at, at + maxHead)
      if (head.length === maxHead && indexOf(head, BLANK_LINE) < 0)
        return `a part with more than ${MAX_PART_HEAD} bytes of headers`
    }
    const next = indexOf(bytes, delimiter, at)
    if (next < 0) break
    at = next + delimiter.length
  }
  return undefined
}

/** Returns where a pattern occurs. Takes linear time for a pattern whose first byte occurs in it once more at most. */
export function indexOf(bytes: Uint8Array, pattern: Uint8Array, from = 0): number {
  for (let at = bytes.indexOf(pattern[0]!, from); at >= 0; at = bytes.indexOf(pattern[0]!, at + 1))
    if (isAt(bytes, pattern, at)) return at
  return -1
}

function isAt(bytes: Uint8Array, pattern: Uint8Array, at: number): boolean {
  let matched = 0
  while (matched < pattern.length && bytes[at + matched] === pattern[matched]) matched++
  return matched === pattern.length
}
