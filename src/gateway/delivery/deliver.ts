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
 * One attempt to deliver an event to an endpoint. The ledger tells whether it is due, and learns what came of it: whoever
 * dies in between has its attempt made again, under the same `webhook-id`.
 *
 * @returns milliseconds after which the job is to be brought again; undefined when it is not
 */
export async function deliver({ mchid, delivery: id }: Job, context: GatewayContext): Promise<number | undefined> {
  const { outboxLedgerOf, now } = context
  const ledger = outboxLedgerOf(mchid)
  const claim = await ledger.claimDelivery(id, crypto.randomUUID())
  if (claim.kind === 'later') return Math.max(0, claim.at - now())
  // One that is blocked is brought by the one before it, when that is through; one that is held by the ledger, when its
  // endpoint is there again: a queue that brought it meanwhile would run out of patience.
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

interface Tried {
  readonly ok: boolean
  readonly ms: number
  readonly status?: number
  readonly error?: FailureCode | 'ENDPOINT_GONE'
  readonly detail?: string
  readonly retryAfter?: number
}

async function attemptOf(claim: Claimed, context: GatewayContext) {
  const { now, delayOf, log } = context
  const { mchid, endpoint, tries, id: delivery } = claim.delivery
  const { seq } = claim.event
  const at = now()
  const attempt = tries + 1
  const { ok, ms, status, error, detail, retryAfter = 0 } = await attemptAt(claim, attempt, context)
  const isLast = attempt >= MAX_ATTEMPTS
  const isOutage = isOutageOf({ ok, status, error })
  const result = ok ? 'delivered' : isLast ? 'dead' : now() + Math.max(delayOf(attempt), retryAfter)
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

/** Statuses by which somebody who is there asks to be left alone for now. */
const BUSY: ReadonlySet<number> = new Set([408, 425, 429])

/** Tells whether nobody was there. An event that is refused (4xx) is no outage. @returns null where nothing was sent */
export function isOutageOf({ ok, status, error }: Pick<Tried, 'ok' | 'status' | 'error'>): boolean | null {
  if (error === 'TIMEOUT' || error === 'NETWORK_ERROR') return true
  if (ok || status !== undefined) return status !== undefined && (status >= 500 || BUSY.has(status))
  return null
}

async function attemptAt({ delivery, event }: Claimed, attempt: number, context: GatewayContext): Promise<Tried> {
  const { endpointOf, fetchOf, now } = context
  const endpoint = endpointOf(delivery.endpoint)
  if (!endpoint)
    return { ok: false, error: 'ENDPOINT_GONE', detail: 'The configuration has no endpoint of this name.', ms: 0 }
  const message = { endpoint, id: event.webhook_id, body: bodyOf(event), attempt }
  return send(message, { fetch: fetchOf(endpoint), now })
}
