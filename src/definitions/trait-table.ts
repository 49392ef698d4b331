import type { Trait } from './trait.ts'

/**
 * The traits of all endpoints as one tree in a text: `a{b{HM}*{S{c{d,e}}}}`. Its branches are the segments of the paths,
 * `*` a placeholder. The traits of an endpoint are children of its last segment: a word of {@link LETTERS} after the
 * {@link METHODS} mark, whose children are the dotted paths of the fields it applies to. `.` ends a path that is the beginning of others.
 * `+` and a digit name the access point of everything below.
 */
export const LETTERS: Readonly<Record<string, Trait | ListMember>> = {
  M: { mtls: true },
  N: { nonceless: true },
  U: { unsigned: true },
  H: { signType: 'HMAC-SHA256' },
  D: { signType: 'MD5' },
  F: { response: 'file' },
  R: { response: 'redirect' },
  J: { response: 'json' },
  // An endpoint without traits, which would otherwise match a sibling placeholder.
  P: {},
  T: { slash: true },
  S: 'seal',
  Q: 'sealQuery',
  B: 'sealBank',
  O: 'open',
  A: 'meta',
  K: 'json',
  E: 'encode',
  G: 'encodeQuery',
  W: 'form',
}
type ListMember = { [K in keyof Trait]-?: NonNullable<Trait[K]> extends readonly string[] ? K : never }[keyof Trait]

/** The mark before a word of {@link LETTERS}, by method. */
export const METHODS: Readonly<Record<string, string>> = { POST: '', GET: '=', PUT: '!', PATCH: '~', DELETE: '-' }

/** Returns the traits of an endpoint by its method and path. */
export type TraitOf = (method: string, path: string) => Trait

interface Tree {
  readonly [name: string]: Tree | 0
}

/**
 * Creates a `traitOf` over a table, which is parsed once, at the first call.
 *
 * @param accessPoints the access points by their digit
 */
export function readTraits(table: string, accessPoints: readonly Trait[]): TraitOf {
  let root: Tree | undefined
  return (method, path) => {
    root ??= JSON.parse(jsonOf(table)) as Tree
    const word = new RegExp(`^${METHODS[method]}([A-Z\\d]+)$`)
    let accessPoint = ''
    /** Finds the most specific definition: a literal segment takes precedence over a placeholder. */
    const find = (node: Tree | 0 | undefined, [segment, ...rest]: readonly string[]): Tree | undefined => {
      if (!node) return undefined
      const names = Object.keys(node)
      accessPoint = names.find(name => name.startsWith('+')) ?? accessPoint
      // A path that ends with a slash has an empty last segment.
      if (!segment) return names.some(name => word.test(name)) ? node : undefined
      // A name without a lower-case letter is a word, never a segment of a definition.
      const literal = /[a-z]/.test(segment) && names.includes(segment) ? find(node[segment], rest) : undefined
      return literal ?? find(node['*'], rest)
    }
    const segments = path.replace(/\{\w+\}/g, '*').split('/')
    const found = find(root, segments.slice(1))
    const trait: Record<string, unknown> = { ...accessPoints[Number(accessPoint || -1)] }
    for (const [name, below] of Object.entries(found ?? {})) {
      for (const letter of word.exec(name)?.[1] ?? '') {
        const member = LETTERS[letter] ?? accessPoints[Number(letter)]
        if (typeof member === 'string') trait[member] = pathsOf(below)
        else Object.assign(trait, member)
      }
    }
    return trait
  }
}

/** Makes JSON of a table, which lacks the quotes, the values of leaves, and the commas after braces. */
const jsonOf = (table: string): string =>
  `{${table
    .replace(/[^{},]+/g, '"$&":')
    .replace(/:(?!\{)/g, ':0')
    .replaceAll('}"', '},"')}}`

/** Lists the paths of a tree in its order. */
const pathsOf = (tree: Tree | 0, before = ''): string[] =>
  Object.entries(tree).flatMap(([name, below]) =>
    below ? pathsOf(below, `${before}${name}.`) : name === '.' ? before.slice(0, -1) : before + name,
  )
