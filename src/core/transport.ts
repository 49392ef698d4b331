import type { RetryOptions } from './endpoints/call.ts'
import { AnswerError, DOUBT, ServiceError, type TransportCode, TransportError } from './errors.ts'

/** The access point (接入点) of all endpoints that name none, and its standby (跨城容灾). */
export const BASE_URL = 'https://api.mch.weixin.qq.com/'
export const STANDBY_URL = 'https://api2.mch.weixin.qq.com/'

/** How one call travels. */
export interface Route {
  /** The access point, and behind it its standby, where there is one. */
  baseUrls: readonly string[]
  /** The call changes something: it is repeated only where WeChat Pay asks for that, or the caller allows it. */
  changes: boolean
  /** Milliseconds for an attempt. */
  timeout: number
  retry: RetryOptions | number | false | undefined
  signal?: AbortSignal | undefined
}

/** WeChat Pay's request to send the same parameters again later. */
const ASKS_AGAIN = new Set(['SYSTEM_ERROR', 'FREQUENCY_LIMIT_EXCEED', 'FREQUENCY_LIMITED'])
/** Another attempt would end the same way. */
const FINAL = new Set<TransportCode>(['ABORTED', 'RESPONSE_TOO_LARGE'])
const ATTEMPTS = 3
const LONGEST_WAIT = 8_000

/**
 * Sends, and sends again what is safe to repeat, after a pause that grows and is drawn by lot. What failed to arrive
 * goes to the standby next, where there is one.
 *
 * @param attempt signs, sends, verifies, reads: once
 */
export async function send<T>(route: Route, attempt: (baseUrl: string, signal: AbortSignal) => Promise<T>): Promise<T> {
  const { attempts = ATTEMPTS, repeatable = !route.changes, delay = backoff } = retryOptions(route.retry)
  const { baseUrls } = route
  let host = 0
  let isInDoubt = false
  for (let number = 1; ; number++) {
    try {
      return await within(route, signal => attempt(baseUrls[host % baseUrls.length]!, signal))
    } catch (error) {
      isInDoubt ||= (error as Partial<TransportError>).mayHaveTakenEffect === true
      if (number >= attempts || !isWorthRepeating(error, repeatable)) throw isInDoubt ? inDoubt(error) : error
      if (!(error instanceof ServiceError)) host++
      await pause(retryAfter(error) ?? delay(number), route)
    }
  }
}

/** A refusal ends one attempt. An earlier one that nobody knows about may have taken effect all the same. */
function inDoubt(error: unknown): unknown {
  const isSure = (error instanceof AnswerError || error instanceof TransportError) && !error.mayHaveTakenEffect
  return isSure ? Object.assign(error, { mayHaveTakenEffect: true, message: error.message + DOUBT }) : error
}

const retryOptions = (retry: Route['retry']): RetryOptions =>
  retry === false ? { attempts: 1 } : typeof retry === 'number' ? { attempts: retry } : (retry ?? {})

function isWorthRepeating(error: unknown, repeatable: boolean): boolean {
  if (error instanceof ServiceError)
    return error.status === 429 || ASKS_AGAIN.has(error.serviceCode) || (repeatable && error.status >= 500)
  return error instanceof TransportError && !FINAL.has(error.code) && repeatable
}

/** Half a second, doubled each time, and of that a random part: not all callers come back at once. */
const backoff = (number: number): number => Math.min(500 * 2 ** (number - 1), LONGEST_WAIT) * (0.5 + Math.random() / 2)

function retryAfter(error: unknown): number | undefined {
  const seconds = error instanceof AnswerError ? Number(error.headers.get('retry-after') ?? Number.NaN) : Number.NaN
  return seconds >= 0 ? Math.min(seconds * 1000, LONGEST_WAIT) : undefined
}

const pause = (milliseconds: number, route: Route): Promise<void> =>
  within(
    { ...route, timeout: Number.POSITIVE_INFINITY },
    () => new Promise(resolve => setTimeout(resolve, milliseconds)),
  )

/**
 * Gives work a time and the caller's signal, and ends with it: whatever the work still waits for.
 *
 * @throws {TransportError} `TIMEOUT`, `ABORTED`
 */
export async function within<T>(
  { timeout, signal, changes }: Pick<Route, 'timeout' | 'signal' | 'changes'>,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  if (signal?.aborted) throw new TransportError('ABORTED', 'Aborted before it was sent.', false, signal.reason)
  const controller = new AbortController()
  let end = (_error: TransportError): void => {}
  const ended = new Promise<never>((_, reject) => {
    end = error => {
      reject(error)
      controller.abort(error)
    }
  })
  const abort = () => end(new TransportError('ABORTED', 'Aborted.', changes, signal?.reason))
  signal?.addEventListener('abort', abort, { once: true })
  const timer =
    timeout < Number.POSITIVE_INFINITY
      ? setTimeout(() => end(new TransportError('TIMEOUT', `No whole answer within ${timeout} ms.`, changes)), timeout)
      : undefined
  try {
    return await Promise.race([work(controller.signal), ended])
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', abort)
  }
}
