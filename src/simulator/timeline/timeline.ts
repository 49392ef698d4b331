import { detailOf, keepable, sizeOf, type TimelineDetail } from './detail.ts'
import { entryOf, type TimelineEntry } from './entry.ts'
import type { SimulatorRecord } from './record.ts'

/** The last records of a simulator, in order. */
export interface Timeline {
  /** Names this timeline: another one, such as that of the simulator's next start, counts from 1 again. */
  readonly name: string
  add(record: SimulatorRecord): void
  /** Returns entries after an id, the oldest first. */
  entriesAfter(id: number, max: number): TimelineEntry[]
  /** Returns the details of an entry; undefined if it is not kept any longer. */
  detail(id: number): Promise<TimelineDetail | undefined>
  /**
   * Calls back once, when an entry is added.
   *
   * @returns a function that takes the call back
   */
  onNext(callback: () => void): () => void
}

export interface TimelineLimits {
  readonly maxEntries: number
  /** Bytes of the messages that are kept, about. */
  readonly maxBytes: number
}

/** For requests that the merchant signed, notifications and actions. */
const OWN: TimelineLimits = { maxEntries: 10_000, maxBytes: 32 * 1024 * 1024 }
/** For requests without a valid signature: anybody who reaches the port can send them, and must not displace the merchant's own. */
const OTHERS: TimelineLimits = { maxEntries: 1000, maxBytes: 4 * 1024 * 1024 }

export function createTimeline(name: string, own: TimelineLimits = OWN, others: TimelineLimits = OTHERS): Timeline {
  const kept = { own: createBoundedList(own), others: createBoundedList(others) }
  const waiting = new Set<() => void>()
  let lastId = 0
  return {
    name,
    add(record) {
      const isOwn = record.kind !== 'request' || record.exchange.signature === 'valid'
      const keptRecord = keepable(record)
      kept[isOwn ? 'own' : 'others'].add({
        entry: entryOf(++lastId, record),
        record: keptRecord,
        size: sizeOf(keptRecord),
      })
      const callbacks = [...waiting]
      waiting.clear()
      for (const callback of callbacks) callback()
    },
    entriesAfter: (id, max) =>
      [...kept.own.after(id, max), ...kept.others.after(id, max)].sort((a, b) => a.id - b.id).slice(0, max),
    async detail(id) {
      const found = kept.own.find(id) ?? kept.others.find(id)
      return found && detailOf(found.entry, found.record)
    },
    onNext(callback) {
      waiting.add(callback)
      return () => void waiting.delete(callback)
    },
  }
}

interface Kept {
  readonly entry: TimelineEntry
  readonly record: SimulatorRecord
  readonly size: number
}

/** Keeps the last entries, as many and as large as the limits allow. */
function createBoundedList({ maxEntries, maxBytes }: TimelineLimits) {
  const list: Kept[] = []
  let bytes = 0
  /** Returns the position of the first entry after an id. */
  const positionAfter = (id: number): number => {
    let [low, high] = [0, list.length]
    while (low < high) {
      const middle = (low + high) >> 1
      if (list[middle]!.entry.id <= id) low = middle + 1
      else high = middle
    }
    return low
  }
  return {
    add(kept: Kept): void {
      list.push(kept)
      bytes += kept.size
      while (list.length > maxEntries || (bytes > maxBytes && list.length > 1)) bytes -= list.shift()!.size
    },
    after(id: number, max: number): TimelineEntry[] {
      const start = positionAfter(id)
      return list.slice(start, start + max).map(({ entry }) => entry)
    },
    find(id: number): Kept | undefined {
      const found = list[positionAfter(id) - 1]
      return found?.entry.id === id ? found : undefined
    },
  }
}
