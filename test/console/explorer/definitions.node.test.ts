/** The files of definitions against the OpenAPI description, which another part of the generator writes. */
import { readFile } from 'node:fs/promises'
import { beforeAll, expect, test } from 'vitest'
import type { ApiDefinition } from '../../../src/console/explorer/definition.ts'
import { rowsOf, rowsOfFields } from '../../../src/console/explorer/fields.ts'
import { DEFINITION_FILES } from '../../../src/console-files/generated/definition-files.ts'
import { readApi, readIndex } from './definition-file.ts'

type Json = Record<string, unknown>
interface Operation extends Json {
  summary: string
  'x-api': 'v2' | 'v3' | 'brand'
}
interface OpenApi {
  paths: Record<string, Record<string, Operation>>
  webhooks: Record<string, { post: Operation }>
  components: Record<string, Record<string, Json>>
}

const APIS = { v2: readApi('v2'), v3: readApi('v3'), brand: readApi('brand') }
const index = readIndex()
let description: OpenApi

beforeAll(async () => {
  description = JSON.parse(
    await readFile(new URL('../../../src/definitions/generated/openapi.json', import.meta.url), 'utf8'),
  )
})

const operations = () =>
  Object.entries(description.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  )

test('the products of APIv3 that most merchants use are listed first: payments, refunds, bills', () => {
  const usual = index.products.filter(({ usual, api }) => usual && api === 'v3')
  expect(usual.slice(0, 3)).toMatchObject([
    { title: '基础支付', english: 'pay transactions' },
    { title: '退款', english: 'refund' },
    { title: '账单', english: 'bills' },
  ])
})

test('all 1,213 endpoints and 119 notifications are in the index, with their official names', () => {
  const expected = operations().map(({ path, method, operation }) => {
    const name = operation['x-api'] === 'v2' ? `/v2${path}` : path
    return `${method} ${name} ${operation.summary}`
  })
  const endpoints = index.entries.filter(({ method }) => method !== undefined)
  expect(endpoints.map(({ method, name, title }) => `${method} ${name} ${title}`).sort()).toEqual(expected.sort())
  expect(expected).toHaveLength(1213)
  const notifications = index.entries.filter(({ method }) => method === undefined)
  expect(notifications.map(({ title }) => title).sort()).toEqual(
    Object.values(description.webhooks)
      .map(({ post }) => post.summary)
      .sort(),
  )
  expect(new Set(notifications.map(({ name }) => name)).size).toBe(119)
})

/** Collects what the description says of fields, by name: independent of the generator's own merging of schemas. */
function factsByName(value: unknown, facts: Map<string, Set<string>>, visited: Set<unknown>): void {
  if (typeof value !== 'object' || value === null || visited.has(value)) return
  visited.add(value)
  const { $ref, properties } = value as { $ref?: string; properties?: Record<string, Json> }
  if (typeof $ref === 'string') {
    const [, , section, name] = $ref.split('/')
    factsByName(description.components[section!]![name!], facts, visited)
  }
  for (const [name, schema] of Object.entries(properties ?? {})) {
    const known = facts.get(name) ?? new Set()
    facts.set(name, known)
    for (const fact of statedFacts(schema)) known.add(fact)
  }
  // The members of an object are schemas; one of them may be called "properties".
  for (const schema of Object.values(properties ?? {})) factsByName(schema, facts, visited)
  for (const [key, inner] of Object.entries(value)) if (key !== 'properties') factsByName(inner, facts, visited)
}

const KEYWORDS: Readonly<Record<string, string>> = {
  maxLength: 'maxLength',
  minLength: 'minLength',
  maximum: 'maximum',
  minimum: 'minimum',
  pattern: 'pattern',
  enum: 'enum',
  'x-max-bytes': 'maxBytes',
  'x-file-kinds': 'fileKinds',
  'x-unit': 'unit',
  'x-encrypted': 'encrypted',
  'x-personal': 'personal',
  'x-enum-labels': 'enumLabels',
  'x-one-source': 'oneSource',
  example: 'example',
}
const statedFacts = (schema: Json): string[] =>
  Object.entries(KEYWORDS).flatMap(([keyword, name]) =>
    keyword in schema ? [`${name} ${JSON.stringify(schema[keyword])}`] : [],
  )

test('every field of every endpoint is shown with all facts that its definition states', () => {
  const missing: string[] = []
  let checked = 0
  for (const { path, method, operation } of operations()) {
    const api: ApiDefinition = APIS[operation['x-api']]
    const name = operation['x-api'] === 'v2' ? `/v2${path}` : path
    const endpoint = api.endpoints.find(own => own.name === name && own.method === method)!
    const stated = new Map<string, Set<string>>()
    const { requestBody, responses } = operation as unknown as { requestBody: unknown; responses: Json }
    const success = Object.fromEntries(Object.entries(responses).filter(([status]) => status.startsWith('2')))
    factsByName({ requestBody, success }, stated, new Set())
    const rows = [
      ...(endpoint.body ? rowsOf(api.schemas[endpoint.body.schema]!, api) : []),
      ...[endpoint.response.schema, endpoint.response.failure].flatMap(number =>
        number === undefined ? [] : rowsOf(api.schemas[number]!, api),
      ),
    ]
    const shown = new Map<string, Set<string>>()
    for (const { field } of rows) {
      const facts = shown.get(field.name) ?? new Set()
      shown.set(field.name, facts)
      for (const [fact, value] of Object.entries(api.schemas[field.schema]!))
        facts.add(`${fact} ${JSON.stringify(value)}`)
    }
    for (const [field, facts] of stated)
      for (const fact of facts) {
        checked++
        if (!shown.get(field)?.has(fact)) missing.push(`${method} ${name} ${field}: ${fact}`)
      }
  }
  expect(checked).toBeGreaterThan(20_000)
  expect(missing).toEqual([])
})

test('parameters of the URL have their places', () => {
  const { endpoints, ...tables } = APIS.v3
  const query = endpoints.find(({ name }) => name === '/v3/pay/transactions/out-trade-no/{out_trade_no}')!
  expect(rowsOfFields(query.placeholders, tables).map(({ path }) => path)).toEqual(['out_trade_no'])
  expect(rowsOfFields(query.query, tables).map(({ path, field }) => [path, field.required])).toEqual([['mchid', true]])
})

test('all files together stay below the share of the package that they may have', () => {
  const bytes = Object.values(DEFINITION_FILES).reduce((sum, { text }) => sum + (text.length * 3) / 4, 0)
  expect(bytes).toBeLessThan(430_000)
})
