import { DAY, SECOND } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import type { FundFlow, Funds } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import { Rejection } from '../rejection.ts'
import { stateAfter } from '../state-machine.ts'
import { createTransferRecords, type TransferRecords } from './transfer-records.ts'
import { TRANSFER_STATES, type TransferChange, type TransferState } from './transfer-states.ts'

export type { TransferState } from './transfer-states.ts'

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
  /** Places a transfer that the shopper has authorized before, so that nobody has to confirm it. */
  placeConfirmed(draft: TransferDraft): Transfer
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
  all(): Iterable<Transfer>
  flows(): Iterable<FundFlow>
}

const PROCESSING_TIME = 2 * SECOND
const CONFIRMATION_TIME = DAY

export function createTransfers(context: AccountsContext<TransferEnded>, funds: Funds): Transfers {
  const { scheduler, now } = context
  const records = createTransferRecords<Transfer>(context.state, 'transfers', {
    keyOf: ({ out_bill_no }) => out_bill_no,
    numbersOf: ({ transfer_bill_no }) => [transfer_bill_no],
  })
  const endTransfer = createEnding(context, records, funds)
  const completeTransfer = (transfer: Transfer): Transfer => {
    const state = stateAfter(TRANSFER_STATES, transfer.state, 'complete')
    return state ? endTransfer(transfer, state) : transfer
  }
  const requireNextState = ({ out_bill_no, state }: Transfer, event: TransferChange): TransferState => {
    const next = stateAfter(TRANSFER_STATES, state, event)
    if (next === undefined) throw new Rejection('TRANSFER_STATE', `${out_bill_no} is ${state}`)
    return next
  }
  const startProcessing = (transfer: Transfer, event: 'confirm' | 'cancel'): Transfer => {
    const state = requireNextState(transfer, event)
    scheduler.schedule(now() + PROCESSING_TIME, 'transfer', { out_bill_no: transfer.out_bill_no })
    return records.save({ ...transfer, state, updatedAt: now() })
  }
  scheduler.on<{ out_bill_no: string }>(
    'transfer',
    ({ out_bill_no }) => void completeTransfer(records.require(out_bill_no)),
  )
  scheduler.on<{ out_bill_no: string }>('transfer-deadline', ({ out_bill_no }) => {
    const transfer = records.require(out_bill_no)
    const state = stateAfter(TRANSFER_STATES, transfer.state, 'expire')
    if (state) endTransfer(transfer, state, 'OVERDUE_CLOSE')
  })
  const accept = (draft: TransferDraft, isConfirmed: boolean): Transfer => {
    const { out_bill_no, mchid, transfer_amount, fingerprint } = draft
    const existing = records.findRepeated(out_bill_no, fingerprint)
    if (existing) return existing
    funds.payTransfer(mchid, transfer_amount)
    if (!isConfirmed) scheduler.schedule(now() + CONFIRMATION_TIME, 'transfer-deadline', { out_bill_no })
    const accepted = records.save({
      ...draft,
      transfer_bill_no: newNumber('transfer_bill_no', context, records.isTaken),
      package_info: `affffddafdfafddffda==${context.random.hex(32)}`,
      state: 'WAIT_USER_CONFIRM',
      createdAt: now(),
      updatedAt: now(),
    })
    return isConfirmed ? startProcessing(accepted, 'confirm') : accepted
  }
  return {
    place: draft => accept(draft, false),
    placeConfirmed: draft => accept(draft, true),
    query: out_bill_no => completeTransfer(records.require(out_bill_no)),
    queryByNumber: transfer_bill_no => completeTransfer(records.requireByNumber(transfer_bill_no)),
    cancel(out_bill_no) {
      const transfer = records.require(out_bill_no)
      const isCancelled = transfer.state === 'CANCELING' || transfer.state === 'CANCELLED'
      return isCancelled ? transfer : startProcessing(transfer, 'cancel')
    },
    find: records.find,
    confirm: out_bill_no => startProcessing(records.require(out_bill_no), 'confirm'),
    fail(out_bill_no, fail_reason) {
      const transfer = records.require(out_bill_no)
      return endTransfer(transfer, requireNextState(transfer, 'fail'), fail_reason)
    },
    all: records.all,
    *flows() {
      for (const transfer of records.all()) yield* flowsOfTransfer(transfer)
    },
  }
}

/** Creates the function that ends a transfer: the money of one that has not succeeded returns to the merchant. */
function createEnding(
  { now, emit }: AccountsContext<TransferEnded>,
  records: TransferRecords<Transfer>,
  funds: Funds,
): (transfer: Transfer, state: TransferState, fail_reason?: string) => Transfer {
  return (transfer, state, fail_reason) => {
    const ended = records.save({
      ...transfer,
      state,
      updatedAt: now(),
      ...(fail_reason !== undefined && { fail_reason }),
    })
    if (state !== 'SUCCESS') funds.move(ended.mchid, 'OPERATION', 'available', ended.transfer_amount)
    emit({ type: 'transfer-ended', transfer: ended })
    return ended
  }
}

/** Returns the movements that a transfer has caused: its payment, and its return if it did not succeed. */
function* flowsOfTransfer(transfer: Transfer): Generator<FundFlow> {
  const { mchid, transfer_amount, state } = transfer
  const common = {
    mchid,
    account: 'OPERATION',
    number: transfer.transfer_bill_no,
    voucher: transfer.out_bill_no,
  } as const
  const { createdAt, updatedAt, transfer_remark: remark } = transfer
  yield { ...common, at: createdAt, business: '商家转账', amount: -transfer_amount, remark }
  if (state === 'FAIL' || state === 'CANCELLED')
    yield { ...common, at: updatedAt, business: '商家转账退回', amount: transfer_amount }
}
