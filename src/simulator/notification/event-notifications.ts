import type { DomainEvent } from '../accounts/domain-event.ts'
import type { Order } from '../accounts/orders/order.ts'
import type { SharedAmount } from '../accounts/profit-sharing/events.ts'
import { rfc3339 } from '../clock/time.ts'
import { contractChangeFields } from '../v2/resources/contract.ts'
import { refundResource as refundResourceV2 } from '../v2/resources/refund.ts'
import { paymentFields } from '../v2/resources/transaction.ts'
import { businessCouponSentResource } from '../v3/resources/business-coupon.ts'
import { contractBody } from '../v3/resources/contract.ts'
import { couponUseResource } from '../v3/resources/coupon.ts'
import { fapiaoResource, titleResource } from '../v3/resources/fapiao.ts'
import { medicalOrderBody } from '../v3/resources/medical-order.ts'
import {
  failedDeductionResource,
  parkingResource,
  parkingTransactionBody,
  repaidFeeResource,
} from '../v3/resources/parking.ts'
import { refundResource as refundResourceV3 } from '../v3/resources/refund.ts'
import { serviceOrderBody } from '../v3/resources/service-order.ts'
import { permissionResource } from '../v3/resources/service-permission.ts'
import { combinedTransactionBody, overseasTransactionBody, transactionBody } from '../v3/resources/transaction.ts'
import { batchResource, transferResource } from '../v3/resources/transfer.ts'
import { authorizationResource } from '../v3/resources/transfer-authorization.ts'
import { withdrawalResource } from '../v3/resources/withdrawal.ts'
import type { NotificationDraft } from './notification.ts'

/** A notification without a URL if the merchant gave no `notify_url`. It is not sent. */
type UnaddressedDraft = Omit<NotificationDraft, 'url'> & { readonly url: string | undefined }

/** Settings of the merchant platform, for notifications whose calls name no `notify_url`. */
export interface NotificationSettings {
  /** Merchant whose record emitted the event. */
  readonly mchid: string
  /** Merchant that is notified, see {@link receiverOf}. */
  readonly receiver: string
  /** URL that is notified of profit sharing (分账动账通知). */
  readonly sharingNotifyUrl: string | undefined
}

