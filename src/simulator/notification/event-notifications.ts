import type { DomainEvent } from '../accounts/domain-event.ts'
import type { Order } from '../accounts/orders/orders.ts'
import type { SharedAmount } from '../accounts/profit-sharing/events.ts'
import { rfc3339 } from '../clock/time.ts'
import { refundResource as refundResourceV2 } from '../v2/resources/refund.ts'
import { paymentFields } from '../v2/resources/transaction.ts'
import { refundResource as refundResourceV3 } from '../v3/resources/refund.ts'
import { combinedTransactionBody, overseasTransactionBody, transactionBody } from '../v3/resources/transaction.ts'
import { batchResource, transferResource } from '../v3/resources/transfer.ts'
import type { NotificationDraft } from './notification.ts'

/** A notification without a URL if the merchant gave no `notify_url`. It is not sent. */
type UnaddressedDraft = Omit<NotificationDraft, 'url'> & { readonly url: string | undefined }

/** Settings of the merchant platform, for notifications whose calls name no `notify_url`. */
export interface NotificationSettings {
  readonly mchid: string
  /** URL that is notified of profit sharing (分账动账通知). */
  readonly sharingNotifyUrl: string | undefined
}

/**
 * Drafts the notification of an event, in the form of the API version that the merchant used.
 *
 * @returns undefined when the merchant gave no URL for it
 */
export function notificationOf(event: DomainEvent, settings: NotificationSettings): NotificationDraft | undefined {
  const { url, ...draft } = draftOf(event, settings)
  return url ? { url, ...draft } : undefined
}

function draftOf(event: DomainEvent, settings: NotificationSettings): UnaddressedDraft {
  switch (event.type) {
    case 'order-paid':
      return event.order.api === 'v3' ? paymentV3(event.order) : paymentV2(event.order)
    case 'combined-order-paid':
      return {
        api: 'v3',
        url: event.combined.notify_url,
        event: 'TRANSACTION.SUCCESS',
        reference: event.combined.combine_out_trade_no,
        resource: combinedTransactionBody(event.combined, event.orders),
      }
    case 'refund-settled': {
      const { refund, order } = event
      return {
        api: refund.api,
        sign_type: refund.sign_type,
        url: refund.notify_url,
        reference: refund.out_refund_no,
        event: refund.api === 'v3' ? `REFUND.${refund.status}` : 'refund-processed',
        resource: refund.api === 'v3' ? refundResourceV3(refund, order) : refundResourceV2(refund),
      }
    }
    case 'share-received':
      return sharingNotification(event.share, '分账', settings)
    case 'share-returned':
      return sharingNotification(event.share, '分账回退', settings)
    case 'transfer-ended':
      return {
        api: 'v3',
        url: event.transfer.notify_url,
        event: 'MCHTRANSFER.BILL.FINISHED',
        reference: event.transfer.out_bill_no,
        resource: transferResource(event.transfer),
      }
    case 'transfer-batch-ended':
      return {
        api: 'v3',
        url: event.batch.notify_url,
        event: 'MCHTRANSFER.BATCH.FINISHED',
        reference: event.batch.out_batch_no,
        resource: batchResource(event.batch),
      }
  }
}

const paymentV3 = (order: Order): UnaddressedDraft => ({
  api: 'v3',
  url: order.notify_url,
  event: 'TRANSACTION.SUCCESS',
  reference: order.out_trade_no,
  resource: order.overseas ? overseasTransactionBody(order) : transactionBody(order),
})

const paymentV2 = (order: Order): UnaddressedDraft => ({
  api: 'v2',
  sign_type: order.sign_type,
  url: order.notify_url,
  event: 'transaction-success',
  reference: order.out_trade_no,
  resource: paymentFields(order, order.paidAt!),
})

/**
 * Drafts a notification of profit sharing (分账动账通知), which only receivers get. Its `event_type` is that of a payment, for
 * shares and returns alike.
 *
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012116672
 */
const sharingNotification = (
  { mchid, sub_mchid, transaction_id, order_id, out_order_no, account, amount, description, at }: SharedAmount,
  summary: string,
  settings: NotificationSettings,
): UnaddressedDraft => ({
  api: 'v3',
  url: account === settings.mchid ? settings.sharingNotifyUrl : undefined,
  event: 'TRANSACTION.SUCCESS',
  original_type: 'profitsharing',
  summary,
  reference: out_order_no,
  resource: {
    ...(sub_mchid === undefined ? { mchid } : { sp_mchid: settings.mchid, sub_mchid }),
    transaction_id,
    order_id,
    out_order_no,
    receiver: { type: 'MERCHANT_ID', account, amount, description },
    success_time: rfc3339(at),
  },
})
