import { ServiceError, WechatpayError } from '../../core/base/errors.ts'
import { mayDoLater, plainCode } from '../../core/base/service-codes.ts'
import { isRateLimited, isUnavailable } from '../error-kind.ts'
import type { AnyServiceOrder } from './query.ts'

/** Advice for refusals, by WeChat Pay's code without underscores. */
const ADVICE: Readonly<Record<string, string>> = {
  NOAUTH: 'the merchant or the appid may not use this service: ask WeChat Pay to link them to the service_id',
  INVALIDREQUEST:
    'the user was not accepted (综合评估未通过), an amount is too high, a deduction is in progress (try again in 3 minutes), or the out_order_no belongs to another order: see the message of WeChat Pay',
  PARAMERROR: 'a parameter is wrong: see the message of WeChat Pay',
  SIGNERROR: 'the signature is wrong: correct the configuration',
}
const RATE_LIMIT_ADVICE = 'too many calls: try again in a minute'
const DEFAULT_ADVICE = 'see the message of WeChat Pay'

/**
 * `SERVICE_ORDER_REFUSED`: the call changed nothing. `SERVICE_ORDER_STATE`: the state of the order does not allow it,
 * nothing was sent. `SERVICE_ORDER_NOT_CANCELLED`: the user may still be charged. `OUTCOME_UNKNOWN`: the call may have
 * taken effect.
 */
export type ServiceOrderCode =
  | 'SERVICE_ORDER_REFUSED'
  | 'SERVICE_ORDER_STATE'
  | 'SERVICE_ORDER_NOT_CANCELLED'
  | 'OUTCOME_UNKNOWN'

/**
 * Thrown if a service order was not created, completed, modified, cancelled or synchronized. It is always safe to make
 * the same call again, because an order is completed once, and its amount can only be lowered.
 */
export class ServiceOrderError extends WechatpayError {
  override readonly name: string = 'ServiceOrderError'
  declare readonly code: ServiceOrderCode
  declare readonly out_order_no: string
  /** WeChat Pay's code of a refusal. */
  declare readonly serviceCode: string | undefined
  /** State of the order, as found by the last query. */
  declare readonly state: string | undefined
  declare readonly mayHaveTakenEffect: boolean
  /** Whether the same call may succeed later. */
  declare readonly isRepeatable: boolean
}

/** The call that failed, in words: `completing`. */
export type Attempt = 'creating' | 'completing' | 'modifying' | 'synchronizing'

/** @param error WeChat Pay's refusal */
export function callRefused(attempt: Attempt, out_order_no: string, error: ServiceError): ServiceOrderError {
  const { serviceCode, serviceMessage } = error
  const advice = isRateLimited(error) ? RATE_LIMIT_ADVICE : (ADVICE[plainCode(serviceCode)] ?? DEFAULT_ADVICE)
  const message = `WeChat Pay refused ${attempt} the service order ${out_order_no}, ${serviceCode}: ${serviceMessage}. Advice: ${advice}.`
  const isRepeatable = isRateLimited(error) || mayDoLater(serviceCode)
  const fields = { out_order_no, serviceCode, mayHaveTakenEffect: false, isRepeatable }
  return new ServiceOrderError('SERVICE_ORDER_REFUSED', message, error, fields)
}

/** @param error the last failure */
export function outcomeUnknown(attempt: Attempt, out_order_no: string, error: unknown): ServiceOrderError {
  const isDown = isUnavailable(error) ? ' WeChat Pay is unavailable.' : ''
  const message = `The outcome of ${attempt} the service order ${out_order_no} is unknown.${isDown} Make the same call again: it finds what happened, or happens once.`
  const serviceCode = error instanceof ServiceError ? error.serviceCode : undefined
  const fields = { out_order_no, serviceCode, mayHaveTakenEffect: true, isRepeatable: true }
  return new ServiceOrderError('OUTCOME_UNKNOWN', message, error, fields)
}

/** Advice by state, for calls that the state does not allow. */
const STATE_ADVICE: Readonly<Record<string, string>> = {
  CREATED: 'The user has not confirmed it: wait with confirmedServiceOrder',
  DOING:
    'See its state_description: only orders in use (USER_CONFIRM) can be completed, and only completed ones changed',
  DONE: 'It is paid, or costs nothing: refund the difference by the transaction_id of its collection',
  REVOKED: 'It was cancelled: create another one under a new out_order_no',
  EXPIRED: 'Nobody confirmed it within 30 days: create another one under a new out_order_no',
}

/** Creates the error for a call that the state of the order does not allow. */
export function wrongState(
  attempt: Attempt,
  { out_order_no, state, state_description }: AnyServiceOrder,
): ServiceOrderError {
  const described = state_description ? `${state} (${state_description})` : state
  const advice = STATE_ADVICE[state] ?? 'Query it again'
  const message = `The service order ${out_order_no} is ${described}, which does not allow ${attempt} it. ${advice}.`
  const fields = { out_order_no, state, mayHaveTakenEffect: false, isRepeatable: state === 'CREATED' }
  return new ServiceOrderError('SERVICE_ORDER_STATE', message, undefined, fields)
}

/** @param error the last failure */
export function notCancelled(
  out_order_no: string,
  order: AnyServiceOrder | undefined,
  error: unknown,
): ServiceOrderError {
  const found = order ? `is ${order.state}` : 'was not found by any query'
  const serviceCode = error instanceof ServiceError ? error.serviceCode : undefined
  const refusal = serviceCode ? `, and cancelling it was refused with ${serviceCode}` : ''
  const message = `The service order ${out_order_no} ${found}${refusal}, so the user may still be charged. Cancel it again; while a deduction is in progress, in 3 minutes.`
  const fields = { out_order_no, serviceCode, state: order?.state, mayHaveTakenEffect: true, isRepeatable: true }
  return new ServiceOrderError('SERVICE_ORDER_NOT_CANCELLED', message, error, fields)
}
