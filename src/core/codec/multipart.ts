import { type Bytes, concat, utf8 } from '../base/bytes.ts'

/** A part of an upload. A file has a file name and its own content type, `meta` has no file name. */
export interface Part {
  name: string
  content: string | Bytes
  type?: string
  filename?: string
}

/**
 * Writes `multipart/form-data` (RFC 7578), the parts in the given order.
 *
 * @param boundary must not occur in any part: a nonce
 */
export function stringifyMultipart(parts: readonly Part[], boundary: string): { type: string; body: Bytes } {
  const pieces = parts.flatMap(({ name, content, type, filename }) => {
    const file = filename === undefined ? '' : `; filename="${escapeName(filename)}"`
    const head = [`--${boundary}`, `Content-Disposition: form-data; name="${escapeName(name)}"${file}`]
    if (type) head.push(`Content-Type: ${type}`)
    return [utf8(`${head.join('\r\n')}\r\n\r\n`), typeof content === 'string' ? utf8(content) : content, utf8('\r\n')]
  })
  return { type: `multipart/form-data; boundary=${boundary}`, body: concat(...pieces, utf8(`--${boundary}--\r\n`)) }
}

/** Escapes, as HTML forms do, the three characters that would end the name or the line. */
const escapeName = (name: string): string => name.replace(/["\r\n]/g, character => encodeURIComponent(character))

const TYPES: Readonly<Record<string, string>> = {
  bmp: 'image/bmp',
  csv: 'text/csv',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  mp4: 'video/mp4',
  pdf: 'application/pdf',
  png: 'image/png',
}

/** Returns the content type of a file whose `Blob` has none. */
export const typeOf = (filename: string): string =>
  TYPES[filename.slice(filename.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream'
