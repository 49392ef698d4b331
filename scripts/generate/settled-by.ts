import { type Endpoint, resolve } from './endpoint.ts'
import { fieldsOf } from './fields.ts'
import type { Notification } from './notification.ts'
import type { Document, Parameter, Schema } from './openapi.ts'
import { DefinitionError } from './source.ts'

/** `x-settles` of a query: the calls whose result it returns, and the place of the result in its response. */
export interface Settles {
  readonly kind: string
  /** Name of the merchant's number for the created object, equal in requests of the calls, query and response. */
  readonly number: string
  /** A product with its own rule in the gateway; without it, `state` and `final` describe the response. */
  readonly as?: string
  /** The object in the response that contains number and state. */
  readonly at?: string
  readonly state?: string
  /** Final states with the notification that WeChat Pay then sends; null, or a list, if it sends none. */
  readonly final?: readonly string[] | Readonly<Record<string, string | null>>
  /** States in which nobody has paid, so that the query can be given up safely. */
  readonly unpaid?: readonly string[]
  /** Places of parameters of the query in requests where they are nested: `business.business_product_id`. */
  readonly from?: Readonly<Record<string, string>>
  /** Constant parameters of the query. */
  readonly with?: Readonly<Record<string, string>>
}

/** Rules of `src/gateway/sweep/results.ts` for `as`. */
export const RULES: readonly string[] = [
  'order',
  'combined',
  'combined-deduction',
  'deduction',
  'refund',
  'overseas-refund',
  'service-order',
  'v2-order',
  'v2-combined',
  'v2-deduction',
  'v2-refund',
]

/** Fields with the merchant's own number, which the gateway knows. */
const OWN = ['mchid', 'mch_id', 'sp_mchid', 'combine_mchid', 'combine_mch_id']

/** Other names of `appid` in requests of APIv2 transfers and red packets; `watchOf` reads it from these. */
const APPIDS = ['mch_appid', 'wxappid']

/**
 * Writes `settled-by.ts`: the calls whose result a query returns (`x-settled-by`), by query. A sweep sends the query if
 * no notification arrives. Refuses definitions for which it could not: a query without `x-settles`, a parameter missing
 * in a call, a state missing in the response, a notification that cannot be built from it.
 */
export function writeSettledBy(
  document: Document,
  endpoints: readonly Endpoint[],
  notifications: readonly Notification[],
): string {
  const problems: string[] = []
  const byName = new Map(endpoints.map(endpoint => [nameOf(endpoint), endpoint]))
  const calls = new Map<string, Endpoint[]>()
  for (const endpoint of endpoints) {
    const query = endpoint.operation['x-settled-by']
    if (query === undefined) continue
    if (!byName.get(query)?.operation['x-settles'])
      problems.push(`${nameOf(endpoint)} is settled by ${query}, which has no x-settles`)
    calls.set(query, [...(calls.get(query) ?? []), endpoint])
  }
  const queries = new Map<string, string>()
  const rows = endpoints.flatMap(query => {
    const settles = query.operation['x-settles'] as Settles | undefined
    if (!settles) return []
    const placing = calls.get(nameOf(query)) ?? []
    if (placing.length === 0) problems.push(`${nameOf(query)} has x-settles, but no call names it`)
    return kindsOf(settles, placing).map(([own, calls]) => {
      const earlier = queries.get(own.kind)
      if (earlier) problems.push(`x-settles of ${nameOf(query)}: the kind ${own.kind} is already used by ${earlier}`)
      queries.set(own.kind, nameOf(query))
      return rowOf(document, query, own, calls, notifications, problems)
    })
  })
  if (problems.length > 0) throw new DefinitionError(problems)
  return [
    '// Written by scripts/generate.ts from the definitions. Do not edit.',
    "import type { SettledBy } from '../sweep/settled-by.ts'",
    '',
    '/** Calls that a sweep checks, by the query that returns their result. */',
    `export const settledBy: readonly SettledBy[] = ${JSON.stringify(rows, null, 2)}`,
    '',
  ].join('\n')
}

/** Groups calls by kind: one query may serve calls that are read by different rules (`x-settled-as`). */
function kindsOf(settles: Settles, calls: readonly Endpoint[]): (readonly [Settles, Endpoint[]])[] {
  const kinds = new Map<string, readonly [Settles, Endpoint[]]>()
  for (const call of calls) {
    const own: Settles = { ...settles, ...(call.operation['x-settled-as'] as Partial<Settles> | undefined) }
    const [, placed] = kinds.get(own.kind) ?? [own, []]
    kinds.set(own.kind, [own, [...placed, call]])
  }
  return [...kinds.values()]
}

const nameOf = ({ method, path }: Endpoint): string => `${method} ${path}`
const callOf = ({ api, method, path }: Endpoint): string => `${method} ${api === 'v2' ? '/v2' : ''}${path}`

