import { partiesOf, type Wechatpay } from '../../core/client.ts'
import { type Notification, NotificationError, type Reply, ServiceError } from '../../core/index.ts'

type Fields = Readonly<Record<string, unknown>>

/** How long a notification may wait for its confirmation. */
export interface ConfirmOptions {
  /** Milliseconds for all queries together, of the 5,000 that WeChat Pay waits. Default: 3,000. */
  timeout?: number
  signal?: AbortSignal
}

const TIMEOUT = 3_000
/** Codes for an order or a refund that there is not. */
const UNKNOWN: ReadonlySet<string> = new Set(['ORDERNOTEXIST', 'ORDER_NOT_EXIST', 'REFUNDNOTEXIST', 'REFUND_NOT_EXIST'])

/**
 * Confirms an APIv2 notification of a payment or a refund by asking WeChat Pay (查询订单, 查询退款). The signature of a payment
 * proves that WeChat Pay or somebody who holds the APIv2 key made the text; a refund has none. Any other notification is
 * returned as it is.
 *
 * @param client the client that received it
 * @param notification what `receiveNotification` returned
 * @returns the notification with what the query says: of a payment, in every field that both have; of a refund, in all of them,
 * and `verifiedBy` and `id` are those of the query
 * @throws {NotificationError} `UNCONFIRMED`: WeChat Pay says otherwise, or knows nothing of it
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
  const { api, event } = notification
  if (api === 'v2' && event === 'transaction-success') return confirmPayment(client, notification, options)
  if (api === 'v2' && event === 'refund-processed') return confirmRefund(client, notification, options)
  return notification
}

/** Who asks about what: the fields of a message that name the app and the sub-merchant (特约商户). */
const NAMES: readonly string[] = ['appid', 'sub_appid', 'sub_mch_id']

const named = (client: Wechatpay, message: Fields, names: readonly string[] = NAMES): Record<string, unknown> => ({
  mch_id: partiesOf(client).account.mchid,
  ...Object.fromEntries(names.filter(name => message[name]).map(name => [name, message[name]])),
})

/** 委托代扣 and rides (乘车码) have queries of their own. */
const pathsOf = ({ trade_type, sub_mch_id }: Fields): readonly string[] => {
  if (trade_type !== 'PAP') return ['pay/orderquery']
  return sub_mch_id
    ? ['pay/partner/paporderquery', 'pay/orderquery', 'transit/partnerpay/queryorder']
    : ['pay/paporderquery', 'pay/orderquery', 'transit/queryorder']
}

async function confirmPayment(
  client: Wechatpay,
  notification: Notification,
  options: ConfirmOptions,
): Promise<Notification> {
  const told = notification.resource as Fields
  const body = { ...named(client, told, [...NAMES, 'transaction_id']), sign_type: notification.verifiedBy }
  const { data } = await ask(client, pathsOf(told), body, notification, options)
  const isPaid = /^(?:SUCCESS|REFUND)$/.test(String(data.trade_state))
  if (isPaid !== tellsOfPayment(told) || differs(told, data, ['transaction_id', 'out_trade_no', 'sub_mch_id']))
    throw unconfirmed(notification)
  const fields = Object.entries(told).map(([name, value]) =>
    KEPT.includes(name) || data[name] === undefined ? [name, value] : [name, data[name]],
  )
  return { ...notification, resource: Object.fromEntries(fields) }
}

/** Fields of the message itself, which a response to a query has for itself. */
const KEPT: readonly string[] = [
  'sign',
  'sign_type',
  'nonce_str',
  'return_code',
  'return_msg',
  'result_code',
  'trade_state',
]

/**
 * Tells a payment from one that failed (委托代扣 扣款失败).
 *
 * @param fields of a `transaction-success`
 */
export const tellsOfPayment = ({ result_code, trade_state }: Fields): boolean =>
  result_code === 'SUCCESS' && trade_state !== 'PAY_FAIL'

async function confirmRefund(
  client: Wechatpay,
  notification: Notification,
  options: ConfirmOptions,
): Promise<Notification> {
  const { out_refund_no, refund_id } = notification.resource as Fields
  const body = { ...named(client, notification.message), out_refund_no }
  const paths = ['pay/refundquery', 'deposit/refundquery']
  const { data, verifiedBy } = await ask(client, paths, body, notification, options)
  const resource = readProcessedRefund(data, String(out_refund_no))
  if (!resource || resource.refund_id !== refund_id) throw unconfirmed(notification)
  const { event } = notification
  return { ...notification, id: `${event}/${refund_id}/${resource.refund_status}`, resource, verifiedBy }
}

/** Fields of a refund by the name that a query gives them, which numbers them, and by that of the notification. */
const REFUND_FIELDS: Readonly<Record<string, string>> = {
  out_refund_no: 'out_refund_no',
  refund_id: 'refund_id',
  refund_fee: 'refund_fee',
  settlement_refund_fee: 'settlement_refund_fee',
  refund_status: 'refund_status',
  refund_success_time: 'success_time',
  refund_recv_accout: 'refund_recv_accout',
  refund_account: 'refund_account',
}

/**
 * Reads one refund from the response to a query (查询退款) as the notification would tell it.
 *
 * @returns undefined where it is not there, or not over
 */
export function readProcessedRefund(data: Fields, out_refund_no: string): Fields | undefined {
  const name = Object.keys(data).find(key => /^out_refund_no_\d+$/.test(key) && data[key] === out_refund_no)
  const at = name?.slice('out_refund_no_'.length)
  if (at === undefined || !/^(?:SUCCESS|REFUNDCLOSE|CHANGE)$/.test(String(data[`refund_status_${at}`])))
    return undefined
  const { transaction_id, out_trade_no, total_fee, settlement_total_fee } = data
  const refund = Object.entries(REFUND_FIELDS).map(([queried, told]) => [told, data[`${queried}_${at}`]])
  const fields = { transaction_id, out_trade_no, total_fee, settlement_total_fee, ...Object.fromEntries(refund) }
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined))
}

/** Sends one query after the other, each once, until one knows what it is asked for. */
async function ask(
  client: Wechatpay,
  paths: readonly string[],
  body: object,
  notification: Notification,
  options: ConfirmOptions,
): Promise<Reply<Fields>> {
  const { timeout = TIMEOUT, signal } = options
  const end = performance.now() + timeout
  const errors: unknown[] = []
  for (const path of paths) {
    const left = Math.max(1, end - performance.now())
    try {
      const call = { body, timeout: left, retry: false as const, ...(signal && { signal }) }
      return (await client.request('POST', `v2/${path}`, call)) as Reply<Fields>
    } catch (error) {
      // A product that the merchant does not use refuses in codes of its own.
      if (!(error instanceof ServiceError)) throw error
      errors.push(error)
    }
  }
  throw errors.find(error => !UNKNOWN.has((error as ServiceError).serviceCode)) ?? unconfirmed(notification, errors[0])
}

const differs = (told: Fields, data: Fields, names: readonly string[]): boolean =>
  names.some(name => told[name] && data[name] && told[name] !== data[name])

const unconfirmed = ({ event, id }: Notification, cause?: unknown): NotificationError =>
  new NotificationError(
    'UNCONFIRMED',
    `${id} is not confirmed: WeChat Pay, when queried, does not say what this ${event} says. It was refused, and comes again if it is genuine`,
    { headers: new Headers(), body: '' },
    cause,
  )
