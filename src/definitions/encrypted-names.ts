import { notificationTraits } from './generated/notification-traits.ts'
import { table } from './generated/traits.ts'
import { type PathTree, parsePathTree } from './path-tree.ts'
import { LETTERS } from './trait-table.ts'

/** The traits that list encrypted fields of bodies. What is encrypted for the bank is not for the merchant to decrypt. */
const ENCRYPTED: readonly unknown[] = ['encrypt', 'decrypt']

const WORD = /^[=!~-]?([A-Z\d.]+)$/

let names: ReadonlySet<string> | undefined

/** Returns the names of all fields that a definition encrypts with an RSA key (敏感信息加密), in bodies and notifications. */
export function encryptedNames(): ReadonlySet<string> {
  if (names) return names
  const found = new Set<string>()
  for (const { decrypt = [] } of Object.values(notificationTraits))
    for (const path of decrypt) found.add(lastName(path))
  collect(parsePathTree(table), found)
  names = found
  return names
}

function collect(tree: PathTree, found: Set<string>): void {
  for (const [name, below] of Object.entries(tree)) {
    if (!below) continue
    const letters = WORD.exec(name)?.[1]
    if (letters === undefined) collect(below, found)
    else if ([...letters].some(letter => ENCRYPTED.includes(LETTERS[letter]))) addLeaves(below, '', found)
  }
}

/** Adds the last names of dotted paths; `.` ends the path that leads to it. */
function addLeaves(paths: PathTree, parent: string, found: Set<string>): void {
  for (const [name, below] of Object.entries(paths))
    if (below) addLeaves(below, name, found)
    else found.add(lastName(name === '.' ? parent : name))
}

const lastName = (path: string): string => path.slice(path.lastIndexOf('.') + 1)
