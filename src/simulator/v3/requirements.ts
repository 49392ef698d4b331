import type { Endpoint } from '../catalogue/catalogue.ts'
import { encryptedPaths } from '../catalogue/encrypted-paths.ts'
import { withRules } from '../catalogue/rules.ts'
import type { Field } from '../catalogue/shape.ts'
import type { Route } from './route.ts'
import { ROUTES } from './routes.ts'

/** What a request to an endpoint has to be: its definition and the route's rules in one, made once. */
export interface Requirements {
  readonly route: Route | undefined
  readonly path: readonly Field[]
  readonly query: readonly Field[]
  readonly header: readonly Field[]
  readonly body: readonly Field[]
  /** Dotted paths of the fields that are sealed for WeChat Pay. */
  readonly encrypted: Readonly<Record<'query' | 'body', readonly string[]>>
}

const routes: ReadonlyMap<string, Route> = new Map(ROUTES.map(route => [route.endpoint, route]))
const known = new Map<Endpoint, Requirements>()

export function requirementsOf(endpoint: Endpoint): Requirements {
  const found = known.get(endpoint) ?? requirements(endpoint)
  known.set(endpoint, found)
  return found
}

function requirements({ method, path, parameters, body }: Endpoint): Requirements {
  const route = routes.get(`${method} ${path}`)
  const rules = route?.rules ?? {}
  const fields = body?.fields ?? []
  return {
    route,
    path: withRules(parameters.path, rules),
    query: withRules(parameters.query, rules),
    header: parameters.header,
    body: withRules(fields, rules),
    encrypted: { query: encryptedPaths(parameters.query), body: encryptedPaths(fields) },
  }
}
