import { parseJson } from '../../core/index.ts'
import { VERSION } from '../../core/version.ts'
import { isPrivateHost } from './address.ts'
import type { Endpoint } from './endpoint.ts'
import { webhookHeaders } from './webhook.ts'

/** Milliseconds that an endpoint has, its answer included. */
const TIMEOUT = 10_000
/** Milliseconds that it has for a question: WeChat Pay waits five seconds for all. */
const TIMEOUT_OF_QUESTION = 3_500
/** Bytes of an answer that are read. */
const MOST_ANSWER = 64 * 1024
/** Milliseconds; an endpoint that asks for more patience gets this. */
const MOST_PATIENCE = 24 * 60 * 60 * 1000

/** What is sent to an endpoint. */
export interface Webhook {
  readonly endpoint: Endpoint
  /** `webhook-id` */
  readonly id: string
  readonly body: string
}

/** How an endpoint is reached, and what time it is. */
export interface Way {
  readonly fetch: typeof fetch
  readonly now: () => number
  readonly timeout?: number
}

/** Why an attempt came to nothing. */
export type DeliveryError =
  | 'TIMEOUT'
  | 'NETWORK_ERROR'
  | 'REDIRECTED'
  | 'PRIVATE_ADDRESS'
  | 'STATUS'
  /** Of a question: the answer is no JSON object. */
  | 'NOT_JSON'
  /** The configuration has the endpoint no longer. */
  | 'ENDPOINT_GONE'

export interface Failed {
  readonly ok: false
  readonly error: DeliveryError
  /** In words, nothing secret. */
  readonly detail: string
  readonly status?: number
  readonly ms: number
  /** The endpoint asks to be left alone for as long, ms. */
  readonly retryAfter?: number
}

export type Outcome = { readonly ok: true; readonly status: number; readonly ms: number } | Failed
export type Answer =
  | { readonly ok: true; readonly status: number; readonly ms: number; readonly answer: object }
  | Failed

/** Thrown by a `fetch` that has looked where a name leads. */
export class PrivateAddressError extends Error {
  override readonly name: string = 'PrivateAddressError'
}

/** Sends a webhook, once. Whatever happens is an outcome. Any 2xx is taken for its arrival. */
export async function send(webhook: Webhook, way: Way): Promise<Outcome> {
  const outcome = await exchange(webhook, way.timeout ?? TIMEOUT, way)
  if (!outcome.ok) return outcome
  const { status, ms } = outcome
  return { ok: true, status, ms }
}

/** Sends a webhook, and reads the JSON object that it is answered with. */
export async function ask(webhook: Webhook, way: Way): Promise<Answer> {
  const outcome = await exchange(webhook, way.timeout ?? TIMEOUT_OF_QUESTION, way)
  if (!outcome.ok) return outcome
  const { text, ...rest } = outcome
  const answer = objectOf(text)
  if (answer) return { ...rest, answer }
  return { ...rest, ok: false, error: 'NOT_JSON', detail: 'Answer the question with a JSON object.' }
}

type Exchanged = { readonly ok: true; readonly status: number; readonly ms: number; readonly text: string } | Failed

async function exchange({ endpoint, id, body }: Webhook, timeout: number, { fetch, now }: Way): Promise<Exchanged> {
  const start = performance.now()
  const took = () => performance.now() - start
  const fail = (error: DeliveryError, detail: string, more: Partial<Failed> = {}): Failed => ({
    ...{ ok: false, error, detail, ms: took() },
    ...more,
  })
  if (!endpoint.allowPrivate && isPrivateHost(new URL(endpoint.url).hostname))
    return fail('PRIVATE_ADDRESS', AT_PRIVATE)
  const limit = new AbortController()
  const timer = setTimeout(() => limit.abort(), timeout)
  try {
    const response = await fetch(endpoint.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        'user-agent': `wechatpay-edge/${VERSION}`,
        ...(await webhookHeaders(endpoint, id, body, now())),
      },
      body,
      redirect: 'manual',
      signal: limit.signal,
    })
    const { status } = response
    const text = await readStart(response, limit.signal)
    if (response.type === 'opaqueredirect' || (status >= 300 && status < 400))
      return fail('REDIRECTED', 'It leads elsewhere. Give the address that answers itself.', { status })
    if (!response.ok) return fail('STATUS', `It answered HTTP ${status}.`, { status, ...patience(response, now()) })
    return { ok: true, status, ms: took(), text }
  } catch (error) {
    if (limit.signal.aborted) return fail('TIMEOUT', `It gave no whole answer within ${timeout} ms.`)
    if (isPrivateError(error)) return fail('PRIVATE_ADDRESS', AT_PRIVATE)
    return fail('NETWORK_ERROR', reasonOf(error))
  } finally {
    clearTimeout(timer)
  }
}

const AT_PRIVATE = 'It lies at a private address. Set "allowPrivate" where that is meant.'

/** What an endpoint answers is of no use beyond its start; it is read to its end, so that the connection can be used again. */
async function readStart({ body }: Response, signal: AbortSignal): Promise<string> {
  const reader = body?.getReader()
  const decoder = new TextDecoder()
  let text = ''
  let length = 0
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  aborted.catch(() => {})
  while (reader && length < MOST_ANSWER) {
    const { done, value } = await Promise.race([reader.read(), aborted])
    if (done) return text + decoder.decode()
    length += value.length
    text += decoder.decode(value, { stream: true })
  }
  reader?.cancel().catch(() => {})
  return text
}

function objectOf(text: string): object | undefined {
  try {
    const value = parseJson(text)
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined
  } catch {
    return undefined
  }
}

/** `Retry-After` (RFC 9110, 10.2.3): seconds, or a date. */
function patience({ headers }: Response, now: number): { retryAfter?: number } {
  const value = headers.get('retry-after')?.trim() ?? ''
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now
  return ms > 0 ? { retryAfter: Math.min(ms, MOST_PATIENCE) } : {}
}

const isPrivateError = (error: unknown): boolean =>
  error instanceof PrivateAddressError || (error as { cause?: unknown })?.cause instanceof PrivateAddressError

/** Node hides the reason (`ECONNREFUSED`) in the cause of a "fetch failed". */
function reasonOf(error: unknown): string {
  const { message, code, cause } = Object(error) as { message?: string; code?: string; cause?: { code?: string } }
  return `It cannot be reached: ${cause?.code ?? code ?? message ?? 'no reason given'}.`
}
