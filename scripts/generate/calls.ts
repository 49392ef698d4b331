import { callerQuery } from './client-fields.ts'
import { type Endpoint, PLAIN_RESPONSES, queryName, requestName, responseName } from './endpoint.ts'
import { property } from './names.ts'
import { comment, type Printer, titleOf } from './print.ts'
import type { Verb } from './tree.ts'

/** Lists the calls of an endpoint: its method, and `url` if callers need only the signed URL. */
export function verbsOf(endpoint: Endpoint, printer: Printer): Verb[] {
  const { method, operation, response } = endpoint
  const retired = operation['x-retired']
  const gone = retired ? [`@deprecated 服务已于 ${retired} 下线`] : operation.deprecated ? ['@deprecated'] : []
  const listed = operation['x-ip-allow-list'] ? ['仅限已设置的接口IP调用'] : []
  const options = optionsOf(endpoint, printer)
  const verb = {
    name: method.toLowerCase(),
    comment: comment([titleOf(operation, endpoint.id), ...listed, ...gone], '  '),
    type: callOf(endpoint, options),
  }
  if (response.kind !== 'redirect') return [verb]
  const { type, needed } = options
  return [
    verb,
    { ...verb, name: 'url', type: `(options${needed ? '' : '?'}: CallOptions${and(type)}) => Promise<string>` },
  ]
}

/** Formats `(options)`, or `(body, options)` for methods with a body: `Send<V3…Request, V3…Response, { … }>`. */
function callOf(endpoint: Endpoint, { type, needed }: Options): string {
  const { body } = endpoint
  const last = [responseType(endpoint), ...(type ? [type] : [])].join(', ')
  if (isBodiless(endpoint)) return needed ? `AskWith<${last}>` : `Ask<${last}>`
  const given = body ? requestName(endpoint) : 'undefined'
  if (body?.required) return `${needed ? 'SendWith' : 'Send'}<${given}, ${last}>`
  return needed ? `SendWith<${body ? `${given} | undefined` : given}, ${last}>` : `SendAny<${given}, ${last}>`
}

const isBodiless = ({ method }: Endpoint): boolean => method === 'GET' || method === 'DELETE'

function responseType(endpoint: Endpoint): string {
  const { kind, schema } = endpoint.response
  if (kind in PLAIN_RESPONSES) return PLAIN_RESPONSES[kind as keyof typeof PLAIN_RESPONSES]
  return schema ? responseName(endpoint) : 'unknown'
}

interface Options {
  /** Options of this endpoint beyond those of every call; empty if it has none. */
  type: string
  /** Whether one of them is required. */
  needed: boolean
}

/**
 * Collects the options of an endpoint: path parameters, query, headers, and the body of a method without a body
 * argument.
 */
function optionsOf(endpoint: Endpoint, printer: Printer): Options {
  const { placeholders, query, headers, body } = endpoint
  const mustAsk = callerQuery(endpoint).required!.length > 0
  const members = [
    ...placeholders.map(name => `${property(name)}: PathParameter`),
    ...(query.length > 0 ? [`params${mustAsk ? '' : '?'}: ${queryName(endpoint)}`] : []),
    ...(headers.length > 0 ? [headersOf(endpoint, printer)] : []),
    ...(isBodiless(endpoint) && body ? [`body${body.required ? '' : '?'}: ${requestName(endpoint)}`] : []),
  ]
  const needed = members.some(member => /^[^?:]+:/.test(member))
  return { type: members.length > 0 ? `{ ${members.join('; ')} }` : '', needed }
}

/** Formats the headers that an endpoint defines. */
function headersOf({ headers }: Endpoint, printer: Printer): string {
  const members = headers.map(({ name, required, description, schema = {} }) => {
    const label = description ? `/** ${description} */ ` : ''
    return `${label}${property(name)}${required ? '' : '?'}: ${printer.type(schema, 'request', '')}`
  })
  const needed = headers.some(({ required }) => required)
  return needed ? `headers: { ${members.join('; ')}; [name: string]: string }` : `headers?: { ${members.join('; ')} }`
}

const and = (type: string): string => (type ? ` & ${type}` : '')
