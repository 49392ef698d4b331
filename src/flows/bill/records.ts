import type { Entry } from './reconcile.ts'

/** The currency of a record that names none. */
export const DEFAULT_CURRENCY = 'CNY'

/** The key of a record: its number, within the sub-merchant where there is one. */
export interface RecordKey {
  /** Empty: of the merchant itself. */
  readonly sub_mchid: string
  readonly number: string
}

/** A record as it is compared. */
export interface IndexedRecord extends Omit<Entry, 'currency'> {
  /** Further members that are compared, by their names. */
  readonly otherMembers: OtherMembers
}

export type OtherMembers = Readonly<Record<string, string | undefined>>

/** One for all records that have no further members. */
export const NO_OTHER_MEMBERS: OtherMembers = {}

/**
 * Our side of a reconciliation. An object a record would take three times the memory: what is known of each stands in lists
 * beside each other.
 */
export interface RecordIndex {
  /** Whether a record names a sub-merchant. */
  readonly hasSubMerchants: boolean
  /** @returns whether its key was not there yet */
  add(key: RecordKey, record: IndexedRecord): boolean
  has(key: RecordKey): boolean
  /** Takes note that the bill has this key. */
  find(key: RecordKey): { readonly record: IndexedRecord; readonly isFirst: boolean } | undefined
  /** Those that the bill has not. */
  unseen(): Iterable<readonly [key: RecordKey, record: IndexedRecord]>
}

/** @param members the names of the further members that are compared */
export function createRecordIndex(members: readonly string[]): RecordIndex {
  /** Two maps, as a key of joined texts would take memory of its own. */
  const merchants = new Map<string, Map<string, number>>()
  const amounts: number[] = []
  const states: (string | undefined)[] = []
  const seen: boolean[] = []
  /** Lists that are made when the first record has the member. */
  const others = new Map<string, (string | undefined)[]>()
  /** A few words, however often they come: each is kept once. */
  const sharedStates = new Map<string, string>()
  let hasSubMerchants = false

  const shared = (state: string | undefined): string | undefined => {
    if (state === undefined) return undefined
    const word = sharedStates.get(state) ?? state
    sharedStates.set(word, word)
    return word
  }
  const positionOf = ({ sub_mchid, number }: RecordKey): number | undefined => merchants.get(sub_mchid)?.get(number)
  const recordAt = (place: number): IndexedRecord => ({
    amount: amounts[place]!,
    state: states[place],
    otherMembers:
      others.size === 0
        ? NO_OTHER_MEMBERS
        : Object.fromEntries(Array.from(others, ([member, values]) => [member, values[place]])),
  })

  return {
    get hasSubMerchants() {
      return hasSubMerchants
    },
    add({ sub_mchid, number }, record) {
      hasSubMerchants ||= sub_mchid !== ''
      const numbers = merchants.get(sub_mchid) ?? new Map<string, number>()
      if (numbers.has(number)) return false
      merchants.set(sub_mchid, numbers)
      const place = amounts.length
      numbers.set(number, place)
      amounts.push(record.amount)
      states.push(shared(record.state))
      seen.push(false)
      for (const member of members) {
        const value = record.otherMembers[member]
        if (value === undefined && !others.has(member)) continue
        const values = others.get(member) ?? Array.from<undefined>({ length: place })
        others.set(member, values)
        values.push(value)
      }
      return true
    },
    has: key => positionOf(key) !== undefined,
    find(key) {
      const place = positionOf(key)
      if (place === undefined) return undefined
      const isFirst = !seen[place]
      seen[place] = true
      return { record: recordAt(place), isFirst }
    },
    *unseen() {
      for (const [sub_mchid, numbers] of merchants)
        for (const [number, place] of numbers) if (!seen[place]) yield [{ sub_mchid, number }, recordAt(place)]
    },
  }
}
