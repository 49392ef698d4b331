export { type MicropayOptions, micropay, micropayOutcome } from './micropay.ts'
export { MicropayError } from './micropay-run.ts'
export type {
  MicropayOrder,
  MicropayOutcome,
  MicropayPaid,
  MicropayPaying,
  MicropayRefused,
  MicropayReversed,
  MicropayReversing,
  MicropayState,
  MicropayTransaction,
  MicropayUnknown,
  MicropayWaiting,
  ReversalReason,
} from './micropay-state.ts'
export type {
  CombinedOrder,
  CombinedOrderName,
  MerchantOrderName,
  OrderName,
  OrderOf,
  PartnerOrder,
  PartnerOrderName,
  V2OrderName,
} from './order-query.ts'
export { type RefundOptions, refund, refundNumber } from './refund.ts'
export type { AcceptedRefund } from './refund-apply.ts'
export type { RefundAnswer, RefundRequest, V2RefundRequest, V3RefundRequest } from './refund-calls.ts'
export { RefundError } from './refund-error.ts'
export { readV2Refunds, type V2Refund, type V2RefundCoupon } from './refund-list-v2.ts'
export type { RefundName, RefundOf, V2QueriedRefund, V2RefundName, V3RefundName } from './refund-query.ts'
export type { Settled, SettledOptions } from './settled.ts'
export { type OrderNews, settledOrder } from './settled-order.ts'
export { type RefundNews, settledRefund } from './settled-refund.ts'
export type { Wait } from './wait.ts'
