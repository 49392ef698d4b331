/** A payment or a refund in the merchant's records. */
export type MerchantRecord<Field extends string = string> = Readonly<Record<Field, string>> & {
  /** In the smallest unit of its currency: fen (分) for CNY, yen for JPY */
  readonly amount: number
  /** ISO 4217 code, such as `JPY`. Default: `CNY` */
  readonly currency?: string | undefined
  /** State as the API names it. If omitted, states are not compared. */
  readonly state?: string | undefined
  /** Sub-merchant id (特约商户号), in a partner's records. If omitted or `0`: the merchant itself */
  readonly sub_mchid?: string | undefined
  /** Further numbers, WeChat Pay's or the merchant's, which are compared if given. */
  readonly transaction_id?: string | undefined
  readonly out_trade_no?: string | undefined
  readonly refund_id?: string | undefined
  readonly out_refund_no?: string | undefined
}

/** The compared values of a record or of a row. */
export interface Entry {
  /** In the smallest unit of its currency: fen (分) for CNY, yen for JPY */
  readonly amount: number
  readonly currency?: string | undefined
  readonly state?: string | undefined
}

/** The currency of a record that names none. */
export const DEFAULT_CURRENCY = 'CNY'

/** Key of a record: its number within the sub-merchant. */
export interface RecordKey {
  /** Empty for the merchant itself. */
  readonly sub_mchid: string
  readonly number: string
}

/** A record as stored in the index. */
export interface IndexedRecord extends Omit<Entry, 'currency'> {
  /** Further members to compare, by name. */
  readonly otherMembers: OtherMembers
}

export type OtherMembers = Readonly<Record<string, string | undefined>>

/** Shared by all records without further members. */
export const NO_OTHER_MEMBERS: OtherMembers = {}

/**
 * The merchant's records by key. Stores their members in parallel arrays: an object per record would need three times
 * the memory.
 */
export interface RecordIndex {
  /** Whether any record names a sub-merchant. */
  readonly hasSubMerchants: boolean
  /** Adds a record; returns false if its key exists already. */
  add(key: RecordKey, record: IndexedRecord): boolean
  has(key: RecordKey): boolean
  /** Returns a record and marks it as seen in the bill; `isFirst` is true the first time. */
  find(key: RecordKey): { readonly record: IndexedRecord; readonly isFirst: boolean } | undefined
  /** Returns the records that {@link find} was never called for. */
  unseen(): Iterable<readonly [key: RecordKey, record: IndexedRecord]>
}

/** @param members names of the further members to compare */
export function createRecordIndex(members: readonly string[]): RecordIndex {
  /** Nested maps, because a joined key would be a new string in memory for each record. */
  const merchants = new Map<string, Map<string, number>>()
  const amounts: number[] = []
  const states: (string | undefined)[] = []
  const seen: boolean[] = []
  /** Created when the first record has the member. */
  const others = new Map<string, (string | undefined)[]>()
  /** Interns states: there are few distinct ones. */
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
