import type { GatewayContext } from '../context.ts'
import { countOf } from '../metrics/counters.ts'
import type { Job } from '../ports.ts'
import type { Claim } from '../store/claims.ts'
import { countingLedger } from '../store/remote-ledger.ts'
import { MAX_ATTEMPTS } from './backoff.ts'
import { enqueueInTime, jobsOf } from './enqueue.ts'
import { bodyOf } from './message.ts'
import { type FailureCode, send } from './send.ts'

/**
 * Makes one attempt to deliver an event to an endpoint, if the ledger says that it is due, and records the outcome. If the process dies
 * in between, the attempt is repeated with the same `webhook-id`.
 *
 * @returns milliseconds until the job must be delivered again; undefined if it has ended or is enqueued by other means
 */
export async function deliver({ mchid, delivery: id }: Job, context: GatewayContext): Promise<number | undefined> {
  const { outboxLedgerOf, now } = context
  const ledger = outboxLedgerOf(mchid)
  const claim = await ledger.claimDelivery(id, crypto.randomUUID())
  if (claim.kind === 'later') return Math.max(0, claim.at - now())
  // The end of the delivery that blocks it, or of the outage of its endpoint, enqueues it again. A queue would give up until then.
  if (claim.kind !== 'claimed') return undefined
  const { result, ...attempt } = await attemptOf(claim, context)
  const { tries, endpoint } = claim.delivery
  const outcome = typeof result === 'number' ? 'failed' : result
  const counts = [countOf('wechatpay_edge_deliveries_total', { endpoint, outcome })]
  const unblocked = await countingLedger(ledger, counts, context.counters.add).recordAttempt(id, {
    ...attempt,
    tries,
    result,
  })
  await enqueueInTime(jobsOf(mchid, unblocked), context)
  return typeof result === 'number' ? Math.max(0, result - now()) : undefined
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
  const result = ok ? 'delivered' : isLast ? 'dead' : now() + Math.max(retryDelayOf(attempt), retryAfter)
  const outcome = typeof result === 'number' ? 'failed' : result
  log[ok ? 'info' : 'warn']('delivery', {
    mchid,
    endpoint,
    delivery,
    seq,
    attempt,
    outcome,
    status,
    error,
    detail,
    ms,
  })
  return { at, ms, status, error, detail, result, isOutage } as const
}

/** Statuses below 500 by which an endpoint asks to retry later. */
const BUSY: ReadonlySet<number> = new Set([408, 425, 429])

/**
 * Reports whether an attempt failed because the endpoint is unreachable or overloaded. A refused event (4xx) is not an outage.
 *
 * @returns null if nothing was sent
 */
export function isOutageOf({ ok, status, error }: Pick<AttemptOutcome, 'ok' | 'status' | 'error'>): boolean | null {
  if (error === 'TIMEOUT' || error === 'NETWORK_ERROR') return true
  if (ok || status !== undefined) return status !== undefined && (status >= 500 || BUSY.has(status))
  return null
}

async function sendTo({ delivery, event }: Claimed, attempt: number, context: GatewayContext): Promise<AttemptOutcome> {
  const { endpointOf, fetchOf, now } = context
  const endpoint = endpointOf(delivery.endpoint)
  if (!endpoint)
    return { ok: false, error: 'ENDPOINT_GONE', detail: 'The configuration has no endpoint with this name.', ms: 0 }
  const message = { endpoint, id: event.webhook_id, body: bodyOf(event), attempt }
  return send(message, { fetch: fetchOf(endpoint), now })
}
