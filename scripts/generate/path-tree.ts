import { isLiteral, METHODS, type MutablePathTree, nodeOf, segmentsOf } from '../../src/definitions/path-tree.ts'
import type { Endpoint } from './endpoint.ts'
import { DefinitionError } from './source.ts'

/** Writes a tree of paths in a text, as `parsePathTree` of `src/definitions/path-tree.ts` reads it. */
export class PathTreeWriter {
  readonly #root: MutablePathTree = {}

  /** Adds a word of an endpoint, with the API as the first segment of its path. */
  add({ api, method, path }: Pick<Endpoint, 'api' | 'method' | 'path'>, word: string): void {
    this.node(api === 'v2' ? `/v2${path}` : path)[`${METHODS[method]}${word}`] = 0
  }

  /** Returns the node at the end of a path. */
  node(path: string): MutablePathTree {
    const invalid = segmentsOf(path).find(segment => !/^(?:\{\w*\}|(?=.*[a-z])[\w-]+)$/.test(segment))
    if (invalid !== undefined) throw new DefinitionError([`the tree of paths cannot represent "${invalid}" of ${path}`])
    return nodeOf(this.#root, path)
  }

  toString(): string {
    return print(this.#root)
  }
}

/**
 * Formats the branches of a node: words, literal segments, the placeholder; each sorted by their ends, because the table then
 * compresses better.
 */
const print = (tree: MutablePathTree): string =>
  joined(
    Object.entries(tree)
      .map(([name, below]) => ({
        name,
        inside: isLiteral(name) || name === '*' ? print(below || {}) : printFields(below || {}),
      }))
      .sort((first, second) => compare(endOf(first), endOf(second)))
      .map(({ name, inside }) => (inside ? `${name}{${inside}}` : name)),
  )

const compare = (first: string, second: string): number => (first < second ? -1 : 1)
const endOf = ({ name, inside }: { name: string; inside: string }): string =>
  `${name === '*' ? 2 : isLiteral(name) ? 1 : 0}|${[...inside].reverse().join('')}|${name}`

/** Formats fields, joining a field with its only branch: `payer.identity{name,number}`. */
const printFields = (tree: MutablePathTree): string =>
  joined(
    Object.entries(tree).map(([name, below]) => {
      const branches = Object.keys(below)
      if (branches.join() === '.' || branches.length === 0) return name
      return branches.length === 1 ? `${name}.${printFields(below || {})}` : `${name}{${printFields(below || {})}}`
    }),
  )

/** Joins names, omitting commas after braces, which end a name too. */
const joined = (names: readonly string[]): string => names.join().replaceAll('},', '}')
