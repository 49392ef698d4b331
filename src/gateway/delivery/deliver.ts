import type { GatewayContext } from '../context.ts'
import { countOf } from '../metrics/counters.ts'
import type { Job } from '../ports.ts'
import type { Claim } from '../store/delivery/claims.ts'
import { countingLedger } from '../store/remote-ledger.ts'
import { readTraceparent } from '../trace/traceparent.ts'
import { MAX_ATTEMPTS } from './backoff.ts'
import { bodyOf } from './message.ts'
import { recordAttempt } from './record-attempt.ts'
import { type FailureCode, sendEvent } from './send.ts'

/**
 * Makes one attempt to deliver an event to an endpoint, if the ledger says that it is due, and records the outcome. If the process dies
 * in between, the attempt is repeated with the same `webhook-id`. An error of the ledger or of this program is logged here, because
 * queues only repeat the job.
 *
 * @returns milliseconds until the job must be delivered again; undefined if it has ended or is enqueued by other means
 */
export async function deliver(job: Job, context: GatewayContext): Promise<number | undefined> {
  try {
    return await deliverDue(job, context)
  } catch (error) {
    context.log.warn('delivery not possible', { mchid: job.mchid, delivery: job.delivery, reason: error })
    throw error
  }
}

async function deliverDue({ mchid, delivery: id }: Job, context: GatewayContext): Promise<number | undefined> {
  const { outboxLedgerOf, now } = context
  const ledger = outboxLedgerOf(mchid)
  const claim = await ledger.claimDelivery(id, crypto.randomUUID())
  if (claim.kind === 'later') return Math.max(0, claim.at - now())
  // The end of the delivery that blocks it, or of the outage of its endpoint, enqueues it again. A queue would give up until then.
  if (claim.kind !== 'claimed') return undefined
  const { outcome, retryAt, ...attempt } = await attemptOf(claim, context)
  const { tries, endpoint } = claim.delivery
  const counts = [countOf('wechatpay_edge_deliveries_total', { endpoint, outcome })]
  await recordAttempt(
    countingLedger(ledger, counts, context.counters.add),
    claim.delivery,
    { ...attempt, tries, result: outcome === 'failed' ? retryAt : outcome },
    context,
  )
  return outcome === 'failed' ? Math.max(0, retryAt - now()) : undefined
}

type Claimed = Extract<Claim, { kind: 'claimed' }>

interface AttemptOutcome {
  readonly ok: boolean
  readonly ms: number
  readonly status?: number
  readonly error?: FailureCode | 'ENDPOINT_GONE'
  readonly detail?: string
  readonly retryAfter?: number
}

async function attemptOf(claim: Claimed, context: GatewayContext) {
  const { now, retryDelayOf, log } = context
  const { mchid, endpoint, tries, id: delivery } = claim.delivery
  const { seq } = claim.event
  const at = now()
  const attempt = tries + 1
  const { ok, ms, status, error, detail, retryAfter = 0 } = await sendTo(claim, attempt, context)
  const isLast = attempt >= MAX_ATTEMPTS
  const isOutage = isOutageOf({ ok, status, error })
  const next = ok
    ? ({ outcome: 'delivered' } as const)
    : isLast
      ? ({ outcome: 'dead' } as const)
      : ({ outcome: 'failed', retryAt: now() + Math.max(retryDelayOf(attempt), retryAfter) } as const)
  log[ok ? 'info' : 'warn']('delivery', {
    mchid,
    endpoint,
    delivery,
    seq,
    attempt,
    outcome: next.outcome,
    status,
    error,
    detail,
    ms,
  })
  return { at, ms, status, error, detail, isOutage, ...next }
}

/** Statuses below 500 by which an endpoint asks to retry later. */
const BUSY: ReadonlySet<number> = new Set([408, 425, 429])

/**
 * Returns whether an attempt failed because the endpoint is unreachable or overloaded. A refused event (4xx) is not an outage.
 *
 * @returns null if nothing was sent
 */
export function isOutageOf({ ok, status, error }: Pick<AttemptOutcome, 'ok' | 'status' | 'error'>): boolean | null {
  if (error === 'TIMEOUT' || error === 'NETWORK_ERROR') return true
  if (ok || status !== undefined) return status !== undefined && (status >= 500 || BUSY.has(status))
  return null
}

async function sendTo({ delivery, event }: Claimed, attempt: number, context: GatewayContext): Promise<AttemptOutcome> {
  const { endpointOf, fetchOf, now, tracing } = context
  const endpoint = endpointOf(delivery.endpoint)
  if (!endpoint)
    return { ok: false, error: 'ENDPOINT_GONE', detail: 'The configuration has no endpoint with this name.', ms: 0 }
  const message = { endpoint, id: event.webhook_id, body: bodyOf(event), attempt }
  const sendTraced = (parent: string | undefined) =>
    sendEvent({ ...message, traceparent: parent }, { fetch: fetchOf(endpoint), now })
  // Read again, because a ledger may have been restored or changed by hand.
  const traceparent = readTraceparent(event.traceparent)
  if (!tracing) return sendTraced(traceparent)
  const { name, url } = endpoint
  return tracing.deliver(
    { mchid: event.mchid, event: event.event, endpoint: name, url, attempt, traceparent },
    sendTraced,
  )
}
