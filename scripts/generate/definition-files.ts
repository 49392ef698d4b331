import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'
import { type ErrorCode, errorCodesOf } from '../../src/cli/mcp/catalogue/error-codes.ts'
import { USUAL_PRODUCTS } from '../../src/cli/mcp/catalogue/usual-products.ts'
import { TRANSLATIONS } from '../../src/cli/mcp/catalogue/words.ts'
import type {
  ApiDefinition,
  DefinedEndpoint,
  DefinedError,
  DefinedNotification,
  DefinitionIndex,
  IndexedEntry,
  IndexedProduct,
} from '../../src/console/explorer/definition.ts'
import { filledFields } from './client-fields.ts'
import { DefinitionSchemas } from './definition-schemas.ts'
import { type Endpoint, resolve } from './endpoint.ts'
import { eventNamesOf, type Notification } from './notification.ts'
import { APIS, type Api, type Document, HOME, type Operation, type Parameter, type Response } from './openapi.ts'
import type { Source } from './source.ts'

/** All endpoints and notifications of an API, with one table of schemas: products share many. */
interface DefinedApi {
  readonly schemas: DefinitionSchemas
  readonly endpoints: DefinedEndpoint[]
  readonly notifications: DefinedNotification[]
}

/**
 * Writes the files that the explorer of the console loads as a module: an index for the search, and a file per API. They are
 * JSON, compressed, which the page decompresses itself, and base64, so that they are served as text like all other
 * files. A file per product would be smaller to load, but all together would have twice the size, because products
 * share schemas.
 */
export function writeDefinitionFiles(
  document: Document,
  sources: readonly Source[],
  endpoints: readonly Endpoint[],
  notifications: readonly Notification[],
): string {
  const apis = Object.fromEntries(
    APIS.map((api): [Api, DefinedApi] => [
      api,
      { schemas: new DefinitionSchemas(document), endpoints: [], notifications: [] },
    ]),
  ) as Record<Api, DefinedApi>
  const products = productsOf(sources)
  const productOf = (api: Api, { tags: [tag] = [] }: Operation): number =>
    products.findIndex(product => product.api === api && product.title === tag)
  const nameOf = eventNamesOf(notifications)
  for (const endpoint of endpoints) {
    const { api, operation } = endpoint
    apis[api].endpoints.push(defineEndpoint(endpoint, productOf(api, operation), document, apis[api].schemas))
  }
  for (const notification of notifications) {
    const { api, operation } = notification
    const product = productOf(api, operation)
    apis[api].notifications.push(defineNotification(notification, nameOf(notification), product, apis[api].schemas))
  }
  const texts: [string, DefinitionIndex | ApiDefinition][] = [
    ['index', indexOf(products, apis)],
    ...APIS.map((api): [string, ApiDefinition] => [api, contentOf(apis[api])]),
  ]
  const members = texts.map(([name, value]) => `  ${JSON.stringify(`definitions/${name}.txt`)}: ${fileOf(value)},\n`)
  return `// Generated from the definitions by scripts/generate/definition-files.ts.

/** The definitions that the explorer of the console loads, by file name: JSON, compressed by gzip, as base64. */
export const DEFINITION_FILES: Readonly<Record<string, { readonly etag: string; readonly text: string }>> = {
${members.join('')}}
`
}

function fileOf(value: unknown): string {
  const text = JSON.stringify(value)
  const bytes = gzipSync(text, { level: 9 })
  // The name of the operating system: the same text gives the same file everywhere.
  bytes[9] = 255
  const etag = `"${createHash('sha256').update(text).digest('hex').slice(0, 16)}"`
  return JSON.stringify({ etag, text: bytes.toString('base64') })
}

