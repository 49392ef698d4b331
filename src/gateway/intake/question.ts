import { stringifyJson } from '../../core/index.ts'
import type { GatewayContext } from '../context.ts'
import { isOutageOf } from '../delivery/deliver.ts'
import { bodyOf } from '../delivery/message.ts'
import { recordAttempt } from '../delivery/record-attempt.ts'
import { type Answered, sendQuestion } from '../delivery/send.ts'
import { Refusal } from '../problem.ts'
import type { Attempt } from '../store/delivery/attempts.ts'
import type { DeliveryRow } from '../store/delivery/row.ts'
import type { NewEvent, RecordedQuestion } from '../store/event/events.ts'
import type { Ledger } from '../store/ledger.ts'
import { notificationLedger } from './notification-counts.ts'

/** The dependencies of a notification. */
export interface NotificationContext extends GatewayContext {
  /** Keeps work running after the response. */
  readonly background: (work: Promise<unknown>) => void
  /** The valid `traceparent` of the request, or that of its span. */
  readonly traceparent?: string | undefined
}

/** Creates the refusal of a replay. WeChat Pay signs each transmission separately, so an identical one is a copy from a third party. */
export const replayRefusal = (): Refusal =>
  new Refusal({
    status: 401,
    code: 'REPLAYED',
    detail: 'This transmission was received before. WeChat Pay signs each transmission separately.',
  })

/**
 * Sends a question of WeChat Pay to the merchant's endpoint and returns the endpoint's answer. Sends the question again when WeChat Pay
 * repeats it, because the answer may have changed and a question has no effect. Refuses a replay, because the answer is for WeChat Pay
 * only.
 *
 * @returns the response to WeChat Pay, and the number of the event in the ledger
 * @throws {Refusal} the transmission is a replay, no endpoint subscribes to the question, or the endpoint gave no answer
 */
export async function answerQuestion(
  event: NewEvent,
  context: NotificationContext,
): Promise<{ seq: number; response: Response }> {
  const { ledgerOf, routes, fetchOf, now, log, background } = context
  const { mchid } = event
  const [endpoint] = routes(event.event, mchid)
  const question: NewEvent = { ...event, endpoints: event.endpoints.slice(0, 1), isQuestion: true }
  const recorded = await notificationLedger(mchid, context, ['replayed']).recordEvent(question)
  if (recorded.outcome === 'replayed') throw replayRefusal()
  if (!endpoint)
    throw new Refusal({
      status: 500,
      code: 'NO_ENDPOINT',
      detail: `No endpoint subscribes to ${event.event}. Add the event to one in GATEWAY_CONFIG.`,
    })
  // Missing from the result of a ledger of the previous version.
  const { event: row, delivery } = recorded.question ?? (await readQuestion(ledgerOf(mchid), mchid, recorded.seq))
  const at = now()
  const answer = await sendQuestion(
    {
      endpoint,
      id: row.webhook_id,
      body: bodyOf(row),
      attempt: (delivery?.tries ?? 0) + 1,
      traceparent: context.traceparent,
    },
    { fetch: fetchOf(endpoint), now },
  )
  // WeChat Pay does not wait until the attempt is recorded.
  if (delivery)
    background(
      recordAnswer({ ...delivery, mchid, endpoint: endpoint.name, at }, answer, context).catch(error =>
        log.warn('failed', { mchid, delivery: delivery.id, reason: error }),
      ),
    )
  if (!answer.ok)
    throw new Refusal({
      status: 500,
      code: 'ENDPOINT_FAILED',
      detail: `${endpoint.name} gave no answer: ${answer.error}.`,
    })
  // Response.json cannot serialise integers beyond 2^53.
  const response = new Response(stringifyJson(answer.data), { headers: { 'content-type': 'application/json' } })
  return { seq: recorded.seq, response }
}

async function readQuestion(ledger: Ledger, mchid: string, seq: number): Promise<RecordedQuestion> {
  const [event, [delivery]] = await Promise.all([ledger.event(mchid, seq), ledger.deliveries(mchid, { seq, limit: 1 })])
  return { event: event!, delivery }
}

/** Records the attempt, which shows whether the endpoint is reachable, and enqueues deliveries that waited for the endpoint. */
async function recordAnswer(
  delivery: Pick<DeliveryRow, 'id' | 'mchid' | 'endpoint' | 'tries'> & { readonly at: number },
  answer: Answered,
  context: NotificationContext,
): Promise<void> {
  const { status, error, detail } = answer as { status?: number; error?: string; detail?: string }
  const attempt: Attempt = {
    tries: delivery.tries,
    at: delivery.at,
    ms: answer.ms,
    status,
    error,
    detail,
    // A question without an answer is not a dead letter, because only WeChat Pay repeats it.
    result: answer.ok ? 'delivered' : context.now(),
    isOutage: isOutageOf(answer.ok ? { ok: true, status: answer.status } : answer),
  }
  await recordAttempt(context.ledgerOf(delivery.mchid), delivery, attempt, context)
}
