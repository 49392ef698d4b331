import type { Endpoint } from '../catalogue/catalogue.ts'
import { encryptedPaths } from '../catalogue/encrypted-paths.ts'
import { withRules } from '../catalogue/rules.ts'
import type { Field } from '../catalogue/shape.ts'
import { findViolation, type Violation } from '../catalogue/violation.ts'
import type { SimulatorContext } from '../context.ts'
import { ALTERNATIVES } from './alternatives.ts'
import { ResultRefusal } from './refusal.ts'
import type { Route } from './route.ts'
import { ROUTES } from './routes.ts'
import type { Params } from './signature.ts'

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
  /** Fields that are encrypted with the bank key. */
  readonly encrypted: readonly string[]
  /** Names of the response's fields. */
  readonly responseFields: ReadonlySet<string>
}

const MERCHANT = ['mch_id', 'mchid', 'combine_mch_id']
const APPLICATION = ['appid', 'mch_appid', 'wxappid', 'combine_appid']

const routes: ReadonlyMap<string, Route> = new Map(ROUTES.map(route => [route.endpoint, route]))
const known = new Map<Endpoint, Requirements>()

export function requirementsOf(endpoint: Endpoint): Requirements {
  const found = known.get(endpoint) ?? requirements(endpoint)
  known.set(endpoint, found)
  return found
}

const NONCE: Field = {
  name: 'nonce_str',
  label: '随机字符串',
  required: true,
  shape: { type: 'string', pattern: /^\S{1,32}$/ },
}

function requirements(endpoint: Endpoint): Requirements {
  const { method, path, parameters, body, response, nonceless } = endpoint
  const route = routes.get(`${method} ${path}`)
  const defined = method === 'GET' ? parameters.query : (body?.fields ?? [])
  const names = defined.map(({ name }) => name)
  const alternatives = ALTERNATIVES[path] ?? []
  const fields = withRules([...(nonceless ? [] : [NONCE]), ...defined], route?.rules ?? {})
  return {
    ...{ endpoint, route, alternatives },
    query: method === 'GET' ? [] : parameters.query,
    fields,
    merchant: defined.find(({ name }) => MERCHANT.includes(name)) ?? { name: 'mch_id', required: false },
    application: APPLICATION.find(name => names.includes(name)),
    encrypted: encryptedPaths(defined),
    responseFields: new Set(response?.fields?.map(({ name }) => name)),
  }
}

/** @throws {ResultRefusal} `LACK_PARAMS`, `PARAM_ERROR`, `APPID_MCHID_NOT_MATCH` */
export function requireValid(
  params: Params,
  url: Params,
  { fields, query, application, alternatives }: Requirements,
  { merchant }: SimulatorContext,
): void {
  const given = Object.fromEntries(Object.entries(params).filter(([, value]) => value !== ''))
  const fault = findViolation(url, query, 'text') ?? findViolation(given, fields, 'text')
  if (fault) throw toRefusal(fault)
  if (alternatives.length > 0 && !alternatives.some(name => name in given))
    throw new ResultRefusal('LACK_PARAMS', `缺少参数${alternatives.join('或')}`)
  if (application && given[application] !== undefined && given[application] !== merchant.appid)
    throw new ResultRefusal('APPID_MCHID_NOT_MATCH', `${application}和mch_id不匹配`)
}

/** Creates the refusal of a violation. It names the parameter, even for a violation inside its JSON. */
function toRefusal({ kind, pointer }: Violation): ResultRefusal {
  const [, name] = pointer.split('/')
  return kind === 'missing' && pointer === `/${name}`
    ? new ResultRefusal('LACK_PARAMS', `缺少参数${name}`)
    : new ResultRefusal('PARAM_ERROR', `${name}参数格式错误`)
}
