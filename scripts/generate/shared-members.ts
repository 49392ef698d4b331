import { pascal } from './names.ts'

/** An interface before it is written. */
export interface Interface {
  comment: string
  name: string
  heritage: readonly string[]
  /** Text of each member with its comment. */
  members: readonly string[]
}

/** Sets that save fewer nodes would cost more names than they are worth. */
const MIN_SAVED = 10
/** Nodes of a name in an `extends` clause, and of an interface with its clause. */
const REFERENCE = 2
const DECLARATION = 6

/** A set of members that several interfaces have. */
interface Candidate {
  members: readonly string[]
  saved: number
}

/**
 * Moves members that recur together, with the same comment and type, to interfaces that the others extend: a program that
 * imports the package parses every member, which takes longer than checking a call. Hovers and "go to definition" lead
 * to the member with its comment, wherever it is declared.
 *
 * @param interfaces in order; those that share members follow the interfaces that they extend
 */
export function shareMembers(interfaces: readonly Interface[]): Interface[] {
  const owners = new Owners(interfaces)
  const queue = candidates(owners).sort((a, b) => a.saved - b.saved)
  const shared: Interface[] = []
  const taken = new Set(interfaces.map(({ name }) => name))
  for (let next = queue.pop(); next; next = queue.pop()) {
    const users = owners.of(next.members)
    const saved = savedBy(next.members, users.length)
    if (saved < MIN_SAVED) continue
    if (saved < (queue.at(-1)?.saved ?? 0)) {
      insert(queue, { ...next, saved })
      continue
    }
    const name = nameFor(next.members, users, taken)
    taken.add(name)
    owners.replace(next.members, users, name)
    shared.push({ comment: '', name, heritage: [], members: next.members })
  }
  return [...shared, ...interfaces.map(declared => owners.rewritten(declared))]
}

/** The interfaces by each member that is still their own. */
class Owners {
  readonly #own: Map<string, Set<string>>
  readonly #users = new Map<string, Set<string>>()
  readonly #bases = new Map<string, string[]>()

  constructor(interfaces: readonly Interface[]) {
    this.#own = new Map(interfaces.map(({ name, members }) => [name, new Set(members)]))
    for (const { name, members } of interfaces)
      for (const member of members) this.#users.set(member, (this.#users.get(member) ?? new Set()).add(name))
  }

  /** Lists the interfaces that have all of these members. */
  of(members: readonly string[]): string[] {
    const [first, ...others] = members.map(member => this.#users.get(member)!).sort((a, b) => a.size - b.size)
    return [...first!].filter(name => others.every(users => users.has(name)))
  }

  /** Lists the members that each pair of interfaces shares. */
  *pairs(): Generator<string[]> {
    for (const [name, members] of this.#own) {
      const common = new Map<string, string[]>()
      for (const member of members)
        for (const other of this.#users.get(member)!)
          if (other > name) common.set(other, [...(common.get(other) ?? []), member])
      yield* common.values()
    }
  }

  /** Makes interfaces extend another in place of having its members. */
  replace(members: readonly string[], users: readonly string[], base: string): void {
    for (const user of users) {
      this.#bases.set(user, [...(this.#bases.get(user) ?? []), base])
      for (const member of members) {
        this.#own.get(user)!.delete(member)
        this.#users.get(member)!.delete(user)
      }
    }
  }

  rewritten(declared: Interface): Interface {
    const { name, heritage } = declared
    return {
      ...declared,
      heritage: [...heritage, ...(this.#bases.get(name) ?? [])],
      members: [...this.#own.get(name)!],
    }
  }
}

function candidates(owners: Owners): Candidate[] {
  const sets = new Map<string, string[]>()
  for (const members of owners.pairs()) sets.set(members.toSorted().join(''), members)
  return [...sets.values()].map(members => ({ members, saved: savedBy(members, owners.of(members).length) }))
}

/** Counts the nodes that one declaration of members saves if so many interfaces have them. */
const savedBy = (members: readonly string[], users: number): number =>
  (users - 1) * members.reduce((sum, member) => sum + weigh(member), 0) - users * REFERENCE - DECLARATION

/** Estimates the nodes and symbols of a member. */
const weigh = (member: string): number =>
  2 + (member.replace(/\/\*\*[\s\S]*?\*\//g, '').match(/[\w$]+|'[^']*'|[?{|&[]/g)?.length ?? 0)

function insert(queue: Candidate[], candidate: Candidate): void {
  const at = queue.findLastIndex(({ saved }) => saved <= candidate.saved)
  queue.splice(at + 1, 0, candidate)
}

/** Names a set by the words that the names of its users begin with, and by its first members: `V3PayscoreServiceIdFields`. */
function nameFor(members: readonly string[], users: readonly string[], taken: ReadonlySet<string>): string {
  const fields = members.slice(0, 2).map(member => pascal(/^ {2}'?([\w$-]+)/m.exec(member)?.[1] ?? 'numbered'))
  const more = members.length > fields.length ? `And${members.length - fields.length}` : ''
  const name = `${commonWords(users)}${fields.join('')}${more}`
  for (let number = 1; ; number++) {
    const candidate = `${name}Field${members.length > 1 ? 's' : ''}${number === 1 ? '' : number}`
    if (!taken.has(candidate)) return candidate
  }
}

/** Returns the words that all names begin with: `V3Payscore`. */
function commonWords(names: readonly string[]): string {
  const [first = [], ...others] = names.map(name => name.match(/[A-Z][^A-Z]*/g) ?? [])
  const end = first.findIndex((word, at) => others.some(words => words[at] !== word))
  return first.slice(0, end === -1 ? 1 : end).join('')
}
