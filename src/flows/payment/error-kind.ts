import {
  CallError,
  ConfigurationError,
  MalformedError,
  ResponseError,
  ServiceError,
  TransportError,
} from '../../core/errors.ts'
import { isLimited, isOutOfOrderCode, plainCode, provesAbsence } from '../../core/service-codes.ts'

/** Returns WeChat Pay's code of a refusal, without underscores; undefined for other errors. */
export const serviceCodeOf = (error: unknown): string | undefined =>
  error instanceof ServiceError ? plainCode(error.serviceCode) : undefined

/** Checks whether the error proves that the order or refund does not exist (yet). */
export const isAbsent = (error: unknown): boolean => error instanceof ServiceError && provesAbsence(error)

/**
 * Checks for a rate limit: WeChat Pay did nothing, and the call can be repeated later. A proxy's 429 does not prove
 * that.
 */
export const isRateLimited = (error: unknown): boolean =>
  error instanceof ServiceError && (isLimited(error.serviceCode) || (error.status === 429 && !error.mayHaveTakenEffect))

/** Checks for a failure of WeChat Pay or a bank, after which the call can be repeated. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof ServiceError && (isOutOfOrderCode(error.serviceCode) || error.status >= 500)

/** Checks whether the request was not sent, because it is invalid or was aborted before. */
export const wasNotSent = (error: unknown): boolean =>
  error instanceof CallError ||
  error instanceof ConfigurationError ||
  (error instanceof TransportError && !error.mayHaveTakenEffect)

/** Checks whether to repeat a query, because the error leaves the state of the order unknown. */
export const isTransient = (error: unknown): boolean =>
  error instanceof TransportError ||
  isAbsent(error) ||
  isRateLimited(error) ||
  isUnavailable(error) ||
  error instanceof MalformedError ||
  (error instanceof ResponseError && !(error instanceof ServiceError))
