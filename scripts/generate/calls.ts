import { callerQuery } from './client-fields.ts'
import { type Endpoint, PLAIN_RESPONSES, queryName, requestName, responseName } from './endpoint.ts'
import { errorsOf } from './hover.ts'
import { property, quoted } from './names.ts'
import { type Printer, titleOf } from './print.ts'
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
    lines: [titleOf(operation, endpoint.id), ...listed, ...errorsOf(operation), ...gone],
    type: callOf(endpoint, options),
  }
  if (response.kind !== 'redirect') return [verb]
  const { path, params, more, needed } = options
  const type = [
    `Options<${params || 'unknown'}>`,
    ...(path ? [`PathParameters<${quoted(path)}>`] : []),
    ...(more ? [more] : []),
  ]
  return [verb, { ...verb, name: 'url', type: `(options${needed ? '' : '?'}: ${type.join(' & ')}) => Promise<string>` }]
}

/** Formats `(options)`, or `(body, options)` for methods with a body: `SendAt<'id', V3…Request, V3…Response, V3…Query>`. */
function callOf(endpoint: Endpoint, { path, params, more, needed }: Options): string {
  const { body } = endpoint
  const last = [params, more].slice(0, more ? 2 : params ? 1 : 0).map(type => type || 'unknown')
  const suffix = path ? 'At' : needed ? 'With' : ''
  const place = path ? [quoted(path)] : []
  const filled = suffix === 'With' && last.length === 0 ? ['unknown'] : last
  const format = (name: string, ...types: string[]): string =>
    `${name}${suffix}<${[...place, ...types, ...filled].join(', ')}>`
  if (isBodiless(endpoint)) return format('Ask', responseType(endpoint))
  const given = body ? requestName(endpoint) : 'undefined'
  if (body?.required) return format('Send', given, responseType(endpoint))
  if (suffix === '') return format('SendAny', given, responseType(endpoint))
  return format('Send', body ? `${given} | undefined` : given, responseType(endpoint))
}

const isBodiless = ({ method }: Endpoint): boolean => method === 'GET' || method === 'DELETE'

function responseType(endpoint: Endpoint): string {
  const { kind, schema } = endpoint.response
  if (kind in PLAIN_RESPONSES) return PLAIN_RESPONSES[kind as keyof typeof PLAIN_RESPONSES]
  return schema ? responseName(endpoint) : 'unknown'
}

interface Options {
  /** Names of the placeholders of the path: `id | number`; empty if it has none. */
  path: string
  /** The type of the query; empty if there is none. */
  params: string
  /** Further options; empty if there are none. */
  more: string
  /** Whether an option is required. */
  needed: boolean
}

/**
 * Collects the options of an endpoint beyond those of every call: path parameters, query, headers, and the body of a
 * method without a body argument.
 */
function optionsOf(endpoint: Endpoint, printer: Printer): Options {
  const { placeholders, query, headers, body } = endpoint
  const members = [
    ...(headers.length > 0 ? [headersOf(endpoint, printer)] : []),
    ...(isBodiless(endpoint) && body ? [`body${body.required ? '' : '?'}: ${requestName(endpoint)}`] : []),
  ]
  return {
    path: placeholders.join(' | '),
    params: query.length > 0 ? queryName(endpoint) : '',
    more: members.length > 0 ? `{ ${members.join('; ')} }` : '',
    needed:
      placeholders.length > 0 ||
      callerQuery(endpoint).required!.length > 0 ||
      members.some(member => /^[^?:]+:/.test(member)),
  }
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
