/**
 * Service orders of WeChat Pay Score (微信支付分) from their creation to the payment. Flows rely only on verified responses
 * that name the order they asked for.
 *
 * | flow | guarantees | if the process stops | resume with |
 * | --- | --- | --- | --- |
 * | {@link createServiceOrder} | one number is one order | the order exists or not | the same call |
 * | {@link confirmedServiceOrder}, {@link settledServiceOrder} | change nothing; return the state from a query or a
 * verified notification | nothing is lost, since they only wait | the same call |
 * | {@link completeServiceOrder} | completes once, with this amount, only after the user has confirmed | the order is in
 * use or completed | the same call |
 * | {@link modifyServiceOrder} | the amount of an unpaid order becomes this one, lower than before | it has either amount |
 * the same call |
 * | {@link cancelServiceOrder} | `cancelled` only after a query, `paid` if the deduction was faster; otherwise
 * {@link ServiceOrderError} | the order is open, cancelled or paid | the same call |
 * | {@link syncServiceOrder} | the order is done, and whether the user has paid twice | the order is due or done | the
 * same call |
 *
 * Functions that open a page move no money and can be called again.
 *
 * @module
 */

export { ResponseMismatchError } from '../response-match.ts'
export type { RetryOptions } from '../retries.ts'
export type { Settled, SettledOptions } from '../settled.ts'
export type { Wait } from '../wait.ts'
export { type CancelledServiceOrder, cancelServiceOrder } from './cancel.ts'
export {
  type CompletedServiceOrder,
  type CompleteRequest,
  completeServiceOrder,
  type ModifyRequest,
  modifyServiceOrder,
} from './complete.ts'
export { type CreatedServiceOrder, createServiceOrder, type ServiceOrderRequest } from './create.ts'
export { type ServiceOrderCode, ServiceOrderError } from './error.ts'
export {
  type ScoreBusiness,
  type ScorePage,
  startScoreConfirmation,
  startScoreDetail,
  startScorePermission,
} from './pages.ts'
export type {
  MerchantServiceOrder,
  MerchantServiceOrderName,
  PartnerServiceOrder,
  PartnerServiceOrderName,
  ServiceOrderName,
  ServiceOrderOf,
} from './query.ts'
export { confirmedServiceOrder, type SettledServiceOrderData, settledServiceOrder } from './settled.ts'
export { type SyncedServiceOrder, syncServiceOrder } from './sync.ts'
