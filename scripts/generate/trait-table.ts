import { METHODS, type MutablePathTree } from '../../src/definitions/path-tree.ts'
import type { Trait } from '../../src/definitions/trait.ts'
import { LETTERS } from '../../src/definitions/trait-table.ts'
import { PathTreeWriter } from './path-tree.ts'
import { DefinitionError } from './source.ts'

/** An endpoint with its traits. */
export interface TraitRow {
  method: string
  /** Placeholders without their names: `/v3/refund/domestic/refunds/{}`. */
  path: string
  trait: Trait
}

const DIGITS = '0123456789'
/**
 * Letters that the table contains once for a product if all its endpoints have them. They apply to undefined endpoints of
 * the product as well, so letters that make the client trust a response are not among them.
 */
const SHARED = `${DIGITS}MH`

/**
 * Writes the table for `src/definitions/trait-table.ts`, which describes the format.
 *
 * @param rows all endpoints including plain ones, unique by method and path
 */
export function writeTable(rows: readonly TraitRow[]): { table: string; accessPoints: readonly Trait[] } {
  const points = [...new Set(rows.map(pointOf))].filter(Boolean).sort()
  if (points.length > DIGITS.length) throw new DefinitionError([`more than ${DIGITS.length} access points`])
  const tree = new PathTreeWriter()
  const flags = new Map(rows.map(row => [row, flagsOf(row, points)]))
  shareFlags(flags, tree)
  const special = rows.filter(row => wordsOf(row.trait, flags.get(row)!).length > 0)
  for (const row of rows) {
    const words = wordsOf(row.trait, flags.get(row)!)
    if (words.length === 0 && isHidden(row, special)) words.push(['P', []])
    for (const [word, fields] of words) tree.node(row.path)[METHODS[row.method] + word] = fieldTree(fields)
  }
  return { table: String(tree), accessPoints: points.map(point => JSON.parse(point) as Trait) }
}

const pointOf = ({ trait: { base, alternative } }: TraitRow): string =>
  base || alternative ? JSON.stringify({ base, alternative }) : ''

/** Returns the digit of the access point and the letters of all traits that are not lists. */
function flagsOf(row: TraitRow, points: readonly string[]): string {
  const letters = Object.entries(LETTERS).flatMap(([letter, member]) => {
    if (typeof member === 'string') return []
    const [[name, value] = []] = Object.entries(member)
    return name && row.trait[name as keyof Trait] === value ? [letter] : []
  })
  return (DIGITS[points.indexOf(pointOf(row))] ?? '') + letters.join('')
}

/** Moves the letters that all endpoints below a literal segment share to the highest such segment. */
function shareFlags(flags: Map<TraitRow, string>, tree: PathTreeWriter): void {
  const place = (path: string, within: readonly TraitRow[]): void => {
    const [first = '', ...others] = within.map(row => flags.get(row)!)
    const shared = [...first].filter(
      letter =>
        SHARED.includes(letter) &&
        others.every(letters => letters.includes(letter)) &&
        // A single endpoint determines only the access point of its product.
        (others.length > 0 || DIGITS.includes(letter)),
    )
    if (shared.length > 0) tree.node(path)[`+${shared.join('')}`] = 0
    for (const row of within) flags.set(row, [...flags.get(row)!].filter(letter => !shared.includes(letter)).join(''))
    placeBelow(path, within)
  }
  // Below a placeholder, the letters would apply to every path that happens to match it.
  const placeBelow = (path: string, within: readonly TraitRow[]): void => {
    const depth = path.split('/').length
    const names = new Set(within.map(row => row.path.split('/')[depth]))
    for (const name of names)
      if (name !== undefined && name !== '{}')
        place(
          `${path}/${name}`,
          within.filter(row => row.path.split('/')[depth] === name),
        )
  }
  placeBelow('', [...flags.keys()])
}

/**
 * Returns the words of a trait: one for its flags, one per distinct list of fields, with the letters of all traits that
 * share it.
 */
function wordsOf(trait: Trait, flags: string): [word: string, fields: readonly string[]][] {
  const lists = new Map<string, string>()
  for (const [letter, member] of Object.entries(LETTERS)) {
    const fields = typeof member === 'string' && JSON.stringify(trait[member])
    if (fields) lists.set(fields, (lists.get(fields) ?? '') + letter)
  }
  return [
    ...(flags ? [[flags, []] as [string, string[]]] : []),
    ...Array.from(lists, ([fields, word]): [string, string[]] => [word, JSON.parse(fields)]),
  ]
}

/** Returns the tree of dotted paths; `.` marks the end of one. */
function fieldTree(fields: readonly string[]): MutablePathTree {
  const tree: MutablePathTree = {}
  for (const field of fields) {
    let node = tree
    for (const name of field.split('.')) {
      const below = node[name] || {}
      node[name] = below
      node = below
    }
    node['.'] = 0
  }
  return tree
}

/**
 * Returns whether a placeholder of a special endpoint would match a plain endpoint, which then needs an entry of its
 * own.
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
