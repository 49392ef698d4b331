import type { Endpoint } from './endpoint.ts'
import { erased } from './names.ts'
import { DefinitionError } from './source.ts'

interface Tree {
  [name: string]: Tree
}

/**
 * A table of endpoints by path, for the gateway: a tree in a text, `v3{pay{transactions{jsapi{1}native{1}}}}`. Branches
 * are the segments, starting with the API, with `*` for a placeholder; the leaf below the last segment is the word of
 * the endpoint. `src/gateway/path-table.ts` reads it.
 */
export class PathTable {
  readonly #root: Tree = {}

  /** @param word method and data of the endpoint, without lower-case letters */
  add({ api, path }: Pick<Endpoint, 'api' | 'path'>, word: string): void {
    const segments = erased(path).slice(1).split('/')
    let node = this.#root
    for (const segment of api === 'v2' ? ['v2', ...segments] : segments) {
      if (segment !== '{}' && !/^(?=.*[a-z])[\w-]+$/.test(segment))
        throw new DefinitionError([`the table of paths cannot represent "${segment}" of ${path}`])
      const name = segment === '{}' ? '*' : segment
      node[name] ??= {}
      node = node[name]
    }
    node[word] = {}
  }

  toString(): string {
    return print(this.#root)
  }
}

/** Omits commas after braces, which end a name too. */
const print = (tree: Tree): string =>
  Object.entries(tree)
    .sort(([first], [second]) => (first < second ? -1 : 1))
    .map(([name, below]) => (Object.keys(below).length > 0 ? `${name}{${print(below)}}` : name))
    .join()
    .replaceAll('},', '}')
