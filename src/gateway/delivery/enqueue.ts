import { withDeadline } from '../../core/base/deadline.ts'
import type { GatewayContext } from '../context.ts'
import type { Job } from '../ports.ts'

/** Milliseconds for the outbox. WeChat Pay waits 5 s for the response to a notification. */
const ENQUEUE_WITHIN = 2_000

/**
 * Enqueues deliveries. Never rejects: the deliveries are in the ledger, so a slow or failing outbox only delays them. The sweep enqueues
 * those that the outbox has not accepted.
 *
 * @param within milliseconds
 * @returns whether the outbox has accepted them in time
 */
export async function enqueueInTime(
  jobs: readonly Job[],
  { outbox, log }: Pick<GatewayContext, 'outbox' | 'log'>,
  within: number = ENQUEUE_WITHIN,
): Promise<boolean> {
  if (jobs.length === 0) return true
  try {
    const errorOf = () => new DOMException(`The outbox did not accept deliveries within ${within} ms.`, 'TimeoutError')
    await withDeadline(within, errorOf, () => outbox.enqueue(jobs))
    return true
  } catch (error) {
    log.warn('outbox failed', { reason: error })
    return false
  }
}

/** Creates the outbox jobs of a merchant's deliveries. */
export const jobsOf = (mchid: string, deliveries: readonly number[]): Job[] =>
  deliveries.map(delivery => ({ mchid, delivery }))
