import type { Api } from '../../definitions/call.ts'
import type { BrandNotifications, V2Notifications, V3Notifications } from '../../definitions/generated/types.ts'
import type { PROFIT_SHARING_CHANGE } from './event-name.ts'

/** APIv3 events that this library names, because WeChat Pay gives them the `event_type` of another event. */
export interface NamedNotifications {
  /**
   * 分账动账通知 that arrived as `TRANSACTION.SUCCESS`: money of a payment was shared, or a share was returned (分账回退).
   * `order_id` is the number of either; the notification does not tell which. If WeChat Pay does tell, the event is
   * `PROFITSHARING.SUCCESS` or `PROFITSHARING.RETURN`.
   */
  [PROFIT_SHARING_CHANGE]: V3Notifications['PROFITSHARING.SUCCESS']
}

/** Content of notifications by the name of their event. */
interface Resources extends V3Notifications, V2Notifications, BrandNotifications, NamedNotifications {}

/**
 * Name of a defined event. APIv3: the `event_type`, or `PROFITSHARING.CHANGE` for profit sharing (分账动账) that arrived as
 * `TRANSACTION.SUCCESS`. APIv2: `transaction-success`, `refund-processed` and so on, or the `event_type`, with the prefix
 * `v2/` if APIv3 or the brand API has an event of that name (免押租借: `v2/TRANSACTION.SUCCESS`). Brand API: the `event_type`.
 */
export type EventName = keyof Resources

/** Resource type of an event by its name; `unknown` for an event without a definition. */
export type ResourceOf<Event extends string> = Event extends EventName ? Resources[Event] : unknown

type ApiOf<Event> = Event extends keyof V2Notifications ? 'v2' : Event extends keyof BrandNotifications ? 'brand' : 'v3'

/** A notification of which only the form is known, whatever its event. */
export interface AnyNotification<Event extends string = string, Resource = unknown, From extends Api = Api> {
  api: From
  /**
   * Identifies the notification; repetitions have the same one. In APIv3 and the brand API it is the `id`; in APIv2 it consists of the
   * numbers of the order, the refund or the contract.
   */
  id: string
  /**
   * See {@link EventName}. WeChat Pay may send an event that its API does not define yet. In APIv3 it has its `event_type`, with the
   * prefix `v3/` if that is an event of another API; in APIv2 it always has the prefix `v2/`, in the brand API `brand/`.
   */
  event: Event
  /** The decrypted content, with JSON in strings parsed. */
  resource: Resource
  /** The message as received, with encrypted parts still encrypted. */
  message: Readonly<Record<string, unknown>>
  /**
   * Proof that it is WeChat Pay's: the id of its key (APIv3, brand API), or the sign type (APIv2). `undefined` for an unconfirmed
   * APIv2 refund, which has no signature and may have been assembled from earlier ones by anybody.
   */
  verifiedBy: string | undefined
}

/** The notification of an event; of several, a union that `event` tells apart. */
export type NotificationOf<Event extends EventName> = Event extends EventName
  ? AnyNotification<Event, Resources[Event], ApiOf<Event>>
  : never

declare const undefinedEvent: unique symbol
/**
 * An event without a definition: any text but an {@link EventName}. It is declared as one text that no event has, because
 * a `string` could be any event, and a comparison would not narrow. Assign it to a `string` to compare it with other
 * names.
 */
export type UndefinedEvent = 'an event without a definition' & { readonly [undefinedEvent]: true }

/**
 * A notification (通知): verified, decrypted, parsed. Its `event` determines the type of its `resource`.
 *
 * @example
 * ```ts
 * switch (notification.event) {
 *   case 'REFUND.SUCCESS':
 *     console.log(notification.resource.out_refund_no)
 *     break
 *   default:
 *     console.log('ignored:', notification.event)
 * }
 * ```
 */
export type Notification = NotificationOf<EventName> | AnyNotification<UndefinedEvent>

/**
 * Returns whether a notification has an event, and narrows the type of its resource, as a comparison of its `event` does.
 * Also narrows {@link AnyNotification}.
 *
 * @example
 * ```ts
 * if (isEvent(notification, 'REFUND.SUCCESS')) console.log(notification.resource.out_refund_no)
 * ```
 */
export function isEvent<Event extends EventName>(
  notification: AnyNotification,
  event: Event,
): notification is AnyNotification<Event, Resources[Event], ApiOf<Event>> {
  return notification.event === event
}
