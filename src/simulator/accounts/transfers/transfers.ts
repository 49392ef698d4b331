import { DAY, SECOND } from '../../../core/time.ts'
import type { AccountsContext } from '../context.ts'
import { refuseChangedRepetition } from '../fingerprint.ts'
import type { FundFlow, Funds } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import { Rejection } from '../rejection.ts'

/** State of a transfer (商家转账单据状态). */
export type TransferState = 'WAIT_USER_CONFIRM' | 'TRANSFERING' | 'SUCCESS' | 'FAIL' | 'CANCELING' | 'CANCELLED'

export interface TransferDraft {
  readonly out_bill_no: string
  readonly appid: string
  /** Merchant whose operation account pays. */
  readonly mchid: string
  readonly openid: string
  /** Decrypted. */
  readonly user_name?: string | undefined
  readonly transfer_amount: number
  readonly transfer_remark: string
  readonly notify_url?: string | undefined
  /** Equal for requests that repeat each other. */
  readonly fingerprint: string
}

export interface Transfer extends TransferDraft {
  readonly transfer_bill_no: string
  readonly state: TransferState
  readonly fail_reason?: string
  /** Text with which the app or the mini program opens the confirmation page. */
  readonly package_info: string
  /** ms */
  readonly createdAt: number
  readonly updatedAt: number
}

export interface TransferEnded {
  readonly type: 'transfer-ended'
  readonly transfer: Transfer
}

/**
 * Transfers to a shopper's balance (商家转账), which the shopper must confirm within a day. The money leaves the operation
 * account at once, and returns if the transfer fails or is cancelled. A confirmed or cancelled transfer ends some seconds
 * later, or at the first query, if that is sooner.
 */
export interface Transfers {
  /** Places a transfer; repeats the first result for the same number with the same parameters. */
  place(draft: TransferDraft): Transfer
  query(out_bill_no: string): Transfer
  queryByNumber(transfer_bill_no: string): Transfer
  /** Cancels a transfer that the shopper has not confirmed. */
  cancel(out_bill_no: string): Transfer
  /** Finds a transfer. Unlike {@link Transfers.query}, it does not end it. */
  find(out_bill_no: string): Transfer | undefined
  /** Confirms a transfer as the shopper. */
  confirm(out_bill_no: string): Transfer
  /** Fails a transfer that waits for the shopper. */
  fail(out_bill_no: string, fail_reason: string): Transfer
  flows(): Iterable<FundFlow>
}

const PROCESSING_TIME = 2 * SECOND
const CONFIRMATION_TIME = DAY

/** Final state of a transfer that WeChat Pay is processing. */
const FINAL_STATES = { TRANSFERING: 'SUCCESS', CANCELING: 'CANCELLED' } as const
type ProcessingState = keyof typeof FINAL_STATES

