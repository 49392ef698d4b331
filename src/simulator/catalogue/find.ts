import { type Endpoint, type Entry, entries } from './catalogue.ts'

export interface Match {
  readonly endpoint: Endpoint
  /** What stands in the place of each placeholder, as sent. */
  readonly path: Readonly<Record<string, string>>
}

/** A place in the tree of all paths, segment by segment. */
interface Place {
  readonly literals: Map<string, Place>
  placeholder?: Place
  /** The definitions that end here; two may differ in the names of their placeholders, and are one path. */
  readonly entries: Entry[]
}

export type Find = (method: string, path: string) => Match | 'no such path' | 'no such method'

/** Finds what serves a path; of several, the one whose segments stand literally in its definition. */
export function finder(entries: readonly Entry[]): Find {
  let tree: Place | undefined
  return (method, path) => {
    tree ??= grown(entries)
    const segments = path.split('/')
    let found: ReturnType<Find> = 'no such path'
    for (const { entries } of placesOf(tree, segments, 0)) {
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
export const find: Find = finder(entries)

function grown(entries: readonly Entry[]): Place {
  const tree = place()
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

const place = (): Place => ({ literals: new Map(), entries: [] })

function child(parent: Place, segment: string): Place {
  if (segment.startsWith('{')) {
    parent.placeholder ??= place()
    return parent.placeholder
  }
  const known = parent.literals.get(segment) ?? place()
  parent.literals.set(segment, known)
  return known
}

function* placesOf(at: Place, segments: readonly string[], depth: number): Generator<Place> {
  if (depth === segments.length) {
    if (at.entries.length > 0) yield at
    return
  }
  const segment = segments[depth]!
  const literal = at.literals.get(segment)
  if (literal) yield* placesOf(literal, segments, depth + 1)
  if (at.placeholder && segment !== '') yield* placesOf(at.placeholder, segments, depth + 1)
}

const placeholders = (path: string, given: readonly string[]): Record<string, string> =>
  Object.fromEntries(
    path
      .split('/')
      .flatMap((segment, at) => (segment.startsWith('{') ? [[segment.slice(1, -1), given[at]!] as const] : [])),
  )
