import { ServiceError, WechatpayError } from '../../core/base/errors.ts'
import { mayDoLater, plainCode } from '../../core/base/service-codes.ts'
import { isRateLimited, isUnavailable } from '../error-kind.ts'
import type { AnyTransfer } from './query.ts'
import type { TransferResponse } from './request.ts'

/** Advice for refusals, by WeChat Pay's code without underscores. */
const ADVICE: Readonly<Record<string, string>> = {
  NOTENOUGH: 'the balance of the account that pays is insufficient (余额不足): top it up',
  NOAUTH: 'the merchant may not transfer, or not in this scene: see 商户平台-产品中心-商家转账',
  APPIDMCHIDNOTMATCH: 'the appid is not linked to the merchant: use one that is, with its openid',
  SIGNERROR: 'the signature is wrong: correct the configuration',
  INVALIDREQUEST:
    'the out_bill_no belongs to another transfer, or the product does not allow this one: see the message of WeChat Pay',
  PARAMERROR: 'a parameter is wrong: see the message of WeChat Pay',
  ACCOUNTERROR: "the user's account does not accept transfers: pay them another way",
  USERERROR: 'the account of the merchant or of the user is restricted: see the message of WeChat Pay',
}
const RATE_LIMIT_ADVICE = 'too many transfers: try again in a minute'
const DEFAULT_ADVICE = 'see the message of WeChat Pay'

/**
 * `TRANSFER_REFUSED`: there is no transfer under the number. `TRANSFER_FAILED`, `TRANSFER_CANCELLED`: there is one, and
 * its money comes back. `TRANSFER_NOT_CANCELLED`: the user may still receive it. `OUTCOME_UNKNOWN`: it may have been
 * made.
 */
export type TransferCode =
  | 'TRANSFER_REFUSED'
  | 'TRANSFER_FAILED'
  | 'TRANSFER_CANCELLED'
  | 'TRANSFER_NOT_CANCELLED'
  | 'OUTCOME_UNKNOWN'

/**
 * Thrown if a transfer was not made, does not reach the user, or its outcome is unknown. It is always safe to call
 * `startTransfer` again with the same `out_bill_no`, because a number transfers at most once. A new number can pay
 * twice, unless a query has found the old transfer `FAIL` or `CANCELLED`.
 */
export class TransferError extends WechatpayError {
  override readonly name: string = 'TransferError'
  declare readonly code: TransferCode
  declare readonly out_bill_no: string
  /** WeChat Pay's code of a refusal: `NOT_ENOUGH`, `FREQUENCY_LIMITED`, … */
  declare readonly serviceCode: string | undefined
  /** State of the transfer, as last known. */
  declare readonly state: string | undefined
  /** 失败原因 of a failed transfer: `OVERDUE_CLOSE`, `REAL_NAME_CHECK_FAIL`, … */
  declare readonly failReason: string | undefined
  /** Whether the transfer may exist and reach the user. */
  declare readonly mayHaveTakenEffect: boolean
  /** Whether the same parameters may succeed later, for example after a top-up or a minute. */
  declare readonly isRepeatable: boolean
}

/** @param error WeChat Pay's refusal */
export function transferRefused(out_bill_no: string, error: ServiceError): TransferError {
  const { serviceCode, serviceMessage } = error
  const advice = isRateLimited(error) ? RATE_LIMIT_ADVICE : (ADVICE[plainCode(serviceCode)] ?? DEFAULT_ADVICE)
  const isRepeatable = isRateLimited(error) || mayDoLater(serviceCode)
  const message = `The transfer ${out_bill_no} was refused, ${serviceCode}: ${serviceMessage}. Advice: ${advice}; then transfer again with the same out_bill_no.`
  const fields = { out_bill_no, serviceCode, mayHaveTakenEffect: false, isRepeatable }
  return new TransferError('TRANSFER_REFUSED', message, error, fields)
}

/** @param error the last failure */
export function transferUnknown(out_bill_no: string, error: unknown): TransferError {
  const isDown = isUnavailable(error) ? ' WeChat Pay is unavailable.' : ''
  const message = `The outcome of the transfer ${out_bill_no} is unknown.${isDown} Transfer again with the same parameters and the same out_bill_no: the transfer is found, or made once. A new number could pay twice.`
  const serviceCode = error instanceof ServiceError ? error.serviceCode : undefined
  const fields = { out_bill_no, serviceCode, mayHaveTakenEffect: true, isRepeatable: true }
  return new TransferError('OUTCOME_UNKNOWN', message, error, fields)
}

/** Creates the error for a transfer that has failed or was cancelled, or is about to be. */
export function transferEnded({ out_bill_no, state, fail_reason }: TransferResponse): TransferError {
  const isCanceling = state === 'CANCELING'
  const isFailed = state === 'FAIL'
  const end = isFailed
    ? `has failed, ${fail_reason ?? 'without a reason'}`
    : isCanceling
      ? 'is being cancelled'
      : 'was cancelled'
  const advice = isCanceling
    ? 'Wait with settledTransfer until it is CANCELLED'
    : 'Its money is back in the account that paid. This number stays as it is; to pay after all, transfer under a new out_bill_no'
  const fields = { out_bill_no, state, failReason: fail_reason, mayHaveTakenEffect: isCanceling, isRepeatable: false }
  const message = `The transfer ${out_bill_no} ${end}. ${advice}.`
  return new TransferError(isFailed ? 'TRANSFER_FAILED' : 'TRANSFER_CANCELLED', message, undefined, fields)
}

/**
 * Creates the error for a transfer that is not known to be cancelled.
 *
 * @param transfer as found by the last query
 * @param error the last failure
 */
export function notCancelled(out_bill_no: string, transfer: AnyTransfer | undefined, error: unknown): TransferError {
  const found = transfer ? `is ${transfer.state}` : 'was not found by any query'
  const serviceCode = error instanceof ServiceError ? error.serviceCode : undefined
  const refusal = serviceCode ? `, and cancelling it was refused with ${serviceCode}` : ''
  const message = `The transfer ${out_bill_no} ${found}${refusal}, so the user may still receive it. Cancel it again later, and do not pay under another number until then.`
  const fields = { out_bill_no, serviceCode, state: transfer?.state, mayHaveTakenEffect: true, isRepeatable: true }
  return new TransferError('TRANSFER_NOT_CANCELLED', message, error, fields)
}
