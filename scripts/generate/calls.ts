import { callerQuery } from './client-fields.ts'
import { type Endpoint, PLAIN_ANSWERS, queryName, requestName, responseName } from './endpoint.ts'
import { property } from './names.ts'
import { comment, type Printer, titleOf } from './print.ts'
import type { Verb } from './tree.ts'

/** The calls of an endpoint: its method, and `url` where all that matters is the signed URL. */
export function verbsOf(endpoint: Endpoint, printer: Printer): Verb[] {
  const { method, operation, answer } = endpoint
  const retired = operation['x-retired']
  const gone = retired ? [`@deprecated 服务已于 ${retired} 下线`] : operation.deprecated ? ['@deprecated'] : []
  const listed = operation['x-ip-allow-list'] ? ['仅限已设置的接口IP调用'] : []
  const options = optionsOf(endpoint, printer)
  const verb = {
    name: method.toLowerCase(),
    comment: comment([titleOf(operation, endpoint.id), ...listed, ...gone], '  '),
    type: callOf(endpoint, options),
  }
  if (answer.kind !== 'redirect') return [verb]
  const { type, needed } = options
  return [
    verb,
    { ...verb, name: 'url', type: `(options${needed ? '' : '?'}: CallOptions${and(type)}) => Promise<string>` },
  ]
}

/** `(options)`, or `(body, options)` for the methods that have a body: `Send<V3…Request, V3…Response, { … }>`. */
function callOf(endpoint: Endpoint, { type, needed }: Options): string {
  const { body } = endpoint
  const last = [answerOf(endpoint), ...(type ? [type] : [])].join(', ')
  if (isBodiless(endpoint)) return needed ? `AskWith<${last}>` : `Ask<${last}>`
  const given = body ? requestName(endpoint) : 'undefined'
  if (body?.required) return `${needed ? 'SendWith' : 'Send'}<${given}, ${last}>`
  return needed ? `SendWith<${body ? `${given} | undefined` : given}, ${last}>` : `SendAny<${given}, ${last}>`
}

const isBodiless = ({ method }: Endpoint): boolean => method === 'GET' || method === 'DELETE'

function answerOf(endpoint: Endpoint): string {
  const { kind, schema } = endpoint.answer
  if (kind in PLAIN_ANSWERS) return PLAIN_ANSWERS[kind as keyof typeof PLAIN_ANSWERS]
  return schema ? responseName(endpoint) : 'unknown'
}

interface Options {
  /** The options that the endpoint adds to those of every call; empty if it adds none. */
  type: string
  /** Whether one of them is required. */
  needed: boolean
}

/** Path parameters, query and headers, and the body of a method that has no place for it. */
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

/** Prints the headers that an endpoint defines; a required one is required by name. */
function headersOf({ headers }: Endpoint, printer: Printer): string {
  const members = headers.map(({ name, required, description, schema = {} }) => {
    const label = description ? `/** ${description} */ ` : ''
    return `${label}${property(name)}${required ? '' : '?'}: ${printer.type(schema, 'request', '')}`
  })
  const needed = headers.some(({ required }) => required)
  return needed ? `headers: { ${members.join('; ')}; [name: string]: string }` : `headers?: { ${members.join('; ')} }`
}

const and = (type: string): string => (type ? ` & ${type}` : '')
