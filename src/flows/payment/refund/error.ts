import { ServiceError, WechatpayError } from '../../../core/base/errors.ts'
import { mayDoLater, plainCode } from '../../../core/base/service-codes.ts'
import { isRateLimited, isUnavailable } from '../../error-kind.ts'

/** Advice for refusals, by WeChat Pay's code without underscores. */
const ADVICE: Readonly<Record<string, string>> = {
  NOTENOUGH: 'the balance is insufficient (余额不足): top up or wait for payments, then refund again',
  TRADEOVERDUE: 'the order is more than a year old: pay the shopper another way',
  USERACCOUNTABNORMAL: 'the shopper has closed their account: pay them another way',
  MCHNOTEXISTS: 'the merchant number does not exist: correct the configuration',
  NOAUTH: 'the merchant may not refund this order: see the merchant platform',
  SIGNERROR: 'the signature is wrong: correct the configuration',
  RESOURCENOTEXISTS: 'WeChat Pay has no such paid order',
  ORDERNOTEXIST: 'WeChat Pay has no such paid order',
  INVALIDREQUEST:
    'this order cannot be refunded this way, or the out_refund_no belongs to another refund: see the message of WeChat Pay, and give each new refund its own number',
  PARAMERROR: 'a parameter is wrong: see the message of WeChat Pay',
}
const RATE_LIMIT_ADVICE = 'too many refunds: refund again in a minute'
const DEFAULT_ADVICE = 'see the message of WeChat Pay'

/**
 * Thrown if a refund was not made, does not reach the shopper, or its outcome is unknown. It is always safe to call
 * `refund` again with the same parameters and the same `out_refund_no`, because a number refunds at most once.
 */
export class RefundError extends WechatpayError {
  override readonly name: string = 'RefundError'
  /**
   * `REFUND_REFUSED`, `REFUND_CLOSED`: no money has moved. `REFUND_ABNORMAL`: it has left the merchant but does not
   * reach the shopper. `OUTCOME_UNKNOWN`: it may have moved.
   */
  declare readonly code: 'REFUND_REFUSED' | 'REFUND_CLOSED' | 'REFUND_ABNORMAL' | 'OUTCOME_UNKNOWN'
  declare readonly out_refund_no: string
  /** WeChat Pay's number of a closed or abnormal refund. */
  declare readonly refund_id: string | undefined
  /** WeChat Pay's code: `NOT_ENOUGH`, `FREQUENCY_LIMITED`, …; without underscores in APIv2. */
  declare readonly serviceCode: string | undefined
  declare readonly mayHaveTakenEffect: boolean
  /** Whether the same parameters may succeed later, for example after a top-up or a minute. */
  declare readonly isRepeatable: boolean
}

/** @param error WeChat Pay's refusal */
export function refundRefused(out_refund_no: string, error: ServiceError): RefundError {
  const { serviceCode, serviceMessage } = error
  const advice = isRateLimited(error) ? RATE_LIMIT_ADVICE : (ADVICE[plainCode(serviceCode)] ?? DEFAULT_ADVICE)
  const isRepeatable = isRateLimited(error) || mayDoLater(serviceCode)
  const message = `The refund ${out_refund_no} was refused, ${serviceCode}: ${serviceMessage}. Advice: ${advice}${
    isRepeatable ? ', with the same out_refund_no' : ''
  }.`
  const fields = { out_refund_no, serviceCode, mayHaveTakenEffect: false, isRepeatable }
  return new RefundError('REFUND_REFUSED', message, error, fields)
}

/** @param error the last failure */
export function refundUnknown(out_refund_no: string, error: unknown): RefundError {
  const isDown = isUnavailable(error) ? ' WeChat Pay is unavailable.' : ''
  const message = `The outcome of the refund ${out_refund_no} is unknown.${isDown} Refund again with the same parameters and the same out_refund_no: the refund is found, or made once.`
  const serviceCode = error instanceof ServiceError ? error.serviceCode : undefined
  const fields = { out_refund_no, serviceCode, mayHaveTakenEffect: true, isRepeatable: true }
  return new RefundError('OUTCOME_UNKNOWN', message, error, fields)
}

/** Creates the error for a closed refund (退款关闭), whose money was returned to the merchant. */
export function refundClosed(out_refund_no: string, refund_id: string): RefundError {
  const message = `The refund ${out_refund_no} was closed, and no money has moved. Refund again under a new out_refund_no; this one stays closed.`
  const fields = { out_refund_no, refund_id, mayHaveTakenEffect: false, isRepeatable: false }
  return new RefundError('REFUND_CLOSED', message, undefined, fields)
}

/** Creates the error for a refund whose money does not reach the shopper (退款异常). */
export function refundAbnormal(out_refund_no: string, refund_id: string): RefundError {
  const message = `The refund ${out_refund_no} is abnormal: the money has left the merchant, but the shopper's account does not accept it. In APIv3 send it to another bank card with redirectRefund; in APIv2 and overseas use the merchant platform (商户平台-交易中心). Do not refund under another number.`
  const fields = { out_refund_no, refund_id, mayHaveTakenEffect: true, isRepeatable: false }
  return new RefundError('REFUND_ABNORMAL', message, undefined, fields)
}
