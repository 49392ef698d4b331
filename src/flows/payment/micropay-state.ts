import type {
  V2PayMicropayPostRequest,
  V2PayMicropayPostResponse,
  V2PayOrderqueryPostResponse,
  V3PayPartnerTransactionsCodepayPostRequest,
  V3PayPartnerTransactionsCodepayPostResponse,
  V3PayTransactionsCodepayPostRequest,
  V3PayTransactionsCodepayPostResponse,
  V3Transaction,
} from '../../core/endpoints/generated/types.ts'
import type { ServiceError } from '../../core/errors.ts'
import type { PartnerOrder } from './order-query.ts'

/** What is to be paid by the shopper's code (付款码): the request of APIv3, a merchant's or a partner's, or of APIv2. */
export type MicropayOrder =
  | V3PayTransactionsCodepayPostRequest
  | V3PayPartnerTransactionsCodepayPostRequest
  | V2PayMicropayPostRequest

/** What WeChat Pay tells of it once it is paid. */
export type MicropayTransaction<Order extends MicropayOrder> = Order extends { mch_id: string }
  ? V2PayMicropayPostResponse | V2PayOrderqueryPostResponse
  : Order extends { sp_mchid: string }
    ? V3PayPartnerTransactionsCodepayPostResponse | PartnerOrder
    : V3PayTransactionsCodepayPostResponse | V3Transaction

interface Of {
  out_trade_no: string
}

/** The request is about to go out: until then it can be left without a trace. */
export interface MicropayPaying extends Of {
  state: 'paying'
}

/** Not settled: the shopper has yet to enter his password, or nobody knows yet. */
export interface MicropayWaiting extends Of {
  state: 'waiting'
  /**
   * What is known: a `trade_state` (`USERPAYING`, `NOTPAY`, …), WeChat Pay's code of an error, or this library's; `LIMIT` or
   * `ABORTED` where a reversal has to wait until 15 seconds have passed since the payment.
   */
  reason: string
  /** Milliseconds since the request went out. */
  elapsed: number
}

/** Why an order is reversed: its time is over, the caller has had enough, or the payment failed and must not come to life. */
export type ReversalReason = 'LIMIT' | 'ABORTED' | 'PAYERROR'

/** A reversal (撤销) is about to go out. */
export interface MicropayReversing extends Of {
  state: 'reversing'
  reason: ReversalReason
  /** From 1: it is repeated while WeChat Pay asks for that, and while its answers are lost. */
  attempt: number
}

/** The shopper has paid: hand over the goods. */
export interface MicropayPaid<Transaction> extends Of {
  state: 'paid'
  transaction: Transaction
  /** What told: the answer to the payment, or a query. */
  by: 'answer' | 'query'
  /** This number had been paid before this call: it is the same payment, not another. */
  isRepeat: boolean
}

/** The shopper has not paid, and will not under this number. */
export interface MicropayRefused extends Of {
  state: 'refused'
  /** WeChat Pay's code (`NOTENOUGH`, `AUTH_CODE_ERROR`, …), or the `trade_state` that a query found. */
  serviceCode: string
  /** WeChat Pay's own words. */
  serviceMessage: string
  /** The refusal; undefined where a query told. */
  error: ServiceError | undefined
}

/** Nothing was paid, or it went back: the order is closed for good. */
export interface MicropayReversed extends Of {
  state: 'reversed'
  /** `ELSEWHERE`: a query found that somebody else had reversed it. */
  reason: ReversalReason | 'ELSEWHERE'
}

/**
 * No reversal came through, and no query that would tell: the shopper may have paid. Query, reverse or refund it later, by
 * this number; the day's bill tells at the latest.
 */
export interface MicropayUnknown extends Of {
  state: 'unknown'
  /** What failed last; undefined where WeChat Pay asked for one reversal after the other. */
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
