import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import type { Fields } from '../../scripts/compare-facts/node.ts'
import { SchemaReader } from '../../scripts/compare-facts/schema.ts'
import { isReference, type Operation, type Parameter, type Schema } from '../../scripts/generate/openapi.ts'
import { document, endpoints, nameOf } from './catalogue.ts'

const root = new URL('../../src/definitions/', import.meta.url)
const files = ['v2', 'v3', 'brand'].flatMap(api =>
  readdirSync(new URL(`${api}/`, root)).flatMap(name => (name.endsWith('.yaml') ? [`${api}/${name}`] : [])),
)
const webhooks = Object.entries(document.webhooks ?? {}).map(
  ([event, item]) => [event, item.post as Operation] as const,
)

/** Every schema of the document, by where it stands; what is within one after it. */
function* schemas(value: unknown = document, at = ''): Generator<[at: string, schema: Schema]> {
  if (typeof value !== 'object' || value === null) return
  const isNames = at === '/components/schemas'
  for (const [key, child] of Object.entries(value)) {
    if (isNames || key === 'schema') yield* within(child as Schema, `${at}/${key}`)
    else yield* schemas(child, `${at}/${key}`)
  }
}

function* within(schema: Schema, at: string): Generator<[at: string, schema: Schema]> {
  yield [at, schema]
  const { properties, patternProperties, allOf, anyOf, oneOf, items, contentSchema } = schema
  for (const [key, parts] of Object.entries({ properties, patternProperties, allOf, anyOf, oneOf }))
    for (const [name, part] of Object.entries(parts ?? {})) yield* within(part as Schema, `${at}/${key}/${name}`)
  for (const [key, part] of Object.entries({ items, contentSchema })) if (part) yield* within(part, `${at}/${key}`)
}

const isText = (schema: Schema): boolean => {
  const { type, items } = resolved(schema)
  return type === 'string' || (type === 'array' && items !== undefined && resolved(items).type === 'string')
}

const resolved = (schema: Schema): Schema =>
  isReference(schema) ? resolved(document.components!.schemas![schema.$ref.split('/').at(-1)!]!) : schema

describe('the definitions', () => {
  test('are a product a file, each under a title of its own', () => {
    const titles = new Map<string, string[]>()
    for (const file of files) {
      const { info } = parse(readFileSync(new URL(file, root), 'utf8')) as { info: { title: string; version: string } }
      expect(`${info.version}/`, file).toBe(file.slice(0, file.indexOf('/') + 1))
      const title = `${info.version} ${info.title}`
      titles.set(title, [...(titles.get(title) ?? []), file])
    }
    expect([...titles].filter(([, of]) => of.length > 1)).toEqual([])
  })

  test('refer to every shared component', () => {
    const references = [...JSON.stringify(document).matchAll(/"#\/components\/(\w+)\/([\w.-]+)"/g)]
    const used = new Set(references.map(([, section, name]) => `${section}/${name}`))
    const components = Object.entries(document.components!).flatMap(([section, all]) =>
      section === 'securitySchemes' ? [] : Object.keys(all as object).map(name => `${section}/${name}`),
    )
    expect(components.filter(name => !used.has(name))).toEqual([])
  })

  test('encrypt texts and lists of texts alone', () => {
    const encrypted = [...schemas()].filter(([, schema]) => schema['x-encrypted'] !== undefined)
    expect(encrypted.length).toBeGreaterThan(200)
    expect(encrypted.filter(([, schema]) => !isText(schema)).map(([at]) => at)).toEqual([])
  })

  test('say what every JSON text and every encrypted message holds', () => {
    const silent = [...schemas()].filter(
      ([, { 'x-encrypted': encrypted, contentMediaType, contentSchema }]) =>
        (contentMediaType !== undefined || encrypted?.startsWith('aes-')) && contentSchema === undefined,
    )
    expect(silent.map(([at]) => at)).toEqual([])
  })

  test('require no member that they do not describe', () => {
    const reader = new SchemaReader(document)
    const unknown: string[] = []
    for (const [at, schema] of schemas()) {
      // A part of an allOf may require what another part describes.
      if (!schema.required || /\/allOf\/\d+$/.test(at)) continue
      const known = reader.membersOf(schema)
      unknown.push(...schema.required.filter(name => !known.has(name)).map(name => `${at}: ${name}`))
    }
    expect(unknown).toEqual([])
  })

  test('list values once each, of the type they say', () => {
    const wrong: string[] = []
    for (const [at, { type, enum: values }] of schemas()) {
      if (!values) continue
      if (new Set(values).size !== values.length) wrong.push(`${at}: twice`)
      const due = type === 'integer' ? 'number' : (type ?? 'string')
      if (values.some(value => typeof value !== due)) wrong.push(`${at}: ${JSON.stringify(values)} for ${type}`)
    }
    expect(wrong).toEqual([])
  })

  test('mark 30 endpoints as retired, each with its day', () => {
    const retired = endpoints.filter(({ operation }) => operation.deprecated)
    expect(retired.length).toBe(30)
    expect(retired.filter(({ operation }) => operation['x-retired'] === undefined).map(nameOf)).toEqual([])
    expect(endpoints.filter(({ operation }) => operation['x-retired'] && !operation.deprecated).map(nameOf)).toEqual([])
  })

  test('have an official name for each parameter', () => {
    const nameless = endpoints.flatMap(endpoint =>
      (endpoint.operation.parameters ?? [])
        .filter(one => !(one as Parameter).description)
        .map(one => `${nameOf(endpoint)}: ${(one as Parameter).name}`),
    )
    expect(nameless).toEqual([])
  })

  test('write no shape of four members and more in three places: it is shared', () => {
    const places = new Map<string, string[]>()
    for (const [at, { description: _, ...schema }] of schemas()) {
      if (/^\/components\/schemas\/\w+$/.test(at) || Object.keys(schema.properties ?? {}).length < 4) continue
      const shape = JSON.stringify(sorted(schema))
      places.set(shape, [...(places.get(shape) ?? []), at])
    }
    expect([...places.values()].filter(at => at.length > 2)).toEqual([])
  })
})

/** With its keys, and what it requires, in one order. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.every(one => typeof one === 'string') ? value.toSorted() : value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map(key => [key, sorted(Reflect.get(value, key))]),
  )
}

describe('a notification', () => {
  const reader = new SchemaReader(document)
  const bodyOf = ({ requestBody }: Operation): Fields =>
    reader.membersOf(Object.values(requestBody?.content ?? {})[0]?.schema)

  test('has a title and an official link', () => {
    const bare = webhooks.filter(([, { summary, externalDocs }]) => !summary || !externalDocs)
    expect(webhooks.length).toBeGreaterThan(0)
    expect(bare.map(([event]) => event)).toEqual([])
  })

  test('of APIv3 names its event, and what its resource holds once it is opened', () => {
    const wrong: string[] = []
    for (const [event, operation] of webhooks) {
      if (event.startsWith('v2/')) continue
      const body = bodyOf(operation)
      const names = body.get('event_type')?.facets.enum
      if (!names?.includes(event)) wrong.push(`${event}: event_type ${names?.join() ?? 'unsaid'}`)
      const ciphertext = body.get('resource')?.members.get('ciphertext')
      if (ciphertext?.facets.encrypted !== 'aes-256-gcm' || ciphertext.members.size === 0)
        wrong.push(`${event}: resource.ciphertext`)
    }
    expect(wrong).toEqual([])
  })
})
