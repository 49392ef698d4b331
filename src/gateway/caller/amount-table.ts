/** The fields of an endpoint's body that hold money, dotted; undefined: nobody has defined such an endpoint. */
export type FieldsOf = (method: string, path: string) => readonly string[] | undefined

/** What stands in the place of fields when the body does not tell how much a call moves. */
export const UNKNOWN = '?'

/** What a method's word begins with: as in `src/core/endpoints/trait-table.ts`. */
const METHODS: Readonly<Record<string, string>> = { POST: '', PUT: '!', PATCH: '~', DELETE: '-' }

interface Tree {
  readonly [name: string]: Tree | 0
}

/**
 * Makes what finds an endpoint's fields of a table: a tree in a text, whose branches are the segments of the paths, the API
 * first, `*` a placeholder. What an endpoint has hangs from its last segment: its method, and a number among `sets`.
 * It is read whole, once, when it is first asked.
 *
 * @param sets lists of fields, with commas
 */
export function readAmounts(table: string, sets: readonly string[]): FieldsOf {
  let root: Tree | undefined
  return (method, path) => {
    const mark = METHODS[method]
    if (mark === undefined) return undefined
    root ??= JSON.parse(jsonOf(table)) as Tree
    const word = new RegExp(`^${mark}(\\d+)$`)
    const find = (node: Tree | 0 | undefined, [segment, ...rest]: readonly string[]): string | undefined => {
      if (!node) return undefined
      if (segment === undefined) return Object.keys(node).find(name => word.test(name))
      // Without a lower-case letter it is no segment of any definition, but may be a word.
      const isLiteral = /[a-z]/.test(segment) && Object.hasOwn(node, segment)
      return (isLiteral ? find(node[segment], rest) : undefined) ?? (segment ? find(node['*'], rest) : undefined)
    }
    const found = find(root, path.slice(1).split('/'))
    if (found === undefined) return undefined
    return sets[Number(found.slice(mark.length))]!.split(',').filter(Boolean)
  }
}

/** It is JSON but for quotes, for the value of a leaf, and for the comma behind a brace. */
const jsonOf = (table: string): string =>
  `{${table
    .replace(/[^{},]+/g, '"$&":')
    .replace(/:(?!\{)/g, ':0')
    .replaceAll('}"', '},"')}}`
