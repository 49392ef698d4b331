// Checked by tsc, never run.
import type {
  EventName,
  Notification,
  NotificationOf,
  V2Notifications,
  V3Notifications,
  Wechatpay,
} from '../../../src/core/index.ts'
import { createNotificationHandler, type NotificationHandlers } from '../../../src/flows/notification/index.ts'

type Same<One, Other> = (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false
const holds = <_ extends true>(): void => {}

// A resource has the type of its event.
holds<Same<NotificationOf<'REFUND.SUCCESS'>['resource'], V3Notifications['REFUND.SUCCESS']>>()
holds<Same<NotificationOf<'transaction-success'>['resource'], V2Notifications['transaction-success']>>()
holds<Same<NotificationOf<'TRANSACTION.SUCCESS'>['resource'], V3Notifications['TRANSACTION.SUCCESS']>>()
holds<Same<NotificationOf<'v2/TRANSACTION.SUCCESS'>['resource'], V2Notifications['v2/TRANSACTION.SUCCESS']>>()

// All events of both APIs have a name.
holds<Same<Exclude<keyof V3Notifications | keyof V2Notifications, EventName>, never>>()

declare const wxpay: Wechatpay
createNotificationHandler(wxpay, {
  'TRANSACTION.SUCCESS': async ({ resource, api, event }, { mchid }) => {
    holds<Same<typeof api, 'v3'>>()
    holds<Same<typeof event, 'TRANSACTION.SUCCESS'>>()
    const text: string = resource.out_trade_no + mchid
    return text
  },
  'REFUND.*': ({ resource, event }) => {
    holds<Same<typeof event, 'REFUND.SUCCESS' | 'REFUND.ABNORMAL' | 'REFUND.CLOSED'>>()
    const number: string = resource.out_refund_no
    return number
  },
  'MCHTRANSFER.BILL.*': ({ event }) => {
    holds<Same<typeof event, 'MCHTRANSFER.BILL.FINISHED'>>()
  },
  'PARKING_FEE.QUERY_TRANS_INFO': ({ resource }) => ({ plate_number: resource.plate_number }),
  otherwise: notification => {
    holds<Same<typeof notification, Notification>>()
  },
})
createNotificationHandler({ '1900000109': wxpay }, {})
createNotificationHandler(({ url }) => (url ? wxpay : Promise.resolve(wxpay)), {})

// A name that is misspelt is no handler, and a question needs an answer.
// @ts-expect-error
holds<'TRANSACTION.SUCESS' extends keyof NotificationHandlers ? true : false>()
// @ts-expect-error
createNotificationHandler(wxpay, { 'TRANSACTION.SUCESS': () => {} })
// @ts-expect-error
createNotificationHandler(wxpay, { 'CROSS_BORDER_PAY.GET_MCH_INFO': () => {} })
