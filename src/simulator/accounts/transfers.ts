import { DAY, SECOND } from '../clock/time.ts'
import type { AccountsContext } from './context.ts'
import { requireRepetition } from './fingerprint.ts'
import type { FundFlow, Funds } from './funds.ts'
import { newNumber } from './numbers.ts'
import { Rejection } from './rejection.ts'

/** 商家转账单据状态. */
export type TransferState = 'WAIT_USER_CONFIRM' | 'TRANSFERING' | 'SUCCESS' | 'FAIL' | 'CANCELING' | 'CANCELLED'

export interface TransferDraft {
  readonly out_bill_no: string
  readonly appid: string
  /** Whose operation account pays. */
  readonly mchid: string
  readonly openid: string
  /** Opened. */
  readonly user_name?: string | undefined
  readonly transfer_amount: number
  readonly transfer_remark: string
  readonly notify_url?: string | undefined
  /** Two requests with one number must be equal in it. */
  readonly fingerprint: string
}

export interface Transfer extends TransferDraft {
  readonly transfer_bill_no: string
  readonly state: TransferState
  readonly fail_reason?: string
  /** What the app or the mini program shows the confirmation with, while it waits for one. */
  readonly package_info: string
  /** ms */
  readonly created: number
  readonly updated: number
}

export interface TransferEnded {
  readonly type: 'transfer-ended'
  readonly transfer: Transfer
}

/**
 * 商家转账: a transfer to the balance of a shopper, who has a day to confirm it. The money leaves the operation account at
 * once, and comes back where the transfer fails or is cancelled. What WeChat Pay does by itself is done some seconds
 * later, or when the transfer is first queried, if that is sooner.
 */
export interface Transfers {
  /** The same number with the same parameters again is the same transfer. */
  place(draft: TransferDraft): Transfer
  query(out_bill_no: string): Transfer
  queryByNumber(transfer_bill_no: string): Transfer
  /** Only until the shopper takes it. */
  cancel(out_bill_no: string): Transfer
  /** A transfer as it is, without the query that may end it. */
  find(out_bill_no: string): Transfer | undefined
  /** The shopper takes the money. */
  confirm(out_bill_no: string): Transfer
  /** It fails. */
  fail(out_bill_no: string, fail_reason: string): Transfer
  flows(): Iterable<FundFlow>
}

const PROCESSING_TIME = 2 * SECOND
const CONFIRMATION_TIME = DAY

/** What a state becomes without anybody's doing. */
const NEXT_STATE: Readonly<Partial<Record<TransferState, TransferState>>> = {
  TRANSFERING: 'SUCCESS',
  CANCELING: 'CANCELLED',
}

export function createTransfers(context: AccountsContext<TransferEnded>, funds: Funds): Transfers {
  const { state, scheduler, now, emit } = context
  const transfers = state.map<Transfer>('transfers')
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
      updated: now(),
      ...(fail_reason !== undefined && { fail_reason }),
    })
    if (state !== 'SUCCESS') funds.move(ended.mchid, 'OPERATION', 'available', ended.transfer_amount)
    emit({ type: 'transfer-ended', transfer: ended })
    return ended
  }
  const completeTransfer = (transfer: Transfer): Transfer => {
    const next = NEXT_STATE[transfer.state]
    return next ? endTransfer(transfer, next as 'SUCCESS' | 'CANCELLED') : transfer
  }
  const startProcessing = (transfer: Transfer, state: 'TRANSFERING' | 'CANCELING'): Transfer => {
    scheduler.schedule(now() + PROCESSING_TIME, 'transfer', { out_bill_no: transfer.out_bill_no })
    return saveTransfer({ ...transfer, state, updated: now() })
  }
  scheduler.on<{ out_bill_no: string }>(
    'transfer',
    ({ out_bill_no }) => void completeTransfer(requireTransfer(out_bill_no)),
  )
  scheduler.on<{ out_bill_no: string }>('transfer overdue', ({ out_bill_no }) => {
    const transfer = requireTransfer(out_bill_no)
    if (transfer.state === 'WAIT_USER_CONFIRM') endTransfer(transfer, 'FAIL', 'OVERDUE_CLOSE')
  })
  return {
    place(draft) {
      const { out_bill_no, mchid, transfer_amount } = draft
      const before = transfers.get(out_bill_no)
      requireRepetition(before, draft.fingerprint, 'TRANSFER_NUMBER_USED', out_bill_no)
      if (before) return before
      funds.requireFunds(mchid, 'OPERATION', 'available', transfer_amount, 'TRANSFER_FUNDS')
      funds.move(mchid, 'OPERATION', 'available', -transfer_amount)
      const transfer_bill_no = newNumber('transfer_bill_no', context, number => numbers.has(number))
      numbers.set(transfer_bill_no, out_bill_no)
      scheduler.schedule(now() + CONFIRMATION_TIME, 'transfer overdue', { out_bill_no })
      const package_info = `affffddafdfafddffda==${context.random.hex(32)}`
      return saveTransfer({
        ...{ ...draft, transfer_bill_no, package_info, state: 'WAIT_USER_CONFIRM', created: now(), updated: now() },
      })
    },
    query: out_bill_no => completeTransfer(requireTransfer(out_bill_no)),
    queryByNumber: transfer_bill_no => completeTransfer(requireTransfer(numbers.get(transfer_bill_no))),
    cancel(out_bill_no) {
      const transfer = requireTransfer(out_bill_no)
      const cancelled = transfer.state === 'CANCELING' || transfer.state === 'CANCELLED'
      return cancelled ? transfer : startProcessing(requireWaiting(out_bill_no), 'CANCELING')
    },
    find: out_bill_no => transfers.get(out_bill_no),
    confirm: out_bill_no => startProcessing(requireWaiting(out_bill_no), 'TRANSFERING'),
    fail: (out_bill_no, fail_reason) => endTransfer(requireWaiting(out_bill_no), 'FAIL', fail_reason),
    *flows() {
      for (const transfer of transfers.values()) {
        const { mchid, transfer_amount: fen, created, updated, transfer_bill_no: number, state } = transfer
        const common = { mchid, account: 'OPERATION', number, voucher: transfer.out_bill_no } as const
        yield { ...common, at: created, business: '商家转账', fen: -fen, remark: transfer.transfer_remark }
        if (state === 'FAIL' || state === 'CANCELLED') yield { ...common, at: updated, business: '商家转账退回', fen }
      }
    },
  }
}
