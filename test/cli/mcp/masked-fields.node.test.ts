import { expect, test } from 'vitest'
import { hiddenFields, openApi } from '../../../src/cli/mcp/catalogue/openapi.ts'
import { maskFields } from '../../../src/cli/mcp/result.ts'

interface Schema {
  readonly [keyword: string]: unknown
  readonly allOf?: readonly Schema[]
  readonly anyOf?: readonly Schema[]
  readonly oneOf?: readonly Schema[]
  readonly $ref?: string
  readonly type?: string
  readonly properties?: Readonly<Record<string, Schema>>
  readonly patternProperties?: Readonly<Record<string, Schema>>
  readonly items?: Schema
  readonly contentSchema?: Schema
}

/** The values of a marked field. */
const CANARY = /CANARY\d+X/g
let last = 0

/** Fills a schema: canaries in all values at or below a marked field, `shown` elsewhere. */
function fill(name: string, schemas: readonly Schema[], isHidden: boolean, around: readonly Schema[]): unknown {
  const parts = schemas.flatMap(partsOf)
  if (parts.some(part => around.includes(part))) return 'shown'
  const within = [...around, ...parts.filter(({ properties }) => properties)]
  const hidden = isHidden || parts.some(part => 'x-personal' in part || 'x-encrypted' in part)
  const items = parts.flatMap(part => (part.items ? [part.items] : []))
  if (items.length > 0) return [0, 1].map(() => fill(name, items, hidden, within))
  const content = parts.flatMap(part => (part.contentSchema ? [part.contentSchema] : []))
  if (content.length > 0) {
    const inside = fill(name, content, hidden, within)
    return typeof inside === 'object' ? JSON.stringify(inside) : inside
  }
  const members = membersOf(parts)
  if (members.length === 0) return hidden ? `CANARY${++last}X` : 'shown'
  return Object.fromEntries(members.map(([member, schema]) => [member, fill(member, schema, hidden, within)]))
}

function partsOf(schema: Schema): Schema[] {
  const { $ref, allOf = [], anyOf = [], oneOf = [] } = schema
  const referred = $ref === undefined ? [] : partsOf(resolve($ref))
  return [schema, ...referred, ...[...allOf, ...anyOf, ...oneOf].flatMap(partsOf)]
}

const resolve = (reference: string): Schema =>
  reference
    .slice(2)
    .split('/')
    // biome-ignore lint/suspicious/noExplicitAny: a path through the document
    .reduce((value: any, key) => value[key.replaceAll('~1', '/').replaceAll('~0', '~')], openApi()) as Schema

function membersOf(parts: readonly Schema[]): [string, Schema[]][] {
  const members = new Map<string, Schema[]>()
  const add = (name: string, schema: Schema) => members.set(name, [...(members.get(name) ?? []), schema])
  for (const { properties = {}, patternProperties = {} } of parts) {
    for (const [name, schema] of Object.entries(properties)) add(name, schema)
    for (const [pattern, schema] of Object.entries(patternProperties))
      add(pattern.replace(/^\^|\$$/g, '').replaceAll('\\d+', '7'), schema)
  }
  return [...members]
}

/** Lists the schemas of all bodies of responses and notifications, with their places. */
function* schemasOf(value: unknown, at: string): Generator<[at: string, schema: Schema]> {
  if (typeof value !== 'object' || value === null) return
  for (const [key, member] of Object.entries(value)) {
    if (key === 'schema') yield [at, member as Schema]
    else if (key !== 'parameters' && !(key === 'requestBody' && at.startsWith('/paths')))
      yield* schemasOf(member, `${at}/${key}`)
  }
}

test('no value of a field that the definitions mark as personal or encrypted is shown, in lists, objects and JSON in text', () => {
  const { paths, webhooks } = openApi()
  const hidden = hiddenFields()
  const shown: string[] = []
  let filled = 0
  for (const [at, schema] of schemasOf({ paths, webhooks }, '')) {
    const value = fill('', [schema], false, [])
    filled += JSON.stringify(value).match(CANARY)?.length ?? 0
    const masked = maskFields(value, hidden)
    for (const canary of JSON.stringify(masked).match(CANARY) ?? [])
      shown.push(`${at}: ${JSON.stringify(value).split(canary)[0]!.slice(-80)}`)
  }
  expect(filled).toBeGreaterThan(3_000)
  expect(shown).toEqual([])
})
