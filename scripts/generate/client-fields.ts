import { type Endpoint, resolve } from './endpoint.ts'
import type { Document, Schema } from './openapi.ts'

/** Fields that the client fills in if the caller does not: the definitions require them, the types do not. */
const MESSAGE = ['sign_type', 'sign', 'nonce_str', 'cert_sn']
const UPLOAD = [...MESSAGE, 'media_hash']
const META = ['filename', 'file_name', 'sha256', 'file_digest', 'digest']

/** The query as a caller gives it. */
export const callerQuery = ({ api, query }: Endpoint): Schema => ({
  type: 'object',
  required: query.flatMap(({ name, required }) => (required && !(api === 'v2' && MESSAGE.includes(name)) ? name : [])),
  properties: Object.fromEntries(query.map(({ name, description, schema }) => [name, { description, ...schema }])),
})

/** The body as a caller gives it. */
export function callerBody(document: Document, { api, body }: Endpoint): Schema {
  const { schema = {}, kind } = body ?? {}
  if (kind === 'multipart') return callerUpload(document, schema)
  return api === 'v2' ? without(document, schema, MESSAGE) : schema
}

/** `meta` may be left out when the client can fill all of it. */
function callerUpload(document: Document, upload: Schema): Schema {
  const schema = at(document, upload)
  const { meta } = schema.properties ?? {}
  if (!meta) return without(document, schema, UPLOAD)
  const target = without(document, at(document, meta), filledMeta(Object.keys(at(document, meta).properties ?? {})))
  const optional = (target.required ?? []).length === 0 ? ['meta'] : []
  return { ...without(document, schema, optional), properties: { ...schema.properties, meta: target } }
}

/** The members of `meta` that the client fills in: a digest only where it is SHA-256, which is where none other is named. */
export const filledMeta = (names: readonly string[]): string[] =>
  META.filter(name => names.includes(name) && !(name === 'digest' && names.some(other => /^digest_al/.test(other))))

/** The schema with some of its fields no longer required; the very same, reference or not, where it required none. */
function without(document: Document, schema: Schema, names: readonly string[]): Schema {
  const { required, allOf, ...rest } = at(document, schema)
  const kept = required?.filter(name => !names.includes(name))
  const parts = allOf?.map(part => without(document, part, names))
  if (kept?.length === required?.length && parts?.every((part, index) => part === allOf?.[index]) !== false)
    return schema
  return { ...rest, ...(kept ? { required: kept } : {}), ...(parts ? { allOf: parts } : {}) }
}

const at = (document: Document, schema: Schema): Schema =>
  resolve<Schema>(document, schema as Schema & { $ref: string })
