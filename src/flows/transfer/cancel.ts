import type { Wechatpay } from '../../core/client/client.ts'
import type { CallOptions } from '../../definitions/call.ts'
import { refuseUnknownOptions } from '../checks.ts'
import { isAbsent, isCallerError, isTransient, wasNotSent } from '../error-kind.ts'
import { onceOnly, RETRY_OPTIONS, type RetryOptions, readRetries } from '../retries.ts'
import { notCancelled } from './error.ts'
import { type AnyTransfer, queryTransfer, requireTransferName, type TransferName, type TransferOf } from './query.ts'

/** Result of {@link cancelTransfer}. */
export type CancelledTransfer<Data> =
  /** A query found the transfer cancelled or failed: its money is back, and the user does not receive it. */
  | { state: 'cancelled' | 'failed'; transferState: string; data: Data }
  /** A query found that the user has received it: they were faster. */
  | { state: 'received'; transferState: string; data: Data }
  /** WeChat Pay has no such transfer of the last 30 days. It may still arrive if the call that starts it is in progress. */
  | { state: 'absent'; transferState: undefined; data: undefined }

const ENDS: Readonly<Record<string, 'cancelled' | 'failed' | 'received'>> = {
  CANCELLED: 'cancelled',
  FAIL: 'failed',
  SUCCESS: 'received',
}

/**
 * Cancels a transfer that the user has not confirmed (撤销转账).
 *
 * Guarantees that `cancelled` means that a query found it so: WeChat Pay only accepts the request and cancels later, the
 * response may be lost, and the user may confirm in the meantime, which results in `received`. While it is neither, asks
 * again after each delay; cancelling twice is harmless. Pay under another number only after `cancelled` or `failed`.
 *
 * If the process stops in between, call it again. Transfers that nobody confirms end by themselves after 24 hours.
 *
 * @param client the merchant's or partner's client
 * @param name `{ out_bill_no }`, with `sub_mchid` for a sub-merchant's; the request of the transfer is a valid name
 * @param options see {@link RetryOptions}
 * @throws {CallError} `name` or an option is invalid; nothing was sent
 * @throws {TransferError} `TRANSFER_NOT_CANCELLED`: the user may still receive it; repeat the call to continue
 * @throws {ServiceError} WeChat Pay refuses the query permanently: `NO_AUTH`, `SIGN_ERROR` and so on
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012716458
 * @see https://pay.weixin.qq.com/doc/v3/partner/4015469118
 * @example
 * ```ts
 * const { state } = await cancelTransfer(wxpay, { out_bill_no: 'prize20260301' })
 * if (state === 'received') await db.markPaid('prize20260301')
 * ```
 */
export async function cancelTransfer<Name extends TransferName>(
  client: Wechatpay,
  name: Name,
  options: RetryOptions = {},
): Promise<CancelledTransfer<TransferOf<Name>>> {
  refuseUnknownOptions(options, RETRY_OPTIONS)
  requireTransferName(name)
  const { delays, signal, pause } = readRetries(options)
  const { timeout } = options
  const callOptions: CallOptions = timeout === undefined ? {} : { timeout }
  let transfer: AnyTransfer | undefined
  let error: unknown
  for (let attempt = 0; attempt <= delays.length; attempt++) {
    if (attempt > 0) await pause(delays[attempt - 1]!)
    if (signal?.aborted && attempt > 0) break
    if (transfer?.state !== 'CANCELING') {
      error = await postCancel(client, name, onceOnly(callOptions, signal)).then(
        () => undefined,
        cause => cause,
      )
      if (isCallerError(error) || (attempt === 0 && signal?.aborted && wasNotSent(error))) throw error
    }
    const found = await queryTransfer(client, name, callOptions).catch(cause => ({ cause }))
    if (!('cause' in found)) {
      transfer = found
      const state = ENDS[found.state]
      if (state) return { state, transferState: found.state, data: found } as CancelledTransfer<TransferOf<Name>>
    } else if (isAbsent(found.cause)) return { state: 'absent', transferState: undefined, data: undefined }
    else if (!isTransient(found.cause)) throw found.cause
    else error ??= found.cause
  }
  throw notCancelled(name.out_bill_no, transfer, error)
}

async function postCancel(
  { v3 }: Wechatpay,
  { out_bill_no, sub_mchid }: TransferName,
  options: CallOptions,
): Promise<void> {
  const { transferBills, partner } = v3.fundApp.mchTransfer
  if (sub_mchid === undefined)
    await transferBills.outBillNo._out_bill_no_.cancel.post(undefined, { ...options, out_bill_no })
  else await partner.transferBills.outBillNo._out_bill_no_.cancel.post({ sub_mchid }, { ...options, out_bill_no })
}
