import type { Trait } from '../../src/definitions/trait.ts'
import { LETTERS, METHODS } from '../../src/definitions/trait-table.ts'
import { DefinitionError } from './source.ts'

/** An endpoint with its traits. */
export interface TraitRow {
  method: string
  /** Placeholders without their names: `/v3/refund/domestic/refunds/{}`. */
  path: string
  trait: Trait
}

/** A node of the table's tree, by segment, word or field. */
interface Tree {
  [name: string]: Tree
}

const DIGITS = '0123456789'

/**
 * Writes the table for `src/definitions/trait-table.ts`, which describes the format.
 *
 * @param rows all endpoints including plain ones, unique by method and path
 */
export function writeTable(rows: readonly TraitRow[]): { table: string; accessPoints: readonly Trait[] } {
  const tree: Tree = {}
  const { accessPoints, above, own } = placeAccessPoints(rows)
  for (const [path, digit] of above) descend(tree, path)[`+${digit}`] = {}
  const special = rows.filter(row => own.has(row) || wordsOf(row.trait).length > 0)
  for (const row of rows) {
    const words = wordsOf(row.trait, own.get(row))
    if (words.length === 0 && isHidden(row, special)) words.push(['P', []])
    const node = words.length > 0 ? descend(tree, segmentsOf(row.path)) : {}
    for (const [word, fields] of words) {
      const below: Tree = {}
      for (const field of fields) descend(below, field.split('.'))['.'] = {}
      node[METHODS[row.method] + word] = below
    }
  }
  return { table: print(tree), accessPoints }
}

/** Splits a path: `/v3/refunds/{}` → `v3`, `refunds`, `*`. */
function segmentsOf(path: string): string[] {
  const segments = path.slice(1).split('/')
  const invalid = segments.find(segment => segment !== '{}' && !/^(?=.*[a-z])[\w-]+$/.test(segment))
  if (invalid !== undefined) throw new DefinitionError([`the table of traits cannot represent "${invalid}" of ${path}`])
  return segments.map(segment => (segment === '{}' ? '*' : segment))
}

/** Returns the node at a path, creating missing ones. */
function descend(tree: Tree, path: readonly string[]): Tree {
  let node = tree
  for (const name of path) {
    node[name] ??= {}
    node = node[name]
  }
  return node
}

/**
 * Returns the words of a trait: one for its flags, one per distinct list of fields, with the letters of all traits that
 * share it.
 */
function wordsOf(trait: Trait, digit = ''): [word: string, fields: readonly string[]][] {
  let flags = digit
  const lists = new Map<string, string>()
  for (const [letter, member] of Object.entries(LETTERS)) {
    if (typeof member === 'string') {
      const fields = JSON.stringify(trait[member])
      if (fields) lists.set(fields, (lists.get(fields) ?? '') + letter)
    } else {
      const [[name, value] = []] = Object.entries(member)
      if (name && trait[name as keyof Trait] === value) flags += letter
    }
  }
  return [
    ...(flags ? [[flags, []] as [string, string[]]] : []),
    ...Array.from(lists, ([fields, word]): [string, string[]] => [word, JSON.parse(fields)]),
  ]
}

/**
 * Tells whether a placeholder of a special endpoint would match a plain endpoint, which then needs an entry of its own.
 */
const isHidden = ({ method, path }: TraitRow, special: readonly TraitRow[]): boolean => {
  const parts = path.split('/')
  return special.some(candidate => {
    const others = candidate.path.split('/')
    const overlap = parts.every((part, at) => part === others[at] || part === '{}' || others[at] === '{}')
    const differing = parts.findIndex((part, at) => part !== others[at])
    return method === candidate.method && parts.length === others.length && overlap && others[differing] === '{}'
  })
}

/**
 * Places access points at the highest segment where all endpoints share one; few endpoints need an entry of their own.
 */
function placeAccessPoints(rows: readonly TraitRow[]): {
  accessPoints: readonly Trait[]
  above: [path: string[], digit: string][]
  own: Map<TraitRow, string>
} {
  const pointOf = ({ trait: { base, alternative } }: TraitRow): string =>
    base || alternative ? JSON.stringify({ base, alternative }) : ''
  const points = [...new Set(rows.map(pointOf))].filter(Boolean).sort()
  if (points.length > DIGITS.length) throw new DefinitionError([`more than ${DIGITS.length} access points`])
  const above: [string[], string][] = []
  const own = new Map<TraitRow, string>()
  const place = (path: string[], within: readonly TraitRow[]): void => {
    const found = new Set(within.map(pointOf))
    const [point = ''] = found
    if (found.size === 1) {
      if (point) above.push([path, DIGITS[points.indexOf(point)]!])
      return
    }
    const deeper = new Map<string, TraitRow[]>()
    for (const row of within) {
      const name = segmentsOf(row.path)[path.length]
      if (name !== undefined) deeper.set(name, [...(deeper.get(name) ?? []), row])
      else if (pointOf(row)) own.set(row, DIGITS[points.indexOf(pointOf(row))]!)
    }
    for (const [name, some] of deeper) place([...path, name], some)
  }
  place([], rows)
  return { accessPoints: points.map(point => JSON.parse(point) as Trait), above, own }
}

/** Formats the branches of a node, sorted by their ends, because the table then compresses better. */
const print = (tree: Tree): string =>
  joined(
    Object.entries(tree)
      .map(([name, below]) => ({ name, inside: /[a-z]|^\*$/.test(name) ? print(below) : printFields(below) }))
      .sort((first, second) => compare(endOf(first), endOf(second)))
      .map(({ name, inside }) => (inside ? `${name}{${inside}}` : name)),
  )

const compare = (first: string, second: string): number => (first < second ? -1 : 1)
const endOf = ({ name, inside }: { name: string; inside: string }): string =>
  `${[...inside].reverse().join('')}|${name}`

/** Formats fields, joining a field with its only branch: `payer.identity{name,number}`. */
const printFields = (tree: Tree): string =>
  joined(
    Object.entries(tree).map(([name, below]) => {
      const branches = Object.keys(below)
      if (branches.join() === '.' || branches.length === 0) return name
      return branches.length === 1 ? `${name}.${printFields(below)}` : `${name}{${printFields(below)}}`
    }),
  )

/** Joins names, omitting commas after braces, which end a name too. */
const joined = (names: readonly string[]): string => names.join().replaceAll('},', '}')
