import { fromUtf8 } from '../../core/bytes.ts'
import { parseJson } from '../../core/index.ts'
import { type DeliveryDependencies, exchange, Failed, type Failure, type Message } from './exchange.ts'

export type { DeliveryDependencies, Failure, FailureCode, Message } from './exchange.ts'

/** What became of an attempt. */
export type Outcome = Delivered | Failure

/** The endpoint has it: it answered 2xx. */
export interface Delivered {
  readonly ok: true
  readonly status: number
  readonly ms: number
}

/** What became of a question. */
export type Answered = (Delivered & { readonly data: Readonly<Record<string, unknown>> }) | Failure

/** Milliseconds that an attempt may take. */
const TIMEOUT = 10_000
/** Milliseconds that an answer may take: WeChat Pay waits 5 s for it, and the way there and back is in that. */
const ANSWER_TIMEOUT = 3_500

/**
 * Delivers a message: one attempt. Posts it to the endpoint as a signed webhook (Standard Webhooks). Never rejects.
 *
 * Any 2xx is taken for "I have it", whatever becomes of the answer's body; a redirect is not followed. Nothing goes to a
 * private address unless the endpoint allows it.
 *
 * @returns what became of it; how long it took in milliseconds
 * @see https://www.standardwebhooks.com
 * @example
 * ```ts
 * const outcome = await send({ endpoint, id: 'evt_1', body: '{}', attempt: 1 }, { fetch, now: Date.now })
 * if (!outcome.ok) console.log(outcome.error, outcome.retryAfter ?? delayOf(1))
 * ```
 */
export async function send(message: Message, dependencies: DeliveryDependencies): Promise<Outcome> {
  const outcome = await exchange(message, dependencies, dependencies.timeout ?? TIMEOUT)
  if (!outcome.ok) return outcome
  const { ok, status, ms } = outcome
  return { ok, status, ms }
}

/**
 * The same for what WeChat Pay expects an answer to (`PARKING_FEE.QUERY_TRANS_INFO`, `CROSS_BORDER_PAY.GET_MCH_INFO`): there
 * is no second attempt, and the JSON object that the endpoint answers is what WeChat Pay gets. Never rejects.
 *
 * @param dependencies its `timeout` is 3.5 s where it gives none
 * @returns the answer: integers beyond 2^53 unrounded
 * @example
 * ```ts
 * const answer = await ask({ endpoint, id: 'evt_2', body: '{}', attempt: 1 }, { fetch, now: Date.now })
 * return answer.ok ? Response.json(answer.data) : new Response(null, { status: 502 })
 * ```
 */
export async function ask(message: Message, dependencies: DeliveryDependencies): Promise<Answered> {
  const outcome = await exchange(message, dependencies, dependencies.timeout ?? ANSWER_TIMEOUT)
  if (!outcome.ok) return outcome
  const { ok, status, ms, body } = outcome
  const data = body instanceof Failed ? body : objectOf(body)
  return data instanceof Failed
    ? { ok: false, status, error: data.code, detail: data.message, ms }
    : { ok, status, ms, data }
}

function objectOf(body: Uint8Array): Record<string, unknown> | Failed {
  try {
    const data = parseJson(fromUtf8(body as Uint8Array<ArrayBuffer>))
    if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as Record<string, unknown>
  } catch {}
  return new Failed('NOT_JSON', 'The answer is no JSON object.')
}
