import type { Ledger } from '../ledger.ts'
import { mergeBy } from './lists.ts'
import { detailOf, type List, type ListPage, NEWEST, PAGE_PLACES, readWhole, type WholePage } from './merged-list.ts'

/** A page of a list that several ledgers have together. */
export interface JoinedPage<Row> {
  /** The newest first. */
  readonly rows: readonly Row[]
  /** `before` of the next page; null at the end. It has the place in each ledger, by the name of the ledger. */
  readonly next: string | null
  /** The ledgers whose rows are missing, all or some. `next` contains their places, so that nothing is passed over. */
  readonly unavailable?: readonly { readonly ledger: string; readonly detail: string }[]
}

/** Place of a ledger that has no older rows. */
const END = 'end'

/** Reads `before`, such as `shop:17,books:3.5`, as the place in each ledger; undefined if no page ended there. */
export function joinedPlacesIn(before: string): ReadonlyMap<string, string> | undefined {
  const places = before.split(',').map(part => part.split(':'))
  const isValid = places.every(
    ([name, place = '', ...more]) => name !== '' && more.length === 0 && (place === END || PAGE_PLACES.test(place)),
  )
  return isValid ? new Map(places as [string, string][]) : undefined
}

/**
 * Reads a page of a list from several ledgers, each of which may consist of several. The first page reads all from their newest row. A
 * ledger that the first page did not have is left out of the next ones, and the place of one that this process does not know is passed on:
 * a caller may be known to one process only.
 *
 * @throws the error of the first ledger, if none responds
 */
export async function readJoined<Row>(
  ledgers: ReadonlyMap<string, Ledger>,
  { limit, places }: Pick<ListPage, 'limit'> & { readonly places?: ReadonlyMap<string, string> | undefined },
  list: List<Row>,
): Promise<JoinedPage<Row>> {
  const names = [...ledgers.keys()]
  const results = await Promise.allSettled(
    [...ledgers].map(async ([name, ledger]): Promise<WholePage<Row>> => {
      const before = places === undefined ? undefined : (places.get(encodeURIComponent(name)) ?? END)
      return before === END ? { rows: [], nextAfter: () => null } : readWhole(ledger, { limit, before }, list)
    }),
  )
  const failed = results.find(result => result.status === 'rejected')
  if (failed && results.every(({ status }) => status === 'rejected')) throw failed.reason
  const lists = results.map((result, at) =>
    result.status === 'fulfilled' ? result.value.rows.map(row => ({ at, row })) : [],
  )
  const taken = mergeBy(lists, (one, other) => list.timeOf(one.row) >= list.timeOf(other.row)).slice(0, limit)
  const following = results.map((result, at) => {
    const name = encodeURIComponent(names[at]!)
    const place =
      result.status === 'fulfilled'
        ? (result.value.nextAfter(taken.filter(item => item.at === at).length) ?? END)
        : (places?.get(name) ?? NEWEST)
    return { name, place }
  })
  const unavailable = results.flatMap((result, at) => {
    const ledger = names[at]!
    if (result.status === 'rejected') return { ledger, detail: detailOf(result.reason) }
    return (result.value.unavailable ?? []).map(({ detail }) => ({ ledger, detail }))
  })
  const known = new Set(following.map(({ name }) => name))
  const others = [...(places ?? [])].flatMap(([name, place]) => (known.has(name) ? [] : [{ name, place }]))
  return {
    rows: taken.map(({ row }) => row),
    next: following.every(({ place }) => place === END)
      ? null
      : [...following, ...others].map(({ name, place }) => `${name}:${place}`).join(','),
    ...(unavailable.length > 0 && { unavailable }),
  }
}
