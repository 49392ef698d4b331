import { ServiceError, WechatpayError } from '../../../core/errors.ts'
import { mayDoLater, plainCode } from '../../../core/service-codes.ts'
import { isRateLimited, isUnavailable } from '../error-kind.ts'

/** What to do about a refusal, by WeChat Pay's code without underscores. */
const ADVICE: Readonly<Record<string, string>> = {
  NOTENOUGH: 'the balance does not cover it (余额不足): top up or wait for payments, then refund again',
  TRADEOVERDUE: 'the order is more than a year old: pay the shopper another way',
  USERACCOUNTABNORMAL: 'the shopper has closed their account: pay them another way',
  MCHNOTEXISTS: 'the merchant number is not one: correct the configuration',
  NOAUTH: 'the merchant may not refund this order: see the merchant platform',
  SIGNERROR: 'the signature is wrong: correct the configuration',
  RESOURCENOTEXISTS: 'WeChat Pay has no such paid order',
  ORDERNOTEXIST: 'WeChat Pay has no such paid order',
  INVALIDREQUEST:
    'this order cannot be refunded so, or the out_refund_no belongs to another refund: see what WeChat Pay says, and give each new refund a number of its own',
  PARAMERROR: 'a parameter is wrong: see what WeChat Pay says',
}
const TOO_OFTEN = 'too many refunds: refund again in a minute'
const OTHER = 'see what WeChat Pay says'

/**
 * A refund did not come about, does not reach the shopper, or nobody knows. It is never wrong to call `refund` again with the same parameters and the same
 * `out_refund_no`: that number refunds once at most.
 */
export class RefundError extends WechatpayError {
  override readonly name: string = 'RefundError'
  /**
   * `REFUND_REFUSED`, `REFUND_CLOSED`: no money has moved. `REFUND_ABNORMAL`: it has left the merchant and does not reach the shopper.
   * `OUTCOME_UNKNOWN`: it may have moved.
   */
  declare readonly code: 'REFUND_REFUSED' | 'REFUND_CLOSED' | 'REFUND_ABNORMAL' | 'OUTCOME_UNKNOWN'
  declare readonly out_refund_no: string
  /** WeChat Pay's number of a refund that it has: closed or abnormal. */
  declare readonly refund_id: string | undefined
  /** WeChat Pay's code: `NOT_ENOUGH`, `FREQUENCY_LIMITED`, …; APIv2 has them without underscore. */
  declare readonly serviceCode: string | undefined
  declare readonly mayHaveTakenEffect: boolean
  /** The same parameters may do later: when the balance has been topped up, when a minute has passed. */
  declare readonly isRepeatable: boolean
}

/** @param error WeChat Pay's refusal */
export function refundRefused(out_refund_no: string, error: ServiceError): RefundError {
  const { serviceCode, serviceMessage } = error
  const advice = isRateLimited(error) ? TOO_OFTEN : (ADVICE[plainCode(serviceCode)] ?? OTHER)
  const isRepeatable = isRateLimited(error) || mayDoLater(serviceCode)
  const message = `The refund ${out_refund_no} was refused, ${serviceCode}: ${serviceMessage}. Advice: ${advice}${
    isRepeatable ? ', with the same out_refund_no' : ''
  }.`
  const fields = { out_refund_no, serviceCode, mayHaveTakenEffect: false, isRepeatable }
  return new RefundError('REFUND_REFUSED', message, error, fields)
}

/** @param error what failed last */
export function refundUnknown(out_refund_no: string, error: unknown): RefundError {
  const isDown = isUnavailable(error) ? ' WeChat Pay is out of order.' : ''
  const message = `Whether the refund ${out_refund_no} took effect is not known.${isDown} Refund again with the same parameters and the same out_refund_no: it is then found, or made once.`
  const serviceCode = error instanceof ServiceError ? error.serviceCode : undefined
  const fields = { out_refund_no, serviceCode, mayHaveTakenEffect: true, isRepeatable: true }
  return new RefundError('OUTCOME_UNKNOWN', message, error, fields)
}

/** Creates the error for a refund that was closed (退款关闭): its money came back to the merchant. */
export function refundClosed(out_refund_no: string, refund_id: string): RefundError {
  const message = `The refund ${out_refund_no} was closed, and no money has moved. Use a new out_refund_no to refund: this one stays closed.`
  const fields = { out_refund_no, refund_id, mayHaveTakenEffect: false, isRepeatable: false }
  return new RefundError('REFUND_CLOSED', message, undefined, fields)
}

/** Creates the error for a refund whose money does not reach the shopper (退款异常). */
export function refundAbnormal(out_refund_no: string, refund_id: string): RefundError {
  const message = `The refund ${out_refund_no} is abnormal: the money has left the merchant, and the shopper's account does not take it. In APIv3 send it to another bank card with redirectRefund; in APIv2 and overseas handle it at the merchant platform (商户平台-交易中心). Do not refund under another number.`
  const fields = { out_refund_no, refund_id, mayHaveTakenEffect: true, isRepeatable: false }
  return new RefundError('REFUND_ABNORMAL', message, undefined, fields)
}
