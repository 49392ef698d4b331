import { type TransferBatch, totalAmount } from '../../accounts/transfers/transfer-batches.ts'
import type { Transfer } from '../../accounts/transfers/transfers.ts'
import { rfc3339 } from '../../clock/time.ts'

/** Returns the resource of a notification about a transfer (商家转账). */
export const transferResource = (transfer: Transfer): object => ({
  out_bill_no: transfer.out_bill_no,
  transfer_bill_no: transfer.transfer_bill_no,
  state: transfer.state,
  mch_id: transfer.mchid,
  transfer_amount: transfer.transfer_amount,
  openid: transfer.openid,
  ...(transfer.fail_reason !== undefined && { fail_reason: transfer.fail_reason }),
  create_time: rfc3339(transfer.createdAt),
  update_time: rfc3339(transfer.updatedAt),
})

/** Returns the resource of a notification about a batch (转账批次). */
export function batchResource({
  mchid,
  out_batch_no,
  batch_id,
  batch_status,
  details,
  updatedAt,
}: TransferBatch): object {
  const amount = totalAmount(details)
  return {
    mchid,
    out_batch_no,
    batch_id,
    batch_status,
    total_num: details.length,
    total_amount: amount,
    success_num: details.length,
    success_amount: amount,
    fail_num: 0,
    fail_amount: 0,
    update_time: rfc3339(updatedAt),
  }
}
