import { type Bytes, utf8 } from '../../core/bytes.ts'

export interface ReceivedPart {
  readonly name: string
  readonly filename: string | undefined
  readonly content: Bytes
}

const BOUNDARY = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i
const NAME = /;\s*name="([^"\r\n]*)"/i
const FILENAME = /;\s*filename="([^"\r\n]*)"/i
const BLANK_LINE = utf8('\r\n\r\n')

/** Returns the boundary that a content type names, if it names one. */
export function boundaryOf(type: string): string | undefined {
  const [, quoted, bare] = BOUNDARY.exec(type) ?? []
  return quoted ?? bare
}

/**
 * Parses `multipart/form-data` (RFC 7578) and keeps the bytes of each part, because the text of `meta` is signed.
 * `Request.formData` would decode it.
 *
 * @returns undefined for another content type, or a body that is malformed or cut short
 */
export function parseMultipart(type: string, body: Bytes): ReceivedPart[] | undefined {
  const boundary = boundaryOf(type)
  if (boundary === undefined) return undefined
  const opening = utf8(`--${boundary}`)
  const delimiter = utf8(`\r\n--${boundary}`)
  const parts: ReceivedPart[] = []
  const first = indexOf(body, opening, 0)
  if (first < 0) return undefined
  let at = first + opening.length
  // `--` after a boundary ends the last part.
  while (body[at] !== 0x2d || body[at + 1] !== 0x2d) {
    const blankLine = indexOf(body, BLANK_LINE, at)
    if (blankLine < 0) return undefined
    const start = blankLine + BLANK_LINE.length
    const end = indexOf(body, delimiter, start)
    if (end < 0) return undefined
    const head = new TextDecoder().decode(body.subarray(at, blankLine))
    parts.push({
      name: NAME.exec(head)?.[1] ?? '',
      filename: FILENAME.exec(head)?.[1],
      content: body.slice(start, end),
    })
    at = end + delimiter.length
  }
  return parts
}

function indexOf(bytes: Bytes, pattern: Bytes, from: number): number {
  const [first] = pattern
  for (let at = bytes.indexOf(first!, from); at >= 0; at = bytes.indexOf(first!, at + 1)) {
    let matched = 1
    while (matched < pattern.length && bytes[at + matched] === pattern[matched]) matched++
    if (matched === pattern.length) return at
  }
  return -1
}
