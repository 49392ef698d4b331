import type { Endpoint } from './endpoint.ts'
import { erased } from './names.ts'
import { DefinitionError } from './source.ts'

interface Tree {
  [name: string]: Tree
}

/**
 * A table of endpoints by their paths, for the gateway: a tree in a text, `v3{pay{transactions{jsapi{1}native{1}}}}`. Its
 * branches are the segments, the API first, `*` a placeholder; an endpoint's word hangs from its last segment.
 * `src/gateway/path-table.ts` reads it.
 */
export class PathTable {
  readonly #root: Tree = {}

  /** @param word method and what is said of the endpoint, without a lower-case letter */
  add({ api, path }: Pick<Endpoint, 'api' | 'path'>, word: string): void {
    const segments = erased(path).slice(1).split('/')
    let node = this.#root
    for (const segment of api === 'v2' ? ['v2', ...segments] : segments) {
      if (segment !== '{}' && !/^(?=.*[a-z])[\w-]+$/.test(segment))
        throw new DefinitionError([`the table of paths has no way to write "${segment}" of ${path}`])
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

/** A brace ends a name as well as a comma does. */
const print = (tree: Tree): string =>
  Object.entries(tree)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, below]) => (Object.keys(below).length > 0 ? `${name}{${print(below)}}` : name))
    .join()
    .replaceAll('},', '}')
