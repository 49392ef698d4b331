import { CallError } from '../../core/base/errors.ts'
import type { Wechatpay } from '../../core/client/client.ts'
import type { CallOptions } from '../../definitions/call.ts'
import { formatAmount, refuseUnknownOptions } from '../checks.ts'
import { isAbsent } from '../error-kind.ts'
import { requireMatch } from '../response-match.ts'
import { onceOnly, RETRY_OPTIONS, type RetryOptions, readRetries, retryQuery } from '../retries.ts'
import { sendOnce } from '../send-once.ts'
import { transferEnded, transferRefused, transferUnknown } from './error.ts'
import { type AnyTransfer, queryTransfer, type TransferOf } from './query.ts'
import { postTransfer, requireTransferRequest, type TransferRequest, type TransferResponse } from './request.ts'

/** A transfer that WeChat Pay has accepted. Use {@link settledTransfer} to wait for its end. */
export interface StartedTransfer<Data = TransferResponse> {
  out_bill_no: string
  transfer_bill_no: string
  /**
   * `WAIT_USER_CONFIRM` until the user confirms it, for at most 24 hours; `ACCEPTED`, `PROCESSING`, `TRANSFERING`;
   * `SUCCESS`, also of a transfer that the user has authorized; or a state that WeChat Pay may add.
   */
  state: string
  /**
   * Opens the page on which the user confirms, see {@link startConfirmation}. Undefined in other states than
   * `WAIT_USER_CONFIRM`.
   */
  package_info: string | undefined
  /** Whether the response to the request or a query reported it. */
  by: 'response' | 'query'
  /** Whether it was requested before this call. */
  isRepeat: boolean
  data: Data
}

/**
 * Transfers money to a user's balance (商家转账, 发起转账), and never twice: for a merchant or a sub-merchant (`sub_mchid`);
 * with `authorization_info` the user is also asked to authorize later transfers, which have an `authorization_id`
 * (免确认收款授权). The calls are accepted from listed IP addresses only (接口IP).
 *
 * `out_bill_no` identifies the transfer: store it with all other parameters before the call. First the number is
 * queried, and an existing transfer is returned (`isRepeat`). Any error response is followed by a query, as WeChat Pay
 * requires, and only if there is no transfer are the same parameters sent again, under the same number.
 *
 * If the process stops in between, call it again with the same request. Do so within 30 days: queries find no older
 * transfer, and only the number protects from then on.
 *
 * @param client the merchant's or partner's client
 * @param request `transfer_amount`: a positive integer in fen; `out_bill_no`: 1 to 32 digits and letters; `user_name` in
 * plain text, required from 2,000 yuan on, which the client encrypts
 * @param options see {@link RetryOptions}
 * @throws {CallError} the request is invalid, or the number belongs to another transfer; nothing was sent
 * @throws {TransferError} `TRANSFER_REFUSED`: there is no transfer, and the message says what to do (`NOT_ENOUGH`,
 * `FREQUENCY_LIMITED`); `TRANSFER_FAILED`, `TRANSFER_CANCELLED`: the number is used up, and its money comes back;
 * `OUTCOME_UNKNOWN`: it may have been made; repeat the call to find out
 * @throws {ServiceError | TransportError} the query before the transfer failed; nothing was sent
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012716434
 * @see https://pay.weixin.qq.com/doc/v3/partner/4015469096
 * @example
 * ```ts
 * const transfer = await startTransfer(wxpay, {
 *   appid, openid, out_bill_no: 'prize20260301', transfer_amount: 500, transfer_remark: 'Prize', // fen
 *   transfer_scene_id: '1000', notify_url,
 *   transfer_scene_report_infos: [
 *     { info_type: '活动名称', info_content: '新会员有礼' }, { info_type: '奖励说明', info_content: '注册会员抽奖一等奖' },
 *   ],
 * })
 * const page = startConfirmation(wxpay, { appid, package_info: transfer.package_info })
 * ```
 */
export async function startTransfer<Request extends TransferRequest>(
  client: Wechatpay,
  request: Request,
  options: RetryOptions = {},
): Promise<StartedTransfer<TransferResponse | TransferOf<Request>>> {
  refuseUnknownOptions(options, RETRY_OPTIONS)
  requireTransferRequest(request)
  const { out_bill_no } = request
  const retries = readRetries(options)
  const { signal, timeout } = options
  const calls = transferCalls(client, request, timeout === undefined ? {} : { timeout })
  const before = await retryQuery(retries, () => calls.find(signal))
  const { by, data } =
    before === undefined
      ? await sendOnce<TransferResponse, AnyTransfer>(
          {
            send: () => calls.send(signal),
            find: () => calls.find(undefined),
            isConclusive: () => true,
            // WeChat Pay requires a query after every error, also one that it may add.
            trustsSignedRefusals: false,
            refused: error => transferRefused(out_bill_no, error),
            unknown: error => transferUnknown(out_bill_no, error),
          },
          retries,
        )
      : { by: 'query' as const, data: before }
  if (by === 'query') requireSameTransfer(data, request)
  const transfer = by === 'query' && canRepeat(data) ? await calls.send(signal).catch(() => data) : data
  return {
    ...acceptTransfer(transfer),
    by: transfer === data ? by : 'response',
    isRepeat: before !== undefined,
  } as never
}

const transferCalls = (client: Wechatpay, request: TransferRequest, options: CallOptions) => ({
  find: (signal: AbortSignal | undefined): Promise<AnyTransfer | undefined> =>
    queryTransfer(client, request, { ...options, ...(signal && { signal }) }).catch(error => {
      if (isAbsent(error)) return undefined
      throw error
    }),
  send: async (signal: AbortSignal | undefined): Promise<TransferResponse> =>
    requireMatch(
      { out_bill_no: request.out_bill_no },
      await postTransfer(client, request, onceOnly(options, signal)),
      true,
    ),
})

/**
 * Returns whether to send the same request once more: WeChat Pay asks for it while a transfer is only accepted (可原单重试),
 * and it returns the `package_info` that a partner's query does not have.
 */
const canRepeat = ({ state, package_info }: TransferResponse): boolean =>
  state === 'ACCEPTED' || (state === 'WAIT_USER_CONFIRM' && package_info === undefined)

/** @throws {CallError} the number belongs to another transfer */
function requireSameTransfer(found: AnyTransfer, request: TransferRequest): void {
  const asked: Partial<Record<keyof AnyTransfer, unknown>> = request
  const differs = (['transfer_amount', 'appid', 'openid', 'transfer_remark'] as const).find(
    name => asked[name] !== undefined && found[name] !== undefined && String(asked[name]) !== String(found[name]),
  )
  if (differs)
    throw new CallError(
      'BODY_INVALID',
      'out_bill_no',
      `${request.out_bill_no} belongs to another transfer, of ${formatAmount(found.transfer_amount)}, whose ${differs} differs`,
    )
}

const ENDED: readonly string[] = ['FAIL', 'CANCELING', 'CANCELLED']

/** @throws {TransferError} `TRANSFER_FAILED`, `TRANSFER_CANCELLED` */
function acceptTransfer(data: TransferResponse) {
  const { out_bill_no, transfer_bill_no, state, package_info } = data
  if (ENDED.includes(state)) throw transferEnded(data)
  return { out_bill_no, transfer_bill_no, state, package_info, data }
}
