import type { Ledger } from '../gateway/ledger/ledger.ts'
import type { Job, Outbox } from '../gateway/ports.ts'

/** Deliveries on their way at once. */
const ABREAST = 64
/** Jobs that are read ahead. */
const AHEAD = 256
/** Milliseconds until one looks again, where nothing is known to be due. */
const LONGEST_SLEEP = 60_000
/** What failed of the ledger, or of this program, is tried again after this, ms. */
const PAUSE = 1_000

/** The ledger's own outbox: whatever is due in it is brought, for as long as this process lives; the next goes on where it ended. */
export interface LocalOutbox extends Outbox {
  /** Begins. @param deliver carries a job out */
  start(deliver: (job: Job) => Promise<unknown>): void
  /** Begins nothing more, and waits for what is under way. */
  stop(): Promise<void>
}

export function createLocalOutbox(
  merchants: readonly string[],
  ledger: Pick<Ledger, 'due' | 'nextDue'>,
  now: () => number,
  failed: (error: unknown) => void,
): LocalOutbox {
  const underWay = new Map<number, Promise<void>>()
  let deliver: ((job: Job) => Promise<unknown>) | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let looking: Promise<void> | undefined
  let isAsked = false

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
      if (deliver !== undefined) timer = setTimeout(wake, Math.min(wait, LONGEST_SLEEP))
    })()
  }

  /** Takes on what is due, as far as there is room. @returns milliseconds until something is due */
  async function look(): Promise<number> {
    let next = Number.POSITIVE_INFINITY
    for (const mchid of merchants) {
      if (underWay.size >= ABREAST) return LONGEST_SLEEP
      for (const { id } of await ledger.due(mchid, now(), AHEAD)) {
        if (underWay.size >= ABREAST) return LONGEST_SLEEP
        if (!underWay.has(id)) begin({ mchid, delivery: id })
      }
      next = Math.min(next, (await ledger.nextDue(mchid)) ?? next)
    }
    return Math.max(0, next - now())
  }

  function begin(job: Job): void {
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
