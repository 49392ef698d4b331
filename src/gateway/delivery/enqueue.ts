import { withDeadline } from '../../core/deadline.ts'
import type { GatewayContext } from '../context.ts'
import type { Job } from '../ports.ts'

/** Milliseconds for the outbox: WeChat Pay waits 5 s for the answer to a notification. */
const ENQUEUE_WITHIN = 2_000

/**
 * Enqueues deliveries. Never rejects: they are in the ledger, so an outbox that fails or is slow delays them and loses none. The
 * sweep enqueues whatever the outbox has not accepted.
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

/** Names deliveries of a merchant to the outbox. */
export const jobsOf = (mchid: string, deliveries: readonly number[]): Job[] =>
  deliveries.map(delivery => ({ mchid, delivery }))