/** Lists the products, in the order of the definition files. */
function productsOf(sources: readonly Source[]): IndexedProduct[] {
  const products = new Map<string, IndexedProduct>()
  for (const { file, api, document } of sources) {
    const { info, paths = {}, webhooks = {} } = document
    const { title } = info
    if (Object.keys({ ...paths, ...webhooks }).length === 0) continue
    const english = file.replace(/^.*\/|\.yaml$/g, '').replaceAll('-', ' ')
    const key = `${api} ${title}`
    if (!products.has(key))
      products.set(key, { title, api, english, ...(USUAL_PRODUCTS.has(title) && { usual: true }) })
  }
  return [...products.values()].sort((first, second) => placeOf(first) - placeOf(second))
}

const USUAL_TITLES = [...USUAL_PRODUCTS]
/** The usual products come first, in the order of their list. */
const placeOf = ({ title, usual }: IndexedProduct): number =>
  usual ? USUAL_TITLES.indexOf(title) : USUAL_TITLES.length

const contentOf = ({ endpoints, notifications, schemas }: DefinedApi): ApiDefinition => ({
  endpoints,
  notifications,
  fields: schemas.fields.values,
  schemas: schemas.schemas.values,
})

const officialPages = ({ externalDocs, 'x-docs': docs = [] }: Operation): string[] => [
  ...(externalDocs ? [externalDocs.url] : []),
  ...docs,
]

/** Path with its API, as in calls: the name of an endpoint. */
const callPath = ({ api, path }: Endpoint): string => (api === 'v2' ? `/v2${path}` : path)

/** The error codes of the endpoint alone. */
function ownErrors({ method, path, operation }: Endpoint): DefinedError[] {
  const common = new Set(COMMON_ERRORS.map(error => JSON.stringify(error)))
  const documented = errorCodesOf(`${method} ${path}`).filter(error => !common.has(JSON.stringify(error)))
  const others = (operation['x-errors'] ?? []).filter(({ code }) => !documented.some(error => error.code === code))
  return [
    ...documented.map(errorOf),
    ...others.map(({ code, status, description }) => errorOf({ code, status, label: description, remedy: '' })),
  ]
}

/** Codes that every endpoint of APIv3 has (公共错误码). */
const COMMON_ERRORS = errorCodesOf('/v3/')

const errorOf = ({ code, status, label, remedy }: ErrorCode): DefinedError => ({
  code,
  ...(status !== undefined && { status }),
  label,
  ...(remedy && { remedy }),
})

function defineEndpoint(
  endpoint: Endpoint,
  product: number,
  document: Document,
  schemas: DefinitionSchemas,
): DefinedEndpoint {
  const { api, method, path, operation, query, headers, body, response } = endpoint
  const errors = ownErrors(endpoint)
  const filled = filledFields(endpoint, document)
  const servers = (operation.servers ?? []).map(({ url }) => url)
  return {
    method,
    name: callPath(endpoint),
    title: operation.summary ?? path,
    api,
    product,
    path,
    docs: officialPages(operation),
    placeholders: schemas.parameters(placeholdersOf(endpoint, document)),
    query: schemas.parameters(query),
    headers: schemas.parameters(headers),
    ...(body && { body: { kind: body.kind, required: body.required, schema: schemas.add(body.schema) } }),
    ...(filled.length > 0 && { filled }),
    response: {
      kind: response.kind,
      ...(response.schema && { schema: schemas.add(response.schema) }),
      ...failureOf(endpoint, document, schemas),
    },
    ...(errors.length > 0 && { errors }),
    ...(servers.some(url => url !== HOME) && { servers }),
    ...flagsOf(operation),
  }
}

/** Defines the message that a download responds with in place of the file, with the same status. */
function failureOf(
  { operation }: Endpoint,
  document: Document,
  schemas: DefinitionSchemas,
): Pick<DefinedEndpoint['response'], 'failure'> {
  const [success] = Object.entries(operation.responses).filter(([status]) => status.startsWith('2'))
  const [, failure] = success ? Object.values(resolve<Response>(document, success[1]).content ?? {}) : []
  return failure?.schema ? { failure: schemas.add(failure.schema) } : {}
}

