/**
 * Transfers to users (商家转账) from the request to their end. Flows rely only on verified responses that name the
 * transfer they asked for.
 *
 * | flow | guarantees | if the process stops | resume with |
 * | --- | --- | --- | --- |
 * | {@link startTransfer} | one number transfers once; refused only if a query finds no transfer | the transfer is made or
 * not | the same call with the same `out_bill_no` |
 * | {@link settledTransfer} | changes nothing; returns the final state from a query or a verified notification | nothing
 * is lost, since it only waits | the same call |
 * | {@link cancelTransfer} | `cancelled` only after a query, `received` if the user was faster; otherwise
 * {@link TransferError} | the transfer waits, is cancelled or received | the same call |
 *
 * {@link startConfirmation} and {@link startConfirmationApp} move no money and can be called again.
 *
 * @module
 */

export { ResponseMismatchError } from '../response-match.ts'
export type { RetryOptions } from '../retries.ts'
export type { Settled, SettledOptions } from '../settled.ts'
export type { Wait } from '../wait.ts'
export { type CancelledTransfer, cancelTransfer } from './cancel.ts'
export {
  type AppConfirmation,
  type Confirmation,
  type ConfirmationParameters,
  startConfirmation,
  startConfirmationApp,
} from './confirmation.ts'
export { type TransferCode, TransferError } from './error.ts'
export type { MerchantTransfer, PartnerTransfer, TransferName, TransferOf } from './query.ts'
export type { TransferRequest, TransferResponse } from './request.ts'
export { type SettledTransferData, settledTransfer } from './settled.ts'
export { type StartedTransfer, startTransfer } from './start.ts'
