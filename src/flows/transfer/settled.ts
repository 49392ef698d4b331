import { credentialsOf, type Wechatpay } from '../../core/client/client.ts'
import type { V3MchtransferBillFinishedResource } from '../../definitions/generated/types.ts'
import { isNotificationAbout, type Settled, type SettledOptions, waitUntilSettled } from '../settled.ts'
import {
  type AnyTransfer,
  queryTransfer,
  requireTransferName,
  type TransferName,
  type TransferOf,
  transferIdentity,
  withMerchant,
} from './query.ts'

/** Data of a transfer: the response to the query, or the resource of the notification. */
export type SettledTransferData<Name> = TransferOf<Name> | V3MchtransferBillFinishedResource

const FINAL: ReadonlySet<string> = new Set(['SUCCESS', 'FAIL', 'CANCELLED'])

/** Delays after which to query: most users confirm within minutes, and nobody can after 24 hours. */
const DELAYS = [5_000, 30_000, 60_000, 180_000, 300_000, 600_000, 1_800_000]

/**
 * Waits until a transfer is settled according to a notification or a query, whichever comes first: `SUCCESS`, `FAIL`
 * (with `fail_reason`; `OVERDUE_CLOSE` if the user has not confirmed it within 24 hours), or `CANCELLED`. Queries at
 * once, after 5 and 30 seconds, 1, 3, 5, 10 and every 30 minutes, and at the deadline. States that WeChat Pay may add
 * are not final. The page that returns `ok` proves nothing.
 *
 * Changes nothing. A response about another transfer is ignored and the query repeated. If the process stops, call it
 * again, within 30 days.
 *
 * @param client the merchant's or partner's client
 * @param name `{ out_bill_no }`, with `sub_mchid` for a sub-merchant's; the request of the transfer is a valid name
 * @param options see {@link SettledOptions}
 * @returns `isFinal: false` with the last known state if the deadline comes first
 * @throws {CallError} `PARAMETER_INVALID`: names the field
 * @throws {TransportError} `ABORTED`
 * @throws {ServiceError} WeChat Pay refuses the query permanently: `NO_AUTH`, `SIGN_ERROR` and so on
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012716437
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012712115
 * @example
 * ```ts
 * const transfer = await settledTransfer(wxpay, { out_bill_no }, { deadline: Date.now() + 86_400_000, notifications })
 * if (transfer.isFinal && transfer.state === 'FAIL') await db.owe(out_bill_no, transfer.data.fail_reason)
 * ```
 */
export async function settledTransfer<Name extends TransferName>(
  client: Wechatpay,
  name: Name,
  options: SettledOptions,
): Promise<Settled<SettledTransferData<Name>>> {
  requireTransferName(name)
  const { account } = credentialsOf(client)
  const identity = transferIdentity(name, account.mchid)
  const result = await waitUntilSettled<AnyTransfer | V3MchtransferBillFinishedResource>(
    {
      query: queryOptions => queryTransfer(client, name, queryOptions),
      stateOf: ({ state }) => state,
      isFinal: state => FINAL.has(state),
      readNotification: notification =>
        notification.event === 'MCHTRANSFER.BILL.FINISHED' &&
        isNotificationAbout(identity, { ...notification, resource: withMerchant(Object(notification.resource)) })
          ? (notification.resource as unknown as V3MchtransferBillFinishedResource)
          : undefined,
      delays: DELAYS,
      now: account.now,
    },
    options,
  )
  return result as Settled<SettledTransferData<Name>>
}
