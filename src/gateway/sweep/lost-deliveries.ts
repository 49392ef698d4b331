import type { GatewayContext } from '../context.ts'
import { deliver } from '../delivery/deliver.ts'
import { enqueueInTime, jobsOf } from '../delivery/enqueue.ts'
import type { Job } from '../ports.ts'
import type { Budget } from './budget.ts'
import { callInTime, type SweptLedger } from './swept-ledgers.ts'
import { type Task, takeTurns } from './turns.ts'

/** Milliseconds by which a delivery must be overdue to count as lost by the outbox. */
const GRACE = 30_000
/** Lost deliveries that one sweep enqueues per ledger. */
const MAX_ENQUEUED = 1_000
/** Milliseconds for the outbox to accept them. */
const ENQUEUE_WITHIN = 10_000
/** Subrequests per delivery: `claimDelivery`, the request itself, `recordAttempt`, `releaseQueued`. */
const SUBREQUESTS = 4

/** The result of enqueueing lost deliveries. */
export interface LostDeliveries {
  /** The number of deliveries that were enqueued again. */
  enqueued: number
  /** The deliveries that the outbox has refused, by merchant. */
  readonly refused: Job[][]
}

/** Enqueues the lost deliveries of all ledgers. One that fails does not delay the others. */
export async function enqueueLost(
  ledgers: readonly SweptLedger[],
  context: GatewayContext,
  isOver: () => boolean,
): Promise<LostDeliveries> {
  const { now, log } = context
  const lost: LostDeliveries = { enqueued: 0, refused: [] }
  const enqueueOf =
    ({ mchid, part }: SweptLedger): Task =>
    async () => {
      try {
        const findLost = () => part.takeLostDeliveries(mchid, now() - GRACE, MAX_ENQUEUED)
        const jobs = jobsOf(mchid, await callInTime(findLost))
        if (await enqueueInTime(jobs, context, ENQUEUE_WITHIN)) lost.enqueued += jobs.length
        else lost.refused.push(jobs)
      } catch (error) {
        log.warn('sweep failed', { mchid, reason: error })
      }
    }
  async function* tasks(): AsyncGenerator<Task> {
    for (const ledger of ledgers) yield enqueueOf(ledger)
  }
  await takeTurns([tasks()], isOver)
  return lost
}

/**
 * Carries out deliveries that the outbox has refused, because the queue is unavailable or its daily operations are used up.
 *
 * @param onDelivered called for each attempt
 */
export async function* deliverInstead(
  jobs: readonly Job[],
  context: GatewayContext,
  budget: Budget,
  onDelivered: () => void,
): AsyncGenerator<Task> {
  const { ledgerOf, log } = context
  for (const job of jobs) {
    if (!budget.spend(SUBREQUESTS)) return
    yield async () => {
      const { mchid, delivery } = job
      let wait: number | undefined
      try {
        wait = await deliver(job, context)
      } catch {
        // Logged there. The next sweep finds the delivery again.
        return
      }
      onDelivered()
      try {
        // The outbox does not have it, so the next sweep must find it again.
        if (wait !== undefined) await ledgerOf(mchid).releaseQueued([delivery])
      } catch (error) {
        log.warn('sweep failed', { mchid, reason: error })
      }
    }
  }
}
