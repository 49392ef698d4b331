// Checked by tsc, never run: how the event of a notification determines the type of its resource.
import {
  type AnyNotification,
  type EventName,
  isEvent,
  type Notification,
  type NotificationOf,
  type V2Notifications,
  type V3Notifications,
} from '../../../src/core/index.ts'

type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false
const holds = <_ extends true>(): void => {}

/** A comparison narrows as `isEvent` does. */
export function compared(notification: Notification): unknown {
  if (notification.event === 'REFUND.SUCCESS') {
    holds<Same<typeof notification, NotificationOf<'REFUND.SUCCESS'>>>()
    holds<Same<typeof notification.resource, V3Notifications['REFUND.SUCCESS']>>()
    holds<Same<typeof notification.api, 'v3'>>()
    return notification.resource.amount.payer_refund satisfies number
  }
  if (isEvent(notification, 'MCHTRANSFER.BILL.FINISHED')) {
    holds<Same<typeof notification.resource, V3Notifications['MCHTRANSFER.BILL.FINISHED']>>()
    return notification.resource.out_bill_no
  }
  // @ts-expect-error of any other event nothing is known
  return notification.resource.out_refund_no
}

/** A rental of APIv2 is no payment, although WeChat Pay gives both one `event_type`. */
export function shared(notification: Notification): unknown {
  if (notification.event === 'v2/TRANSACTION.SUCCESS') {
    holds<Same<typeof notification.api, 'v2'>>()
    holds<Same<typeof notification.resource, V2Notifications['v2/TRANSACTION.SUCCESS']>>()
  }
  return notification.event === 'TRANSACTION.SUCCESS' && (notification.api satisfies 'v3')
}

export function switched(notification: Notification): string {
  switch (notification.event) {
    case 'TRANSACTION.SUCCESS':
      return notification.resource.trade_state ?? ''
    case 'REFUND.CLOSED':
    case 'REFUND.ABNORMAL':
      return notification.resource.out_refund_no
    case 'transaction-success':
      return notification.resource.total_fee satisfies string
    default:
      // An event of tomorrow comes here, as text.
      return notification.event satisfies string
  }
}

export function unheardOf(notification: Notification): boolean {
  // @ts-expect-error no definition has this event: a mistake, or an event of tomorrow
  if (notification.event === 'REFUND.SUCCEEDED') return false
  // @ts-expect-error the same
  if (isEvent(notification, 'REFUND.SUCCEEDED')) return false
  const event: string = notification.event
  return event === 'AN_EVENT.OF_TOMORROW'
}

/** The products that share `TRANSACTION.SUCCESS` are told apart by a field that only one of them has. */
export function products({ resource }: NotificationOf<'TRANSACTION.SUCCESS'>): unknown {
  // Any of them may be asked for any field.
  holds<Same<typeof resource.out_trade_no, string | undefined>>()
  if (resource.sub_orders) {
    holds<Same<typeof resource.combine_out_trade_no, string>>()
    holds<Same<typeof resource.amount, undefined>>()
    return resource.sub_orders.map(({ out_trade_no }) => out_trade_no satisfies string)
  }
  // Every single order has a number and an amount.
  holds<Same<typeof resource.out_trade_no, string>>()
  holds<Same<typeof resource.amount.total, number>>()
  if (resource.id !== undefined) return [resource.id satisfies string, resource.transaction_id satisfies undefined]
  holds<Same<typeof resource.transaction_id, string>>()
  if (resource.trade_scene !== undefined) return resource.parking_info?.plate_number
  return [resource.mchid, resource.trade_type]
}

export function mistakes({ resource }: NotificationOf<'TRANSACTION.SUCCESS'>): unknown[] {
  return [
    // @ts-expect-error a combined order has no amount
    resource.amount.total,
    // @ts-expect-error profit sharing comes as PROFITSHARING.CHANGE
    resource.receiver,
    // @ts-expect-error no such field
    resource.total_fee,
  ]
}

/** `isEvent` also narrows what is only known to be a notification. */
export const any = (notification: AnyNotification): string | undefined =>
  isEvent(notification, 'COMPLAINT.CREATE') ? notification.resource.complaint_id : undefined

/** A notification is one whatever its event, and each event has its notification. */
export const widened = (notification: Notification): AnyNotification => notification
export const of = (notification: NotificationOf<EventName>): Notification => notification
