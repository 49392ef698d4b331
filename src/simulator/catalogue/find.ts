import { type Endpoint, type EndpointEntry, entries } from './catalogue.ts'

export interface Match {
  readonly endpoint: Endpoint
  /** Segment for each placeholder, as sent. */
  readonly path: Readonly<Record<string, string>>
}

/** A node of the tree of all paths, one per segment. */
interface PathNode {
  readonly literals: Map<string, PathNode>
  placeholder?: PathNode
  /** Definitions whose path ends here. Several may differ in the names of their placeholders. */
  readonly entries: EndpointEntry[]
}

export type Find = (method: string, path: string) => Match | 'no such path' | 'no such method'

/**
 * Creates a function that finds the endpoint of a path. Literal segments take precedence over placeholders. The tree is built
 * at the first call.
 */
export function createFinder(entries: readonly EndpointEntry[]): Find {
  let tree: PathNode | undefined
  return (method, path) => {
    tree ??= buildTree(entries)
    const segments = path.split('/')
    let failure: 'no such path' | 'no such method' = 'no such path'
    for (const { entries } of matchingNodes(tree, segments, 0)) {
      const matching = entries.filter(entry => entry.method === method)
      if (matching[0])
        return {
          endpoint: matching[0].endpoint(),
          path: Object.assign({}, ...matching.map(entry => placeholderValues(entry.path, segments))),
        }
      failure = 'no such method'
    }
    return failure
  }
}

/** Finds an endpoint among all definitions. */
export const findEndpoint: Find = createFinder(entries)

function buildTree(entries: readonly EndpointEntry[]): PathNode {
  const tree = createNode()
  for (const entry of entries) {
    let node = tree
    for (const segment of entry.path.split('/')) {
      // A path that ends with a slash is also found without it, because clients leave it out.
      if (segment === '' && node !== tree) node.entries.push(entry)
      node = childOf(node, segment)
    }
    node.entries.push(entry)
  }
  return tree
}

const createNode = (): PathNode => ({ literals: new Map(), entries: [] })

function childOf(parent: PathNode, segment: string): PathNode {
  if (segment.startsWith('{')) {
    parent.placeholder ??= createNode()
    return parent.placeholder
  }
  const child = parent.literals.get(segment) ?? createNode()
  parent.literals.set(segment, child)
  return child
}

function* matchingNodes(node: PathNode, segments: readonly string[], depth: number): Generator<PathNode> {
  if (depth === segments.length) {
    if (node.entries.length > 0) yield node
    return
  }
  const segment = segments[depth]!
  const literal = node.literals.get(segment)
  if (literal) yield* matchingNodes(literal, segments, depth + 1)
  if (node.placeholder && segment !== '') yield* matchingNodes(node.placeholder, segments, depth + 1)
}

const placeholderValues = (path: string, segments: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    path.split('/').flatMap((name, at) => (name.startsWith('{') ? [[name.slice(1, -1), segments[at]!] as const] : [])),
  )
