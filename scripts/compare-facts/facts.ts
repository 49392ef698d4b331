import type { Api } from '../generate/openapi.ts'
import { eitherField, type Field, type FieldFacets, type Fields, type Node, type Nodes, part } from './node.ts'

/** A field in the facts. test/facts/README.md documents the keys. */
export interface FactField {
  name: string
  type: string
  required?: boolean
  label?: string
  enum?: readonly string[]
  maxLength?: number
  format?: string
  encrypted?: string
  encoded?: string
  fields?: readonly FactField[]
}

/** A line of `endpoints.jsonl`. */
export interface FactEndpoint {
  api: Api
  method: string
  path: string
  title: string
  retired?: string
  base?: string
  baseAlternative?: string
  mtls?: boolean
  nonceless?: boolean
  request: Partial<Record<'path' | 'query' | 'headers' | 'json' | 'xml' | 'multipart', readonly FactField[]>>
  response: { kind: string; fields?: readonly FactField[] }
  docs?: readonly string[]
}

/** A line of `notifications.jsonl`. */
export interface FactNotification {
  api: Api
  event: string
  title: string
  body: readonly FactField[]
  docs?: readonly string[]
}

const BODIES = ['json', 'xml', 'multipart'] as const

/** Converts facts to nodes by name: `v3 GET /v3/certificates`, `v3 REFUND.SUCCESS`. */
export function factNodes(endpoints: readonly FactEndpoint[], notifications: readonly FactNotification[]): Nodes {
  return new Map([
    ...endpoints.map(fact => [`${fact.api} ${fact.method} ${fact.path}`, endpointNode(fact)] as const),
    ...notifications.map(fact => [`${fact.api} ${fact.event}`, notificationNode(fact)] as const),
  ])
}

function endpointNode({ api, title, retired, base, baseAlternative, mtls, nonceless, ...fact }: FactEndpoint): Node {
  const { request, response, docs } = fact
  const body = BODIES.find(kind => request[kind])
  const isSigned = api === 'v2' && (response.fields ?? []).some(({ name }) => name === 'sign')
  return {
    facets: {
      title,
      retired,
      base: withoutSlash(base),
      baseAlternative: withoutSlash(baseAlternative),
      mtls: mtls ?? false,
      nonceless: nonceless ?? false,
      body,
      answer: response.kind,
      'signed (v2)': isSigned,
      docs,
    },
    members: new Map([
      ['path', part(fieldsOf(request.path))],
      ['query', part(fieldsOf(request.query))],
      // The client sets Wechatpay-Serial.
      ['headers', part(fieldsOf(request.headers?.filter(({ name }) => name !== 'Wechatpay-Serial')))],
      ['body', part(fieldsOf(body && request[body], body))],
      ['answer', part(fieldsOf(response.fields?.filter(({ name }) => api !== 'v2' || name !== 'sign')))],
    ]),
  }
}

const notificationNode = ({ title, docs, body }: FactNotification): Node => ({
  facets: { title, docs },
  members: new Map([['body', part(fieldsOf(body))]]),
})

const withoutSlash = (url: string | undefined): string | undefined => url?.replace(/\/$/, '')

function fieldsOf(facts: readonly FactField[] | undefined, body?: string): Fields {
  const fields = new Map<string, Field>()
  for (const fact of facts ?? []) {
    const field = fieldOf(fact, body)
    const before = fields.get(fact.name)
    // A name that occurs twice in a list describes two forms of the field.
    fields.set(fact.name, before ? eitherField(before, field) : field)
  }
  return fields
}

function fieldOf({ type, required = false, label, fields, ...fact }: FactField, body?: string): Field {
  const { maxLength, format, encrypted, encoded, enum: values } = fact
  const isText = encoded !== undefined || encrypted?.startsWith('aes-')
  const facets = { type, required, label, enum: values, maxLength, format, encrypted, encoded }
  const holds = isText && fields ? 'object' : undefined
  const asPart = body === 'multipart' ? partFacets(type, fields) : undefined
  return { facets: { ...facets, holds, ...asPart }, members: fieldsOf(fields) }
}

/**
 * Returns the facets of a form part. The facts describe a file as an object without members, and `meta` is JSON without
 * being encoded.
 */
function partFacets(type: string, fields: readonly FactField[] | undefined): Partial<FieldFacets> | undefined {
  if (fields) return { type: 'object', encoded: undefined, holds: undefined }
  return type === 'object' ? { type: 'string', format: 'binary' } : undefined
}
