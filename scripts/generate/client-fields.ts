import { type Endpoint, resolve } from './endpoint.ts'
import type { Document, Schema } from './openapi.ts'

/** What the client fills in when the caller does not: the definitions require it, the types do not. */
const MESSAGE = ['sign_type']
export const META = ['filename', 'file_name', 'sha256', 'file_digest', 'digest']

/** The body as a caller gives it. */
export function callerBody(document: Document, { api, body }: Endpoint): Schema {
  const schema = body?.schema ?? {}
  if (body?.kind === 'multipart')
    return callerUpload(resolve<Schema>(document, schema as Schema & { $ref: string }), document)
  return api === 'v2' ? without(schema, MESSAGE) : schema
}

/** `meta` may be left out when the client can fill all of it. */
function callerUpload(schema: Schema, document: Document): Schema {
  const { meta } = schema.properties ?? {}
  if (!meta) return schema
  const target = without(resolve<Schema>(document, meta as Schema & { $ref: string }), META)
  const optional = (target.required ?? []).length === 0 ? ['meta'] : []
  return { ...without(schema, optional), properties: { ...schema.properties, meta: target } }
}

/** The schema with some of its fields no longer required. */
function without(schema: Schema, names: readonly string[]): Schema {
  const { required, allOf } = schema
  return {
    ...schema,
    ...(required ? { required: required.filter(name => !names.includes(name)) } : {}),
    ...(allOf ? { allOf: allOf.map(part => (part.$ref ? part : without(part, names))) } : {}),
  }
}
