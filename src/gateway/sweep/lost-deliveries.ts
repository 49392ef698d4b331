import { withDeadline } from '../../core/deadline.ts'
import type { GatewayContext } from '../context.ts'
import { deliver } from '../delivery/deliver.ts'
import { enqueueInTime, jobsOf } from '../delivery/enqueue.ts'
import type { Job } from '../ports.ts'
import type { Budget } from './budget.ts'
import { type Task, takeTurns } from './turns.ts'

/** Deliveries that the outbox should have brought this long ago, ms: it has lost them. */
const GRACE = 30_000
/** Lost deliveries of a merchant that one sweep enqueues. */
const MAX_ENQUEUED = 1_000
/** Milliseconds for a ledger to name them, and for the outbox to accept them. */
const TAKE_WITHIN = 5_000
const ENQUEUE_WITHIN = 10_000
/** Subrequests of one delivery: `claim`, the request, `settle`, `releaseQueued`. */
const SUBREQUESTS = 4

/** What became of the deliveries that the outbox has lost. */
export interface LostDeliveries {
  /** The number that was enqueued again. */
  enqueued: number
  /** Those that the outbox has refused again, by merchant. */
  readonly refused: Job[][]
}

/** Enqueues the deliveries that the outbox has lost, of all merchants. A merchant whose ledger fails does not delay the others. */
export async function enqueueLost(
  merchants: readonly string[],
  context: GatewayContext,
  isOver: () => boolean,
): Promise<LostDeliveries> {
  const { ledgerOf, now, log } = context
  const lost: LostDeliveries = { enqueued: 0, refused: [] }
  const enqueueOf =
    (mchid: string): Task =>
    async () => {
      try {
        const errorOf = () => new DOMException(`No answer of the ledger within ${TAKE_WITHIN} ms.`, 'TimeoutError')
        const take = () => ledgerOf(mchid).takeLostDeliveries(mchid, now() - GRACE, MAX_ENQUEUED)
        const jobs = jobsOf(mchid, await withDeadline(TAKE_WITHIN, errorOf, take))
        if (await enqueueInTime(jobs, context, ENQUEUE_WITHIN)) lost.enqueued += jobs.length
        else lost.refused.push(jobs)
      } catch (error) {
        log.warn('sweep failed', { mchid, reason: error })
      }
    }
  async function* tasks(): AsyncGenerator<Task> {
    for (const mchid of merchants) yield enqueueOf(mchid)
  }
  await takeTurns([tasks()], isOver)
  return lost
}

/**
 * Carries out deliveries in place of an outbox that refuses them: a queue that is away, or whose operations of the day are used up.
 *
 * @param carriedOut is told of each
 */
export async function* deliverInstead(
  jobs: readonly Job[],
  context: GatewayContext,
  budget: Budget,
  carriedOut: () => void,
): AsyncGenerator<Task> {
  const { ledgerOf, log } = context
  for (const job of jobs) {
    if (!budget.take(SUBREQUESTS)) return
    yield async () => {
      const { mchid, delivery } = job
      try {
        const wait = await deliver(job, context)
        carriedOut()
        // The outbox does not have it, so the next sweep need not believe so.
        if (wait !== undefined) await ledgerOf(mchid).releaseQueued([delivery])
      } catch (error) {
        log.warn('sweep failed', { mchid, reason: error })
      }
    }
  }
}
