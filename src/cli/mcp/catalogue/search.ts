import type { Field, Shape } from '../../../simulator/catalogue/shape.ts'
import { type DescribedEndpoint, listEndpoints } from './endpoints.ts'
import { USUAL_PRODUCTS } from './usual-products.ts'
import { TRANSLATIONS } from './words.ts'

/** An endpoint that a query found. */
export interface Found extends DescribedEndpoint {
  readonly score: number
  /** Names of fields that contain a word of the query; at most five. */
  readonly fields: readonly string[]
}

/** The weight of a word by where it stands. */
const WEIGHTS = { path: 4, title: 4, product: 3, field: 1, label: 0.5 } as const

/** The product that most partners (服务商) use. */
const PARTNER_PRODUCT = '基础支付（服务商）'

function preferenceOf({ endpoint, operation }: DescribedEndpoint): number {
  const [tag = ''] = operation.tags ?? []
  const product = USUAL_PRODUCTS.has(tag) ? 1.7 : tag === PARTNER_PRODUCT ? 1.5 : 1
  return product * (operation.deprecated ? 0.3 : endpoint.api === 'v2' ? 0.6 : 1)
}

interface IndexedEndpoint {
  readonly described: DescribedEndpoint
  /** The greatest weight of each word. */
  readonly weights: ReadonlyMap<string, number>
  /** The sum of the path's and title's words, against long ones. */
  readonly length: number
  readonly fields: readonly string[]
}

interface Index {
  readonly endpoints: readonly IndexedEndpoint[]
  /** How much a word tells: the rarer, the more. */
  readonly rarity: (word: string) => number
}

let index: Index | undefined

/**
 * Searches the endpoints by words of their path, title, product and fields, in Chinese or English.
 *
 * @returns the best first
 */
export function searchEndpoints(query: string, api: string | undefined, limit: number): Found[] {
  index ??= createIndex()
  const { endpoints, rarity } = index
  const words = new Set(wordsOf(`${query} ${translate(query)}`))
  // A literal path or field name of the query counts as a whole, too.
  const literal = query
    .trim()
    .toLowerCase()
    .replace(/^\/|\/$/g, '')
  // The query as a title, and the titles that stand for it.
  const translations = Object.hasOwn(TRANSLATIONS, literal) ? TRANSLATIONS[literal]!.toLowerCase().split(' ') : []
  const titles = [literal, ...translations]
  const scored = endpoints.flatMap(({ described, weights, length, fields }) => {
    if (api !== undefined && described.endpoint.api !== api) return []
    let score = 0
    for (const word of words) score += (weights.get(word) ?? 0) * rarity(word)
    const path = described.path.toLowerCase()
    if (literal.includes('/') && path.includes(literal)) score += path === literal ? 200 : 50
    if (fields.includes(literal)) score += 20
    if (titles.includes(described.operation.summary?.toLowerCase() ?? '')) score += 100
    if (score === 0) return []
    const named = fields.filter(name => words.has(name) || name === literal).slice(0, 5)
    return [{ ...described, score: (score * preferenceOf(described)) / (1 + length / 40), fields: named }]
  })
  return scored.sort((first, second) => second.score - first.score).slice(0, limit)
}

function translate(query: string): string {
  const text = query.toLowerCase().replace(/[-_]/g, ' ')
  return Object.entries(TRANSLATIONS)
    .flatMap(([english, chinese]) => (text.includes(english.replace('-', ' ')) ? [chinese] : []))
    .join(' ')
}

function createIndex(): Index {
  const endpoints = listEndpoints().map(indexEndpoint)
  const counts = new Map<string, number>()
  for (const { weights } of endpoints) for (const word of weights.keys()) counts.set(word, (counts.get(word) ?? 0) + 1)
  return { endpoints, rarity: word => Math.log(1 + endpoints.length / (counts.get(word) ?? endpoints.length)) }
}

function indexEndpoint(described: DescribedEndpoint): IndexedEndpoint {
  const { endpoint, operation, path } = described
  const weights = new Map<string, number>()
  const add = (text: string, weight: number): number => {
    const words = wordsOf(text)
    for (const word of words) if ((weights.get(word) ?? 0) < weight) weights.set(word, weight)
    return words.length
  }
  const length = add(path, WEIGHTS.path) + add(operation.summary ?? endpoint.title, WEIGHTS.title)
  for (const tag of operation.tags ?? []) add(tag, WEIGHTS.product)
  const fields = new Set<string>()
  const { path: placeholders, query } = endpoint.parameters
  for (const { name, label } of [
    ...placeholders,
    ...query,
    ...fieldsWithin(endpoint.body),
    ...fieldsWithin(endpoint.response),
  ]) {
    fields.add(name.toLowerCase())
    weights.set(name.toLowerCase(), Math.max(weights.get(name.toLowerCase()) ?? 0, WEIGHTS.field))
    add(name, WEIGHTS.field)
    add(label, WEIGHTS.label)
  }
  return { described, weights, length, fields: [...fields] }
}

/** Lists the fields of a shape, at any depth. */
function fieldsWithin(shape: Shape | undefined): Field[] {
  if (!shape) return []
  const { fields = [], items, anyOf = [], json, form } = shape
  return [
    ...fields.flatMap(field => [field, ...fieldsWithin(field.shape)]),
    ...[items, json, form, ...anyOf].flatMap(fieldsWithin),
  ]
}

/** Splits a text into words: Latin ones at capitals and punctuation, Chinese text into pairs of characters. */
function wordsOf(text: string): string[] {
  const latin = text
    .replace(/([a-z\d])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .match(/[a-z\d]+/g)
  const singular = (latin ?? []).map(word => (word.length > 3 ? word.replace(/s$/, '') : word))
  const chinese = text.match(/[\u3400-\u9fff]+/g) ?? []
  const pairs = chinese.flatMap(run =>
    run.length === 1 ? [run] : Array.from({ length: run.length - 1 }, (_, at) => run.slice(at, at + 2)),
  )
  return [...singular, ...pairs]
}
