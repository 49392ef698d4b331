import { verbsOf } from './calls.ts'
import { callerBody, callerQuery } from './client-fields.ts'
import { type Endpoint, PLAIN_ANSWERS, queryName, requestName, responseName } from './endpoint.ts'
import { declareEvents, declareNotification } from './events.ts'
import type { Notification } from './notification.ts'
import type { Document } from './openapi.ts'
import { Printer } from './print.ts'
import { formsOf, Shapes } from './shapes.ts'
import { DefinitionError } from './source.ts'
import { writeTree } from './tree.ts'

const HEAD = `// Written by scripts/generate.ts from the definitions. Do not edit.
import type { Sealed } from '../../core/codec/sealed.ts'
import type { CallOptions, PathParameter, Reply } from '../call.ts'

/** A call without a body, and one with; \`With\` where it cannot do without options. */
type Ask<Answer, Options = unknown> = (options?: CallOptions & Options) => Promise<Reply<Answer>>
type AskWith<Answer, Options> = (options: CallOptions & Options) => Promise<Reply<Answer>>
type Send<Body, Answer, Options = unknown> = (body: Body, options?: CallOptions & Options) => Promise<Reply<Answer>>
type SendWith<Body, Answer, Options> = (body: Body, options: CallOptions & Options) => Promise<Reply<Answer>>
type SendAny<Body, Answer, Options = unknown> = (body?: Body, options?: CallOptions & Options) => Promise<Reply<Answer>>

/** The values of an answer's enum not known yet: any text, without the known ones losing their names in an editor. */
type Other = string & {}

/** A field that goes out sealed: in the clear, which the client seals, or sealed already. */
type Sealable = string | Sealed

`

/**
 * Writes `types.ts`: the shared shapes, the parts of each endpoint and notification, and the chained tree over them.
 * Every program with a call of ours parses all of it, which takes longer than to check the call. So it is interfaces,
 * few nodes a field and a call, and no comment with `@see` or `@link`, at the sight of which tsc parses a comment, too.
 */
export function writeTypes(
  document: Document,
  endpoints: readonly Endpoint[],
  notifications: readonly Notification[],
): string {
  const shapes = new Shapes(document, endpoints, notifications)
  const printer = new Printer(shapes.nameOf)
  const parts = [
    ...endpoints.flatMap(endpoint => declareParts(document, endpoint, printer)),
    ...notifications.flatMap(notification => declareNotification(notification, printer)),
    ...declareEvents(notifications),
  ]
  const tree = writeTree(endpoints, endpoint => verbsOf(endpoint, printer))
  const text = [HEAD, shapes.declarations(), '\n', parts.join('\n'), '\n', tree].join('')
  refuseDuplicates(text)
  return text
}

/** The interfaces of an endpoint's query, body and answer, those that it has. */
function declareParts(document: Document, endpoint: Endpoint, printer: Printer): string[] {
  const { query, body, answer } = endpoint
  const forms = formsOf(endpoint)
  const parts: string[] = []
  if (query.length > 0) parts.push(printer.declaration(queryName(endpoint), callerQuery(endpoint), forms.request))
  if (body) parts.push(printer.declaration(requestName(endpoint), callerBody(document, endpoint), forms.request))
  if (answer.schema && !(answer.kind in PLAIN_ANSWERS)) {
    parts.push(printer.declaration(responseName(endpoint), answer.schema, forms.answer))
  }
  return parts
}

/** TypeScript would merge two interfaces of one name without a word. */
function refuseDuplicates(text: string): void {
  const seen = new Set<string>()
  for (const [, name] of text.matchAll(/^(?:export )?(?:interface|type) ([\w$]+)/gm)) {
    if (seen.has(name!)) throw new DefinitionError([`two types would be named ${name}`])
    seen.add(name!)
  }
}
