import type { Job, Outbox } from '../gateway/ports.ts'
import type { Ledger } from '../gateway/store/ledger.ts'

/** Deliveries on their way at once: to one endpoint, and to all of them, where there are many. */
const MAX_PER_ENDPOINT = 64
const MAX_TOTAL = 256
/** What an endpoint gets however many there are. */
const MIN_PER_ENDPOINT = 4
/** Milliseconds until one looks again, where nothing is known to be due. */
const MAX_SLEEP = 60_000
/** Milliseconds between two looks that nobody asked for: what is due may be on its way already. */
const MIN_SLEEP = 5
/** What failed of the ledger, or of this program, is tried again after this, ms. */
const PAUSE = 1_000

/** The ledger's own outbox: whatever is due in it is brought, for as long as this process lives; the next goes on where it ended. */
export interface LocalOutbox extends Outbox {
  /** Begins. @param deliver carries a job out */
  start(deliver: (job: Job) => Promise<unknown>): void
  /** Begins nothing more, and waits for what is under way. */
  stop(): Promise<void>
}

export interface LocalOutboxOptions {
  readonly merchants: readonly string[]
  /** How many endpoints are configured: they share what is on its way at once. */
  readonly endpoints: number
  readonly ledger: Pick<Ledger, 'due' | 'nextDue'>
  readonly now: () => number
  readonly failed: (error: unknown) => void
}

/**
 * Brings deliveries, each endpoint within a share of its own, which no other can use: one that hangs with all of its
 * deliveries holds up nobody else's.
 */
export function createLocalOutbox({ merchants, endpoints, ledger, now, failed }: LocalOutboxOptions): LocalOutbox {
  const share = Math.max(MIN_PER_ENDPOINT, Math.min(MAX_PER_ENDPOINT, Math.floor(MAX_TOTAL / Math.max(1, endpoints))))
  const underWay = new Map<number, Promise<void>>()
  /** How many of these go to an endpoint. */
  const taken = new Map<string, number>()
  const isFull = (endpoint: string): boolean => (taken.get(endpoint) ?? 0) >= share
  let deliver: ((job: Job) => Promise<unknown>) | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let looking: Promise<void> | undefined
  let isAsked = false
  let first = 0

  /** Looks as often as somebody asks, one look at a time. */
  function wake(): void {
    isAsked = true
    if (deliver === undefined || looking !== undefined) return
    clearTimeout(timer)
    looking = (async () => {
      let wait = 0
      while (isAsked && deliver !== undefined) {
        isAsked = false
        wait = await look().catch(error => {
          failed(error)
          return PAUSE
        })
      }
      looking = undefined
      if (deliver !== undefined) timer = setTimeout(wake, Math.min(Math.max(wait, MIN_SLEEP), MAX_SLEEP))
    })()
  }

  /** Takes on what is due, as far as there is room. @returns milliseconds until something is due that there is room for */
  async function look(): Promise<number> {
    let next = Number.POSITIVE_INFINITY
    // Another merchant goes first each time: those of one endpoint share its room.
    first = (first + 1) % Math.max(1, merchants.length)
    for (const mchid of [...merchants.slice(first), ...merchants.slice(0, first)]) {
      for (const { id, endpoint } of await ledger.due(mchid, now(), share))
        if (!underWay.has(id) && !isFull(endpoint)) begin({ mchid, delivery: id }, endpoint)
      // Where there is no room, whatever ends there looks again.
      next = Math.min(next, (await ledger.nextDue(mchid, [...taken.keys()].filter(isFull))) ?? next)
    }
    return Math.max(0, next - now())
  }

  function begin(job: Job, endpoint: string): void {
    taken.set(endpoint, (taken.get(endpoint) ?? 0) + 1)
    const work = deliver!(job)
      .then(
        () => undefined,
        error => {
          failed(error)
          return new Promise(resolve => setTimeout(resolve, PAUSE))
        },
      )
      .then(() => {
        underWay.delete(job.delivery)
        taken.set(endpoint, taken.get(endpoint)! - 1)
        wake()
      })
    underWay.set(job.delivery, work)
  }

  return {
    enqueue: async () => wake(),
    start(carryOut) {
      deliver = carryOut
      wake()
    },
    async stop() {
      deliver = undefined
      clearTimeout(timer)
      await looking
      await Promise.all(underWay.values())
    },
  }
}
