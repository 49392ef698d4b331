// Checked by tsc, never run: what functions may be written over the named types.
import type {
  V2Notifications,
  V2PayRefundqueryPostResponse,
  V2RefundProcessedNotification,
  V2RefundProcessedResource,
  V3ComplaintCreateNotification,
  V3Notifications,
  V3PayTransactionsNativePostRequest,
  V3PayTransactionsOutTradeNoOutTradeNoGetQuery,
  V3RefundSuccessNotification,
  V3RefundSuccessResource,
  V3Transaction,
} from '../../src/core/index.ts'

/** A handler that is written once for all events. */
type Handlers = { [E in keyof V3Notifications]?: (resource: V3Notifications[E]) => void }
declare function on<E extends keyof V3Notifications>(event: E, handle: (resource: V3Notifications[E]) => void): void
declare function onV2<E extends keyof V2Notifications>(event: E, handle: (resource: V2Notifications[E]) => void): void

export function notifications(): Handlers {
  on('REFUND.SUCCESS', ({ refund_status, amount }) => {
    const fen: number = amount.payer_refund
    const unheardOf: boolean = refund_status === 'A_STATUS_OF_TOMORROW'
    return [fen, unheardOf]
  })
  on('TRANSACTION.SUCCESS', ({ out_trade_no }) => out_trade_no?.length)
  onV2('refund-processed', (resource: V2RefundProcessedResource) => resource.refund_fee satisfies string)
  onV2('transaction-success', ({ total_fee }) => total_fee satisfies string)
  // APIv2 has events, too, in one product, in JSON; two have a name that APIv3 uses.
  onV2('v2/TRANSACTION.SUCCESS', ({ out_order_no }) => out_order_no?.length)
  // @ts-expect-error no such event
  on('REFUND.SUCCEEDED', () => {})
  // @ts-expect-error an event of the other API
  on('refund-processed', () => {})
  // @ts-expect-error no such field
  on('REFUND.SUCCESS', ({ refund_state }) => refund_state)
  return { 'COMPLAINT.CREATE': ({ complaint_id }) => complaint_id }
}

/** Messages are told apart by their event; what they encrypt is text. */
export function told(message: V3RefundSuccessNotification | V3ComplaintCreateNotification): string {
  if (message.event_type === 'REFUND.SUCCESS') {
    const refund: V3RefundSuccessNotification = message
    return refund.resource.ciphertext
  }
  const complaint: V3ComplaintCreateNotification = message
  return complaint.id
}
export const reqInfo = ({ req_info }: V2RefundProcessedNotification): string => req_info

/** Families of fields that are numbered once, and twice. */
export function families(answer: V2PayRefundqueryPostResponse): (string | undefined)[] {
  // @ts-expect-error no such family
  answer.coupon_refund_ids_0_1
  return [answer.refund_fee_0, answer.coupon_refund_id_0_1, answer.coupon_refund_id_12_34, answer.coupon_type_0_0]
}

/** Requests are made apart from their call, strictly. */
export const request = (total: number): V3PayTransactionsNativePostRequest => ({
  appid: 'wx0',
  mchid: '1900000109',
  description: 'Tea',
  out_trade_no: '1',
  notify_url: 'https://example.com',
  amount: { total, currency: 'CNY' },
  limit_pay: ['no_credit'],
})
export const query: V3PayTransactionsOutTradeNoOutTradeNoGetQuery = { mchid: '1900000109' }
export const wrong: V3PayTransactionsNativePostRequest = {
  ...request(1),
  // @ts-expect-error no such field
  total: 1,
}

type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false
const holds = <_ extends true>(): void => {}

/** An enum, which the declarations write as one text, is a union; a response's admits any other text. */
export function enums(): void {
  type Limits = 'no_balance' | 'no_credit' | 'no_debit' | 'balance_only'
  holds<Same<V3PayTransactionsNativePostRequest['limit_pay'], Limits[] | undefined>>()
  type States = 'SUCCESS' | 'REFUND' | 'NOTPAY' | 'CLOSED' | 'REVOKED' | 'USERPAYING' | 'PAYERROR' | 'ACCEPT'
  holds<Same<V3Transaction['trade_state'], States | (string & {})>>()
}

/** Answers tolerate what they do not know: more fields, other values. */
export function tolerant(): V3Transaction {
  const answer = {
    appid: '',
    mchid: '',
    out_trade_no: '',
    trade_state: 'A_STATE_OF_TOMORROW',
    trade_state_desc: '',
    amount: { total: 1, a_field_of_tomorrow: 1 },
    a_field_of_tomorrow: 1,
  }
  const resource: Pick<V3RefundSuccessResource, 'refund_status'> = { refund_status: 'A_STATUS_OF_TOMORROW' }
  return resource ? answer : answer
}
