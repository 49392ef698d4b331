import { type Linked, Linker } from './link.ts'
import { componentName, operationId, placeholders } from './names.ts'
import {
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
}

/**
 * Makes one document of all files: references are local, component names unique, and each operation says itself what
 * its file or path says for it (tag, servers, parameters). All checks that need a file and line happen here.
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
      title: 'WeChat Pay (微信支付) APIv3, APIv2',
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
        if (unique in merged[section]) problems.add(source, at, `a component is named ${unique} already`)
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
    if (merged[path]?.[method]) problems.add(source, at, `${endpoint} is defined already`)
    else if (ids.has(id)) problems.add(source, at, `operationId ${id} of ${endpoint} is that of ${ids.get(id)} already`)
    checkServers(source, at, endpoint, operation, problems)
    checkParameters(source, at, path, operation, components, problems)
    ids.set(id, endpoint)
    merged[path] = { ...merged[path], [method]: operation }
  }
  return merged
}

/** The methods of all paths of all files, or what stands where a method should. */
function* methodsOf(linked: readonly Linked[]): Generator<Linked & { path: string; method: string; item: PathItem }> {
  for (const one of linked) {
    for (const [path, item] of Object.entries(one.document.paths ?? {})) {
      for (const method of Object.keys(item)) {
        if (!PATH_ITEM_KEYS.includes(method)) yield { ...one, path, method, item }
      }
    }
  }
}

/** An operation with what its path and its file say for it. */
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
    security: source.api === 'v3' ? [{ 'WECHATPAY2-SHA256-RSA2048': [] }] : [],
    ...(parameters.length > 0 ? { parameters } : {}),
    'x-api': source.api,
  }
}

const isHome = (servers: Server[]): boolean => servers.length === 1 && servers[0]!.url.replace(/\/$/, '') === HOME

/** One access point that serves it, or two of which the merchant may choose the second. */
function checkServers(
  source: Source,
  at: Path,
  endpoint: string,
  { servers = [] }: Operation,
  problems: Problems,
): void {
  if (servers.length > 2) problems.add(source, at, `${endpoint} has ${servers.length} access points; two is the most`)
  for (const { url } of servers) {
    if (!/^https:\/\/[\w.-]+(\/[\w-]+)*\/?$/.test(url)) problems.add(source, at, `${url} is no access point's URL`)
  }
}

/** Each placeholder is a path parameter, and each path parameter a placeholder. */
function checkParameters(
  source: Source,
  at: Path,
  path: string,
  operation: Operation,
  components: Merged,
  problems: Problems,
): void {
  const declared = (operation.parameters ?? [])
    .map(one => (isReference(one) ? (components.parameters[one.$ref.split('/').at(-1)!] as Parameter) : one))
    .flatMap(one => (one?.in === 'path' ? one.name : []))
  const used = placeholders(path)
  for (const name of used) {
    if (!declared.includes(name)) problems.add(source, at, `{${name}} of ${path} is not declared as a parameter`)
  }
  for (const name of declared) {
    if (!used.includes(name)) problems.add(source, at, `path parameter ${name} does not occur in ${path}`)
  }
}
