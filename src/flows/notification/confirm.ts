import { provesAbsence } from '../../core/base/service-codes.ts'
import { credentialsOf, type Wechatpay } from '../../core/client/client.ts'
import { type AnyNotification, NotificationError, type Reply, ServiceError } from '../../core/index.ts'
import { type Confirmation, confirmationOf } from './confirmations.ts'

type Fields = Readonly<Record<string, unknown>>

/** Options of {@link confirmNotification}. */
export interface ConfirmOptions {
  /** Milliseconds for all queries together; WeChat Pay waits 5,000 ms for the response. Default: 3,000 */
  timeout?: number
  /** Aborts the queries. */
  signal?: AbortSignal
}

const TIMEOUT = 3_000

/**
 * Confirms an APIv2 notification by querying WeChat Pay: `transaction-success` (查询订单), `combined-transactions-success`
 * (合单查单), `refund-processed` (查询退款). The signature of a payment only proves that it was made by WeChat Pay or by
 * somebody who holds the APIv2 key, and a refund has no signature. Other notifications are returned unchanged.
 *
 * A payment is confirmed if the query reports it as paid; a failed deduction (委托代扣) if the query reports it as finally
 * unpaid. While the order is in neither state, the notification is not confirmed.
 *
 * @param client the client that received the notification
 * @param notification the result of `receiveNotification`
 * @returns the notification with the values of the query. For a payment, these replace every field that both have; for
 * a combined payment nothing is replaced, since orders and amounts agree; for a refund they replace all fields, and
 * `verifiedBy` and `id` are those of the query
 * @throws {NotificationError} `UNCONFIRMED`: WeChat Pay contradicts the notification or does not know the order
 * @throws {TransportError | ServiceError | SignatureError} the query failed; refuse the notification, and WeChat Pay
 * repeats it
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011935214
 * @example
 * ```ts
 * const notification = await confirmNotification(wxpay, await receiveNotification(wxpay, request))
 * ```
 */
export async function confirmNotification<Received extends AnyNotification>(
  client: Wechatpay,
  notification: Received,
  options: ConfirmOptions = {},
): Promise<Received> {
  const confirmation = confirmationOf(notification)
  if (!confirmation) return notification
  const confirmed = confirmation.read(notification, await query(client, confirmation, notification, options))
  if (!confirmed) throw unconfirmedError(notification, 'a query to WeChat Pay contradicts it')
  return confirmed as Received
}

/** Sends the queries in order, each once, until one finds the number. */
async function query(
  client: Wechatpay,
  { paths, body }: Confirmation,
  notification: AnyNotification,
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
      // Products that the merchant does not use refuse the query with codes of their own.
      if (!(error instanceof ServiceError)) throw error
      errors.push(error)
    }
  }
  // An unsigned NOT_FOUND may come from a proxy, so it proves nothing. Once a signed response to the first query proves
  // absence, signed refusals of the other queries only mean that the merchant does not have the product.
  const isAbsent = errors[0] !== undefined && provesAbsence(errors[0])
  const failure = errors.find(
    error => !provesAbsence(error) && !(isAbsent && error.verifiedBy !== undefined && !error.mayHaveTakenEffect),
  )
  throw failure ?? unconfirmedError(notification, 'a query to WeChat Pay did not find it', errors[0])
}

/**
 * Creates the error for a notification that is refused unconfirmed.
 *
 * @param why must not quote the notification, which may be forged
 */
export const unconfirmedError = ({ event }: AnyNotification, why: string, cause?: unknown): NotificationError =>
  new NotificationError(
    'UNCONFIRMED',
    `(${event}) is not confirmed: ${why}. It was refused; WeChat Pay repeats it if it is genuine`,
    { headers: new Headers(), body: '' },
    cause,
  )
