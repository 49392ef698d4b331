import { credentialsOf, type Wechatpay } from '../../core/client.ts'
import { type Notification, NotificationError, type Reply, ServiceError } from '../../core/index.ts'
import { provesAbsence } from '../../core/service-codes.ts'
import { type Confirmation, confirmationOf } from './confirmations.ts'

type Fields = Readonly<Record<string, unknown>>

/** How long a notification may wait for its confirmation. */
export interface ConfirmOptions {
  /** Milliseconds for all queries together, of the 5,000 that WeChat Pay waits. Default: 3,000. */
  timeout?: number
  signal?: AbortSignal
}

const TIMEOUT = 3_000

/**
 * Confirms an APIv2 notification by a query to WeChat Pay: `transaction-success` (查询订单), `combined-transactions-success`
 * (合单查单), `refund-processed` (查询退款). The signature of a payment proves only that WeChat Pay or somebody who holds the APIv2
 * key made the text; a refund has no signature. Any other notification is returned as it is.
 *
 * A payment is confirmed if the query says that it is paid; a deduction that failed (委托代扣), if the query says that it ended
 * unpaid. While the order may still become either, the notification is not confirmed.
 *
 * @param client the client that received it
 * @param notification what `receiveNotification` returned
 * @returns the notification with what the query says: for a payment, in every field that both have; for a combined payment, the
 * orders and amounts agree; for a refund, in all fields, and `verifiedBy` and `id` are those of the query
 * @throws {NotificationError} `UNCONFIRMED`: WeChat Pay says otherwise, or does not know it
 * @throws {TransportError | ServiceError | SignatureError} the query failed: refuse the notification, and it is sent again
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011935214
 * @example
 * ```ts
 * const notification = await confirmNotification(wxpay, await receiveNotification(wxpay, request))
 * ```
 */
export async function confirmNotification(
  client: Wechatpay,
  notification: Notification,
  options: ConfirmOptions = {},
): Promise<Notification> {
  const confirmation = confirmationOf(notification)
  if (!confirmation) return notification
  const confirmed = confirmation.read(notification, await query(client, confirmation, notification, options))
  if (!confirmed) throw unconfirmedError(notification, 'WeChat Pay, when queried, does not say so')
  return confirmed
}

/** Sends one query after the other, each once, until one knows the number. */
async function query(
  client: Wechatpay,
  { paths, body }: Confirmation,
  notification: Notification,
  { timeout = TIMEOUT, signal }: ConfirmOptions,
): Promise<Reply<Fields>> {
  const deadline = performance.now() + timeout
  const request = body(notification, credentialsOf(client).account.mchid)
  const errors: ServiceError[] = []
  for (const path of paths(notification)) {
    const remaining = Math.max(1, deadline - performance.now())
    try {
      const call = { body: request, timeout: remaining, retry: false as const, ...(signal && { signal }) }
      return (await client.request('POST', `v2/${path}`, call)) as Reply<Fields>
    } catch (error) {
      // A product that the merchant does not use refuses in codes of its own.
      if (!(error instanceof ServiceError)) throw error
      errors.push(error)
    }
  }
  // An unsigned NOT_FOUND is a proxy's: it says nothing of the payment.
  // Where the first query proves it, a proven refusal of the next ones is that of a product which the merchant does not have.
  const isAbsent = errors[0] !== undefined && provesAbsence(errors[0])
  const failure = errors.find(
    error => !provesAbsence(error) && !(isAbsent && error.verifiedBy !== undefined && !error.mayHaveTakenEffect),
  )
  throw failure ?? unconfirmedError(notification, 'WeChat Pay, when queried, does not know it', errors[0])
}

/**
 * Creates the error for a notification that is refused unconfirmed.
 *
 * @param why without any text of the notification, which may be anybody's
 */
export const unconfirmedError = ({ event }: Notification, why: string, cause?: unknown): NotificationError =>
  new NotificationError(
    'UNCONFIRMED',
    `(${event}) is not confirmed: ${why}. It was refused, and comes again if it is genuine`,
    { headers: new Headers(), body: '' },
    cause,
  )
