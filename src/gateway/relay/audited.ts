import type { GatewayContext } from '../context.ts'
import { Refusal } from '../problem.ts'
import type { BeginResult, EndedCall, NewCall } from '../store/calls.ts'
import type { Increment } from '../store/counts.ts'
import { countingLedger, keepsCounts } from '../store/remote-ledger.ts'
import { waitOf, watchOf } from '../sweep/watch.ts'
import { type CallResponse, responseOfError } from './call-response.ts'
import { keepLease } from './lease.ts'

/** A call that changes something. */
export interface AuditedCall extends NewCall {
  /** Its message, where that is known before it is sent. */
  readonly body: unknown
  /** Takes on what goes on when the answer has left. */
  readonly background: (work: Promise<unknown>) => void
  /** Returns the increments that the call counts for this response. */
  readonly countsOf: (response: CallResponse) => readonly Increment[]
}

/**
 * Makes a call that changes something: it stands in the audit trail before it is sent, and so does what is to be watched of
 * it; then what it came to. The same `Idempotency-Key` with the same call gives the same answer, without a second call. After a
 * call in doubt there is a second call only where it has no effect of its own; WeChat Pay's answer to it settles the doubt. What was
 * refused is not watched: neither WeChat Pay nor anybody else has anything to tell of it.
 *
 * @param send makes the call; the signal aborts it
 * @throws {Refusal} 409 `IDEMPOTENCY_KEY_REUSED`, `IDEMPOTENCY_KEY_IN_USE`, `CALL_IN_DOUBT`; 503 `LEDGER_UNAVAILABLE` the call
 * could not be written down, and was not sent
 * @throws {CallError} `BODY_INVALID` a number is too long for the ledger
 */
export async function audited(
  call: AuditedCall,
  context: GatewayContext,
  send: (signal: AbortSignal | undefined) => Promise<CallResponse>,
): Promise<CallResponse> {
  const { ledgerOf, callerLedgerOf, log, now, counters } = context
  const { body: _, background, countsOf, ...entry } = call
  const ledger = callerLedgerOf(call.caller)
  const watch = watchOf(call)
  const takenAt = performance.now()
  const place = () => watch && ledgerOf(call.mchid).watch(watch, now() + waitOf(0))
  const begin = ledger.beginCall(entry)
  // Under a key the call may not be sent at all, and a watch that is placed anew is watched for longer and tells of a later refund.
  const placed = call.key === null ? place() : begin.then(({ outcome }) => (outcome === 'send' ? place() : undefined))
  const [beginning, watching] = await Promise.allSettled([begin, placed])
  const placing = watching.status === 'fulfilled' ? watching.value : undefined
  const release = async (): Promise<void> => {
    // A watch that stays costs some queries. One that was not begun must not be released: another call may have the same.
    if (watch && placing)
      await ledgerOf(call.mchid)
        .releaseWatch(watch, placing.placedAt)
        .catch(() => {})
  }
  const noteUnanswered = async (): Promise<void> => {
    // A note that is lost has the sweep ask for longer.
    if (watch)
      await ledgerOf(call.mchid)
        .recordUnanswered(watch)
        .catch(() => {})
  }
  const begun = beginning.status === 'fulfilled' ? beginning.value : undefined
  if (begun && begun.outcome !== 'send') return earlierOf(begun)
  const failed = [beginning, watching].find(result => result.status === 'rejected')
  if (!begun || failed) {
    log.warn('audit trail failed', { requestId: call.id, reason: failed?.reason })
    // The ledger may have written it down before it failed: the trail says that nothing was sent, and the key is free again.
    background(ledger.endCall(call.id, UNSENT).catch(() => {}))
    background(release())
    throw unavailable(begun?.isInDoubt ?? false)
  }
  const lease = call.key === null ? undefined : keepLease(takenAt, () => ledger.renewCall(call.id))
  try {
    const { isInDoubt } = begun
    const response = await send(lease?.signal).catch(error => responseOfError(error, call.id, { isInDoubt }))
    const { status, headers, body, code, wechatpayRequestId, inDoubt, isFinal, isRefused } = response
    const kept = isFinal && !(body instanceof ReadableStream) ? { status, headers, body } : null
    // The call is made: a ledger that fails now leaves the line open, in doubt, and takes the answer from nobody.
    // With the end of the call where the ledger can, so that the count costs nothing; otherwise whoever answers counts at once.
    const isCounted = keepsCounts(ledger)
    const counts = isCounted ? countsOf(response) : []
    const ended = countingLedger(ledger, counts, counters.add)
      .endCall(call.id, { status, code, wechatpayRequestId, inDoubt, response: kept })
      .catch(error => {
        counters.add(counts)
        log.warn('audit trail failed', { requestId: call.id, reason: error })
      })
    if (isRefused) background(release())
    else if (inDoubt) background(noteUnanswered())
    else if (status < 400 && placing?.isOtherQuery)
      background(
        ledgerOf(call.mchid)
          .acceptWatch(watch!)
          .catch(() => {}),
      )
    // A caller with a key may come back for the answer at once; nobody has to wait for the trail.
    if (call.key === null) background(ended)
    else await ended
    return { ...response, isCounted }
  } finally {
    lease?.end()
  }
}

/** How a call ends that was not sent, because the ledger has failed. */
const UNSENT: EndedCall = {
  status: 503,
  code: 'LEDGER_UNAVAILABLE',
  wechatpayRequestId: null,
  inDoubt: false,
  response: null,
}

/** @param isInDoubt an earlier call under the same key may have taken effect */
const unavailable = (isInDoubt: boolean): Refusal =>
  new Refusal({
    status: 503,
    code: 'LEDGER_UNAVAILABLE',
    detail: 'The ledger could not write the call down, so it was not sent. Send the very same again in a moment.',
    mayHaveTakenEffect: isInDoubt,
    headers: { 'Retry-After': '2' },
  })

/** @throws {Refusal} */
function earlierOf(begun: Exclude<BeginResult, { outcome: 'send' }>): CallResponse {
  if (begun.outcome === 'key-reused')
    throw new Refusal({
      status: 409,
      code: 'IDEMPOTENCY_KEY_REUSED',
      detail: 'This Idempotency-Key was used with another call. Give each call a key of its own.',
    })
  if (begun.outcome === 'running')
    throw new Refusal({
      status: 409,
      code: 'IDEMPOTENCY_KEY_IN_USE',
      detail: 'The first call with this Idempotency-Key is on its way. Send the very same again in a moment.',
      mayHaveTakenEffect: true,
      headers: { 'Retry-After': '2' },
    })
  if (begun.outcome === 'in-doubt')
    throw new Refusal({
      status: 409,
      code: 'CALL_IN_DOUBT',
      detail:
        'The first call with this Idempotency-Key may have taken effect, and WeChat Pay would carry out a second one too. Query what it was about. If it has not taken effect, send it with a new Idempotency-Key.',
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
