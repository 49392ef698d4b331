import type { Bytes } from '../bytes.ts'
import { parseJson, stringifyJson } from '../codec/json.ts'
import { type Part, stringifyMultipart, typeOf } from '../codec/multipart.ts'
import { sha256 } from '../crypto/digest.ts'
import { nonce } from '../crypto/nonce.ts'
import { CallError } from '../errors.ts'
import type { Call } from './call.ts'

/**
 * Reads a body that holds a file as an APIv3 upload: the part `meta`, whose text alone is signed, and the file. Where
 * the caller gives no `meta` it is made: the file's name and its SHA-256.
 *
 * @returns undefined when the body holds no file
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012365358
 */
export async function readUpload(body: unknown, crypto: Crypto): Promise<NonNullable<Call['raw']> | undefined> {
  const fields: [string, unknown][] = body instanceof FormData ? [...body] : typeof body === 'object' && body !== null ? Object.entries(body) : []
  const entry = fields.find(([, value]) => value instanceof Blob || value instanceof Uint8Array)
  if (!entry) return undefined
  const [name, file] = entry as [string, Blob | Uint8Array]
  const given = fields.find(([field]) => field === 'meta')?.[1]
  const stranger = fields.find(([field]) => field !== name && field !== 'meta')?.[0]
  if (stranger !== undefined) throw new CallError('BODY_INVALID', stranger, `An upload has one file and "meta". Put "${stranger}" into "meta".`)

  const content = new Uint8Array(file instanceof Blob ? await file.arrayBuffer() : file)
  const filename = nameOf(file) ?? nameIn(given)
  if (filename === undefined) throw new CallError('BODY_INVALID', 'meta.filename', 'An upload needs a file name: give a File, or "meta" with "filename".')
  const meta = typeof given === 'string' ? given : stringifyJson(given ?? { filename, sha256: await sha256(content, crypto) })
  const parts: Part[] = [
    { name: 'meta', content: meta, type: 'application/json' },
    { name, content, filename, type: (file instanceof Blob && file.type) || typeOf(filename) },
  ]
  return { ...stringifyMultipart(parts, nonce(crypto)), signed: meta }
}

const nameOf = (file: Blob | Bytes | Uint8Array): string | undefined => (file instanceof File ? file.name : undefined)

function nameIn(meta: unknown): string | undefined {
  const fields = (typeof meta === 'string' ? parseJson(meta) : meta) as { filename?: unknown; file_name?: unknown } | null | undefined
  const name = fields?.filename ?? fields?.file_name
  return typeof name === 'string' ? name : undefined
}
