import { type Endpoint, endpointsOf, resolve } from '../generate/endpoint.ts'
import {
  type Document,
  HOME,
  isJson,
  isXml,
  type MediaType,
  type Operation,
  type Parameter,
  type Response,
} from '../generate/openapi.ts'
import { type Node, type Nodes, part } from './node.ts'
import { SchemaReader } from './schema.ts'

/** Converts the bundled definitions to nodes, named as in the facts. */
export function definitionNodes(document: Document): Nodes {
  const reader = new SchemaReader(document)
  return new Map([
    ...endpointsOf(document).map(
      endpoint =>
        [`${endpoint.api} ${endpoint.method} ${endpoint.path}`, endpointNode(document, endpoint, reader)] as const,
    ),
    ...Object.entries(document.webhooks ?? {}).map(
      ([event, { post }]) =>
        [notificationName(event, post as Operation), notificationNode(post as Operation, reader)] as const,
    ),
  ])
}

function endpointNode(document: Document, { api, operation, body, response }: Endpoint, reader: SchemaReader): Node {
  const responseFields = reader.membersOf(responseMedia(document, operation)?.schema)
  const isSigned = api === 'v2' && responseFields.has('sign') && !operation['x-unsigned']
  const [first, second] = (operation.servers ?? []).map(({ url }) => url.replace(/\/$/, ''))
  const parameters = (operation.parameters ?? []).map(parameter => resolve<Parameter>(document, parameter))
  const parametersIn = (place: string): Node =>
    part(
      new Map(
        parameters
          .filter(parameter => parameter.in === place)
          .map(({ name, description, schema = {}, required = false }) => [
            name,
            reader.fieldOf(description === undefined ? schema : { ...schema, description }, required),
          ]),
      ),
    )
  return {
    facets: {
      title: operation.summary,
      retired: operation['x-retired'] ?? (operation.deprecated ? 'deprecated' : undefined),
      base: first === HOME ? undefined : first,
      baseAlternative: second,
      mtls: operation['x-mtls'] ?? false,
      nonceless: operation['x-nonceless'] ?? false,
      body: body?.kind,
      answer: response.kind,
      'signed (v2)': isSigned,
      docs: docsOf(operation),
    },
    members: new Map([
      ['path', parametersIn('path')],
      ['query', parametersIn('query')],
      ['headers', parametersIn('header')],
      ['body', part(reader.membersOf(body?.schema))],
      ['answer', part(new Map([...responseFields].filter(([name]) => api !== 'v2' || name !== 'sign')))],
    ]),
  }
}

/** Returns the media type of the message, not of a file that may be returned instead. */
function responseMedia(document: Document, { responses }: Operation): MediaType | undefined {
  const [success] = Object.entries(responses).filter(([status]) => status.startsWith('2'))
  if (!success) return undefined
  const content = resolve<Response>(document, success[1]).content ?? {}
  return Object.entries(content).find(([type]) => isJson(type) || isXml(type))?.[1]
}

/** Returns the name of a notification in the facts. The bundled document prefixes APIv2 events with `v2/`. */
const notificationName = (event: string, operation: Operation): string =>
  event.startsWith('v2/') ? event.replace('/', ' ') : `${operation['x-api'] ?? 'v3'} ${event}`

function notificationNode(operation: Operation, reader: SchemaReader): Node {
  const [media] = Object.values(operation.requestBody?.content ?? {})
  return {
    facets: { title: operation.summary, docs: docsOf(operation) },
    members: new Map([['body', part(reader.membersOf(media?.schema))]]),
  }
}

function docsOf({ externalDocs, 'x-docs': more = [] }: Operation): string[] | undefined {
  const docs = [...(externalDocs ? [externalDocs.url] : []), ...more]
  return docs.length > 0 ? docs : undefined
}
