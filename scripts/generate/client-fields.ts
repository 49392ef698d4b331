import { type Endpoint, resolve } from './endpoint.ts'
import { fieldsOf } from './fields.ts'
import type { Document, Schema } from './openapi.ts'

/** Fields that the client fills in by default: required by the definitions, but optional in the types. */
const MESSAGE = ['sign_type', 'sign', 'nonce_str', 'cert_sn']
const UPLOAD = [...MESSAGE, 'media_hash']
const META = ['filename', 'file_name', 'sha256', 'file_digest', 'digest']

/** Returns the query that a caller must provide. */
export const callerQuery = ({ api, query }: Endpoint): Schema => ({
  type: 'object',
  required: query.flatMap(({ name, required }) => (required && !(api === 'v2' && MESSAGE.includes(name)) ? name : [])),
  properties: Object.fromEntries(query.map(({ name, description, schema }) => [name, { description, ...schema }])),
})

/** Returns the body that a caller must provide. */
export function callerBody(document: Document, { api, body }: Endpoint): Schema {
  const { schema = {}, kind } = body ?? {}
  if (kind === 'multipart') return callerUpload(document, schema)
  return api === 'v2' ? without(document, schema, MESSAGE) : schema
}

/** Makes `meta` optional if the client can fill in all of it. */
function callerUpload(document: Document, upload: Schema): Schema {
  const schema = at(document, upload)
  const { meta } = schema.properties ?? {}
  if (!meta) return without(document, schema, UPLOAD)
  const target = without(document, at(document, meta), filledMeta(Object.keys(at(document, meta).properties ?? {})))
  const optional = (target.required ?? []).length === 0 ? ['meta'] : []
  return { ...without(document, schema, optional), properties: { ...schema.properties, meta: target } }
}

/** Lists the fields of query and body that the client fills in by default, with their dotted paths: `sign`, `meta.sha256`. */
export function filledFields({ api, query, body }: Endpoint, document: Document): string[] {
  const given = [...query.map(({ name }) => name), ...[...fieldsOf(document, body?.schema)].map(([path]) => path)]
  const meta =
    body?.kind === 'multipart' ? given.filter(path => /^meta\.\w+$/.test(path)).map(path => path.slice(5)) : []
  const message =
    api === 'v2' ? given.filter(path => (body?.kind === 'multipart' ? UPLOAD : MESSAGE).includes(path)) : []
  return [...message, ...filledMeta(meta).map(name => `meta.${name}`)]
}

/** Lists the members of `meta` that the client fills in: a `digest` only if no other algorithm can be chosen. */
export const filledMeta = (names: readonly string[]): string[] =>
  META.filter(name => names.includes(name) && !(name === 'digest' && names.some(member => /^digest_al/.test(member))))

/** Makes fields of a schema optional; returns the same object, reference or not, if it required none of them. */
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
