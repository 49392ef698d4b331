import type { Api } from '../../definitions/call.ts'
import { ENDPOINTS, FIELDS, SHAPES } from '../generated/catalogue.ts'
import type { Field, Shape } from './shape.ts'
import type { Upload } from './upload.ts'

/** Definition of an endpoint. */
export interface Endpoint {
  readonly api: Api
  readonly method: string
  /** With the prefix of its access point (`/hk/v3/…`), placeholders as `{name}`. */
  readonly path: string
  readonly title: string
  /** Parameters by place. */
  readonly parameters: Readonly<Record<'path' | 'query' | 'header', readonly Field[]>>
  /** Shape of the body; for an upload, of its part `meta`, or in APIv2 of the parts other than the file. */
  readonly body: Shape | undefined
  /** Whether a body is required. */
  readonly required: boolean
  /** The file of an upload. */
  readonly upload: Upload | undefined
  readonly kind: 'json' | 'xml' | 'empty' | 'file' | 'redirect'
  readonly response: Shape | undefined
  /** APIv2: the call must present the merchant's client certificate. */
  readonly mtls: boolean
  /** APIv2: the message carries no `nonce_str`. */
  readonly nonceless: boolean
}

interface EndpointLine {
  title: string
  path?: number[]
  query?: number[]
  headers?: number[]
  body?: number
  required?: true
  upload?: Upload
  kind: Endpoint['kind']
  response?: number
  mtls?: true
  nonceless?: true
  api: Endpoint['api']
}

type ShapeLine = Omit<Shape, 'fields' | 'items' | 'anyOf' | 'json' | 'form'> & {
  fields?: number[]
  items?: number
  anyOf?: number[]
  json?: number
  form?: number
}

/** Returns a function that parses a line of a text at its first use. */
function lazyLines<T>(text: string, parse: (line: string) => T): (number: number) => T {
  let lines: string[] | undefined
  const parsed: T[] = []
  return number => {
    lines ??= text.split('\n')
    parsed[number] ??= parse(lines[number]!)
    return parsed[number]
  }
}

/** Returns the shape with a number. */
export const shape: (number: number) => Shape = lazyLines(SHAPES, line => {
  const { fields, items, anyOf, json, form, ...rest } = JSON.parse(line) as ShapeLine
  return {
    ...rest,
    ...(fields && { fields: fields.map(field) }),
    ...(items !== undefined && { items: shape(items) }),
    ...(anyOf && { anyOf: anyOf.map(shape) }),
    ...(json !== undefined && { json: shape(json) }),
    ...(form !== undefined && { form: shape(form) }),
  }
})

const field: (number: number) => Field = lazyLines(FIELDS, line => {
  const [name, label, shapeNumber, required] = JSON.parse(line) as [string, string, number, 1?]
  return { name, label, shape: shape(shapeNumber), required: required === 1 }
})

/** An endpoint whose definition is parsed at its first use. */
export interface EndpointEntry {
  readonly method: string
  readonly path: string
  endpoint(): Endpoint
}

let entries: readonly EndpointEntry[] | undefined

/** Returns all endpoints, in the order of the definitions. */
export function endpointEntries(): readonly EndpointEntry[] {
  entries ??= ENDPOINTS.split('\n').map(readEntry)
  return entries
}

function readEntry(line: string): EndpointEntry {
  const [method, path] = line.split(' ', 2) as [string, string]
  let endpoint: Endpoint | undefined
  return {
    method,
    path,
    endpoint() {
      endpoint ??= parseEndpoint(method, path, line.slice(method.length + path.length + 2))
      return endpoint
    },
  }
}

function parseEndpoint(method: string, path: string, line: string): Endpoint {
  const {
    path: placeholders = [],
    query = [],
    headers = [],
    body,
    response,
    ...rest
  } = JSON.parse(line) as EndpointLine
  const { title, kind, api, required = false, upload, mtls = false, nonceless = false } = rest
  return {
    api,
    method,
    path,
    title,
    required,
    upload,
    kind,
    mtls,
    nonceless,
    parameters: { path: placeholders.map(field), query: query.map(field), header: headers.map(field) },
    body: body === undefined ? undefined : shape(body),
    response: response === undefined ? undefined : shape(response),
  }
}
