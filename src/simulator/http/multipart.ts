import { type Bytes, utf8 } from '../../core/bytes.ts'

export interface ReceivedPart {
  name: string
  filename: string | undefined
  content: Bytes
}

const BOUNDARY = /;\s*boundary=(?:"([^"]{1,70})"|([^\s;"]{1,70}))/i
const NAME = /;\s*name="([^"\r\n]*)"/i
const FILENAME = /;\s*filename="([^"\r\n]*)"/i
const BLANK_LINE = utf8('\r\n\r\n')

/** Returns the boundary that a content type names; undefined where it names none. */
export function boundaryOf(type: string): string | undefined {
  const [, quoted, bare] = BOUNDARY.exec(type) ?? []
  return quoted ?? bare
}

/**
 * Reads `multipart/form-data` (RFC 7578) without touching the parts' bytes: the text of `meta` is signed, and
 * `Request.formData` gives it back decoded.
 *
 * @returns undefined when it is none, or is cut short
 */
export function parseMultipart(type: string, body: Bytes): ReceivedPart[] | undefined {
  const boundary = boundaryOf(type)
  if (boundary === undefined) return undefined
  const opening = utf8(`--${boundary}`)
  const delimiter = utf8(`\r\n--${boundary}`)
  const parts: ReceivedPart[] = []
  let at = indexOf(body, opening, 0)
  if (at < 0) return undefined
  at += opening.length
  while (body[at] !== 0x2d || body[at + 1] !== 0x2d) {
    const blank = indexOf(body, BLANK_LINE, at)
    if (blank < 0) return undefined
    const start = blank + BLANK_LINE.length
    const end = indexOf(body, delimiter, start)
    if (end < 0) return undefined
    const head = new TextDecoder().decode(body.subarray(at, blank))
    parts.push({
      name: NAME.exec(head)?.[1] ?? '',
      filename: FILENAME.exec(head)?.[1],
      content: body.slice(start, end),
    })
    at = end + delimiter.length
  }
  return parts
}

function indexOf(bytes: Bytes, wanted: Bytes, from: number): number {
  const [first] = wanted
  for (let at = bytes.indexOf(first!, from); at >= 0; at = bytes.indexOf(first!, at + 1)) {
    let same = 1
    while (same < wanted.length && bytes[at + same] === wanted[same]) same++
    if (same === wanted.length) return at
  }
  return -1
}
