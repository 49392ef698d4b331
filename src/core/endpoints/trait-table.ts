import type { Trait } from './trait.ts'

/**
 * The traits of all endpoints as one tree in a text: `a{b{HM}*{S{c{d,e}}}}`. Its branches are the segments of the paths,
 * `*` a placeholder. What an endpoint has special hangs from its last segment: a word of {@link LETTERS} behind the
 * {@link METHODS} mark, and from that the dotted paths of the fields it is about. `.` ends a path that others go on from.
 * `+` and a digit name the access point of all that lies beneath.
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
  // An endpoint with nothing special, where a placeholder beside it would take its path for its own.
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

/** What a word of {@link LETTERS} begins with when it is not about a POST. */
export const METHODS: Readonly<Record<string, string>> = { POST: '', GET: '=', PUT: '!', PATCH: '~', DELETE: '-' }

/** What is special about an endpoint, by its method and path. */
export type TraitOf = (method: string, path: string) => Trait

interface Tree {
  readonly [name: string]: Tree | 0
}

/**
 * Makes a `traitOf` of a table. It is read whole, once, when an endpoint is first asked for.
 *
 * @param accessPoints by their digit
 */
export function readTraits(table: string, accessPoints: readonly Trait[]): TraitOf {
  let root: Tree | undefined
  return (method, path) => {
    root ??= JSON.parse(jsonOf(table)) as Tree
    const word = new RegExp(`^${METHODS[method]}([A-Z\\d]+)$`)
    let accessPoint = ''
    /** The most specific definition that there is: a literal segment goes before a placeholder. */
    const find = (node: Tree | 0 | undefined, [segment, ...rest]: readonly string[]): Tree | undefined => {
      if (!node) return undefined
      const names = Object.keys(node)
      accessPoint = names.find(name => name.startsWith('+')) ?? accessPoint
      // An empty one is behind the slash that ends a path.
      if (!segment) return names.some(name => word.test(name)) ? node : undefined
      // Without a lower-case letter it is no segment of any definition, but may be a word.
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

/** It is JSON but for quotes, for the value of a leaf, and for the comma behind a brace. */
const jsonOf = (table: string): string =>
  `{${table
    .replace(/[^{},]+/g, '"$&":')
    .replace(/:(?!\{)/g, ':0')
    .replaceAll('}"', '},"')}}`

/** The paths of a tree, in its order. */
const pathsOf = (tree: Tree | 0, before = ''): string[] =>
  Object.entries(tree).flatMap(([name, below]) =>
    below ? pathsOf(below, `${before}${name}.`) : name === '.' ? before.slice(0, -1) : before + name,
  )
