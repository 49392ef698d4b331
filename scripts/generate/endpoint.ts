import { placeholders, typeName } from './names.ts'
import {
  type Api,
  type Document,
  isJson,
  isReference,
  isXml,
  METHODS,
  type Operation,
  type Parameter,
  type Response,
  type Schema,
} from './openapi.ts'

/** Body format of a response. A `file` may be text, and is XML if the call failed. */
export type ResponseKind = 'json' | 'xml' | 'empty' | 'file' | 'redirect'

/** An endpoint of the API with its resolved parameters and bodies. */
export interface Endpoint {
  id: string
  api: Api
  /** `POST` */
  method: string
  path: string
  /** Names of the placeholders, in order. */
  placeholders: string[]
  operation: Operation
  query: Parameter[]
  /** Request headers that the caller can or must provide. */
  headers: Parameter[]
  body: { kind: 'json' | 'xml' | 'multipart'; required: boolean; schema: Schema } | undefined
  response: { kind: ResponseKind; schema: Schema | undefined }
}

/** Lists all endpoints of the bundled document, in its order. */
export function endpointsOf(document: Document): Endpoint[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    METHODS.flatMap(method => {
      const operation = item[method] as Operation | undefined
      return operation ? [endpointOf(document, path, method, operation)] : []
    }),
  )
}

function endpointOf(document: Document, path: string, method: string, operation: Operation): Endpoint {
  const parameters = (operation.parameters ?? []).map(parameter => resolve<Parameter>(document, parameter))
  return {
    id: operation.operationId!,
    api: operation['x-api']!,
    method: method.toUpperCase(),
    path,
    placeholders: placeholders(path),
    operation,
    query: parameters.filter(parameter => parameter.in === 'query'),
    headers: parameters.filter(parameter => parameter.in === 'header'),
    body: bodyOf(operation),
    response: responseOf(document, operation),
  }
}

function bodyOf({ requestBody }: Operation): Endpoint['body'] {
  const [media] = Object.entries(requestBody?.content ?? {})
  if (!media) return undefined
  const [type, { schema = {} }] = media
  return {
    kind: isJson(type) ? 'json' : isXml(type) ? 'xml' : 'multipart',
    required: requestBody?.required ?? false,
    schema,
  }
}

/** Returns the kind and schema of the first successful response; a redirect if there is none. */
function responseOf(document: Document, operation: Operation): Endpoint['response'] {
  const [success] = Object.entries(operation.responses ?? {}).filter(([status]) => status.startsWith('2'))
  if (!success) return { kind: '302' in (operation.responses ?? {}) ? 'redirect' : 'empty', schema: undefined }
  const [media] = Object.entries(resolve<Response>(document, success[1]).content ?? {})
  if (!media) return { kind: 'empty', schema: undefined }
  const [type, { schema }] = media
  return { kind: isJson(type) ? 'json' : isXml(type) ? 'xml' : 'file', schema }
}

/** Types that a caller receives for responses that are not in the API's own format. */
export const PLAIN_RESPONSES = { empty: 'undefined', file: 'ReadableStream<Uint8Array>', redirect: 'string' } as const

export const queryName = ({ id }: Endpoint): string => `${typeName(id)}Query`
export const requestName = ({ id }: Endpoint): string => `${typeName(id)}Request`
export const responseName = ({ id }: Endpoint): string => `${typeName(id)}Response`

/** Resolves a reference; the bundler has checked that its target exists. */
export function resolve<T extends object>(document: Document, value: T | { $ref: string }): T {
  if (!isReference(value)) return value
  const [, , section = '', name = ''] = value.$ref.split('/')
  return resolve(document, (document.components as Record<string, Record<string, T>>)[section]![name]!)
}
