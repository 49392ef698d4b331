/**
 * Endpoints by their paths. The branches of a node are the segments that may follow, `*` for a placeholder. What is known of an
 * endpoint are words at the node of its last segment: the mark of its method ({@link METHODS}) and text without a lower-case
 * letter, which every literal segment has.
 */
export interface PathTree {
  readonly [name: string]: PathTree | 0
}

/** A tree that is being built. */
export interface MutablePathTree {
  [name: string]: MutablePathTree | 0
}

/** The mark before a word, by method. */
export const METHODS: Readonly<Record<string, string>> = { POST: '', GET: '=', PUT: '!', PATCH: '~', DELETE: '-' }

/** Returns a pattern of a method's words, whose group is the text behind the mark. */
export const wordPattern = (method: string): RegExp => new RegExp(`^${METHODS[method]}([A-Z\\d.]+)$`)

/** Parses a tree in a text, `v3{pay{transactions{jsapi{1}native{1}}}}`. */
export const parsePathTree = (table: string): PathTree =>
  // The text is JSON without the quotes, the values of leaves, and the commas after braces.
  JSON.parse(
    `{${table
      .replace(/[^{},]+/g, '"$&":')
      .replace(/:(?!\{)/g, ':0')
      .replaceAll('}"', '},"')}}`,
  )

/** Splits a path into its segments. A slash at its end, which some documented paths have, adds none. */
export const segmentsOf = (path: string): string[] => path.replace(/^\/|\/$/g, '').split('/')

/** Returns the node at the end of a definition's path, which is created if it is missing. */
export const nodeOf = (tree: MutablePathTree, path: string): MutablePathTree =>
  segmentsOf(path).reduce((node, segment) => {
    const name = segment.startsWith('{') ? '*' : segment
    const child = node[name] || {}
    node[name] = child
    return child
  }, tree)

/** Returns whether a segment may be literal: one without a lower-case letter may be a word. */
export const isLiteral = (segment: string): boolean => /[a-z]/.test(segment)

/**
 * Finds what the most specific definition of a path says: a literal segment takes precedence over a placeholder, unless it
 * leads nowhere.
 *
 * @param path filled in, or with placeholders as `{name}`
 * @param read called with each node on the way, and with the numbers of the segments that fill placeholders, from 0. What it
 * returns for the last node is the result, `undefined` to search on.
 */
export function findInPathTree<T>(
  tree: PathTree,
  path: string,
  read: (node: PathTree, placeholders: readonly number[], isLast: boolean) => T | undefined,
): T | undefined {
  const segments = segmentsOf(path)
  const find = (node: PathTree | 0 | undefined, placeholders: readonly number[], at: number): T | undefined => {
    if (!node) return undefined
    const segment = segments[at]
    const found = read(node, placeholders, segment === undefined)
    if (segment === undefined) return found
    const literal =
      isLiteral(segment) && Object.hasOwn(node, segment) ? find(node[segment], placeholders, at + 1) : undefined
    return literal ?? (segment ? find(node['*'], [...placeholders, at], at + 1) : undefined)
  }
  return find(tree, [], 0)
}