function flagsOf(operation: Operation): Partial<DefinedEndpoint> {
  const { 'x-retired': retired, 'x-settled-by': settledBy, 'x-idempotent-by': idempotentBy } = operation
  return {
    ...(operation.deprecated && { deprecated: true }),
    ...(retired && { retired }),
    ...(operation['x-mtls'] && { mtls: true }),
    ...(operation['x-ip-allow-list'] && { ipAllowList: true }),
    ...(settledBy && { settledBy }),
    ...(idempotentBy && idempotentBy !== 'none' && { idempotentBy }),
    ...(operation['x-unconfirmed'] && { unconfirmed: true }),
  }
}

/** Lists the placeholders in the order of the path. */
function placeholdersOf({ placeholders, operation }: Endpoint, document: Document): Parameter[] {
  const schemas = new Map(
    (operation.parameters ?? []).map(parameter => {
      const found = '$ref' in parameter ? referenced(document, parameter.$ref) : parameter
      return [`${found.in} ${found.name}`, found]
    }),
  )
  return placeholders.flatMap(name => schemas.get(`path ${name}`) ?? [])
}

const referenced = ({ components }: Document, reference: string): Parameter =>
  components!.parameters![reference.split('/').at(-1)!]!

function defineNotification(
  { api, event, operation, message, resource }: Notification,
  name: string,
  product: number,
  schemas: DefinitionSchemas,
): DefinedNotification {
  return {
    name,
    event,
    title: operation.summary ?? event,
    api,
    product,
    docs: officialPages(operation),
    message: schemas.add(message.schema),
    ...(resource && { resource: schemas.add(resource.schema) }),
  }
}

function indexOf(products: readonly IndexedProduct[], apis: Readonly<Record<Api, DefinedApi>>): DefinitionIndex {
  const fields = new Map<string, number>()
  const number = (field: string): number => {
    if (!fields.has(field)) fields.set(field, fields.size)
    return fields.get(field)!
  }
  const entries = Object.values(apis).flatMap(({ endpoints, notifications, schemas }): IndexedEntry[] => {
    const numbersOf = (own: readonly number[], roots: readonly (number | undefined)[]): number[] =>
      differences([...fieldsBelow(schemas, own, roots)].map(number))
    return [
      ...endpoints.map(
        ({ method, name, title, product, deprecated, placeholders, query, headers, body, response }) => ({
          method,
          name,
          title,
          product,
          ...(deprecated && { deprecated }),
          fields: numbersOf([...placeholders, ...query, ...headers], [body?.schema, response.schema]),
        }),
      ),
      ...notifications.map(({ name, title, product, message, resource }) => ({
        name,
        title,
        product,
        fields: numbersOf([], [message, resource]),
      })),
    ]
  })
  return {
    products,
    entries,
    fields: [...fields.keys()],
    translations: TRANSLATIONS,
    commonErrors: COMMON_ERRORS.map(errorOf),
  }
}

/** Sorts numbers, and returns each as the difference from the one before it, which compresses better. */
function differences(numbers: readonly number[]): number[] {
  const sorted = numbers.toSorted((first, second) => first - second)
  return sorted.map((number, at) => number - (sorted[at - 1] ?? 0))
}

/** Lists all fields of a message with their official names, at any depth. */
function fieldsBelow(
  { fields: { values: fields }, schemas: { values: schemas } }: DefinitionSchemas,
  own: readonly number[],
  roots: readonly (number | undefined)[],
): Set<string> {
  const found = new Set<string>()
  const visitedSchemas = new Set<number>()
  const visitField = (at: number): void => {
    const { name, label, schema } = fields[at]!
    found.add(`${name} ${label}`)
    visitSchema(schema)
  }
  const visitSchema = (at: number | undefined): void => {
    if (at === undefined || visitedSchemas.has(at)) return
    visitedSchemas.add(at)
    const { fields: members = [], items, anyOf = [], content } = schemas[at]!
    members.forEach(visitField)
    for (const inner of [items, content, ...anyOf]) visitSchema(inner)
  }
  own.forEach(visitField)
  roots.forEach(visitSchema)
  return found
}
