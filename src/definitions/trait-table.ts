import { findInPathTree, type PathTree, parsePathTree, wordPattern } from './path-tree.ts'
import type { Trait } from './trait.ts'

/**
 * The letters of the table of traits, a {@link PathTree}: `a{b{HM}*{S{c{d,e}}}}`. The children of an endpoint's word are the dotted paths of
 * the fields that its letters apply to; `.` ends a path that is the beginning of others. The letters
 * behind `+`, and the digit of an access point, hold for everything below.
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
  S: 'encrypt',
  Q: 'encryptQuery',
  B: 'encryptForBank',
  O: 'decrypt',
  A: 'meta',
  K: 'json',
  E: 'encode',
  G: 'encodeQuery',
  W: 'form',
}
type ListMember = { [K in keyof Trait]-?: NonNullable<Trait[K]> extends readonly string[] ? K : never }[keyof Trait]

/** Returns the traits of an endpoint by its method and path. */
export type TraitOf = (method: string, path: string) => Trait

/**
 * Creates a `traitOf` over a table, which is parsed once, at the first call.
 *
 * @param accessPoints the access points by their digit
 */
export function readTraits(table: string, accessPoints: readonly Trait[]): TraitOf {
  let root: PathTree | undefined
  return (method, path) => {
    root ??= parsePathTree(table)
    const word = wordPattern(method)
    const trait: Record<string, unknown> = {}
    const add = (letters: string, fields: PathTree | 0): void => {
      for (const letter of letters) {
        const member = LETTERS[letter] ?? accessPoints[Number(letter)]
        if (typeof member === 'string') trait[member] = pathsOf(fields)
        else Object.assign(trait, member)
      }
    }
    const found = findInPathTree(root, path, node => {
      const names = Object.keys(node)
      for (const name of names) if (name.startsWith('+')) add(name.slice(1), 0)
      return names.some(name => word.test(name)) ? node : undefined
    })
    for (const [name, fields] of Object.entries(found ?? {})) add(word.exec(name)?.[1] ?? '', fields)
    return trait
  }
}

/** Lists the paths of a tree in its order. */
const pathsOf = (tree: PathTree | 0, before = ''): string[] =>
  Object.entries(tree).flatMap(([name, below]) =>
    below ? pathsOf(below, `${before}${name}.`) : name === '.' ? before.slice(0, -1) : before + name,
  )
