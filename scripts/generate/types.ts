import { callerBody } from './client-fields.ts'
import type { Endpoint } from './endpoint.ts'
import { property, typeName } from './names.ts'
import type { Document, Schema } from './openapi.ts'
import { comment, Printer } from './print.ts'
import { formsOf, Shapes } from './shapes.ts'
import { DefinitionError } from './source.ts'
import { type Verb, writeTree } from './tree.ts'

const HEAD = `// Written by scripts/generate.ts from the definitions. Do not edit.
import type { CallOptions, PathParameter, Reply } from '../call.ts'

`

/** What an answer without a body of the API's own format is to the caller. */
const PLAIN_ANSWERS = { empty: 'undefined', file: 'ReadableStream<Uint8Array>', redirect: 'string' } as const

/** Writes `types.ts`: the shared shapes, the parts of each endpoint, and the chained tree over them. */
export function writeTypes(document: Document, endpoints: readonly Endpoint[]): string {
  const shapes = new Shapes(document, endpoints)
  const printer = new Printer(shapes.nameOf)
  const parts = endpoints.flatMap(endpoint => declareParts(document, endpoint, printer))
  const text = [HEAD, shapes.declarations(), '\n', parts.join('\n'), '\n', writeTree(endpoints, verbsOf)].join('')
  refuseDuplicates(text)
  return text
}

/** The interfaces of an endpoint's query, body and answer, those that it has. */
function declareParts(document: Document, endpoint: Endpoint, printer: Printer): string[] {
  const { query, body, answer } = endpoint
  const forms = formsOf(endpoint)
  const parts: string[] = []
  if (query.length > 0) parts.push(printer.declaration(queryName(endpoint), querySchema(endpoint), forms.request))
  if (body) parts.push(printer.declaration(requestName(endpoint), callerBody(document, endpoint), forms.request))
  if (answer.schema && !(answer.kind in PLAIN_ANSWERS)) {
    parts.push(printer.declaration(responseName(endpoint), answer.schema, forms.answer))
  }
  return parts
}

const queryName = ({ id }: Endpoint): string => `${typeName(id)}Query`
const requestName = ({ id }: Endpoint): string => `${typeName(id)}Request`
const responseName = ({ id }: Endpoint): string => `${typeName(id)}Response`

const querySchema = ({ api, query }: Endpoint): Schema => ({
  type: 'object',
  required: query
    .filter(({ name, required }) => required && !(api === 'v2' && name === 'sign_type'))
    .map(({ name }) => name),
  properties: Object.fromEntries(query.map(({ name, description, schema }) => [name, { description, ...schema }])),
})

/** The calls of an endpoint: its method, and `url` where all that matters is the signed URL. */
function verbsOf(endpoint: Endpoint): Verb[] {
  const { method, operation, answer } = endpoint
  const retired = operation['x-retired']
  const text = comment(
    [
      operation.summary ?? endpoint.id,
      ...(operation.externalDocs ? [`@see ${operation.externalDocs.url}`] : []),
      ...(retired ? [`@deprecated 服务已于 ${retired} 下线`] : operation.deprecated ? ['@deprecated'] : []),
    ],
    '  ',
  )
  const reply = answer.kind in PLAIN_ANSWERS ? PLAIN_ANSWERS[answer.kind as keyof typeof PLAIN_ANSWERS] : undefined
  const parameters = parametersOf(endpoint)
  const result = `Promise<Reply<${reply ?? answerName(endpoint)}>>`
  const verb = { name: method.toLowerCase(), comment: text, parameters, result }
  return answer.kind === 'redirect' ? [verb, { ...verb, name: 'url', result: 'Promise<string>' }] : [verb]
}

const answerName = (endpoint: Endpoint): string => (endpoint.answer.schema ? responseName(endpoint) : 'unknown')

/** `(options)`, or `(body, options)` for the methods that have a body. */
function parametersOf(endpoint: Endpoint): string {
  const { method, placeholders, query, body } = endpoint
  const bodiless = method === 'GET' || method === 'DELETE'
  const mustAsk = querySchema(endpoint).required!.length > 0
  const members = [
    ...placeholders.map(name => `${property(name)}: PathParameter`),
    ...(query.length > 0 ? [`params${mustAsk ? '' : '?'}: ${queryName(endpoint)}`] : []),
    ...(bodiless && body ? [`body${body.required ? '' : '?'}: ${requestName(endpoint)}`] : []),
  ]
  const needed = members.some(member => /^[^?:]+:/.test(member))
  const type = members.length > 0 ? `CallOptions & { ${members.join('; ')} }` : 'CallOptions'
  const options = `options${needed ? '' : '?'}: ${type}`
  if (bodiless) return `(${options})`
  if (body?.required) return `(body: ${requestName(endpoint)}, ${options})`
  const given = body ? requestName(endpoint) : 'undefined'
  return needed ? `(body: ${body ? `${given} | undefined` : given}, ${options})` : `(body?: ${given}, ${options})`
}

/** TypeScript would merge two interfaces of one name without a word. */
function refuseDuplicates(text: string): void {
  const seen = new Set<string>()
  for (const [, name] of text.matchAll(/^(?:export )?(?:interface|type) ([\w$]+)/gm)) {
    if (seen.has(name!)) throw new DefinitionError([`two types would be named ${name}`])
    seen.add(name!)
  }
}
