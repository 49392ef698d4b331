import { verbsOf } from './calls.ts'
import { callerBody, callerQuery } from './client-fields.ts'
import { type Endpoint, PLAIN_RESPONSES, queryName, requestName, responseName } from './endpoint.ts'
import { declareEvents, declareNotification } from './events.ts'
import type { Notification } from './notification.ts'
import type { Document, Schema } from './openapi.ts'
import { comment, type Declaration, type Form, Printer, writeDeclarations } from './print.ts'
import { declareServiceErrors } from './service-errors.ts'
import { formsOf, Shapes } from './shapes.ts'
import { DefinitionError } from './source.ts'
import { writeTree } from './tree.ts'

const HEAD = `// Written by scripts/generate.ts from the definitions. Do not edit.
import type { EncryptedField } from '../../core/codec/encrypted.ts'
import type { CallOptions, PathParameter, Reply } from '../call.ts'

/** Calls without and with a body; \`With\` if the options are required, \`At\` if the path has placeholders. */
type Ask<Data, Params = unknown, More = unknown> = (options?: Options<Params> & More) => Promise<Reply<Data>>
type AskWith<Data, Params, More = unknown> = (options: Options<Params> & More) => Promise<Reply<Data>>
type AskAt<Path extends string, Data, Params = unknown, More = unknown> = AskWith<Data, Params, PathParameters<Path> & More>
type Send<Body, Data, Params = unknown, More = unknown> = (body: Body, options?: Options<Params> & More) => Promise<Reply<Data>>
type SendAny<Body, Data, Params = unknown, More = unknown> = (body?: Body, options?: Options<Params> & More) => Promise<Reply<Data>>
type SendWith<Body, Data, Params, More = unknown> = (body: Body, options: Options<Params> & More) => Promise<Reply<Data>>
type SendAt<Path extends string, Body, Data, Params = unknown, More = unknown> = SendWith<Body, Data, Params, PathParameters<Path> & More>
type Options<Params> = CallOptions & (unknown extends Params ? unknown : {} extends Params ? { params?: Params } : { params: Params })
/** The values of the placeholders of a path. */
type PathParameters<Path extends string> = { [Name in OneOf<Path>]: PathParameter }

/** The node of a placeholder, in every spelling. */
type Placeholder<Name extends string, Node> = { [Spelling in \`_\${Name}_\` | \`$\${Name}$\` | \`{\${Name}}\`]: Node }

/** All endpoints by path, in every spelling of their placeholders. */
export type Paths = { [Path in PathName]: At<{ v2: V2; v3: V3; brand: Brand }, Path> }
/** The node of the chain at a path. */
type At<Node, Path extends string> = Path extends \`\${infer Segment}/\${infer Rest}\`
  ? At<Below<Node, Chained<Segment>>, Rest>
  : Path extends ''
    ? Node
    : Below<Node, Chained<Path>>
type Below<Node, Name> = Name extends keyof Node ? Node[Name] : never
/** The property for a segment: \`preOrder\` for \`pre-order\`. A placeholder is its own. */
type Chained<Segment extends string> = Segment extends \`\${'_' | '$' | '{'}\${string}\`
  ? Segment
  : Segment extends \`\${infer First}-\${infer Rest}\`
    ? \`\${First}\${Capitalize<Chained<Rest>>}\`
    : Segment

/** The values of an enum, from one text: \`'A | B'\` is \`'A' | 'B'\`. */
type OneOf<Values extends string, Found = never> = Values extends \`\${infer First} | \${infer Rest}\`
  ? OneOf<Rest, Found | First>
  : Found | Values
/** The values of a response's enum, and any other text, in a form that keeps completion of the known values in editors. */
type Open<Values extends string> = OneOf<Values> | Other
type Other = string & {}

/**
 * The resources of products that share an event. Each has the fields of the others as absent, so that any field may be
 * read before it is known which of them it is, and a field that is there tells which.
 */
type Either<Products extends readonly unknown[]> = {
  [At in keyof Products]: Products[At] & { [Name in Exclude<FieldOf<Products[number]>, keyof Products[At]>]?: undefined }
}[number]
type FieldOf<Product> = Product extends unknown ? keyof Product : never

/** An encrypted field: plain text, which the client encrypts, or a text that is already encrypted. */
type Encryptable = string | EncryptedField

`

/**
 * Writes `types.ts`: the shared shapes, the parts of each endpoint and notification, and the chain. Every program that
 * makes a call parses the whole file, which takes longer than checking the call. It therefore uses interfaces, few
 * nodes per field and call, and no `@see` or `@link`, which would make tsc parse the comment too.
 */
export function writeTypes(
  document: Document,
  endpoints: readonly Endpoint[],
  notifications: readonly Notification[],
): string {
  const shapes = new Shapes(document, endpoints, notifications)
  const printer = new Printer(shapes.nameOf)
  const declarations = [
    ...shapes.declarations(),
    ...endpoints.flatMap(endpoint => declareParts(document, endpoint, printer)),
    ...notifications.flatMap(notification => declareNotification(notification, printer)),
  ]
  const tables = [...declareEvents(notifications), declareServiceErrors(endpoints)]
  const tree = writeTree(endpoints, endpoint => verbsOf(endpoint, printer))
  const text = [HEAD, writeDeclarations(declarations), tables.join('\n'), tree].join('\n')
  refuseDuplicates(text)
  return text
}

/** Declares the query, body and response of an endpoint, each with its title. */
function declareParts(document: Document, endpoint: Endpoint, printer: Printer): Declaration[] {
  const { query, body, response, operation } = endpoint
  const forms = formsOf(endpoint)
  const parts: Declaration[] = []
  const declare = (name: string, role: string, { description: _, ...schema }: Schema, form: Form) =>
    parts.push(printer.declaration(name, schema, form, comment([`${operation.summary ?? endpoint.id} · ${role}`], '')))
  if (query.length > 0) declare(queryName(endpoint), '查询参数', callerQuery(endpoint), forms.request)
  if (body) declare(requestName(endpoint), '请求', callerBody(document, endpoint), forms.request)
  if (response.schema && !(response.kind in PLAIN_RESPONSES))
    declare(responseName(endpoint), '应答', response.schema, forms.response)
  return parts
}

/** Refuses two types of the same name, because TypeScript would silently merge interfaces. */
function refuseDuplicates(text: string): void {
  const seen = new Set<string>()
  for (const [, name] of text.matchAll(/^(?:export )?(?:interface|type) ([\w$]+)/gm)) {
    if (seen.has(name!)) throw new DefinitionError([`two types would be named ${name}`])
    seen.add(name!)
  }
}
