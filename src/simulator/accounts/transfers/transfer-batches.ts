import { SECOND } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import type { FundFlow, Funds } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import { createTransferRecords } from './transfer-records.ts'

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
  const records = createTransferRecords<TransferBatch>(state, 'transfer-batches', {
    keyOf: ({ out_batch_no }) => out_batch_no,
    numbersOf: ({ batch_id }) => [batch_id],
    detailNumbersOf: ({ details }) => details.map(({ detail_id }) => detail_id),
  })
  const finishBatch = (batch: TransferBatch): TransferBatch => {
    if (batch.batch_status === 'FINISHED') return batch
    const details = batch.details.map((detail): TransferDetail => ({ ...detail, detail_status: 'SUCCESS' }))
    const finished = records.save({ ...batch, details, batch_status: 'FINISHED', updatedAt: now() })
    emit({ type: 'transfer-batch-ended', batch: finished })
    return finished
  }
  scheduler.on<{ out_batch_no: string }>(
    'transfer-batch',
    ({ out_batch_no }) => void finishBatch(records.require(out_batch_no)),
  )
  return {
    place(draft) {
      const { out_batch_no, mchid, fingerprint } = draft
      const existing = records.findRepeated(out_batch_no, fingerprint)
      if (existing) return existing
      funds.payTransfer(mchid, totalAmount(draft.details))
      const details = draft.details.map(
        (detail): TransferDetail => ({
          ...detail,
          detail_id: newNumber('batch_detail_id', context, records.isTaken),
          detail_status: 'PROCESSING',
        }),
      )
      scheduler.schedule(now() + PROCESSING_TIME, 'transfer-batch', { out_batch_no })
      return records.save({
        ...draft,
        details,
        batch_status: 'ACCEPTED',
        createdAt: now(),
        updatedAt: now(),
        batch_id: newNumber('batch_id', context, records.isTaken),
      })
    },
    query: out_batch_no => finishBatch(records.require(out_batch_no)),
    queryById: batch_id => finishBatch(records.requireByNumber(batch_id)),
    *flows() {
      for (const batch of records.all()) for (const detail of batch.details) yield flowOfDetail(detail, batch)
    },
  }
}

const flowOfDetail = (detail: TransferDetail, { mchid, createdAt }: TransferBatch): FundFlow => ({
  at: createdAt,
  mchid,
  account: 'OPERATION',
  business: '商家转账到零钱',
  number: detail.detail_id,
  voucher: detail.out_detail_no,
  remark: detail.transfer_remark,
  amount: -detail.transfer_amount,
})
