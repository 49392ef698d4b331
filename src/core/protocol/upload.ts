import type { Bytes } from '../base/bytes.ts'
import { invalidBody } from '../base/errors.ts'
import { parseJson, stringifyJson } from '../codec/json.ts'
import { type Part, stringifyMultipart, typeOf } from '../codec/multipart.ts'
import { sha256 } from '../crypto/digest.ts'
import { nonce } from '../crypto/nonce.ts'
import type { Payload } from './call.ts'

/** A body with a file. */
export interface Upload {
  /** The name of the file's field. */
  field: string
  content: Bytes
  /** The name and content type of the `File` or `Blob`. */
  filename: string | undefined
  type: string
  /** The other fields. */
  others: Readonly<Record<string, unknown>>
}

/**
 * Reads a body as an upload.
 *
 * @returns undefined if the body has no file
 */
export async function readUpload(body: unknown): Promise<Upload | undefined> {
  const fields: [string, unknown][] = body instanceof FormData ? [...body] : Object.entries(Object(body))
  const found = fields.find((entry): entry is [string, Blob | Uint8Array] => isFile(entry[1]))
  if (!found) return undefined
  const [field, file] = found
  return {
    field,
    content: new Uint8Array(file instanceof Blob ? await file.arrayBuffer() : file),
    filename: file instanceof File ? file.name : undefined,
    type: file instanceof Blob ? file.type : '',
    others: Object.fromEntries(fields.filter(entry => entry !== found)),
  }
}

const isFile = (value: unknown): boolean =>
  typeof value === 'object' && (value instanceof Blob || value instanceof Uint8Array)

/** Creates the form part of the file. @throws {CallError} `BODY_INVALID`: it has no name */
export function filePart({ field, content, type }: Upload, filename: unknown, hint = ''): Part {
  if (typeof filename !== 'string') throw invalidBody(field, `the file has no name. Give a File${hint}`)
  return { name: field, content, filename, type: type || typeOf(filename) }
}

/** Members of `meta` with the file name; other members that the client fills in contain the SHA-256. */
const NAMES: readonly string[] = ['filename', 'file_name']
const isName = (member: string): boolean => NAMES.includes(member)

/**
 * Writes an APIv3 upload: the file, and the part `meta`, whose text alone is signed. Adds the file name and the SHA-256
 * to `meta` if the caller omits them.
 *
 * @param filled the members of `meta` to add
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365358
 */
export async function writeUpload(
  upload: Upload,
  filled: readonly string[] = ['filename', 'sha256'],
  crypto: Crypto = globalThis.crypto,
): Promise<Payload> {
  const { others, content } = upload
  const misplaced = Object.keys(others).find(name => name !== 'meta')
  if (misplaced !== undefined) throw invalidBody(misplaced, 'put it into "meta"')
  const meta = { ...readMeta(others) }
  const filename = NAMES.map(name => meta[name]).find(value => typeof value === 'string') ?? upload.filename
  const file = filePart(upload, filename, filled.some(isName) ? ', or its name in "meta"' : '')
  for (const name of filled) meta[name] ??= isName(name) ? filename : await sha256(content, crypto)

  // Text from the caller is sent unchanged.
  const text = typeof others.meta === 'string' ? others.meta : stringifyJson(meta)
  const parts: Part[] = [{ name: 'meta', content: text, type: 'application/json' }, file]
  return { ...stringifyMultipart(parts, nonce(crypto)), signed: text }
}

/** Reads `meta`, which may be an object or text, as an object. @throws {CallError} `BODY_INVALID` */
export function readMeta({ meta }: Upload['others']): Record<string, unknown> {
  if (typeof meta !== 'string') return Object(meta)
  try {
    return Object(parseJson(meta))
  } catch (cause) {
    throw invalidBody('meta', 'not JSON', cause)
  }
}
