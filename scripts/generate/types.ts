import { verbsOf } from './calls.ts'
import { callerBody, callerQuery } from './client-fields.ts'
import { type Endpoint, PLAIN_RESPONSES, queryName, requestName, responseName } from './endpoint.ts'
import { declareEvents, declareNotification } from './events.ts'
import type { Notification } from './notification.ts'
import type { Document } from './openapi.ts'
import { Printer } from './print.ts'
import { formsOf, Shapes } from './shapes.ts'
import { DefinitionError } from './source.ts'
import { writeTree } from './tree.ts'

const HEAD = `// Written by scripts/generate.ts from the definitions. Do not edit.
import type { EncryptedField } from '../../core/codec/encrypted.ts'
import type { CallOptions, PathParameter, Reply } from '../call.ts'

/** Calls without and with a body; \`With\` if the options are required. */
type Ask<Data, Options = unknown> = (options?: CallOptions & Options) => Promise<Reply<Data>>
type AskWith<Data, Options> = (options: CallOptions & Options) => Promise<Reply<Data>>
type Send<Body, Data, Options = unknown> = (body: Body, options?: CallOptions & Options) => Promise<Reply<Data>>
type SendWith<Body, Data, Options> = (body: Body, options: CallOptions & Options) => Promise<Reply<Data>>
type SendAny<Body, Data, Options = unknown> = (body?: Body, options?: CallOptions & Options) => Promise<Reply<Data>>

/** Unknown values of a response's enum: any text, in a form that keeps completion of the known values in editors. */
type Other = string & {}

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

/** Declares the query, body and response of an endpoint. */
function declareParts(document: Document, endpoint: Endpoint, printer: Printer): string[] {
  const { query, body, response } = endpoint
  const forms = formsOf(endpoint)
  const parts: string[] = []
  if (query.length > 0) parts.push(printer.declaration(queryName(endpoint), callerQuery(endpoint), forms.request))
  if (body) parts.push(printer.declaration(requestName(endpoint), callerBody(document, endpoint), forms.request))
  if (response.schema && !(response.kind in PLAIN_RESPONSES)) {
    parts.push(printer.declaration(responseName(endpoint), response.schema, forms.response))
  }
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