export function createTransfers(context: AccountsContext<TransferEnded>, funds: Funds): Transfers {
  const { state, scheduler, now, emit } = context
  const transfers = state.map<Transfer>('transfers')
  /** The `out_bill_no` by `transfer_bill_no`. */
  const numbers = new Map<string, string>()
  for (const { transfer_bill_no, out_bill_no } of transfers.values()) numbers.set(transfer_bill_no, out_bill_no)
  const saveTransfer = (transfer: Transfer): Transfer => {
    transfers.set(transfer.out_bill_no, transfer)
    return transfer
  }
  const requireTransfer = (out_bill_no: string | undefined): Transfer => {
    const transfer = transfers.get(out_bill_no ?? '')
    if (!transfer) throw new Rejection('TRANSFER_UNKNOWN', out_bill_no)
    return transfer
  }
  const requireWaiting = (out_bill_no: string): Transfer => {
    const transfer = requireTransfer(out_bill_no)
    if (transfer.state !== 'WAIT_USER_CONFIRM')
      throw new Rejection('TRANSFER_STATE', `${out_bill_no} is ${transfer.state}`)
    return transfer
  }
  const endTransfer = (transfer: Transfer, state: 'SUCCESS' | 'FAIL' | 'CANCELLED', fail_reason?: string): Transfer => {
    const ended = saveTransfer({
      ...transfer,
      state,
      updatedAt: now(),
      ...(fail_reason !== undefined && { fail_reason }),
    })
    if (state !== 'SUCCESS') funds.move(ended.mchid, 'OPERATION', 'available', ended.transfer_amount)
    emit({ type: 'transfer-ended', transfer: ended })
    return ended
  }
  const completeTransfer = (transfer: Transfer): Transfer => {
    const { state } = transfer
    return state === 'TRANSFERING' || state === 'CANCELING' ? endTransfer(transfer, FINAL_STATES[state]) : transfer
  }
  const startProcessing = (transfer: Transfer, state: ProcessingState): Transfer => {
    scheduler.schedule(now() + PROCESSING_TIME, 'transfer', { out_bill_no: transfer.out_bill_no })
    return saveTransfer({ ...transfer, state, updatedAt: now() })
  }
  scheduler.on<{ out_bill_no: string }>(
    'transfer',
    ({ out_bill_no }) => void completeTransfer(requireTransfer(out_bill_no)),
  )
  scheduler.on<{ out_bill_no: string }>('transfer-deadline', ({ out_bill_no }) => {
    const transfer = requireTransfer(out_bill_no)
    if (transfer.state === 'WAIT_USER_CONFIRM') endTransfer(transfer, 'FAIL', 'OVERDUE_CLOSE')
  })
  return {
    place(draft) {
      const { out_bill_no, mchid, transfer_amount } = draft
      const existing = transfers.get(out_bill_no)
      refuseChangedRepetition(existing, draft.fingerprint, 'TRANSFER_NUMBER_USED', out_bill_no)
      if (existing) return existing
      funds.payTransfer(mchid, transfer_amount)
      const transfer_bill_no = newNumber('transfer_bill_no', context, number => numbers.has(number))
      numbers.set(transfer_bill_no, out_bill_no)
      scheduler.schedule(now() + CONFIRMATION_TIME, 'transfer-deadline', { out_bill_no })
      return saveTransfer({
        ...draft,
        transfer_bill_no,
        package_info: `affffddafdfafddffda==${context.random.hex(32)}`,
        state: 'WAIT_USER_CONFIRM',
        createdAt: now(),
        updatedAt: now(),
      })
    },
    query: out_bill_no => completeTransfer(requireTransfer(out_bill_no)),
    queryByNumber: transfer_bill_no => completeTransfer(requireTransfer(numbers.get(transfer_bill_no))),
    cancel(out_bill_no) {
      const transfer = requireTransfer(out_bill_no)
      const isCancelled = transfer.state === 'CANCELING' || transfer.state === 'CANCELLED'
      return isCancelled ? transfer : startProcessing(requireWaiting(out_bill_no), 'CANCELING')
    },
    find: out_bill_no => transfers.get(out_bill_no),
    confirm: out_bill_no => startProcessing(requireWaiting(out_bill_no), 'TRANSFERING'),
    fail: (out_bill_no, fail_reason) => endTransfer(requireWaiting(out_bill_no), 'FAIL', fail_reason),
    *flows() {
      for (const transfer of transfers.values()) {
        const { mchid, transfer_bill_no, out_bill_no, transfer_amount, transfer_remark, createdAt, updatedAt, state } =
          transfer
        const common = { mchid, account: 'OPERATION', number: transfer_bill_no, voucher: out_bill_no } as const
        yield { ...common, at: createdAt, business: '商家转账', amount: -transfer_amount, remark: transfer_remark }
        if (state === 'FAIL' || state === 'CANCELLED')
          yield { ...common, at: updatedAt, business: '商家转账退回', amount: transfer_amount }
      }
    },
  }
}
