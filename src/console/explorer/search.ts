import { findPasted } from './address.ts'
import type { DefinitionIndex, IndexedEntry } from './definition.ts'

/** An entry that a query found. */
export interface Found {
  readonly entry: IndexedEntry
  /** Fields that have a word of the query that nothing else has, at most three: `out_trade_no 商户订单号`. */
  readonly fields: readonly string[]
}

/** A part of a query, with other words for it. An entry must have one of them. */
type Term = readonly string[]

/** An entry with what is searched of it, in lower case. */
interface SearchableEntry {
  readonly entry: IndexedEntry
  readonly name: string
  readonly title: string
  readonly product: string
  readonly fields: readonly number[]
  /** How much more likely it is meant than others that match alike: usual products, short paths. */
  readonly preference: number
}

/** Points by where a word stands. */
const POINTS = {
  wholeName: 100,
  wholeTitle: 60,
  segment: 9,
  titleStart: 8,
  name: 6,
  title: 6,
  product: 4,
  wholeField: 3,
  field: 1,
}
const MAX_FIELDS = 3
/** Longer queries are cut: each of their words would search everything. */
const MAX_QUERY = 200

/** Creates a function that searches the index by words of paths, names and fields, the best first. */
export function createSearch(index: DefinitionIndex): (query: string) => Found[] {
  const fields = index.fields.map(field => field.toLowerCase())
  const entries = index.entries.map(entry => searchable(entry, index))
  const find = (terms: readonly Term[]): Found[] => {
    const matching = terms.map(term => fieldsWith(term, fields))
    return entries
      .flatMap(candidate => {
        const found = new Set<number>()
        let score = 0
        for (const [at, term] of terms.entries()) {
          const points = pointsOf(candidate, term, matching[at]!, found)
          if (points === 0) return []
          score += points
        }
        const shown = [...found].slice(0, MAX_FIELDS).map(number => index.fields[number]!)
        return [{ entry: candidate.entry, fields: shown, score: score * candidate.preference }]
      })
      .sort((first, second) => second.score - first.score)
  }
  return query => {
    const pasted = findPasted(query.slice(0, MAX_QUERY), index.entries)
    if (pasted.length > 0) return withPasted(pasted, find(termsOf(pasted[0]!.name, index.translations)))
    const terms = termsOf(query, index.translations)
    if (terms.length === 0) return []
    const found = find(terms)
    // Chinese has no spaces: 查询订单 means 查询 and 订单.
    return found.length > 0 ? found : find(terms.flatMap(pairsOf))
  }
}

/** Puts the entries that a pasted address names before the others. */
const withPasted = (pasted: readonly IndexedEntry[], found: readonly Found[]): Found[] => [
  ...pasted.map(entry => ({ entry, fields: [] })),
  ...found.filter(({ entry }) => !pasted.includes(entry)),
]

function searchable(entry: IndexedEntry, { products }: DefinitionIndex): SearchableEntry {
  const { title, english, api, usual } = products[entry.product]!
  const depth = entry.name.split('/').length
  const preference = ((usual ? 1.7 : 1) * (entry.deprecated ? 0.3 : 1) * (api === 'v2' ? 0.6 : 1)) / (1 + depth / 20)
  return {
    entry,
    name: entry.name.toLowerCase(),
    title: entry.title.toLowerCase(),
    product: `${title} ${english}`.toLowerCase(),
    fields: numbersOf(entry.fields),
    preference,
  }
}

/** Restores numbers from their differences. */
export function numbersOf(differences: readonly number[]): number[] {
  let number = 0
  return differences.map(difference => {
    number += difference
    return number
  })
}

/** Splits a query into terms. A word or phrase that has a translation may stand for it. */
export function termsOf(query: string, translations: Readonly<Record<string, string>>): Term[] {
  let rest = query.slice(0, MAX_QUERY).trim().toLowerCase()
  const terms: Term[] = []
  const phrases = Object.keys(translations).sort((first, second) => second.length - first.length)
  for (const phrase of phrases) {
    const without = rest.replaceAll(patternOf(phrase), ' ')
    if (without === rest) continue
    terms.push([phrase, ...translations[phrase]!.toLowerCase().split(' ')])
    rest = without
  }
  return [...terms, ...rest.split(/\s+/).flatMap(word => (word === '' ? [] : [[word]]))]
}

/**
 * Returns the pattern of a phrase: an English one as whole words, of which the last may be plural, and not within a path or the name of a
 * field.
 */
const patternOf = (phrase: string): RegExp =>
  new RegExp(/^[a-z]/.test(phrase) ? `(?<!\\S)${phrase}s?(?!\\S)` : phrase, 'g')

/** Splits Chinese text into pairs of characters. */
function pairsOf(term: Term): Term[] {
  const [word = ''] = term
  if (term.length > 1 || !/^[\u3400-\u9fff]{3,}$/.test(word)) return [term]
  return Array.from({ length: Math.floor(word.length / 2) }, (_, at) => [word.slice(at * 2, at * 2 + 2)])
}

/** Returns the numbers of the fields with a term, and whether it is a field's whole name. */
function fieldsWith(term: Term, fields: readonly string[]): Map<number, boolean> {
  const found = new Map<number, boolean>()
  for (const [number, field] of fields.entries()) {
    if (!term.some(word => field.includes(word))) continue
    const [name, label] = field.split(/ (.*)/s)
    found.set(
      number,
      term.some(word => word === name || word === label),
    )
  }
  return found
}

function pointsOf(
  { name, title, product, fields }: SearchableEntry,
  term: Term,
  matching: ReadonlyMap<number, boolean>,
  found: Set<number>,
): number {
  let best = 0
  for (const word of term) {
    const path = word.replace(/^\/?/, '/').replace(/\/$/, '')
    if (name === word || name === path) best = Math.max(best, POINTS.wholeName)
    else if (name.split(/[/.]/).includes(word)) best = Math.max(best, POINTS.segment)
    else if (name.includes(word)) best = Math.max(best, POINTS.name + (word.includes('/') ? POINTS.segment : 0))
    if (title === word) best = Math.max(best, POINTS.wholeTitle)
    else if (title.startsWith(word)) best = Math.max(best, POINTS.titleStart)
    else if (title.includes(word)) best = Math.max(best, POINTS.title)
    if (product.includes(word)) best = Math.max(best, POINTS.product)
  }
  if (best > 0) return best
  for (const number of fields) {
    const isWhole = matching.get(number)
    if (isWhole === undefined) continue
    found.add(number)
    best = Math.max(best, isWhole ? POINTS.wholeField : POINTS.field)
  }
  return best
}
