import { findInPathTree, METHODS, type MutablePathTree, nodeOf, type PathTree } from '../../definitions/path-tree.ts'
import { type Endpoint, type EndpointEntry, endpointEntries } from './catalogue.ts'

export interface Match {
  readonly endpoint: Endpoint
  /** Segment for each placeholder, as sent. */
  readonly path: Readonly<Record<string, string>>
}

export type Find = (method: string, path: string) => Match | 'no such path' | 'no such method'

/**
 * Creates a function that finds the endpoint of a path. The tree is built at the first call; the word of a definition is its
 * number.
 */
export function createFinder(list: () => readonly EndpointEntry[]): Find {
  let tree: PathTree | undefined
  return (method, path) => {
    const searched = list()
    tree ??= buildTree(searched)
    let failure: 'no such path' | 'no such method' = 'no such path'
    const found = findInPathTree(tree, path, (node, _, isLast) => {
      if (!isLast) return undefined
      const defined = Object.keys(node).flatMap(name => searched[Number(/^\W?(\d+)$/.exec(name)?.[1])] ?? [])
      // A path is also found without the slash at its end, because clients leave it out, but never with one that it lacks.
      const matching = defined.filter(entry => entry.path.endsWith('/') || !path.endsWith('/'))
      if (matching.length > 0) failure = 'no such method'
      const ofMethod = matching.filter(entry => entry.method === method)
      return ofMethod.length > 0 ? ofMethod : undefined
    })
    if (!found) return failure
    return {
      endpoint: found[0]!.endpoint(),
      path: Object.assign({}, ...found.map(entry => placeholderValues(entry.path, path.split('/')))),
    }
  }
}

/** Finds an endpoint among all definitions. */
export const findEndpoint: Find = createFinder(endpointEntries)

function buildTree(searched: readonly EndpointEntry[]): PathTree {
  const tree: MutablePathTree = {}
  for (const [number, { method, path }] of searched.entries()) nodeOf(tree, path)[`${METHODS[method]}${number}`] = 0
  return tree
}

const placeholderValues = (path: string, segments: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    path.split('/').flatMap((name, at) => (name.startsWith('{') ? [[name.slice(1, -1), segments[at]!] as const] : [])),
  )
