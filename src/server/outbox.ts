import type { Job, Outbox } from '../gateway/ports.ts'
import type { Ledger } from '../gateway/store/ledger.ts'

/** Concurrent deliveries to one endpoint. */
const MAX_PER_ENDPOINT = 64
/** Concurrent deliveries to all endpoints, which share them equally. */
const MAX_TOTAL = 256
/** The share of an endpoint, however many endpoints there are. */
const MIN_PER_ENDPOINT = 4
/** Milliseconds until the next scan if no delivery is known to become due earlier. */
const MAX_SLEEP = 60_000
/** Milliseconds between two scans: a due delivery may be in progress already, and must not cause a busy loop. */
const MIN_SLEEP = 5
/** Milliseconds until a retry after an error of the ledger or of this program. */
const ERROR_DELAY = 1_000

/** An outbox that reads due deliveries from the ledger itself, so that a restarted process continues where the last one ended. */
export interface LocalOutbox extends Outbox {
  /** @param deliver carries a job out */
  start(deliver: (job: Job) => Promise<unknown>): void
  /** Starts no more deliveries, and waits for those in progress. */
  stop(): Promise<void>
}

export interface LocalOutboxOptions {
  readonly merchants: readonly string[]
  /** Number of endpoints, which share the concurrent deliveries. */
  readonly endpoints: number
  readonly ledger: Pick<Ledger, 'dueDeliveries' | 'nextDueAt'>
  readonly now: () => number
  readonly onError: (error: unknown) => void
}

/**
 * Creates an outbox that gives each endpoint a share of the concurrent deliveries which no other endpoint can use: an endpoint that
 * hangs delays only its own deliveries.
 */
export function createLocalOutbox({ merchants, endpoints, ledger, now, onError }: LocalOutboxOptions): LocalOutbox {
  const share = Math.max(MIN_PER_ENDPOINT, Math.min(MAX_PER_ENDPOINT, Math.floor(MAX_TOTAL / Math.max(1, endpoints))))
  const inProgress = new Map<number, Promise<void>>()
  /** The number of deliveries in progress by endpoint. */
  const used = new Map<string, number>()
  const isFull = (endpoint: string): boolean => (used.get(endpoint) ?? 0) >= share
  let deliver: ((job: Job) => Promise<unknown>) | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let scanning: Promise<void> | undefined
  let isScanRequested = false
  let firstMerchant = 0

  /** Requests a scan. Scans run one at a time. */
  function wake(): void {
    isScanRequested = true
    if (deliver === undefined || scanning !== undefined) return
    clearTimeout(timer)
    scanning = (async () => {
      let wait = 0
      while (isScanRequested && deliver !== undefined) {
        isScanRequested = false
        wait = await startDue().catch(error => {
          onError(error)
          return ERROR_DELAY
        })
      }
      scanning = undefined
      if (deliver !== undefined) timer = setTimeout(wake, Math.min(Math.max(wait, MIN_SLEEP), MAX_SLEEP))
    })()
  }

  /**
   * Starts due deliveries to the endpoints whose share is not used up.
   *
   * @returns milliseconds until the next delivery to such an endpoint is due
   */
  async function startDue(): Promise<number> {
    let next = Number.POSITIVE_INFINITY
    // Each scan begins with another merchant, because merchants with the same endpoint compete for its share.
    firstMerchant = (firstMerchant + 1) % Math.max(1, merchants.length)
    for (const mchid of [...merchants.slice(firstMerchant), ...merchants.slice(0, firstMerchant)]) {
      for (const { id, endpoint } of await ledger.dueDeliveries(mchid, now(), share))
        if (!inProgress.has(id) && !isFull(endpoint)) start({ mchid, delivery: id }, endpoint)
      // Full endpoints are left out: a delivery that ends there requests a scan.
      next = Math.min(next, (await ledger.nextDueAt(mchid, [...used.keys()].filter(isFull))) ?? next)
    }
    return Math.max(0, next - now())
  }

  function start(job: Job, endpoint: string): void {
    used.set(endpoint, (used.get(endpoint) ?? 0) + 1)
    const work = deliver!(job)
      .then(
        () => undefined,
        error => {
          onError(error)
          return new Promise(resolve => setTimeout(resolve, ERROR_DELAY))
        },
      )
      .then(() => {
        inProgress.delete(job.delivery)
        used.set(endpoint, used.get(endpoint)! - 1)
        wake()
      })
    inProgress.set(job.delivery, work)
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
      await scanning
      await Promise.all(inProgress.values())
    },
  }
}
