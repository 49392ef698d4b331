import type { Ledger } from '../ledger.ts'
import { mergeBy } from './lists.ts'
import { numberOf, placeOf } from './numbers.ts'
import { partsOf } from './sharded-ledger.ts'

/** The page of a list to read. */
export interface ListPage {
  readonly limit: number
  /** `next` of the page before. */
  readonly before?: string | undefined
}

/** How a list is read from one of the ledgers of which a ledger consists. */
export interface List<Row> {
  readonly read: (
    part: Ledger,
    page: { readonly limit: number; readonly before?: number },
  ) => Promise<{ readonly rows: readonly Row[]; readonly next: number | null }>
  /** Returns the number by which pages continue. */
  readonly numberOf: (row: Row) => number
  /** Returns the time by which the rows of several ledgers are merged, ms. */
  readonly timeOf: (row: Row) => number
}

/** A page of a list. */
export interface MergedPage<Row> {
  /** The newest first. */
  readonly rows: readonly Row[]
  /** `before` of the next page; null at the end. It is a number for a ledger that is one, and a text for one of several. */
  readonly next: number | string | null
  /** The ledgers whose rows are missing, because they did not respond. `next` contains their places, so that nothing is passed over. */
  readonly unavailable?: readonly { readonly shard: number; readonly detail: string }[]
}

/** A place in a ledger: the number of the row at which the page before ended; 0 at the end, undefined at the newest row. */
type Place = number | undefined

/** Place of a ledger that is read from its newest row. */
export const NEWEST = '*'
/** Matches `before`: the places in all ledgers, with dots between them. */
export const PAGE_PLACES: RegExp = /^(?:\d{1,15}|\*)(?:\.(?:\d{1,15}|\*)){0,63}$/

/**
 * Reads a page of a list from all ledgers of which a ledger consists. Each ledger has the newest rows first; they are merged by time.
 *
 * @throws the error of the first ledger, if none responds
 */
export async function readMerged<Row>(ledger: Ledger, page: ListPage, list: List<Row>): Promise<MergedPage<Row>> {
  const { nextAfter, ...merged } = await readWhole(ledger, page, list)
  return { ...merged, next: nextAfter(merged.rows.length) }
}

/** A page that knows where the list continues after any number of its rows. */
export interface WholePage<Row> extends Omit<MergedPage<Row>, 'next'> {
  readonly nextAfter: (count: number) => MergedPage<Row>['next']
}

/** Reads a page as {@link readMerged} does, for a reader that may not show all of its rows. */
export async function readWhole<Row>(ledger: Ledger, page: ListPage, list: List<Row>): Promise<WholePage<Row>> {
  for (;;) {
    const parts = await partsOf(ledger)
    const merged = await readParts(parts, page, list)
    // The ledger may have got further parts, or this process may have learnt of them by now.
    if ((await partsOf(ledger)).length === parts.length) return merged
  }
}

async function readParts<Row>(
  parts: readonly Ledger[],
  { limit, before }: ListPage,
  { read, numberOf: rowNumber, timeOf }: List<Row>,
): Promise<WholePage<Row>> {
  const places = placesIn(before, parts.length)
  const results = await Promise.allSettled(
    parts.map(async (part, shard) => {
      const place = places[shard]
      if (place === 0) return { rows: [], next: null }
      return read(part, place === undefined ? { limit } : { limit, before: numberOf(shard, place) })
    }),
  )
  const failures = results.flatMap((result, shard) => (result.status === 'rejected' ? [{ shard, ...result }] : []))
  if (failures.length === parts.length) throw failures[0]!.reason
  const lists = results.map((result, shard) =>
    result.status === 'fulfilled' ? result.value.rows.map(row => ({ shard, row })) : [],
  )
  const taken = mergeBy(lists, (one, other) => timeOf(one.row) >= timeOf(other.row)).slice(0, limit)
  const placesAfter = (count: number): Place[] =>
    results.map((result, shard): Place => {
      if (result.status === 'rejected') return places[shard]
      const own = taken
        .slice(0, count)
        .filter(item => item.shard === shard)
        .map(({ row }) => placeOf(rowNumber(row)).row)
      const { rows, next } = result.value
      if (own.length === rows.length) return next === null ? 0 : placeOf(next).row
      // The next page begins at the row that is left over, even if none was taken: rows may have been added before it by then.
      return own.at(-1) ?? placeOf(rowNumber(rows[0]!)).row + 1
    })
  return {
    rows: taken.map(({ row }) => row),
    nextAfter: count => formatPlaces(placesAfter(count)),
    ...(failures.length > 0 && {
      unavailable: failures.map(({ shard, reason }) => ({ shard, detail: detailOf(reason) })),
    }),
  }
}

function placesIn(before: string | undefined, count: number): Place[] {
  const texts = before?.split('.') ?? []
  return Array.from({ length: count }, (_, shard) => {
    const text = texts[shard] ?? NEWEST
    return text === NEWEST ? undefined : Number(text)
  })
}

function formatPlaces(places: readonly Place[]): number | string | null {
  if (places.every(place => place === 0)) return null
  const [first] = places
  return places.length === 1 && first !== undefined ? first : places.map(place => place ?? NEWEST).join('.')
}

export const detailOf = (error: unknown): string =>
  error instanceof Error ? error.message.slice(0, 200) : typeof error
