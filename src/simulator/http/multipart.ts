import { type Bytes, utf8 } from '../../core/base/bytes.ts'

export interface ReceivedPart {
  readonly name: string
  readonly filename: string | undefined
  readonly content: Bytes
}

const BOUNDARY = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i
const NAME = /;\s*name="([^"\r\n]*)"/i
const FILENAME = /;\s*filename="([^"\r\n]*)"/i
const BLANK_LINE = utf8('\r\n\r\n')
/** More than the uploads of either API have. The parts are separated before the signature is checked. */
export const MAX_PARTS = 32
/** Bytes of the headers of a part. */
const MAX_HEAD = 8192

/** Returns the boundary that a content type names, if it names one. */
export function boundaryOf(type: string): string | undefined {
  const [, quoted, bare] = BOUNDARY.exec(type) ?? []
  return quoted ?? bare
}

/**
 * Parses `multipart/form-data` (RFC 7578) and keeps the bytes of each part, because the text of `meta` is signed.
 * `Request.formData` would decode it. The contents are views of the body, not copies.
 *
 * @returns undefined for another content type, a body that is malformed or cut short, or one without parts or with more than 32
 */
export function parseMultipart(type: string, body: Bytes): ReceivedPart[] | undefined {
  const boundary = boundaryOf(type)
  if (boundary === undefined) return undefined
  const opening = utf8(`--${boundary}`)
  const delimiter = utf8(`\r\n--${boundary}`)
  const parts: ReceivedPart[] = []
  const start = openingEnd(body, opening, delimiter)
  if (start === undefined) return undefined
  let at = start
  // `--` after a boundary ends the last part.
  while (body[at] !== 0x2d || body[at + 1] !== 0x2d) {
    if (parts.length === MAX_PARTS) return undefined
    const blankLine = indexOf(body, BLANK_LINE, at)
    if (blankLine < 0 || blankLine - at > MAX_HEAD) return undefined
    const begin = blankLine + BLANK_LINE.length
    const end = indexOf(body, delimiter, begin)
    if (end < 0) return undefined
    const head = new TextDecoder().decode(body.subarray(at, blankLine))
    parts.push({
      name: NAME.exec(head)?.[1] ?? '',
      filename: FILENAME.exec(head)?.[1],
      content: body.subarray(begin, end),
    })
    at = end + delimiter.length
  }
  return parts.length > 0 ? parts : undefined
}

/** Finds the first boundary, which begins the body or a line of it, and returns where it ends. */
function openingEnd(body: Bytes, opening: Bytes, delimiter: Bytes): number | undefined {
  if (opening.every((byte, index) => body[index] === byte)) return opening.length
  const at = indexOf(body, delimiter, 0)
  return at < 0 ? undefined : at + delimiter.length
}

/** Takes linear time, because every pattern begins with a carriage return and has one more at most. */
function indexOf(bytes: Bytes, pattern: Bytes, from: number): number {
  const [first] = pattern
  for (let at = bytes.indexOf(first!, from); at >= 0; at = bytes.indexOf(first!, at + 1)) {
    let matched = 1
    while (matched < pattern.length && bytes[at + matched] === pattern[matched]) matched++
    if (matched === pattern.length) return at
  }
  return -1
}
