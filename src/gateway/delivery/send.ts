import { fromUtf8 } from '../../core/base/bytes.ts'
import { parseJson } from '../../core/index.ts'
import { type DeliveryDependencies, DeliveryError, exchange, type Failure, type Message } from './exchange.ts'

export type { DeliveryDependencies, Failure, FailureCode, Message } from './exchange.ts'

/** The outcome of an attempt. */
export type SendOutcome = Delivered | Failure

/** The endpoint has responded 2xx. */
export interface Delivered {
  readonly ok: true
  readonly status: number
  readonly ms: number
}

/** The outcome of a question. */
export type Answered = (Delivered & { readonly data: Readonly<Record<string, unknown>> }) | Failure

/** Milliseconds for an attempt. */
const TIMEOUT = 10_000
/** Milliseconds for an answer. WeChat Pay waits 5 s for it, which includes its own connections to and from the gateway. */
const ANSWER_TIMEOUT = 3_500

/**
 * Makes one attempt to deliver a message. Posts it to the endpoint as a signed webhook (Standard Webhooks). Never rejects.
 *
 * Any 2xx counts as delivered, whatever the body of the response; a redirect is not followed. Nothing is sent to a private address
 * unless the endpoint allows it.
 *
 * @see https://www.standardwebhooks.com
 * @example
 * ```ts
 * const outcome = await sendEvent({ endpoint, id: 'evt_1', body: '{}', attempt: 1 }, { fetch, now: Date.now })
 * if (!outcome.ok) console.log(outcome.error, outcome.retryAfter ?? retryDelayOf(1))
 * ```
 */
export async function sendEvent(message: Message, dependencies: DeliveryDependencies): Promise<SendOutcome> {
  const outcome = await exchange(message, dependencies, dependencies.timeout ?? TIMEOUT)
  if (!outcome.ok) return outcome
  const { ok, status, ms } = outcome
  return { ok, status, ms }
}

/**
 * Asks an endpoint a question of WeChat Pay (`PARKING_FEE.QUERY_TRANS_INFO`, `CROSS_BORDER_PAY.GET_MCH_INFO`), once. The endpoint must
 * respond with the JSON object that is the answer to WeChat Pay. Never rejects.
 *
 * @param dependencies their `timeout` is 3.5 s by default
 * @returns the answer, with integers beyond 2^53 unrounded
 * @example
 * ```ts
 * const answer = await sendQuestion({ endpoint, id: 'evt_2', body: '{}', attempt: 1 }, { fetch, now: Date.now })
 * return answer.ok ? Response.json(answer.data) : new Response(null, { status: 502 })
 * ```
 */
export async function sendQuestion(message: Message, dependencies: DeliveryDependencies): Promise<Answered> {
  const outcome = await exchange(message, dependencies, dependencies.timeout ?? ANSWER_TIMEOUT)
  if (!outcome.ok) return outcome
  const { ok, status, ms, body } = outcome
  const data = body instanceof DeliveryError ? body : objectOf(body)
  return data instanceof DeliveryError
    ? { ok: false, status, error: data.code, detail: data.message, ms }
    : { ok, status, ms, data }
}

function objectOf(body: Uint8Array): Record<string, unknown> | DeliveryError {
  try {
    const data = parseJson(fromUtf8(body as Uint8Array<ArrayBuffer>))
    if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as Record<string, unknown>
  } catch {}
  return new DeliveryError('NOT_JSON', 'The answer is not a JSON object.')
}
