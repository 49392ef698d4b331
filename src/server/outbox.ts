import type { Job, Outbox } from '../gateway/ports.ts'
import { endpointLimit } from '../gateway/store/delivery/due.ts'
import type { Ledger } from '../gateway/store/ledger.ts'
import { createSlots } from './slots.ts'
import type { OtherProcesses } from './storage.ts'

/** Milliseconds until the next scan if no delivery is known to become due earlier. */
const MAX_SLEEP = 60_000
/** The same if other processes share the ledger, one of which may end with deliveries that only it knows of. */
const MAX_SHARED_SLEEP = 5_000
/** Milliseconds between two scans: a due delivery may be in progress already, and must not cause a busy loop. */
const MIN_SLEEP = 5
/**
 * Milliseconds until a process that has a full endpoint scans because another one asks for it. It scans at the end of each delivery
 * anyway, and processes that all have a backlog would wake each other all the time.
 */
const BUSY_WAKE = 1_000
/** Milliseconds until a retry after an error of the ledger or of this program. */
const ERROR_DELAY = 1_000

/** An outbox that reads due deliveries from the ledger itself, so that a restarted process continues where the last one ended. */
export interface LocalOutbox extends Outbox {
  /** @param deliver carries a job out, and logs why it could not */
  start(deliver: (job: Job) => Promise<unknown>): void
  /** Starts no more deliveries, and waits for those in progress. */
  stop(): Promise<void>
}

export interface LocalOutboxOptions {
  readonly merchants: readonly string[]
  /** Number of endpoints, which share the concurrent deliveries. */
  readonly endpoints: number
  readonly ledger: Pick<Ledger, 'dueDeliveries' | 'reserveDueDeliveries' | 'nextDueAt'>
  /** The other processes with the same ledger. Default: none. */
  readonly others?: Pick<OtherProcesses, 'wake' | 'onWake'> | undefined
  readonly now: () => number
  /** Returns whether nothing may be delivered, because the ledger cannot record it. Default: never. */
  readonly isPaused?: (() => boolean) | undefined
  /** Called when the ledger cannot say what is due. */
  readonly onError: (error: unknown) => void
}

/**
 * Creates an outbox whose {@link createSlots slots} give each endpoint a share of the concurrent deliveries: an endpoint that hangs delays
 * only its own deliveries.
 */
export function createLocalOutbox(options: LocalOutboxOptions): LocalOutbox {
  const { merchants, endpoints, ledger, now, others, isPaused = () => false, onError } = options
  const slots = createSlots(endpoints)
  const inProgress = new Map<number, Promise<void>>()
  /** Undefined before the start, and from the moment the outbox stops. */
  let deliver: ((job: Job) => Promise<unknown>) | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let scanning: Promise<void> | undefined
  let isScanRequested = false
  let busyTimer: ReturnType<typeof setTimeout> | undefined
  let firstMerchant = 0
  const maxSleep = others ? MAX_SHARED_SLEEP : MAX_SLEEP

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
      if (deliver !== undefined) timer = setTimeout(wake, Math.min(Math.max(wait, MIN_SLEEP), maxSleep))
    })()
  }

  /** Requests a scan because another process has deliveries that it cannot start. */
  function wakeForOthers(): void {
    if (slots.full().length > 0)
      busyTimer ??= setTimeout(() => {
        busyTimer = undefined
        wake()
      }, BUSY_WAKE)
    else wake()
  }

  /**
   * Starts due deliveries of a merchant to the endpoints that have slots. If other processes share the ledger, reserves them, so that no
   * other one finds the same.
   */
  async function startDueOf(mchid: string): Promise<void> {
    const limits = slots
      .busy()
      .map(endpoint => ({ endpoint, limit: slots.limitOf(endpoint), used: slots.used(endpoint) }))
    const free = Object.fromEntries(limits.map(({ endpoint, limit, used }) => [endpoint, limit - used]))
    // Without a reservation, deliveries in progress that are not claimed yet are found again.
    const found = others
      ? await ledger.reserveDueDeliveries(mchid, now(), slots.share, free)
      : await ledger.dueDeliveries(
          mchid,
          now(),
          slots.share,
          Object.fromEntries(limits.map(({ endpoint, limit }) => [endpoint, limit])),
        )
    // Stopped meanwhile: what is reserved for this process becomes free again after some seconds.
    if (deliver === undefined) return
    const due = found.filter(({ id }) => !inProgress.has(id))
    const admitted = slots.admit(mchid, due, endpoint => endpointLimit(endpoint, slots.share, free))
    for (const { id, endpoint } of admitted) follow(deliver({ mchid, delivery: id }), id, endpoint)
  }

  /**
   * Starts due deliveries to the endpoints that have slots.
   *
   * @returns milliseconds until the next delivery to such an endpoint is due
   */
  async function startDue(): Promise<number> {
    if (isPaused()) return maxSleep
    let next = Number.POSITIVE_INFINITY
    // Each scan begins with another merchant, because merchants with the same endpoint compete for its share.
    firstMerchant = (firstMerchant + 1) % Math.max(1, merchants.length)
    for (const mchid of [...merchants.slice(firstMerchant), ...merchants.slice(0, firstMerchant)]) {
      await startDueOf(mchid)
      if (deliver === undefined) return 0
      // A scan that was requested meanwhile follows at once.
      if (isScanRequested) continue
      // Full endpoints are left out: a delivery that ends there requests a scan.
      next = Math.min(next, (await ledger.nextDueAt(mchid, slots.full())) ?? next)
    }
    // Another process may have room for the deliveries that are left out here.
    if (slots.full().length > 0) others?.wake()
    // An endpoint whose backlog was found just now borrows the slots that are left.
    if (slots.canLend()) isScanRequested = true
    return Math.max(0, next - now())
  }

  /** Follows a delivery that has been started. */
  function follow(delivering: Promise<unknown>, id: number, endpoint: string): void {
    slots.take(endpoint)
    const work = delivering
      .catch(() => new Promise(resolve => setTimeout(resolve, ERROR_DELAY)))
      .then(() => {
        inProgress.delete(id)
        slots.giveBack(endpoint)
        wake()
      })
    inProgress.set(id, work)
  }

  return {
    enqueue: async () => wake(),
    start(carryOut) {
      deliver = carryOut
      others?.onWake(wakeForOthers)
      wake()
    },
    async stop() {
      deliver = undefined
      clearTimeout(timer)
      clearTimeout(busyTimer)
      await scanning
      await Promise.all(inProgress.values())
    },
  }
}
