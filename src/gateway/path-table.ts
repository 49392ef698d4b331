import {
  findInPathTree,
  isLiteral,
  METHODS,
  type PathTree,
  parsePathTree,
  wordPattern,
} from '../definitions/path-tree.ts'

/** Finds the word of an endpoint, without its method. */
export type FindWord = (method: string, path: string) => FoundWord | undefined

export interface FoundWord {
  readonly word: string
  /** The indexes of the path segments that are placeholders, from 0; the segments of `/v3/a/{b}` are `v3`, `a` and `{b}`. */
  readonly placeholders: readonly number[]
}

/** A table of endpoints by their paths. Each has a word, which is its data in the table. */
export interface Paths {
  readonly find: FindWord
  /** Lists all endpoints, with `*` for a placeholder. */
  readonly endpoints: () => [method: string, path: string][]
  /** Returns whether a segment is a literal in the path of any endpoint. */
  readonly hasSegment: (segment: string) => boolean
}

/**
 * Reads a table of endpoints, which is parsed at its first use.
 *
 * @param table the text of a tree for `parsePathTree`, whose paths begin with the API, with one word per method of an endpoint
 */
export function readPaths(table: string): Paths {
  let tree: PathTree | undefined
  const root = (): PathTree => {
    tree ??= parsePathTree(table)
    return tree
  }
  let segments: ReadonlySet<string> | undefined
  const search = (method: string, path: string): FoundWord | undefined =>
    findInPathTree(root(), path, (node, placeholders, isLast) => {
      // Only the last node's words are the endpoint's.
      const word = isLast ? wordOf(node, method) : undefined
      return word === undefined ? undefined : { word, placeholders }
    })
  /** Several parts of the gateway ask about the same call. */
  let last: { readonly method: string; readonly path: string; readonly found: FoundWord | undefined } | undefined
  return {
    find(method, path) {
      if (last?.method !== method || last.path !== path) last = { method, path, found: search(method, path) }
      return last.found
    },
    endpoints: () => endpointsIn(root(), ''),
    hasSegment(segment) {
      segments ??= new Set(namesIn(root()))
      return isLiteral(segment) && segments.has(segment)
    },
  }
}

const PATTERNS: ReadonlyMap<string, RegExp> = new Map(Object.keys(METHODS).map(method => [method, wordPattern(method)]))

function wordOf(node: PathTree, method: string): string | undefined {
  const pattern = PATTERNS.get(method) ?? wordPattern(method)
  for (const name of Object.keys(node)) {
    const word = pattern.exec(name)?.[1]
    if (word !== undefined) return word
  }
  return undefined
}

const endpointsIn = (node: PathTree | 0, path: string): [method: string, path: string][] =>
  node
    ? Object.keys(METHODS)
        .filter(method => wordOf(node, method) !== undefined)
        .map((method): [string, string] => [method, path])
        .concat(
          Object.entries(node)
            .filter(([name]) => isLiteral(name) || name === '*')
            .flatMap(([name, below]) => endpointsIn(below, `${path}/${name}`)),
        )
    : []

const namesIn = (node: PathTree | 0): string[] =>
  node ? Object.entries(node).flatMap(([name, below]) => [name, ...namesIn(below)]) : []