function rowOf(
  document: Document,
  query: Endpoint,
  settles: Settles,
  calls: readonly Endpoint[],
  notifications: readonly Notification[],
  problems: string[],
): object {
  const { kind, number, as, at, state, final = [], with: fixed = {}, from = {}, unpaid } = settles
  const problem = (message: string) => problems.push(`x-settles of ${nameOf(query)}: ${message}`)
  const parameters = parametersOf(document, query)
  const isVariable = (name: string) => name !== number && !(name in fixed)
  const requiredNames = parameters
    .filter(({ name, required }) => required && isVariable(name) && !OWN.includes(name))
    .map(({ name }) => name)
  const response = new Map(fieldsOf(document, query.response.schema))
  const placed = calls.map(
    call => [call, new Set([...call.placeholders, ...pathsOf(document, call.body?.schema)])] as const,
  )
  for (const [call, names] of placed) {
    if (APPIDS.some(name => names.has(name))) names.add('appid')
    if (!names.has(number)) problem(`${nameOf(call)} has no ${number}`)
    for (const { name, required } of parameters)
      if (required && name !== number && !(name in fixed) && !OWN.includes(name) && !names.has(from[name] ?? name))
        problem(`${nameOf(call)} has no ${name}, which the query requires`)
  }
  if (!parameters.some(({ name }) => name === number)) problem(`the query has no parameter ${number}`)
  const within = (name: string) => (at === undefined ? name : `${at}.${name}`)
  if (as !== undefined && !RULES.includes(as)) problem(`there is no rule "${as}"`)
  if (as === undefined && state === undefined) problem('it has neither state nor rule')
  if (state !== undefined && !response.has(within(state))) problem(`the response has no ${within(state)}`)
  if (as === undefined && !response.has(within(number))) problem(`the response has no ${within(number)}`)
  const events = Array.isArray(final)
    ? Object.fromEntries((final as string[]).map(name => [name, null]))
    : (final as Record<string, string | null>)
  const fields = new Set<string>()
  for (const event of new Set(Object.values(events))) {
    if (event === null) continue
    const resource = notifications.find(
      notification => notification.api === query.api && notification.event === event,
    )?.resource
    if (!resource) problem(`there is no notification ${event}`)
    for (const [name, isRequired] of membersOf(document, resource?.schema ?? {})) {
      fields.add(name)
      if (isRequired && !response.has(within(name)) && !OWN.includes(name))
        problem(`${event} requires ${name}, which the response does not have`)
    }
  }
  return {
    kind,
    api: query.api,
    calls: calls.map(callOf),
    query: callOf(query),
    number,
    params: parameters.map(({ name }) => name).filter(isVariable),
    ...(requiredNames.length > 0 && { required: requiredNames }),
    ...(Object.keys(fixed).length > 0 && { with: fixed }),
    ...(Object.keys(from).length > 0 && { from }),
    ...(as !== undefined && { as }),
    ...(at !== undefined && { at }),
    ...(state !== undefined && { state, final: events }),
    ...(fields.size > 0 && { fields: [...fields] }),
    ...(unpaid && { unpaid }),
  }
}

/**
 * Lists the parameters of a query: in APIv2, the fields of its body, with `sign_type` optional since signing adds it.
 */
function parametersOf(document: Document, query: Endpoint): { name: string; required: boolean }[] {
  if (query.api === 'v2') {
    const { required = [] } = query.body?.schema
      ? resolve<Schema>(document, query.body.schema as Schema & { $ref: string })
      : {}
    return [...fieldNames(document, query.body?.schema)].map(name => ({
      name,
      required: required.includes(name) && name !== 'sign_type',
    }))
  }
  const given = (query.operation.parameters ?? []).map(parameter => resolve<Parameter>(document, parameter))
  return given
    .filter(({ in: place }) => place === 'path' || place === 'query')
    .map(({ name, required = false }) => ({ name, required }))
}

const pathsOf = (document: Document, schema: Schema | undefined): string[] =>
  [...fieldsOf(document, schema)].map(([path]) => path)

const fieldNames = (document: Document, schema: Schema | undefined): Set<string> =>
  new Set(pathsOf(document, schema).filter(path => !path.includes('.')))

/** Collects the members of a resource, and whether any of its forms requires them. */
function membersOf(document: Document, schema: Schema): Map<string, boolean> {
  const target = resolve<Schema>(document, schema as Schema & { $ref: string })
  const members = new Map<string, boolean>()
  for (const part of [...(target.allOf ?? []), ...(target.anyOf ?? [])])
    for (const [name, isRequired] of membersOf(document, part))
      members.set(name, isRequired || (members.get(name) ?? false))
  for (const name of Object.keys(target.properties ?? {}))
    members.set(name, target.required?.includes(name) || (members.get(name) ?? false))
  return members
}
