import type { GatewayContext } from '../context.ts'
import type { Attempt } from '../store/delivery/attempts.ts'
import type { DeliveryRow } from '../store/delivery/row.ts'
import type { Ledger } from '../store/ledger.ts'
import { enqueueInTime, jobsOf } from './enqueue.ts'

/**
 * Records an attempt to deliver, and enqueues the deliveries that it has unblocked. Logs a change of the circuit of its endpoint, with the
 * outcome that has caused it.
 */
export async function recordAttempt(
  ledger: Pick<Ledger, 'recordAttempt'>,
  { id, mchid, endpoint }: Pick<DeliveryRow, 'id' | 'mchid' | 'endpoint'>,
  attempt: Attempt,
  context: Pick<GatewayContext, 'outbox' | 'log'>,
): Promise<void> {
  const { unblocked, circuit } = await ledger.recordAttempt(id, attempt)
  const { status, error } = attempt
  const members = { mchid, endpoint, delivery: id, status, error }
  if (circuit === 'opened') context.log.warn('circuit opened', members)
  if (circuit === 'closed') context.log.info('circuit closed', members)
  await enqueueInTime(jobsOf(mchid, unblocked), context)
}
