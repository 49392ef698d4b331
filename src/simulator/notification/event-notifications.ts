import type { Happening } from '../accounts/domain-event.ts'
import type { Order } from '../accounts/orders.ts'
import type { SharedAmount } from '../accounts/profit-sharing.ts'
import { rfc3339 } from '../clock/time.ts'
import { refundNotice as refundV2 } from '../v2/refund.ts'
import { payment } from '../v2/transaction.ts'
import { refundNotice as refundV3 } from '../v3/refund.ts'
import { combinedTransaction, overseasTransaction, transaction } from '../v3/transaction.ts'
import { batchNotice, transferNotice } from '../v3/transfer.ts'
import type { Announcement } from './announcement.ts'

type Of<What extends Happening['what']> = Extract<Happening, { what: What }>
/** What is sent, but for where to: a merchant who gave no `notify_url` hears nothing. */
type Notice = Omit<Announcement, 'url'> & { readonly url: string | undefined }

/** The merchant's setting for notifications whose calls name no `notify_url`. */
export interface NotificationSettings {
  readonly mchid: string
  /** Where profit sharing is notified (分账动账通知). */
  readonly sharingNotifyUrl: string | undefined
}

const NOTICES: {
  readonly [What in Happening['what']]: (happening: Of<What>, settings: NotificationSettings) => Notice
} = {
  'order paid': ({ order }) => (order.api === 'v3' ? paidV3(order) : paidV2(order)),
  'combined order paid': ({ combined, orders }) => ({
    api: 'v3',
    url: combined.notify_url,
    event: 'TRANSACTION.SUCCESS',
    about: combined.combine_out_trade_no,
    resource: combinedTransaction(combined, orders),
  }),
  'refund settled': ({ refund, order }) => ({
    api: refund.api,
    sign_type: refund.sign_type,
    url: refund.notify_url,
    about: refund.out_refund_no,
    event: refund.api === 'v3' ? `REFUND.${refund.status}` : 'refund-processed',
    resource: refund.api === 'v3' ? refundV3(refund, order) : refundV2(refund),
  }),
  'share received': ({ share }, settings) => shared(share, '分账', settings),
  'share returned': ({ share }, settings) => shared(share, '分账回退', settings),
  'transfer ended': ({ transfer }) => ({
    api: 'v3',
    url: transfer.notify_url,
    event: 'MCHTRANSFER.BILL.FINISHED',
    about: transfer.out_bill_no,
    resource: transferNotice(transfer),
  }),
  'transfer batch ended': ({ batch }) => ({
    api: 'v3',
    url: batch.notify_url,
    event: 'MCHTRANSFER.BATCH.FINISHED',
    about: batch.out_batch_no,
    resource: batchNotice(batch),
  }),
}

const paidV3 = (order: Order): Notice => ({
  api: 'v3',
  url: order.notify_url,
  event: 'TRANSACTION.SUCCESS',
  about: order.out_trade_no,
  resource: order.overseas ? overseasTransaction(order) : transaction(order),
})

const paidV2 = (order: Order): Notice => ({
  api: 'v2',
  sign_type: order.sign_type,
  url: order.notify_url,
  event: 'transaction-success',
  about: order.out_trade_no,
  resource: payment(order, order.paid!),
})

/**
 * 分账动账通知, which only receivers get. Its `event_type` is that of a payment, for shares and returns alike.
 *
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012116672
 */
const shared = (
  { mchid, sub_mchid, transaction_id, order_id, out_order_no, account, amount, description, at }: SharedAmount,
  summary: string,
  settings: NotificationSettings,
): Notice => ({
  api: 'v3',
  url: account === settings.mchid ? settings.sharingNotifyUrl : undefined,
  event: 'TRANSACTION.SUCCESS',
  original_type: 'profitsharing',
  summary,
  about: out_order_no,
  resource: {
    ...(sub_mchid === undefined ? { mchid } : { sp_mchid: settings.mchid, sub_mchid }),
    transaction_id,
    order_id,
    out_order_no,
    receiver: { type: 'MERCHANT_ID', account, amount, description },
    success_time: rfc3339(at),
  },
})

/** What the merchant is notified of, in the words of the API that he used. */
export function announcementOf(happening: Happening, settings: NotificationSettings): Announcement | undefined {
  const notice = NOTICES[happening.what] as (happening: Happening, settings: NotificationSettings) => Notice
  const { url, ...rest } = notice(happening, settings)
  return url ? { url, ...rest } : undefined
}
