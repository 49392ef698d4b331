import type { Trait } from '../../src/definitions/trait.ts'
import { LETTERS, METHODS } from '../../src/definitions/trait-table.ts'
import { DefinitionError } from './source.ts'

/** An endpoint and what is special about it. */
export interface TraitRow {
  method: string
  /** Placeholders without their names: `/v3/refund/domestic/refunds/{}`. */
  path: string
  trait: Trait
}

/** A node of the tree that the table is: by segment, by word, by field. */
interface Tree {
  [name: string]: Tree
}

const DIGITS = '0123456789'

/**
 * Writes the table that `src/definitions/trait-table.ts` reads, and tells how it is written.
 *
 * @param rows all endpoints, plain ones too; each method and path once
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

/** `/v3/refunds/{}` → `v3`, `refunds`, `*`. */
function segmentsOf(path: string): string[] {
  const segments = path.slice(1).split('/')
  const strange = segments.find(segment => segment !== '{}' && !/^(?=.*[a-z])[\w-]+$/.test(segment))
  if (strange !== undefined)
    throw new DefinitionError([`the table of traits has no way to write "${strange}" of ${path}`])
  return segments.map(segment => (segment === '{}' ? '*' : segment))
}

/** The node that a way leads to, made where it is not there yet. */
function descend(tree: Tree, way: readonly string[]): Tree {
  let node = tree
  for (const name of way) {
    node[name] ??= {}
    node = node[name]
  }
  return node
}

/** The words of a trait: one for its flags, one for each list of fields, with a letter for all that the list is about. */
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

/** A plain endpoint that a special one's placeholder would take for its own has to be named as plain. */
const isHidden = ({ method, path }: TraitRow, special: readonly TraitRow[]): boolean =>
  special.some(other => {
    const [parts, others] = [path.split('/'), other.path.split('/')]
    const overlap = parts.every((part, at) => part === others[at] || part === '{}' || others[at] === '{}')
    const differing = parts.findIndex((part, at) => part !== others[at])
    return method === other.method && parts.length === others.length && overlap && others[differing] === '{}'
  })

/** Access points go from a segment down to all beneath: products have theirs, and few endpoints one of their own. */
function placeAccessPoints(rows: readonly TraitRow[]): {
  accessPoints: readonly Trait[]
  above: [way: string[], digit: string][]
  own: Map<TraitRow, string>
} {
  const pointOf = ({ trait: { base, alternative } }: TraitRow): string =>
    base || alternative ? JSON.stringify({ base, alternative }) : ''
  const points = [...new Set(rows.map(pointOf))].filter(Boolean).sort()
  if (points.length > DIGITS.length) throw new DefinitionError([`more than ${DIGITS.length} access points`])
  const above: [string[], string][] = []
  const own = new Map<TraitRow, string>()
  const place = (way: string[], within: readonly TraitRow[]): void => {
    const found = new Set(within.map(pointOf))
    const [point = ''] = found
    if (found.size === 1) {
      if (point) above.push([way, DIGITS[points.indexOf(point)]!])
      return
    }
    const deeper = new Map<string, TraitRow[]>()
    for (const row of within) {
      const name = segmentsOf(row.path)[way.length]
      if (name !== undefined) deeper.set(name, [...(deeper.get(name) ?? []), row])
      else if (pointOf(row)) own.set(row, DIGITS[points.indexOf(pointOf(row))]!)
    }
    for (const [name, some] of deeper) place([...way, name], some)
  }
  place([], rows)
  return { accessPoints: points.map(point => JSON.parse(point) as Trait), above, own }
}

/** The branches of a node. Those that end alike stand together, which makes the table shorter once it is compressed. */
const print = (tree: Tree): string =>
  joined(
    Object.entries(tree)
      .map(([name, below]) => ({ name, inside: /[a-z]|^\*$/.test(name) ? print(below) : printFields(below) }))
      .sort((one, other) => compare(endOf(one), endOf(other)))
      .map(({ name, inside }) => (inside ? `${name}{${inside}}` : name)),
  )

const compare = (one: string, other: string): number => (one < other ? -1 : 1)
const endOf = ({ name, inside }: { name: string; inside: string }): string =>
  `${[...inside].reverse().join('')}|${name}`

/** A field from which one way alone goes on is written together with it: `payer.identity{name,number}`. */
const printFields = (tree: Tree): string =>
  joined(
    Object.entries(tree).map(([name, below]) => {
      const ways = Object.keys(below)
      if (ways.join() === '.' || ways.length === 0) return name
      return ways.length === 1 ? `${name}.${printFields(below)}` : `${name}{${printFields(below)}}`
    }),
  )

/** A brace ends a name as well as a comma does. */
const joined = (names: readonly string[]): string => names.join().replaceAll('},', '}')
