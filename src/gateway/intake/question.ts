import { stringifyJson } from '../../core/index.ts'
import type { GatewayContext } from '../context.ts'
import { bodyOf } from '../delivery/message.ts'
import { ask } from '../delivery/send.ts'
import { Refusal } from '../problem.ts'
import type { NewEvent } from '../store/events.ts'
import { notificationLedger } from './notification-counts.ts'

/** Refuses a sending that was received before. WeChat Pay signs each anew, so that a second one is a copy that somebody else sends. */
export const replayed = (): Refusal =>
  new Refusal({
    status: 401,
    code: 'REPLAYED',
    detail: 'This sending was received before. WeChat Pay signs each sending anew.',
  })

/**
 * Sends a question of WeChat Pay's to the merchant's endpoint and returns the endpoint's answer. Sends the question again when
 * WeChat Pay repeats it, because the answer may have changed and a question has no effect. A copy of an earlier sending comes
 * from somebody else and is refused: the answer is for WeChat Pay only.
 *
 * @returns the response to WeChat Pay, and the number of the event in the ledger
 * @throws {Refusal} the sending is a replay, no endpoint takes the question, or the endpoint gave no answer
 */
export async function answerQuestion(
  event: NewEvent,
  context: GatewayContext,
): Promise<{ seq: number; response: Response }> {
  const { ledgerOf, routes, fetchOf, now } = context
  const [endpoint] = routes(event.event, event.mchid)
  const ledger = ledgerOf(event.mchid)
  const question = { ...event, to: event.to.slice(0, 1), isQuestion: true }
  const recorded = await notificationLedger(event.mchid, context, ['replayed']).record(question)
  if (recorded.outcome === 'replayed') throw replayed()
  if (!endpoint) throw new Refusal({ status: 500, code: 'NO_ENDPOINT', detail: `No endpoint takes ${event.event}.` })
  const row = await ledger.event(event.mchid, recorded.seq)
  const [delivery] = await ledger.deliveries(event.mchid, { seq: recorded.seq, limit: 1 })
  const at = now()
  const answer = await ask(
    { endpoint, id: row!.webhook_id, body: bodyOf(row!), attempt: (delivery?.tries ?? 0) + 1 },
    { fetch: fetchOf(endpoint), now },
  )
  if (delivery) {
    const { status, error, detail } = answer as { status?: number; error?: string; detail?: string }
    const { tries } = delivery
    await ledger.settle(delivery.id, {
      tries,
      at,
      ms: answer.ms,
      status,
      error,
      detail,
      // A question without an answer is no dead letter: only WeChat Pay sends it again.
      result: answer.ok ? 'delivered' : now(),
    })
  }
  if (!answer.ok)
    throw new Refusal({
      status: 500,
      code: 'ENDPOINT_FAILED',
      detail: `${endpoint.name} gave no answer: ${answer.error}.`,
    })
  // Not Response.json, which has no form for a number beyond 2^53.
  const response = new Response(stringifyJson(answer.data), { headers: { 'content-type': 'application/json' } })
  return { seq: recorded.seq, response }
}
