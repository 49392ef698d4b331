import { nearestName } from '../../../core/base/nearest-name.ts'
import { type Endpoint, endpointEntries } from '../../../simulator/catalogue/catalogue.ts'
import { findEndpoint } from '../../../simulator/catalogue/find.ts'
import { ToolError } from '../tool-error.ts'
import { type Operation, openApi } from './openapi.ts'

/** An endpoint, with what the OpenAPI description says about it. */
export interface DescribedEndpoint {
  readonly endpoint: Endpoint
  readonly operation: Operation
  /** The path of a call: `v3/…`, `v2/…`, placeholders as `{name}`. */
  readonly path: string
}

let all: readonly DescribedEndpoint[] | undefined

/** Lists all endpoints. One that several access points serve is in the list once. */
export function listEndpoints(): readonly DescribedEndpoint[] {
  if (all) return all
  const { paths } = openApi()
  const found = new Map<string, DescribedEndpoint>()
  for (const { method, path, endpoint } of endpointEntries()) {
    const own = path.replace(ACCESS_POINT, '')
    const operation = paths[path]?.[method.toLowerCase()] ?? paths[own]?.[method.toLowerCase()]
    const key = `${method} ${own}`
    if (operation && !found.has(key))
      found.set(key, { endpoint: endpoint(), operation, path: pathOfCall(endpoint().api, own) })
  }
  all = [...found.values()]
  return all
}

/** The prefix of the path at an access point (接入点) abroad; a call's path does not have it. */
const ACCESS_POINT = /^\/(?:hk|global)(?=\/v3\/)/

const pathOfCall = (api: Endpoint['api'], path: string): string => (api === 'v2' ? `v2${path}` : path.slice(1))

/** Returns the path as definitions have it: with a slash in front, APIv2 without `/v2`. */
export const definedPath = (path: string): string => `/${path.replace(/^\/+/, '')}`.replace(/^\/v2(?=\/)/, '')

/**
 * Finds the endpoint of a call.
 *
 * @param path `v3/…` or `v2/…`; with the placeholders of its definition, or filled in
 */
export function findDescribed(method: string, path: string): DescribedEndpoint | undefined {
  const defined = definedPath(path)
  const byTemplate = (template: string) =>
    listEndpoints().find(described => described.endpoint.method === method && definedPath(described.path) === template)
  const found = findEndpoint(method, defined)
  // The names of placeholders tell endpoints apart whose paths are alike.
  return (
    byTemplate(defined) ??
    (typeof found === 'string' ? undefined : byTemplate(found.endpoint.path.replace(ACCESS_POINT, '')))
  )
}

/**
 * Finds the endpoint of a call, or says which is meant.
 *
 * @throws {ToolError} `ENDPOINT_UNKNOWN`
 */
export function requireEndpoint(method: string, path: string): DescribedEndpoint {
  const found = findDescribed(method, path)
  if (found) return found
  const methods = METHODS.filter(other => findDescribed(other, path))
  if (methods.length > 0)
    throw new ToolError('ENDPOINT_UNKNOWN', `${path} has no ${method}.`, `Use ${methods.join(' or ')}.`)
  const near = nearestName(path.replace(/^\//, ''), new Set(listEndpoints().map(described => described.path)))
  throw new ToolError(
    'ENDPOINT_UNKNOWN',
    `No definition has ${method} ${path}.`,
    near ? `Is ${near} meant? find_endpoint searches by name, path and field.` : 'Search with find_endpoint.',
  )
}

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const
