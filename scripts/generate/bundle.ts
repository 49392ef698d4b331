import { type Linked, Linker } from './link.ts'
import { componentName, operationId, placeholders } from './names.ts'
import {
  type Api,
  type Components,
  type Document,
  HOME,
  isReference,
  METHODS,
  type Merged,
  type Operation,
  type Parameter,
  type PathItem,
  SECTIONS,
  type Server,
} from './openapi.ts'
import type { Path, Problems, Source } from './source.ts'
import { mergeWebhooks } from './webhooks.ts'

/** The keys of a path item that are not methods. */
const PATH_ITEM_KEYS = ['parameters', 'servers', 'summary', 'description']

const SECURITY = {
  'WECHATPAY2-SHA256-RSA2048': {
    type: 'http',
    scheme: 'WECHATPAY2-SHA256-RSA2048',
    description: 'APIv3: a signature of method, URL, timestamp, nonce and body. APIv2 signs inside the message.',
  },
  'WECHATPAY-BRAND-SHA256-RSA2048': {
    type: 'http',
    scheme: 'WECHATPAY-BRAND-SHA256-RSA2048',
    description: '品牌 API: the signature of APIv3 with brand_id and the keys of the brand.',
  },
}

/** The security scheme of each API; APIv2 has none outside of its messages. */
const SCHEMES: Readonly<Record<Api, (keyof typeof SECURITY)[]>> = {
  v2: [],
  v3: ['WECHATPAY2-SHA256-RSA2048'],
  brand: ['WECHATPAY-BRAND-SHA256-RSA2048'],
}

/**
 * Bundles all files in one document: references become local, component names unique, and operations get the tag,
 * servers and parameters of their file or path. All checks that report a file and line are made here.
 */
export function bundle(sources: readonly Source[], problems: Problems): Document {
  const linker = new Linker(sources, problems)
  const linked = sources.map(source => ({ source, document: linker.link(source) }))
  const components = mergeComponents(linked, problems)
  const paths = mergePaths(linked, components, problems)
  // The steps below resolve references.
  problems.throwIfAny()
  const webhooks = mergeWebhooks(linked, components, problems)
  problems.throwIfAny()
  const products = linked.filter(
    ({ document: { paths = {}, webhooks = {} } }) => Object.keys({ ...paths, ...webhooks })[0],
  )
  return {
    openapi: '3.1.0',
    info: {
      title: 'WeChat Pay (微信支付) APIv3, APIv2, 品牌 API',
      version: '1.0.0',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: HOME }],
    tags: [...new Set(products.map(({ document }) => document.info.title))].map(name => ({ name })),
    paths,
    ...(Object.keys(webhooks).length > 0 ? { webhooks } : {}),
    components: { ...(components as Components), securitySchemes: SECURITY },
  }
}

function mergeComponents(linked: readonly Linked[], problems: Problems): Merged {
  const merged: Merged = { schemas: {}, responses: {}, parameters: {} }
  for (const { source, document } of linked) {
    for (const section of SECTIONS) {
      for (const [name, component] of Object.entries(document.components?.[section] ?? {})) {
        const unique = componentName(source.file, name)
        const at = ['components', section, name]
        if (unique in merged[section]) problems.add(source, at, `there is already a component ${unique}`)
        merged[section][unique] = component
      }
    }
  }
  return merged
}

function mergePaths(linked: readonly Linked[], components: Merged, problems: Problems): Record<string, PathItem> {
  const merged: Record<string, PathItem> = {}
  const ids = new Map<string, string>()
  for (const { source, document, path, method, item } of methodsOf(linked)) {
    const at = ['paths', path, method]
    const endpoint = `${method.toUpperCase()} ${path}`
    if (!METHODS.includes(method)) {
      problems.add(source, at, `unknown method ${method} of ${path}`)
      continue
    }
    const operation = complete(source, document, path, method, item)
    const id = operation.operationId!
    if (merged[path]?.[method]) problems.add(source, at, `${endpoint} is already defined`)
    else if (ids.has(id)) problems.add(source, at, `operationId ${id} of ${endpoint} is already used by ${ids.get(id)}`)
    checkServers(source, at, endpoint, operation, problems)
    checkParameters(source, at, path, operation, components, problems)
    ids.set(id, endpoint)
    merged[path] = { ...merged[path], [method]: operation }
  }
  return merged
}

/** Lists the methods of all paths of all files, including unknown keys in their place. */
function* methodsOf(linked: readonly Linked[]): Generator<Linked & { path: string; method: string; item: PathItem }> {
  for (const file of linked) {
    for (const [path, item] of Object.entries(file.document.paths ?? {})) {
      for (const method of Object.keys(item)) {
        if (!PATH_ITEM_KEYS.includes(method)) yield { ...file, path, method, item }
      }
    }
  }
}

/** Completes an operation with the facts of its path and its file. */
function complete(source: Source, document: Document, path: string, method: string, item: PathItem): Operation {
  const operation = item[method] as Operation
  const servers = operation.servers ?? item.servers ?? document.servers ?? []
  const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])]
  const { summary, externalDocs, ...rest } = operation
  return {
    operationId: operationId(source.api, path, method),
    tags: [document.info.title],
    summary,
    externalDocs,
    ...rest,
    ...(servers.length > 0 && !isHome(servers) ? { servers } : {}),
    security: SCHEMES[source.api].map(scheme => ({ [scheme]: [] })),
    ...(parameters.length > 0 ? { parameters } : {}),
    'x-api': source.api,
  }
}

const isHome = (servers: Server[]): boolean => servers.length === 1 && servers[0]!.url.replace(/\/$/, '') === HOME

/** Checks that an operation has at most two access points: the usual one and an alternative. */
function checkServers(
  source: Source,
  at: Path,
  endpoint: string,
  { servers = [] }: Operation,
  problems: Problems,
): void {
  if (servers.length > 2)
    problems.add(source, at, `${endpoint} has ${servers.length} access points; only two are possible`)
  for (const { url } of servers) {
    if (!/^https:\/\/[\w.-]+(\/[\w-]+)*\/?$/.test(url))
      problems.add(source, at, `${url} is not the URL of an access point`)
  }
}

/** Checks that placeholders and path parameters correspond. */
function checkParameters(
  source: Source,
  at: Path,
  path: string,
  operation: Operation,
  components: Merged,
  problems: Problems,
): void {
  const declared = (operation.parameters ?? [])
    .map(parameter =>
      isReference(parameter) ? (components.parameters[parameter.$ref.split('/').at(-1)!] as Parameter) : parameter,
    )
    .flatMap(parameter => (parameter?.in === 'path' ? parameter.name : []))
  const used = placeholders(path)
  for (const name of used) {
    if (!declared.includes(name)) problems.add(source, at, `{${name}} of ${path} is not declared as a parameter`)
  }
  for (const name of declared) {
    if (!used.includes(name)) problems.add(source, at, `path parameter ${name} does not occur in ${path}`)
  }
}
