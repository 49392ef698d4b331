import type { GatewayContext } from '../context.ts'
import { Refusal } from '../problem.ts'
import type { BeginResult, EndedCall, NewCall } from '../store/call/calls.ts'
import type { Increment } from '../store/counts.ts'
import { countingLedger, keepsCounts } from '../store/remote-ledger.ts'
import { queryDelayOf, watchOf } from '../sweep/watch.ts'
import { unrecorded } from '../unrecorded.ts'
import { type CallResponse, responseOfError } from './call-response.ts'
import { keepLease } from './lease.ts'

/** A call that changes something. */
export interface AuditedCall extends NewCall {
  /** Its message, if that is known before it is sent. */
  readonly body: unknown
  /** Keeps work running after the response. */
  readonly background: (work: Promise<unknown>) => void
  /** Returns the increments to count for a response to the call. */
  readonly countsOf: (response: CallResponse) => readonly Increment[]
}

/**
 * Makes a call that changes something. Its entry in the audit trail and its watch are recorded before it is sent, and its outcome
 * afterwards. A repetition with the same `Idempotency-Key` gets the same response, without a second call. A call in doubt is sent a
 * second time only if a repetition has no further effect; WeChat Pay's response to it then resolves the doubt. The watch of a refused
 * call is released, because no notification can come for it.
 *
 * @param send makes the call; the signal aborts it
 * @throws {Refusal} 409 `IDEMPOTENCY_KEY_REUSED`, `IDEMPOTENCY_KEY_IN_USE`, `CALL_IN_DOUBT`; 503 `LEDGER_UNAVAILABLE`, `LEDGER_NEWER`,
 * `LEDGER_INCOMPLETE`: the call could not be recorded, and was not sent
 * @throws {CallError} `BODY_INVALID`: a number is too long for the ledger
 */
export async function makeAuditedCall(
  call: AuditedCall,
  context: GatewayContext,
  send: (signal: AbortSignal | undefined) => Promise<CallResponse>,
): Promise<CallResponse> {
  const { ledgerOf, callerLedgerOf, log, now, counters } = context
  const { body: _, background, countsOf, ...entry } = call
  const ledger = callerLedgerOf(call.caller)
  const watch = watchOf(call)
  const takenAt = performance.now()
  const place = () => watch && ledgerOf(call.mchid).watch(watch, now() + queryDelayOf(0))
  const begin = ledger.beginCall(entry)
  // With a key the call may not be sent, and placing its watch again would extend that of the first call.
  const placed = call.key === null ? place() : begin.then(({ outcome }) => (outcome === 'send' ? place() : undefined))
  const [beginning, watching] = await Promise.allSettled([begin, placed])
  const placing = watching.status === 'fulfilled' ? watching.value : undefined
  const release = async (): Promise<void> => {
    // If this fails, the watch costs a few queries. A watch that was not placed must not be released, because it may be another call's.
    if (watch && placing)
      await ledgerOf(call.mchid)
        .releaseWatch(watch, placing.placedAt)
        .catch(() => {})
  }
  const recordUnanswered = async (): Promise<void> => {
    // If this fails, the sweep makes more queries.
    if (watch)
      await ledgerOf(call.mchid)
        .recordUnanswered(watch)
        .catch(() => {})
  }
  const begun = beginning.status === 'fulfilled' ? beginning.value : undefined
  if (begun && begun.outcome !== 'send') return outcomeOfEarlier(begun)
  const failed = [beginning, watching].find(result => result.status === 'rejected')
  if (!begun || failed) {
    log.warn('audit trail failed', { requestId: call.id, reason: failed?.reason })
    // The ledger may have recorded the call before it failed. Ending it records that nothing was sent, and releases the key.
    background(ledger.endCall(call.id, UNSENT).catch(() => {}))
    background(release())
    // An earlier call with the same key may have taken effect.
    throw unrecorded(
      failed?.reason,
      'The ledger could not record the call, so it was not sent. Send the same call again in a moment.',
      begun?.isInDoubt ?? false,
    )
  }
  const lease = call.key === null ? undefined : keepLease(takenAt, () => ledger.renewCall(call.id))
  try {
    const { isInDoubt } = begun
    const response = await send(lease?.signal).catch(error => responseOfError(error, call.id, { isInDoubt }))
    const { status, headers, body, code, wechatpayRequestId, inDoubt, isFinal, isRefused } = response
    const isKept = call.key !== null && isFinal && !(body instanceof ReadableStream)
    const kept = isKept ? { status, headers, body } : null
    // The call is made: if the ledger fails now, its entry stays in doubt, but the caller gets the response. A ledger that keeps counts
    // gets them with the end of the call; otherwise `handleCall` counts the response.
    const isCounted = keepsCounts(ledger)
    const counts = isCounted ? countsOf(response) : []
    const ended = (isCounted ? countingLedger(ledger, counts, counters.add) : ledger)
      .endCall(call.id, { status, code, wechatpayRequestId, inDoubt, response: kept })
      .catch(error => {
        counters.add(counts)
        log.warn('audit trail failed', { requestId: call.id, reason: error })
      })
    if (isRefused) background(release())
    else if (inDoubt) background(recordUnanswered())
    else if (status < 400 && placing?.isOtherQuery)
      background(
        ledgerOf(call.mchid)
          .acceptWatch(watch!)
          .catch(() => {}),
      )
    // Only a call with a key waits for the end of its entry, because its caller may repeat it at once.
    if (call.key === null) background(ended)
    else await ended
    return { ...response, isCounted }
  } finally {
    lease?.end()
  }
}

/** The end of a call that was not sent because the ledger has failed. */
const UNSENT: EndedCall = {
  status: 503,
  code: 'LEDGER_UNAVAILABLE',
  wechatpayRequestId: null,
  inDoubt: false,
  response: null,
}

/** @throws {Refusal} */
function outcomeOfEarlier(begun: Exclude<BeginResult, { outcome: 'send' }>): CallResponse {
  if (begun.outcome === 'key-reused')
    throw new Refusal({
      status: 409,
      code: 'IDEMPOTENCY_KEY_REUSED',
      detail: 'This Idempotency-Key was used with another call. Use a new key for each call.',
    })
  if (begun.outcome === 'running')
    throw new Refusal({
      status: 409,
      code: 'IDEMPOTENCY_KEY_IN_USE',
      detail: 'The first call with this Idempotency-Key is in progress. Send the same call again in a moment.',
      mayHaveTakenEffect: true,
      headers: { 'Retry-After': '2' },
    })
  if (begun.outcome === 'in-doubt')
    throw new Refusal({
      status: 409,
      code: 'CALL_IN_DOUBT',
      detail:
        'The first call with this Idempotency-Key may have taken effect, and WeChat Pay would carry out a second one too. Query its outcome. If it has not taken effect, send it with a new Idempotency-Key.',
      mayHaveTakenEffect: true,
      firstRequestId: begun.id,
    })
  const { status, headers, body } = begun.response
  return {
    status,
    body,
    headers: { ...headers, 'Idempotency-Replayed': 'true' },
    code: null,
    wechatpayRequestId: null,
    inDoubt: false,
    isFinal: true,
    isRefused: false,
  }
}
