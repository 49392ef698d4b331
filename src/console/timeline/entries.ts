import type { TimelineEntry } from '../../simulator/timeline/entry.ts'
import { eventsUrl } from '../api.ts'
import { createStore } from '../store.ts'
import { withArrived } from './order.ts'

/** An entry, with a key that stays its own when the simulator is started again. */
export type KeyedEntry = { readonly key: string } & (
  | { readonly kind: 'restart'; readonly at: number; readonly id: number; readonly numbers: readonly string[] }
  | TimelineEntry
)

export type Connection = 'connecting' | 'live' | 'lost'

/** More than the simulator keeps. */
const MAX_ENTRIES = 12_000
const RETRY = 2000

export const connection = createStore<Connection>('connecting')
/** All entries, the oldest first. The list is replaced, never changed. */
export const entries = createStore<readonly KeyedEntry[]>([])

let timeline = ''
let lastEventId: string | undefined
let source: EventSource | undefined
let retry: ReturnType<typeof setTimeout> | undefined
/** Entries that have arrived since the last frame. */
let arrived: KeyedEntry[] = []

/** Follows the simulator's timeline. While the page is hidden it does not, because browsers open only six connections to a host. */
export function follow(): void {
  const update = (): void => (document.hidden ? disconnect() : connect())
  document.addEventListener('visibilitychange', update)
  update()
}

function disconnect(): void {
  clearTimeout(retry)
  source?.close()
  source = undefined
}

function connect(): void {
  disconnect()
  const opened = new EventSource(eventsUrl(lastEventId))
  source = opened
  opened.addEventListener('start', ({ data, lastEventId: id }) => {
    lastEventId = id
    const start = JSON.parse(data) as { timeline: string; resumed: boolean }
    if (!start.resumed && timeline !== '' && timeline !== start.timeline)
      arrived.push({ kind: 'restart', key: `${start.timeline}-0`, id: 0, at: Date.now(), numbers: [] })
    timeline = start.timeline
    connection.set('live')
    scheduleUpdate()
  })
  opened.addEventListener('entries', ({ data, lastEventId: id }) => {
    lastEventId = id
    for (const entry of JSON.parse(data) as TimelineEntry[]) arrived.push({ ...entry, key: `${timeline}-${entry.id}` })
    scheduleUpdate()
  })
  opened.addEventListener('error', () => {
    connection.set('lost')
    // The browser connects again by itself, unless the response was an error.
    if (opened.readyState !== EventSource.CLOSED || source !== opened) return
    disconnect()
    retry = setTimeout(connect, RETRY)
  })
}

let isScheduled = false

/** Updates the list once per frame, however many events arrive. */
function scheduleUpdate(): void {
  if (isScheduled) return
  isScheduled = true
  requestAnimationFrame(() => {
    isScheduled = false
    const all = withArrived(entries.get(), arrived)
    arrived = []
    entries.set(all.slice(-MAX_ENTRIES))
  })
}
