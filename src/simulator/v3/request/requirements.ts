import type { Endpoint } from '../../catalogue/catalogue.ts'
import { encryptedPaths } from '../../catalogue/encrypted-paths.ts'
import { withRules } from '../../catalogue/rules.ts'
import type { Field } from '../../catalogue/shape.ts'
import type { Route } from '../route.ts'
import { ROUTES } from '../routes.ts'
import { nameRules } from './upload.ts'

/** Requirements of a request to an endpoint: the definition and the route's rules combined. */
export interface Requirements {
  readonly route: Route | undefined
  readonly isUpload: boolean
  readonly path: readonly Field[]
  readonly query: readonly Field[]
  readonly header: readonly Field[]
  readonly body: readonly Field[]
  /** Dotted paths of the fields that are encrypted for WeChat Pay. */
  readonly encrypted: Readonly<Record<'query' | 'body', readonly string[]>>
}

const routes: ReadonlyMap<string, Route> = new Map(ROUTES.map(route => [route.endpoint, route]))
const cache = new Map<Endpoint, Requirements>()

export function requirementsOf(endpoint: Endpoint): Requirements {
  const requirements = cache.get(endpoint) ?? combineRequirements(endpoint)
  cache.set(endpoint, requirements)
  return requirements
}

function combineRequirements({ method, path, parameters, body, upload }: Endpoint): Requirements {
  const route = routes.get(`${method} ${path}`)
  const rules = { ...nameRules(upload), ...route?.rules }
  const fields = body?.fields ?? []
  return {
    route,
    isUpload: upload !== undefined,
    path: withRules(parameters.path, rules),
    query: withRules(parameters.query, rules),
    header: parameters.header,
    body: withRules(fields, rules),
    encrypted: { query: encryptedPaths(parameters.query), body: encryptedPaths(fields) },
  }
}