/** Returns the merchant that an event is for: the receiver of a share, otherwise the merchant whose record emitted it. */
export const receiverOf = (event: DomainEvent, mchid: string): string =>
  'share' in event ? event.share.account : mchid

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
        resource: refund.api === 'v3' ? refundResourceV3(refund, order) : refundResourceV2(refund, order),
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
    case 'service-order-confirmed':
    case 'service-order-paid':
      return {
        api: 'v3',
        url: event.order.notify_url,
        event: event.type === 'service-order-paid' ? 'PAYSCORE.USER_PAID' : 'PAYSCORE.USER_CONFIRM',
        reference: event.order.out_order_no,
        resource: serviceOrderBody(event.order),
      }
    case 'contract-signed':
    case 'contract-terminated': {
      const { contract } = event
      const { api, notify_url: url, contract_code: reference } = contract
      return api === 'v2'
        ? { api, url, event: 'pap-contract-state-changed', reference, resource: contractChangeFields(contract) }
        : { api, url, event: CONTRACT_EVENTS[event.type], reference, resource: contractBody(contract) }
    }
    case 'coupon-used':
      return {
        api: 'v3',
        url: event.notify_url,
        event: 'COUPON.USE',
        reference: event.coupon.coupon_id,
        resource: couponUseResource(event.coupon, event.stock),
      }
    case 'business-coupon-sent':
      return {
        api: 'v3',
        url: event.notify_url,
        event: 'COUPON.SEND',
        reference: event.coupon.coupon_code,
        resource: businessCouponSentResource(event.coupon, event.channel),
      }
    case 'withdrawal-changed':
      return {
        api: 'v3',
        url: event.withdrawal.notify_url,
        event: 'MCHWITHDRAW.CHANGE',
        reference: event.withdrawal.out_request_no,
        resource: withdrawalResource(event.withdrawal),
      }
    case 'authorization-confirmed':
    case 'authorization-closed':
      return {
        api: 'v3',
        url: event.authorization.notify_url,
        event: `MCHTRANSFER.AUTHORIZATION.${event.type === 'authorization-closed' ? 'CLOSED' : 'CONFIRMED'}`,
        reference: event.authorization.out_authorization_no,
        resource: authorizationResource(event.authorization),
      }
    case 'permission-granted':
    case 'permission-revoked':
      return {
        api: 'v3',
        url: event.permission.notify_url,
        event: event.type === 'permission-granted' ? 'PAYSCORE.USER_OPEN_SERVICE' : 'PAYSCORE.USER_CLOSE_SERVICE',
        reference: event.permission.authorization_code,
        resource: permissionResource(event.permission),
      }
    case 'parking-changed':
      return {
        api: 'v3',
        url: event.parking.notify_url,
        event: 'VEHICLE.ENTRANCE_STATE_CHANGE',
        reference: event.parking.out_parking_no,
        resource: parkingResource(event.parking),
      }
    case 'parking-deduction-failed':
      return parkingNotice('TRANSACTION.FAIL', event.order, failedDeductionResource(event.order))
    case 'parking-fee-repaid':
      return parkingNotice('TRANSACTION.PAY_BACK', event.order, repaidFeeResource(event.order))
    case 'fapiao-title-filled':
      return {
        api: 'v3',
        url: event.notify_url,
        event: 'FAPIAO.USER_APPLIED',
        reference: event.title.fapiao_apply_id,
        resource: titleResource(event.title),
      }
    case 'fapiao-issued':
    case 'fapiao-reversed':
    case 'fapiao-card-inserted':
    case 'fapiao-card-discarded':
      return {
        api: 'v3',
        url: event.notify_url,
        event: FAPIAO_EVENTS[event.type],
        reference: event.application.fapiao_apply_id,
        resource: fapiaoResource(event.application),
      }
    case 'medical-order-paid':
      return {
        api: 'v3',
        url: event.order.fields.callback_url,
        event: 'MEDICAL_INSURANCE.SUCCESS',
        reference: event.order.fields.out_trade_no,
        resource: medicalOrderBody(event.order),
      }
    case 'complaint-acted': {
      const { action: action_type, complaint, notify_url: url } = event
      const { complaint_id } = complaint
      return {
        api: 'v3',
        url,
        event: action_type === 'CREATE_COMPLAINT' ? 'COMPLAINT.CREATE' : 'COMPLAINT.STATE_CHANGE',
        reference: complaint_id,
        resource: { complaint_id, action_type },
      }
    }
  }
}

const CONTRACT_EVENTS = { 'contract-signed': 'ENTRUST.SIGN', 'contract-terminated': 'ENTRUST.TERMINATE' } as const

const parkingNotice = (event: string, order: Order, resource: object): UnaddressedDraft => ({
  api: 'v3',
  url: order.notify_url,
  event,
  reference: order.out_trade_no,
  resource,
})

const FAPIAO_EVENTS = {
  'fapiao-issued': 'FAPIAO.ISSUED',
  'fapiao-reversed': 'FAPIAO.REVERSED',
  'fapiao-card-inserted': 'FAPIAO.CARD_INSERTED',
  'fapiao-card-discarded': 'FAPIAO.CARD_DISCARDED',
} as const

const paymentV3 = (order: Order): UnaddressedDraft => ({
  api: 'v3',
  url: order.notify_url,
  event: 'TRANSACTION.SUCCESS',
  reference: order.out_trade_no,
  resource: paymentResource(order),
})

const paymentResource = (order: Order): object => {
  if (order.parking) return parkingTransactionBody(order)
  return order.overseas ? overseasTransactionBody(order) : transactionBody(order)
}

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
  url: account === settings.receiver ? settings.sharingNotifyUrl : undefined,
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
