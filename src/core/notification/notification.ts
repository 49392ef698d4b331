import type { V2Notifications, V3Notifications } from '../../definitions/generated/types.ts'
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

/** Resource type of an event by its name; `unknown` for an event without a definition. */
export type ResourceOf<Event extends string> = Event extends keyof V3Notifications
  ? V3Notifications[Event]
  : Event extends keyof NamedNotifications
    ? NamedNotifications[Event]
    : Event extends keyof V2Notifications
      ? V2Notifications[Event]
      : unknown

/** A notification (通知): verified, decrypted, parsed. */
export interface Notification<Event extends string = string, Resource = unknown> {
  api: 'v2' | 'v3'
  /**
   * Identifies the notification; repetitions have the same one. In APIv3 it is the `id`; in APIv2 it consists of the
   * numbers of the order, the refund or the contract.
   */
  id: string
  /**
   * APIv3: `event_type`, or `PROFITSHARING.CHANGE` for profit sharing (分账动账) that arrived as `TRANSACTION.SUCCESS`;
   * APIv2: `transaction-success`, `refund-processed` and so on, or its `event_type`.
   */
  event: Event
  /** The decrypted content, with JSON in strings parsed. */
  resource: Resource
  /** The message as received, with encrypted parts still encrypted. */
  message: Readonly<Record<string, unknown>>
  /**
   * Proof that it is WeChat Pay's: the id of its key (APIv3), or the sign type (APIv2). `undefined` for an unconfirmed
   * APIv2 refund, which has no signature and may have been assembled from earlier ones by anybody.
   */
  verifiedBy: string | undefined
}

/**
 * Returns whether a notification has an event, and narrows the type of its resource.
 *
 * @example
 * ```ts
 * if (isEvent(notification, 'REFUND.SUCCESS')) console.log(notification.resource.out_refund_no)
 * ```
 */
export function isEvent<Event extends keyof V2Notifications | keyof V3Notifications | keyof NamedNotifications>(
  notification: Notification,
  event: Event,
): notification is Notification<Event, ResourceOf<Event>> {
  return notification.event === event
}
