import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { type Endpoint, resolve } from '../../../scripts/generate/endpoint.ts'
import type { Parameter, Schema } from '../../../scripts/generate/openapi.ts'
import { document } from '../../catalogue/catalogue.ts'

/** A canary, with the facts of the definitions and of the policy about its field, read without the generator. */
export interface Canary {
  readonly field: string
  readonly mayShow: boolean
}

/** A request with a canary in every field. */
export interface CanaryRequest {
  readonly path: string
  readonly query: string
  readonly body: Readonly<Record<string, unknown>> | undefined
  readonly canaries: ReadonlyMap<string, Canary>
}

const policy = parse(
  readFileSync(new URL('../../../src/definitions/log-policy.yaml', import.meta.url), 'utf8'),
) as Record<'shown' | 'shownIfListed', Record<string, string[]>>
const shown = new Set(Object.values(policy.shown).flat())
const shownIfListed = new Set(Object.values(policy.shownIfListed).flat())

let last = 0

/** @param writesText whether JSON within text is written as text; otherwise it is given as a value */
export function canaryRequest(endpoint: Endpoint, writesText: boolean): CanaryRequest {
  const canaries = new Map<string, Canary>()

  const plant = (field: string, mayShow: boolean): string => {
    const canary = `CANARY${++last}X`
    canaries.set(canary, { field, mayShow })
    return canary
  }

  function valueFor(name: string, at: string, schemas: readonly Schema[], isHidden: boolean): unknown {
    const parts = schemas.flatMap(schema => partsOf(schema))
    const hidden = isHidden || parts.some(part => part['x-personal'] || part['x-encrypted'])
    const items = parts.flatMap(part => part.items ?? [])
    if (items.length > 0) return [0, 1].map(() => valueFor(name, at, [...items, { ...(hidden && HIDDEN) }], hidden))
    const content = parts.flatMap(part => part.contentSchema ?? [])
    if (content.length > 0) {
      const inside = valueFor(name, at, content, hidden)
      return writesText && typeof inside === 'object' ? JSON.stringify(inside) : inside
    }
    const members = membersOf(parts)
    if (members.size > 0) return objectOf(members, at, hidden)
    const isListed = parts.some(part => part.enum) && parts.every(part => part.enum || part.type === undefined)
    const isValue = parts.some(({ type }) => type !== undefined && type !== 'object')
    const isDecided = shown.has(name) || (shownIfListed.has(name) && isListed)
    return plant(at, isDecided && isValue && !hidden)
  }

  function objectOf(members: ReadonlyMap<string, Schema[]>, at: string, isHidden: boolean): Record<string, unknown> {
    const entries = Array.from(members, ([name, schemas]) => [name, valueFor(name, `${at}.${name}`, schemas, isHidden)])
    // A field that no definition has, and a name that no definition has.
    const strangers = [
      ['no_such_field', plant(`${at}.no_such_field`, false)],
      [plant(`${at}: a name`, false), 1],
    ]
    return Object.fromEntries([...entries, ...strangers])
  }

  const parameters = (endpoint.operation.parameters ?? []).map(one => resolve<Parameter>(document, one))
  const fill = (name: string) => {
    const { schema = {} } = parameters.find(one => one.in === 'path' && one.name === name)!
    return String(valueFor(name, `path.${name}`, [schema], false))
  }
  const query = new URLSearchParams()
  for (const { name, schema = {} } of endpoint.query) {
    const value = valueFor(name, `query.${name}`, [schema], false)
    for (const one of Array.isArray(value) ? value : [value])
      query.append(name, typeof one === 'string' ? one : JSON.stringify(one))
  }
  query.append('no_such_parameter', plant('query.no_such_parameter', false))
  const filled = endpoint.path.replace(/\{(\w+)\}/g, (_, name: string) => fill(name))
  return {
    path: endpoint.api === 'v2' ? `/v2${filled}` : filled,
    query: String(query),
    body: endpoint.body && objectOf(membersOf(partsOf(endpoint.body.schema)), 'body', false),
    canaries,
  }
}

const HIDDEN: Schema = { 'x-personal': true }

/** A schema and all that it refers to and extends. */
function partsOf({ $ref, ...own }: Schema): Schema[] {
  const { allOf = [], anyOf = [], oneOf = [] } = own
  const referred = $ref ? partsOf(resolve<Schema>(document, { $ref })) : []
  return [own, ...referred, ...[...allOf, ...anyOf, ...oneOf].flatMap(partsOf)]
}

function membersOf(parts: readonly Schema[]): Map<string, Schema[]> {
  const members = new Map<string, Schema[]>()
  for (const { properties = {}, patternProperties = {} } of parts) {
    const families = Object.entries(patternProperties).map(
      ([pattern, schema]) => [pattern.replace(/^\^|\$$/g, '').replaceAll('\\d+', '7'), schema] as const,
    )
    for (const [name, schema] of [...Object.entries(properties), ...families])
      members.set(name, [...(members.get(name) ?? []), schema])
  }
  return members
}
