import {
  CallError,
  ConfigurationError,
  MalformedError,
  ResponseError,
  ServiceError,
  TransportError,
} from '../core/base/errors.ts'
import { isLimited, isOutOfOrderCode, plainCode, provesAbsence } from '../core/base/service-codes.ts'

/** Returns WeChat Pay's code of a refusal, without underscores; undefined for other errors. */
export const serviceCodeOf = (error: unknown): string | undefined =>
  error instanceof ServiceError ? plainCode(error.serviceCode) : undefined

/** Returns whether the error proves that the order or refund does not exist (yet). */
export const isAbsent = (error: unknown): boolean => error instanceof ServiceError && provesAbsence(error)

/**
 * Returns whether a rate limit refused the call: WeChat Pay did nothing, and the call can be repeated later. A proxy's
 * 429 does not prove that.
 */
export const isRateLimited = (error: unknown): boolean =>
  error instanceof ServiceError && (isLimited(error.serviceCode) || (error.status === 429 && !error.mayHaveTakenEffect))

/** Returns whether WeChat Pay or a bank failed, after which the call can be repeated. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof ServiceError && (isOutOfOrderCode(error.serviceCode) || error.status >= 500)

/** Returns whether the error is the caller's, which repeating does not fix. */
export const isCallerError = (error: unknown): boolean =>
  error instanceof CallError || error instanceof ConfigurationError

/** Returns whether the request was not sent, because it is invalid or was aborted before. */
export const wasNotSent = (error: unknown): boolean =>
  isCallerError(error) || (error instanceof TransportError && !error.mayHaveTakenEffect)

/** Returns whether to repeat a query, because the error leaves the state of the order unknown. */
export const isTransient = (error: unknown): boolean =>
  error instanceof TransportError ||
  isAbsent(error) ||
  isRateLimited(error) ||
  isUnavailable(error) ||
  error instanceof MalformedError ||
  (error instanceof ResponseError && !(error instanceof ServiceError))
