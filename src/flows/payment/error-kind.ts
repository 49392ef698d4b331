import {
  CallError,
  ConfigurationError,
  MalformedError,
  ResponseError,
  ServiceError,
  TransportError,
} from '../../core/errors.ts'
import { isLimited, isOutOfOrderCode, plainCode, provesAbsence } from '../../core/service-codes.ts'

/** WeChat Pay's code of a refusal, without underscores; undefined where it did not refuse. */
export const serviceCodeOf = (error: unknown): string | undefined =>
  error instanceof ServiceError ? plainCode(error.serviceCode) : undefined

/** The order or the refund is not there, or not yet. */
export const isAbsent = (error: unknown): boolean => error instanceof ServiceError && provesAbsence(error)

/** Too many calls: WeChat Pay did nothing, and wants the same again, later. A proxy's 429 says nothing of what WeChat Pay did. */
export const isRateLimited = (error: unknown): boolean =>
  error instanceof ServiceError && (isLimited(error.serviceCode) || (error.status === 429 && !error.mayHaveTakenEffect))

/** WeChat Pay or a bank is out of order: the same again may do. */
export const isUnavailable = (error: unknown): boolean =>
  error instanceof ServiceError && (isOutOfOrderCode(error.serviceCode) || error.status >= 500)

/** Whether the call never left: it cannot be sent as it stands, or was given up before. */
export const wasNotSent = (error: unknown): boolean =>
  error instanceof CallError ||
  error instanceof ConfigurationError ||
  (error instanceof TransportError && !error.mayHaveTakenEffect)

/** Whether to ask again makes sense: nothing is known yet, of a query at least. */
export const isTransient = (error: unknown): boolean =>
  error instanceof TransportError ||
  isAbsent(error) ||
  isRateLimited(error) ||
  isUnavailable(error) ||
  error instanceof MalformedError ||
  (error instanceof ResponseError && !(error instanceof ServiceError))
