import type { RetryOptions } from '../../definitions/call.ts'
import {
  DOUBT,
  ResponseError,
  ServiceError,
  type TransportCode,
  TransportError,
  WechatpayError,
} from '../base/errors.ts'
import { type Limits, withinLimits } from '../base/limits.ts'
import { asksAgain } from '../base/service-codes.ts'

/** The hosts, the time limits and the repetitions of a call. */
export interface Route {
  /** The access point, followed by its standby if it has one. */
  baseUrls: readonly string[]
  /**
   * Whether the call changes something. It is then repeated only if the caller allows it, or WeChat Pay asks for it and
   * `isRepeatable`.
   */
  changes: boolean
  /** Whether sending it twice has the effect of sending it once. */
  isRepeatable?: boolean
  /** Milliseconds per attempt. */
  timeout: number
  retry: RetryOptions | number | false | undefined
  signal?: AbortSignal | undefined
  /** Called before the pause of a repetition. */
  onRetry?: ((failure: unknown, milliseconds: number) => void) | undefined
}

/** Codes after which another attempt would fail in the same way. */
const FINAL = new Set<TransportCode>(['ABORTED', 'RESPONSE_TOO_LARGE'])
const ATTEMPTS = 3
const MAX_PAUSE = 8_000

/**
 * Sends a request, and repeats it if that is safe, after a random, growing pause. Alternates with the standby, if there
 * is one, when no response arrived.
 *
 * @param attempt signs, sends, verifies and reads once, within its limits
 * @throws {WechatpayError} the error of the last attempt; if an earlier attempt may have taken effect, an error whose
 * `mayHaveTakenEffect` is true, whatever ended the repetitions
 */
export async function sendRepeatedly<T>(
  route: Route,
  attempt: (baseUrl: string, limits: Limits) => Promise<T>,
): Promise<T> {
  const { attempts = ATTEMPTS, repeatable = !route.changes, delay = backoff } = retryOptions(route.retry)
  const { baseUrls } = route
  let host = 0
  /** Whether an attempt may have taken effect; undefined while none was made. */
  let isInDoubt: boolean | undefined
  let failure: unknown
  for (let repetitions = 0; ; repetitions++) {
    try {
      if (repetitions > 0) {
        const milliseconds = retryAfter(failure) ?? delay(repetitions)
        route.onRetry?.(failure, milliseconds)
        await wait(milliseconds, route.signal, isInDoubt)
      }
      return await attempt(baseUrls[host % baseUrls.length]!, { ...route, isInDoubt })
    } catch (error) {
      failure = error
      isInDoubt = isInDoubt || (error as Partial<TransportError>).mayHaveTakenEffect === true
      if (repetitions + 1 >= attempts || !isWorthRepeating(error, repeatable, route.isRepeatable))
        throw isInDoubt ? inDoubt(error) : error
      if (!(error instanceof ServiceError)) host++
    }
  }
}

/**
 * Marks an error with the fact that an earlier attempt may have taken effect. An error that means "nothing was sent",
 * such as a missing permission for the standby host, is true only of its own attempt, so it becomes the cause of
 * another error.
 */
export function inDoubt(error: unknown): unknown {
  if (error instanceof ResponseError || error instanceof TransportError)
    return error.mayHaveTakenEffect
      ? error
      : Object.assign(error, { mayHaveTakenEffect: true, message: error.message + DOUBT })
  const why = error instanceof WechatpayError ? ` (${error.message})` : ''
  return new TransportError('NETWORK_ERROR', `No response, and the request could not be repeated${why}.`, true, error)
}

const retryOptions = (retry: Route['retry']): RetryOptions =>
  retry === false ? { attempts: 1 } : typeof retry === 'number' ? { attempts: retry } : (retry ?? {})

/**
 * Returns whether to repeat an attempt after an error.
 *
 * @param isAllowed the call changes nothing, or the caller allows repeating it
 * @param isRepeatable sending it twice has the effect of sending it once
 */
function isWorthRepeating(error: unknown, isAllowed: boolean, isRepeatable = false): boolean {
  if (!(error instanceof ServiceError)) return error instanceof TransportError && !FINAL.has(error.code) && isAllowed
  const { status, serviceCode, mayHaveTakenEffect } = error
  // A proxy's 429 is no request to repeat, because the call may have taken effect.
  const isAsked = asksAgain(serviceCode) || (status === 429 && !mayHaveTakenEffect)
  return isAsked ? isAllowed || isRepeatable : isAllowed && (status >= 500 || status === 429)
}

/** Returns half a second, doubled each time, with jitter, so that callers do not retry all at once. */
const backoff = (number: number): number => Math.min(500 * 2 ** (number - 1), MAX_PAUSE) * (0.5 + Math.random() / 2)

function retryAfter(error: unknown): number | undefined {
  const after = error instanceof ResponseError ? error.headers.get('retry-after') : undefined
  const seconds = after ? Number(after) : -1
  return seconds >= 0 ? Math.min(seconds * 1000, MAX_PAUSE) : undefined
}

const wait = (milliseconds: number, signal: AbortSignal | undefined, isInDoubt = false): Promise<void> =>
  withinLimits(
    { signal, changes: isInDoubt, isInDoubt },
    () => new Promise(resolve => setTimeout(resolve, milliseconds)),
  )
