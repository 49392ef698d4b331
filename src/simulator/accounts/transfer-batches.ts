import { SECOND } from '../clock/time.ts'
import type { AccountsContext } from './context.ts'
import { requireRepetition } from './fingerprint.ts'
import type { FundFlow, Funds } from './funds.ts'
import { newNumber } from './numbers.ts'
import { Rejection } from './rejection.ts'

/** 转账明细: one transfer of a batch. */
export interface TransferDetailDraft {
  readonly out_detail_no: string
  readonly openid: string
  /** Opened. */
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
  /** Whose operation account pays. */
  readonly mchid: string
  readonly batch_name: string
  readonly batch_remark: string
  readonly transfer_scene_id?: string | undefined
  readonly notify_url?: string | undefined
  readonly details: readonly TransferDetailDraft[]
  /** Two requests with one number must be equal in it. */
  readonly fingerprint: string
}

export interface TransferBatch extends TransferBatchDraft {
  readonly batch_id: string
  readonly batch_status: 'ACCEPTED' | 'FINISHED'
  readonly details: readonly TransferDetail[]
  /** ms */
  readonly created: number
  readonly updated: number
}

export interface TransferBatchEnded {
  readonly type: 'transfer-batch-ended'
  readonly batch: TransferBatch
}

/**
 * 批量转账到零钱, which no shopper has to confirm. A batch is accepted, and finished some seconds later, or when it is first
 * queried, if that is sooner.
 */
export interface TransferBatches {
  /** The same number with the same parameters again is the same batch. */
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
  const batches = state.map<TransferBatch>('transfer batches')
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
    const finished: TransferBatch = { ...batch, details, batch_status: 'FINISHED', updated: now() }
    batches.set(finished.out_batch_no, finished)
    emit({ type: 'transfer-batch-ended', batch: finished })
    return finished
  }
  scheduler.on<{ out_batch_no: string }>(
    'transfer batch',
    ({ out_batch_no }) => void finishBatch(requireBatch(out_batch_no)),
  )
  return {
    place(draft) {
      const { out_batch_no, mchid } = draft
      const before = batches.get(out_batch_no)
      requireRepetition(before, draft.fingerprint, 'TRANSFER_NUMBER_USED', out_batch_no)
      if (before) return before
      const fen = totalAmount(draft.details)
      funds.requireFunds(mchid, 'OPERATION', 'available', fen, 'TRANSFER_FUNDS')
      funds.move(mchid, 'OPERATION', 'available', -fen)
      const taken = (number: string) => numbers.has(number)
      const details = draft.details.map(
        (detail): TransferDetail => ({
          ...detail,
          detail_id: newNumber('batch_detail_id', context, taken),
          detail_status: 'PROCESSING',
        }),
      )
      const batch: TransferBatch = {
        ...draft,
        ...{ details, batch_status: 'ACCEPTED', created: now(), updated: now() },
        batch_id: newNumber('batch_id', context, taken),
      }
      batches.set(out_batch_no, batch)
      indexBatch(batch)
      scheduler.schedule(now() + PROCESSING_TIME, 'transfer batch', { out_batch_no })
      return batch
    },
    query: out_batch_no => finishBatch(requireBatch(out_batch_no)),
    queryById: batch_id => finishBatch(requireBatch(numbers.get(batch_id))),
    *flows() {
      for (const { mchid, created: at, details } of batches.values())
        for (const { detail_id: number, out_detail_no: voucher, transfer_amount, transfer_remark: remark } of details) {
          const common = { at, mchid, account: 'OPERATION', business: '商家转账到零钱' } as const
          yield { ...common, number, voucher, remark, fen: -transfer_amount }
        }
    },
  }
}
