import { SECOND } from '../../../core/time.ts'
import type { AccountsContext } from '../context.ts'
import { refuseChangedRepetition } from '../fingerprint.ts'
import type { FundFlow, Funds } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import { Rejection } from '../rejection.ts'

/** A transfer of a batch (转账明细). */
export interface TransferDetailDraft {
  readonly out_detail_no: string
  readonly openid: string
  /** Decrypted. */
  readonly user_name?: string | undefined
  readonly transfer_amount: number
  readonly transfer_remark: string
}

export interface TransferDetail extends TransferDetailDraft {
  readonly detail_id: string
  readonly detail_status: 'PROCESSING' | 'SUCCESS'
}

export interface TransferBatchDraft {
  readonly out_batch_no: string
  readonly appid: string
  /** Merchant whose operation account pays. */
  readonly mchid: string
  readonly batch_name: string
  readonly batch_remark: string
  readonly transfer_scene_id?: string | undefined
  readonly notify_url?: string | undefined
  readonly details: readonly TransferDetailDraft[]
  /** Equal for requests that repeat each other. */
  readonly fingerprint: string
}

export interface TransferBatch extends TransferBatchDraft {
  readonly batch_id: string
  readonly batch_status: 'ACCEPTED' | 'FINISHED'
  readonly details: readonly TransferDetail[]
  /** ms */
  readonly createdAt: number
  readonly updatedAt: number
}

export interface TransferBatchEnded {
  readonly type: 'transfer-batch-ended'
  readonly batch: TransferBatch
}

/**
 * 批量转账到零钱, which the receivers need not confirm. A batch finishes some seconds after it was accepted, or at the first
 * query, if that is sooner.
 */
export interface TransferBatches {
  /** Places a batch; repeats the first result for the same number with the same parameters. */
  place(draft: TransferBatchDraft): TransferBatch
  query(out_batch_no: string): TransferBatch
  queryById(batch_id: string): TransferBatch
  flows(): Iterable<FundFlow>
}

const PROCESSING_TIME = 3 * SECOND

export const totalAmount = (details: readonly TransferDetailDraft[]): number =>
  details.reduce((sum, { transfer_amount }) => sum + transfer_amount, 0)

export function createTransferBatches(context: AccountsContext<TransferBatchEnded>, funds: Funds): TransferBatches {
  const { state, scheduler, now, emit } = context
  const batches = state.map<TransferBatch>('transfer-batches')
  /** The `out_batch_no` by `batch_id` and by `detail_id`. */
  const numbers = new Map<string, string>()
  const indexBatch = ({ batch_id, out_batch_no, details }: TransferBatch): void => {
    for (const number of [batch_id, ...details.map(({ detail_id }) => detail_id)]) numbers.set(number, out_batch_no)
  }
  for (const batch of batches.values()) indexBatch(batch)
  const requireBatch = (out_batch_no: string | undefined): TransferBatch => {
    const batch = batches.get(out_batch_no ?? '')
    if (!batch) throw new Rejection('TRANSFER_UNKNOWN', out_batch_no)
    return batch
  }
  const finishBatch = (batch: TransferBatch): TransferBatch => {
    if (batch.batch_status === 'FINISHED') return batch
    const details = batch.details.map((detail): TransferDetail => ({ ...detail, detail_status: 'SUCCESS' }))
    const finished: TransferBatch = { ...batch, details, batch_status: 'FINISHED', updatedAt: now() }
    batches.set(finished.out_batch_no, finished)
    emit({ type: 'transfer-batch-ended', batch: finished })
    return finished
  }
  scheduler.on<{ out_batch_no: string }>(
    'transfer-batch',
    ({ out_batch_no }) => void finishBatch(requireBatch(out_batch_no)),
  )
  return {
    place(draft) {
      const { out_batch_no, mchid } = draft
      const existing = batches.get(out_batch_no)
      refuseChangedRepetition(existing, draft.fingerprint, 'TRANSFER_NUMBER_USED', out_batch_no)
      if (existing) return existing
      const total = totalAmount(draft.details)
      funds.payTransfer(mchid, total)
      const isTaken = (number: string) => numbers.has(number)
      const details = draft.details.map(
        (detail): TransferDetail => ({
          ...detail,
          detail_id: newNumber('batch_detail_id', context, isTaken),
          detail_status: 'PROCESSING',
        }),
      )
      const batch: TransferBatch = {
        ...draft,
        details,
        batch_status: 'ACCEPTED',
        createdAt: now(),
        updatedAt: now(),
        batch_id: newNumber('batch_id', context, isTaken),
      }
      batches.set(out_batch_no, batch)
      indexBatch(batch)
      scheduler.schedule(now() + PROCESSING_TIME, 'transfer-batch', { out_batch_no })
      return batch
    },
    query: out_batch_no => finishBatch(requireBatch(out_batch_no)),
    queryById: batch_id => finishBatch(requireBatch(numbers.get(batch_id))),
    *flows() {
      for (const { mchid, createdAt, details } of batches.values())
        for (const { detail_id, out_detail_no, transfer_amount, transfer_remark } of details)
          yield {
            at: createdAt,
            mchid,
            account: 'OPERATION',
            business: '商家转账到零钱',
            number: detail_id,
            voucher: out_detail_no,
            remark: transfer_remark,
            amount: -transfer_amount,
          }
    },
  }
}
