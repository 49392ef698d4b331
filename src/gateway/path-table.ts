import { METHODS } from '../definitions/trait-table.ts'

/** Finds an endpoint's word, without its method. */
export type FindWord = (method: string, path: string) => FoundWord | undefined

export interface FoundWord {
  readonly word: string
  /** Which segments of the path stand for placeholders, from 0; those of `/v3/a/{b}` are `v3`, `a` and `{b}`. */
  readonly placeholders: readonly number[]
}

/** A table of endpoints by their paths. */
export interface Paths {
  readonly find: FindWord
  /** Lists all endpoints, `*` for a placeholder. */
  readonly endpoints: () => [method: string, path: string][]
  /** Whether a segment stands literally in the path of any endpoint. */
  readonly hasSegment: (segment: string) => boolean
}

/** What an endpoint's word looks like, by method. */
const WORDS: Readonly<Record<string, RegExp>> = Object.fromEntries(
  Object.entries(METHODS).map(([method, mark]) => [method, new RegExp(`^${mark}\\d[\\d.]*$`)]),
)

interface Tree {
  readonly [name: string]: Tree | 0
}

/**
 * Makes what finds an endpoint in a table that `scripts/generate/path-table.ts` wrote. The table is read whole, once, when it
 * is first asked.
 *
 * @param table a tree in a text, whose branches are the segments of the paths, the API first, `*` a placeholder
 */
export function readPaths(table: string): Paths {
  let tree: Tree | undefined
  const root = (): Tree => {
    tree ??= JSON.parse(jsonOf(table)) as Tree
    return tree
  }
  let segments: ReadonlySet<string> | undefined
  return {
    find(method, path) {
      const isWord = WORDS[method]
      if (!isWord) return undefined
      // Some documented paths end with a slash.
      const way = path.replace(/^\/|\/$/g, '').split('/')
      const findFrom = (node: Tree | 0 | undefined, at: number): FoundWord | undefined => {
        if (!node) return undefined
        const segment = way[at]
        if (segment === undefined) {
          const word = Object.keys(node).find(name => isWord.test(name))
          return word === undefined ? undefined : { word: word.slice(METHODS[method]!.length), placeholders: [] }
        }
        const literal = isLiteral(segment) && Object.hasOwn(node, segment) ? findFrom(node[segment], at + 1) : undefined
        if (literal || !segment) return literal
        const found = findFrom(node['*'], at + 1)
        return found && { ...found, placeholders: [at, ...found.placeholders] }
      }
      return findFrom(root(), 0)
    },
    endpoints: () => endpointsIn(root(), ''),
    hasSegment(segment) {
      segments ??= new Set(namesIn(root()))
      return isLiteral(segment) && segments.has(segment)
    },
  }
}

function endpointsIn(node: Tree | 0, path: string): [method: string, path: string][] {
  if (!node) return []
  return Object.entries(node).flatMap(([name, below]) => {
    if (isLiteral(name) || name === '*') return endpointsIn(below, `${path}/${name}`)
    const method = Object.keys(WORDS).find(one => WORDS[one]!.test(name))
    return method ? [[method, path] as [string, string]] : []
  })
}

/** Without a lower-case letter it is no segment of any definition, but may be a word. */
const isLiteral = (segment: string): boolean => /[a-z]/.test(segment)

const namesIn = (node: Tree | 0): string[] =>
  node ? Object.entries(node).flatMap(([name, below]) => [name, ...namesIn(below)]) : []

/** It is JSON but for quotes, for the value of a leaf, and for the comma behind a brace. */
const jsonOf = (table: string): string =>
  `{${table
    .replace(/[^{},]+/g, '"$&":')
    .replace(/:(?!\{)/g, ':0')
    .replaceAll('}"', '},"')}}`
