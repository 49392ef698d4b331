import type {
  V2PayMicropayPostRequest,
  V2PayMicropayPostResponse,
  V2PayOrderqueryPostResponse,
  V3GlobalMicropayTransactionsPayPostRequest,
  V3GlobalMicropayTransactionsPayPostResponse,
  V3PayPartnerTransactionsCodepayPostRequest,
  V3PayPartnerTransactionsCodepayPostResponse,
  V3PayTransactionsCodepayPostRequest,
  V3PayTransactionsCodepayPostResponse,
  V3Transaction,
} from '../../../core/endpoints/generated/types.ts'
import type { ServiceError } from '../../../core/errors.ts'
import type { OverseasOrder, PartnerOrder } from '../order/query.ts'

/** A payment by the shopper's code (付款码): the request of APIv3, a merchant's, a partner's or overseas, or of APIv2. */
export type MicropayOrder =
  | V3PayTransactionsCodepayPostRequest
  | V3PayPartnerTransactionsCodepayPostRequest
  | V3GlobalMicropayTransactionsPayPostRequest
  | V2PayMicropayPostRequest

/**
 * A payment by code that was sent before, without its code. The number names it; the amount (in the smallest unit
 * of its currency: fen, cents, yen) and the currency, where it is given, tell it from another order that has the same number. A {@link MicropayOrder} is one.
 */
export type MicropayName =
  | Pick<V3PayTransactionsCodepayPostRequest, 'appid' | 'mchid' | 'out_trade_no' | 'amount'>
  | Pick<
      V3PayPartnerTransactionsCodepayPostRequest,
      'sp_appid' | 'sp_mchid' | 'sub_appid' | 'sub_mchid' | 'out_trade_no' | 'amount'
    >
  | Pick<
      V3GlobalMicropayTransactionsPayPostRequest,
      'mchid' | 'sp_mchid' | 'sub_mchid' | 'merchant_category_code' | 'out_trade_no' | 'amount'
    >
  | Pick<
      V2PayMicropayPostRequest,
      'appid' | 'mch_id' | 'sub_appid' | 'sub_mch_id' | 'sign_type' | 'out_trade_no' | 'total_fee' | 'fee_type'
    >

/** What WeChat Pay returns of a payment that is paid. */
export type MicropayTransaction<Order extends MicropayName> = Order extends { mch_id: string }
  ? V2PayMicropayPostResponse | V2PayOrderqueryPostResponse
  : Order extends { merchant_category_code: string }
    ? V3GlobalMicropayTransactionsPayPostResponse | OverseasOrder
    : Order extends { sp_mchid: string }
      ? V3PayPartnerTransactionsCodepayPostResponse | PartnerOrder
      : V3PayTransactionsCodepayPostResponse | V3Transaction

interface OrderState {
  out_trade_no: string
}

/** The request is about to be sent. Leaving the loop here leaves no trace. */
export interface MicropayPaying extends OrderState {
  state: 'paying'
}

/** Not settled: the shopper has yet to enter the password, or WeChat Pay has not told yet. */
export interface MicropayWaiting extends OrderState {
  state: 'waiting'
  /**
   * The last thing known: a `trade_state` (`USERPAYING`, `NOTPAY`, …), WeChat Pay's code of an error, or this library's;
   * `LIMIT` or `ABORTED` where a reversal has to wait until 15 seconds have passed since the payment.
   */
  reason: string
  /** Milliseconds since the request was sent. */
  elapsed: number
}

/**
 * Why an order is reversed: its time is over (`LIMIT`), the caller gave up (`ABORTED`), the payment failed (`PAYERROR`), or it was
 * refused and the order is still there (`REFUSED`).
 */
export type ReversalReason = 'LIMIT' | 'ABORTED' | 'PAYERROR' | 'REFUSED'

/** A reversal (撤销) is about to be sent. */
export interface MicropayReversing extends OrderState {
  state: 'reversing'
  reason: ReversalReason
  /** From 1. A reversal is repeated while WeChat Pay asks for that, and while its responses are lost. */
  attempt: number
}

/** The shopper has paid: hand over the goods. */
export interface MicropayPaid<Transaction> extends OrderState {
  state: 'paid'
  transaction: Transaction
  /** Where it was read: in the response to the payment, or in that of a query. */
  by: 'response' | 'query'
  /** An earlier call had sent this payment: it is the same one, not another. */
  isRepeat: boolean
}

/** WeChat Pay's refusal of a payment. */
export interface MicropayRefusal {
  /** WeChat Pay's code (`NOTENOUGH`, `AUTH_CODE_ERROR`, …), or the `trade_state` that a query found. */
  serviceCode: string
  /** WeChat Pay's own words, for the cashier. */
  serviceMessage: string
  /** The refusal; undefined where a query found the state. */
  error: ServiceError | undefined
}

/** The shopper has not paid, and will not under this number: a query found no such order, or one that is closed. */
export interface MicropayRefused extends OrderState, MicropayRefusal {
  state: 'refused'
}

/** Nothing was paid, or it was paid back: the order is closed for good. */
export interface MicropayReversed extends OrderState {
  state: 'reversed'
  /** `ELSEWHERE`: a query found that somebody else had reversed it. */
  reason: ReversalReason | 'ELSEWHERE'
  /** WeChat Pay's refusal of the payment, where that is why it was reversed. */
  refusal: MicropayRefusal | undefined
}

/**
 * No reversal came through, and no query that would tell: the shopper may have paid. Call {@link resumeMicropay} or
 * {@link reverseMicropay} later, by this number; the day's bill tells at the latest.
 */
export interface MicropayUnknown extends OrderState {
  state: 'unknown'
  /** The last failure; undefined where WeChat Pay asked for one reversal after the other. */
  error: unknown
}

/** How a payment by code ends. */
export type MicropayOutcome<Transaction> =
  | MicropayPaid<Transaction>
  | MicropayRefused
  | MicropayReversed
  | MicropayUnknown

export type MicropayState<Transaction> =
  | MicropayPaying
  | MicropayWaiting
  | MicropayReversing
  | MicropayOutcome<Transaction>
