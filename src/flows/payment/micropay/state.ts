import type { ServiceError } from '../../../core/base/errors.ts'
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
} from '../../../definitions/generated/types.ts'
import type { OverseasOrder, PartnerOrder } from '../order/query.ts'

/** Request for a payment by the shopper's code (付款码): of APIv3, for a merchant, partner or overseas, or of APIv2. */
export type MicropayOrder =
  | V3PayTransactionsCodepayPostRequest
  | V3PayPartnerTransactionsCodepayPostRequest
  | V3GlobalMicropayTransactionsPayPostRequest
  | V2PayMicropayPostRequest

/**
 * A payment by code that was sent before, without its code. It is identified by its number; the amount (in the smallest
 * unit of the currency: fen, cents, yen) and the currency, if given, distinguish it from another order with the same
 * number. Every {@link MicropayOrder} is a valid name.
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

/** WeChat Pay's data of a paid order. */
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

/** The request is about to be sent. Leaving the loop here has no effect. */
export interface MicropayPaying extends OrderState {
  state: 'paying'
}

/** The payment is not settled: the shopper has not entered the password yet, or WeChat Pay has not responded. */
export interface MicropayWaiting extends OrderState {
  state: 'waiting'
  /**
   * The last known state: a `trade_state` (`USERPAYING`, `NOTPAY`, …), the code of an error of WeChat Pay or this
   * library; `LIMIT` or `ABORTED` while a reversal waits until 15 seconds have passed since the payment.
   */
  reason: string
  /** Milliseconds since the request was sent. */
  elapsed: number
}

/**
 * The reason for a reversal: the time limit was reached (`LIMIT`), the caller gave up (`ABORTED`), the payment failed
 * (`PAYERROR`), or it was refused but an order exists (`REFUSED`).
 */
export type ReversalReason = 'LIMIT' | 'ABORTED' | 'PAYERROR' | 'REFUSED'

/** A reversal (撤销) is about to be sent. */
export interface MicropayReversing extends OrderState {
  state: 'reversing'
  reason: ReversalReason
  /** Starts at 1. A reversal is repeated if WeChat Pay asks for it, or its response is lost. */
  attempt: number
}

/** The shopper has paid; the goods can be handed over. */
export interface MicropayPaid<Transaction> extends OrderState {
  state: 'paid'
  transaction: Transaction
  /** Whether the response to the payment or that of a query reported it. */
  by: 'response' | 'query'
  /** Whether an earlier call had sent this payment. */
  isRepeat: boolean
}

/** WeChat Pay's refusal of a payment. */
export interface MicropayRefusal {
  /** WeChat Pay's code (`NOTENOUGH`, `AUTH_CODE_ERROR`, …), or the `trade_state` found by a query. */
  serviceCode: string
  /** WeChat Pay's message, for the cashier. */
  serviceMessage: string
  /** The error response; undefined if a query found the state. */
  error: ServiceError | undefined
}

/** The shopper has not paid and cannot pay under this number: a query found no such order, or a closed one. */
export interface MicropayRefused extends OrderState, MicropayRefusal {
  state: 'refused'
}

/** The order is closed; anything paid was returned. */
export interface MicropayReversed extends OrderState {
  state: 'reversed'
  /** `ELSEWHERE`: a query found that it had been reversed by another party. */
  reason: ReversalReason | 'ELSEWHERE'
  /** WeChat Pay's refusal of the payment, if that is why it was reversed. */
  refusal: MicropayRefusal | undefined
}

/**
 * Neither a reversal nor a query succeeded, so the shopper may have paid. Call {@link resumeMicropay} or
 * {@link reverseMicropay} with this number later; at the latest, the day's bill shows the outcome.
 */
export interface MicropayUnknown extends OrderState {
  state: 'unknown'
  /** The last failure; undefined if WeChat Pay only asked to repeat the reversal. */
  error: unknown
}

/** Final states of a payment by code. */
export type MicropayOutcome<Transaction> =
  | MicropayPaid<Transaction>
  | MicropayRefused
  | MicropayReversed
  | MicropayUnknown

/** States of a payment by code. */
export type MicropayState<Transaction> =
  | MicropayPaying
  | MicropayWaiting
  | MicropayReversing
  | MicropayOutcome<Transaction>
