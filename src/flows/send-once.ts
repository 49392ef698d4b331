import { ServiceError } from '../core/base/errors.ts'
import { isRateLimited, wasNotSent } from './error-kind.ts'
import type { Retries } from './retries.ts'

/** A call that must take effect at most once. WeChat Pay knows it by a number that the merchant assigns. */
export interface OnceCall<Response, Found> {
  /** Sends the call, without retries of the client. */
  send(): Promise<Response>
  /** Queries the object of the call by its number; undefined if there is none, so that the call can be sent again. */
  find(): Promise<Found | undefined>
  /**
   * Returns whether the response tells what became of the call; otherwise a query follows.
   *
   * @param mayHaveArrived whether an earlier request may have taken effect
   */
  isConclusive(response: Response, mayHaveArrived: boolean): boolean
  /** Whether a signed refusal proves, without a query, that nothing was done. */
  readonly trustsSignedRefusals: boolean
  /** Creates the error for a call that was refused and has had no effect. */
  refused(error: ServiceError): Error
  /** Creates the error for a call whose effect remains unknown. @param error the last failure */
  unknown(error: unknown): Error
}

/** The outcome of a call: its response, or the object that a query found. */
export type SentOnce<Response, Found> = { by: 'response'; data: Response } | { by: 'query'; data: Found }

/**
 * Sends a call until it is accepted, refused, or its outcome remains unknown. Sends it again, with the same number and
 * parameters, only if a query found nothing, or WeChat Pay reported too many requests.
 *
 * @throws the errors of the call; what `send` throws if nothing was sent
 */
export async function sendOnce<Response, Found>(
  call: OnceCall<Response, Found>,
  { delays, signal, pause }: Retries,
): Promise<SentOnce<Response, Found>> {
  /** Whether a request with unknown outcome was sent, which may still arrive. */
  let mayHaveArrived = false
  /** Whether a query found nothing since the last request. */
  let isMissing = true
  let lastError: unknown
  for (let number = 0; number <= delays.length; number++) {
    if (number > 0) await pause(delays[number - 1]!)
    if (signal?.aborted && mayHaveArrived) break
    if (isMissing) {
      const sent = await settle(call.send())
      if ('value' in sent && call.isConclusive(sent.value, mayHaveArrived)) return { by: 'response', data: sent.value }
      lastError = 'error' in sent ? sent.error : undefined
      if (wasNotSent(lastError) && !mayHaveArrived) throw lastError
      if (isProvenRefusal(lastError) && isRateLimited(lastError)) continue
      if (!isProvenRefusal(lastError)) mayHaveArrived = true
      isMissing = false
    }
    const found = await settle(call.find())
    if ('value' in found && found.value !== undefined) return { by: 'query', data: found.value }
    isMissing = 'value' in found
    if (!isProvenRefusal(lastError)) continue
    // An unsigned refusal may be forged, so a query must confirm that there is nothing.
    const isProven = isMissing || (call.trustsSignedRefusals && lastError.verifiedBy !== undefined)
    if (!mayHaveArrived && isProven) throw call.refused(lastError)
    // This request was refused, but an earlier one may still arrive.
    if (isMissing) break
  }
  if (!mayHaveArrived && isMissing && isProvenRefusal(lastError)) throw call.refused(lastError)
  throw call.unknown(lastError)
}

const settle = <T>(promise: Promise<T>): Promise<{ value: T } | { error: unknown }> =>
  promise.then(
    value => ({ value }),
    error => ({ error }),
  )

/** Returns whether WeChat Pay refused the request without effect. */
const isProvenRefusal = (error: unknown): error is ServiceError =>
  error instanceof ServiceError && !error.mayHaveTakenEffect
