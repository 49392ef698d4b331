import { utf8 } from '../../../core/base/bytes.ts'
import type { EventRow } from '../event/events.ts'
import { type EventPosition, type EventsAfter, type FoundEvents, positionAt, type ReadEvents } from '../event/search.ts'
import type { Ledger } from '../ledger.ts'
import { placeOf } from './numbers.ts'
import type { PlacedShard, Shards } from './shard.ts'

/** A page of a list that one shard has read, with its own numbers. */
interface Page {
  readonly before?: number
  readonly limit: number
}

/**
 * Lists rows by their numbers, the highest first: the newest of the last shard first, those of shard 0 at the end. So `before` is a
 * number here too. Pages that are ordered by time are made of {@link Shards.all one list per shard}: `readMerged`.
 */
export async function listByNumber<Row>(
  shards: Shards,
  { before, limit }: Page,
  read: (shard: PlacedShard, page: Page) => Promise<readonly Row[]>,
): Promise<Row[]> {
  const rows: Row[] = []
  for (const { shard, page } of pagesBelow(shards, before)) {
    if (rows.length === limit) break
    rows.push(...(await read(shard, { ...page, limit: limit - rows.length })))
  }
  return rows
}

/** Finds events by their numbers, as {@link listByNumber} does. A shard may return fewer than there are. */
export async function searchByNumber(
  shards: Shards,
  { before, limit }: Page,
  read: (shard: PlacedShard, page: Page) => Promise<FoundEvents>,
): Promise<FoundEvents> {
  const pages = pagesBelow(shards, before)
  for (const [at, { shard, page }] of pages.entries()) {
    const { rows, next } = await read(shard, { ...page, limit })
    const following = pages[at + 1]
    const end = next === null ? (following ? shard.outside.number(0) : null) : shard.outside.number(next)
    if (rows.length > 0 || end === null || next !== null) return { rows: rows.map(shard.outside.event), next: end }
  }
  return { rows: [], next: null }
}

/** Returns the shards to read, the last first, and where to begin in each. */
function pagesBelow({ all }: Shards, before: number | undefined): { shard: PlacedShard; page: { before?: number } }[] {
  const descending = [...all].reverse()
  if (before === undefined) return descending.map(shard => ({ shard, page: {} }))
  const place = placeOf(before)
  return descending
    .filter(({ index }) => index <= place.shard)
    .map(shard => ({ shard, page: shard.index === place.shard ? { before: place.row } : {} }))
}

/** Reads the events after a position, which names a place in each shard. A shard that it does not name is newer than the position. */
export async function eventsAfter(
  { all }: Shards,
  mchid: string,
  { after, limit, maxLength, events }: Parameters<Ledger['eventsAfter']>[1],
): Promise<ReadEvents> {
  const share = (whole: number): number => Math.max(1, Math.ceil(whole / all.length))
  const starts = all.map(({ index }) => startIn(after, index))
  const pages = await Promise.all(
    all.map(({ ledger }, at) => {
      const start = starts[at]
      const query = { limit: share(limit), maxLength: share(maxLength), ...(events && { events }) }
      return ledger.eventsAfter(mchid, start ? { ...query, after: start } : query)
    }),
  )
  const read = pages.map(({ rows }, at) => rows.map(row => ({ at, row })))
  const merged = mergeBy(read, (one, other) => one.row.received_at <= other.row.received_at)
  const taken = merged.slice(0, Math.min(limit, countWithin(maxLength, merged)))
  // Where no event of a shard was returned yet, the position behind another shard's event is still the start.
  const places = starts.map((start, at) => (start ? fullPosition(start) : pages[at]!.position))
  const positions = taken.map(({ at, row }) => {
    places[at] = positionAt(row)
    return joinPositions(places)
  })
  const isWhole = pages.map(({ rows }, at) => taken.filter(item => item.at === at).length === rows.length)
  return {
    rows: taken.map(({ at, row }) => all[at]!.outside.event(row)),
    positions,
    // The next call reads the events of a shard again that were left over here.
    position: joinPositions(pages.map(({ position }, at) => (isWhole[at] ? position : places[at]!))),
    isAtEnd: pages.every(({ isAtEnd }, at) => isAtEnd && isWhole[at]),
  }
}

/** Returns how many of the first events have resources of at most so many bytes: at least one. */
function countWithin(maxLength: number, items: readonly { readonly row: EventRow }[]): number {
  let length = 0
  const beyond = items.findIndex(({ row }) => {
    length += utf8(row.resource).length
    return length > maxLength
  })
  return beyond === -1 ? items.length : Math.max(1, beyond)
}

type Start = NonNullable<EventsAfter['after']>

function startIn(after: EventsAfter['after'], index: number): Start | undefined {
  if (after === undefined || after.seq === undefined) return after
  const { further = [], ...first } = after
  return index === 0 ? first : (further[index - 1] ?? { at: 0 })
}

/** A position without a number stands for a time. */
const fullPosition = ({ seq = 0, at, check = '' }: Start): EventPosition => ({ seq, at, check })

function joinPositions([first, ...further]: readonly EventPosition[]): EventPosition {
  return further.length === 0 ? first! : { ...first!, further }
}

/** Merges lists, each of which keeps its order: always the first whose head does not come after the head of another. */
export function mergeBy<Item>(
  lists: readonly (readonly Item[])[],
  isBefore: (one: Item, other: Item) => boolean,
): Item[] {
  const merged: Item[] = []
  const next = lists.map(() => 0)
  for (;;) {
    let first: { readonly list: number; readonly item: Item } | undefined
    for (const [list, items] of lists.entries()) {
      const at = next[list]!
      if (at < items.length && (!first || !isBefore(first.item, items[at]!))) first = { list, item: items[at]! }
    }
    if (!first) return merged
    merged.push(first.item)
    next[first.list]!++
  }
}
