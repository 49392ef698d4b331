import { parseJson, stringifyJson } from '../codec/json.ts'
import { type Part, stringifyMultipart, typeOf } from '../codec/multipart.ts'
import { sha256 } from '../crypto/digest.ts'
import { nonce } from '../crypto/nonce.ts'
import { CallError } from '../errors.ts'
import type { Payload } from './call.ts'

/** The members of `meta` that name the file; the others that the client fills in are its SHA-256. */
const NAMES: readonly string[] = ['filename', 'file_name']

/**
 * Reads a body that holds a file as an APIv3 upload: the part `meta`, whose text alone is signed, and the file. What
 * the caller leaves out of `meta` is made: the file's name and its SHA-256.
 *
 * @param filled the members of `meta` that are made
 * @returns undefined when the body holds no file
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365358
 */
export async function readUpload(
  body: unknown,
  filled: readonly string[] = ['filename', 'sha256'],
  crypto: Crypto = globalThis.crypto,
): Promise<Payload | undefined> {
  const fields = body instanceof FormData ? [...body] : Object.entries(Object(body))
  const found = fields.find((entry): entry is [string, Blob | Uint8Array] => isFile(entry[1]))
  if (!found) return undefined
  const [name, file] = found
  const stranger = fields.find(([field]) => field !== name && field !== 'meta')?.[0]
  if (stranger !== undefined) throw invalid(stranger, 'put it into "meta"')

  const given = fields.find(([field]) => field === 'meta')?.[1]
  const meta: Record<string, unknown> = {
    ...((typeof given === 'string' ? parseMeta(given) : given) as object | undefined),
  }
  const content = new Uint8Array(file instanceof Blob ? await file.arrayBuffer() : file)
  const filename = NAMES.map(field => meta[field]).find(value => typeof value === 'string') ?? nameOf(file)
  if (typeof filename !== 'string') throw invalid('meta', 'the file has no name. Give a File, or "filename" in "meta"')
  for (const field of filled) meta[field] ??= NAMES.includes(field) ? filename : await sha256(content, crypto)

  // A text that the caller wrote whole goes out as it is written.
  const text = typeof given === 'string' ? given : stringifyJson(meta)
  const parts: Part[] = [
    { name: 'meta', content: text, type: 'application/json' },
    { name, content, filename, type: (file instanceof Blob && file.type) || typeOf(filename) },
  ]
  return { ...stringifyMultipart(parts, nonce(crypto)), signed: text }
}

const isFile = (value: unknown): boolean =>
  typeof value === 'object' && (value instanceof Blob || value instanceof Uint8Array)
const nameOf = (file: Blob | Uint8Array): string | undefined => (file instanceof File ? file.name : undefined)

function parseMeta(text: string): unknown {
  try {
    return parseJson(text)
  } catch (cause) {
    throw invalid('meta', 'not JSON', cause)
  }
}

const invalid = (field: string, why: string, cause?: unknown) => new CallError('BODY_INVALID', field, why, cause)
