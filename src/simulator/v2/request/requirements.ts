import type { Endpoint } from '../../catalogue/catalogue.ts'
import { encryptedPaths } from '../../catalogue/encrypted-paths.ts'
import { withRules } from '../../catalogue/rules.ts'
import type { Field } from '../../catalogue/shape.ts'
import type { Route } from '../route.ts'
import { ROUTES } from '../routes.ts'
import { ALTERNATIVES } from './alternatives.ts'

/**
 * Requirements of a request to an endpoint, and the fields of its response: the definition and the route's rules
 * combined.
 */
export interface Requirements {
  readonly endpoint: Endpoint
  readonly route: Route | undefined
  readonly fields: readonly Field[]
  /** Parameters in the URL of a POST request. */
  readonly query: readonly Field[]
  /** Field that holds the signing merchant's number. */
  readonly merchant: Pick<Field, 'name' | 'required'>
  /** Field that holds the merchant's appid. */
  readonly application: string | undefined
  /** Fields of which one is required. */
  readonly alternatives: readonly string[]
  /** Fields that are encrypted: with the bank key, or with the platform's key that `cert_sn` names. */
  readonly encrypted: { readonly bank: readonly string[]; readonly platform: readonly string[] }
  /** Names of the response's fields. */
  readonly responseFields: ReadonlySet<string>
}

const MERCHANT = ['mch_id', 'mchid', 'combine_mch_id']
const APPLICATION = ['appid', 'mch_appid', 'wxappid', 'combine_appid']

const routes: ReadonlyMap<string, Route> = new Map(ROUTES.map(route => [route.endpoint, route]))
const cache = new Map<Endpoint, Requirements>()

export function requirementsOf(endpoint: Endpoint): Requirements {
  const requirements = cache.get(endpoint) ?? combineRequirements(endpoint)
  cache.set(endpoint, requirements)
  return requirements
}

const NONCE: Field = {
  name: 'nonce_str',
  label: '随机字符串',
  required: true,
  shape: { type: 'string', pattern: /^\S{1,32}$/ },
}

function combineRequirements(endpoint: Endpoint): Requirements {
  const { method, path, parameters, body, response, nonceless } = endpoint
  const route = routes.get(`${method} ${path}`)
  const defined = method === 'GET' ? parameters.query : (body?.fields ?? [])
  const names = defined.map(({ name }) => name)
  return {
    endpoint,
    route,
    alternatives: ALTERNATIVES[path] ?? [],
    query: method === 'GET' ? [] : parameters.query,
    fields: withRules([...(nonceless ? [] : [NONCE]), ...defined], route?.rules ?? {}),
    merchant: defined.find(({ name }) => MERCHANT.includes(name)) ?? { name: 'mch_id', required: false },
    application: APPLICATION.find(name => names.includes(name)),
    encrypted: { bank: encryptedPaths(defined, 'rsa-bank'), platform: encryptedPaths(defined, 'rsa') },
    responseFields: new Set(response?.fields?.map(({ name }) => name)),
  }
}
