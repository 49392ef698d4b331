import { type TransferBatch, totalAmount } from '../../accounts/transfers/transfer-batches.ts'
import type { Transfer } from '../../accounts/transfers/transfers.ts'
import { rfc3339 } from '../../clock/time.ts'
import { paramError } from '../refusal.ts'

/** Documented: from 2,000 yuan on the name is required, below 0.30 it is not taken. */
const NAME_FROM = 2000_00
const NAME_UP = 30

/** 商家转账, as it is notified of. */
export function transferResource(transfer: Transfer): object {
  const { out_bill_no, transfer_bill_no, state, mchid: mch_id, transfer_amount, openid, fail_reason } = transfer
  return {
    ...{ out_bill_no, transfer_bill_no, state, mch_id, transfer_amount, openid },
    ...(fail_reason !== undefined && { fail_reason }),
    create_time: rfc3339(transfer.created),
    update_time: rfc3339(transfer.updated),
  }
}

/** 转账批次, as it is notified of. */
export function batchResource({
  mchid,
  out_batch_no,
  batch_id,
  batch_status,
  details,
  updated,
}: TransferBatch): object {
  const amount = totalAmount(details)
  return {
    ...{ mchid, out_batch_no, batch_id, batch_status, total_num: details.length, total_amount: amount },
    ...{ success_num: details.length, success_amount: amount, fail_num: 0, fail_amount: 0 },
    update_time: rfc3339(updated),
  }
}

export interface NamedTransfer {
  readonly transfer_amount: number
  readonly user_name?: string | undefined
}

/** @param field where the name stands, a JSON pointer */
export function requireName({ transfer_amount, user_name }: NamedTransfer, field: string): void {
  const issue =
    transfer_amount >= NAME_FROM && !user_name
      ? 'required from 2,000 yuan on'
      : transfer_amount < NAME_UP && user_name
        ? 'not taken below 0.30 yuan'
        : undefined
  if (issue)
    throw paramError('参数错误，转账金额大于等于2000元时收款用户姓名必填，小于0.3元时不支持传入', {
      ...{ field, issue, location: 'body' },
    })
}
