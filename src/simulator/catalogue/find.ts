import { type Endpoint, type EndpointEntry, entries } from './catalogue.ts'

export interface Match {
  readonly endpoint: Endpoint
  /** What stands in the place of each placeholder, as sent. */
  readonly path: Readonly<Record<string, string>>
}

/** A place in the tree of all paths, segment by segment. */
interface PathNode {
  readonly literals: Map<string, PathNode>
  placeholder?: PathNode
  /** The definitions that end here; two may differ in the names of their placeholders, and are one path. */
  readonly entries: EndpointEntry[]
}

export type Find = (method: string, path: string) => Match | 'no such path' | 'no such method'

/** Finds what serves a path; of several, the one whose segments stand literally in its definition. */
export function createFinder(entries: readonly EndpointEntry[]): Find {
  let tree: PathNode | undefined
  return (method, path) => {
    tree ??= buildTree(entries)
    const segments = path.split('/')
    let found: ReturnType<Find> = 'no such path'
    for (const { entries } of nodesOf(tree, segments, 0)) {
      const fitting = entries.filter(entry => entry.method === method)
      if (fitting[0])
        return {
          endpoint: fitting[0].endpoint(),
          path: Object.assign({}, ...fitting.map(entry => placeholders(entry.path, segments))),
        }
      found = 'no such method'
    }
    return found
  }
}

/** Among all endpoints. The tree grows when it is first asked. */
export const findEndpoint: Find = createFinder(entries)

function buildTree(entries: readonly EndpointEntry[]): PathNode {
  const tree = createNode()
  for (const entry of entries) {
    let at = tree
    for (const segment of entry.path.split('/')) {
      // A path that ends with a slash is known without it, too: clients leave it out.
      if (segment === '' && at !== tree) at.entries.push(entry)
      at = child(at, segment)
    }
    at.entries.push(entry)
  }
  return tree
}

const createNode = (): PathNode => ({ literals: new Map(), entries: [] })

function child(parent: PathNode, segment: string): PathNode {
  if (segment.startsWith('{')) {
    parent.placeholder ??= createNode()
    return parent.placeholder
  }
  const known = parent.literals.get(segment) ?? createNode()
  parent.literals.set(segment, known)
  return known
}

function* nodesOf(at: PathNode, segments: readonly string[], depth: number): Generator<PathNode> {
  if (depth === segments.length) {
    if (at.entries.length > 0) yield at
    return
  }
  const segment = segments[depth]!
  const literal = at.literals.get(segment)
  if (literal) yield* nodesOf(literal, segments, depth + 1)
  if (at.placeholder && segment !== '') yield* nodesOf(at.placeholder, segments, depth + 1)
}

const placeholders = (path: string, given: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    path
      .split('/')
      .flatMap((segment, at) => (segment.startsWith('{') ? [[segment.slice(1, -1), given[at]!] as const] : [])),
  )
