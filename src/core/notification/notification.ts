import type { V2Notifications, V3Notifications } from '../endpoints/generated/types.ts'
import type { PROFIT_SHARING_CHANGE } from './event-name.ts'

/** The APIv3 events whose names are this library's, because WeChat Pay gives them the `event_type` of another event. */
export interface NamedNotifications {
  /**
   * 分账动账通知 that came as `TRANSACTION.SUCCESS`: money of a payment was shared, or a share was returned (分账回退). It does not
   * tell which; `order_id` is the number of the one or the other. Where WeChat Pay does tell, the event is
   * `PROFITSHARING.SUCCESS` or `PROFITSHARING.RETURN`.
   */
  [PROFIT_SHARING_CHANGE]: V3Notifications['PROFITSHARING.SUCCESS']
}

/** The resource of an event, by its name; `unknown` for an event that no definition has. */
export type ResourceOf<Event extends string> = Event extends keyof V3Notifications
  ? V3Notifications[Event]
  : Event extends keyof NamedNotifications
    ? NamedNotifications[Event]
    : Event extends keyof V2Notifications
      ? V2Notifications[Event]
      : unknown

/** A notification (通知): verified, opened, parsed. */
export interface Notification<Event extends string = string, Resource = unknown> {
  api: 'v2' | 'v3'
  /**
   * Identifies it: the same whenever WeChat Pay sends it again. APIv3 gives an `id`; for APIv2 it is made of the numbers of
   * what it is about.
   */
  id: string
  /**
   * APIv3 `event_type`, but `PROFITSHARING.CHANGE` for profit sharing (分账动账) that came as `TRANSACTION.SUCCESS`; APIv2:
   * `transaction-success`, `refund-processed` and the like, or its `event_type`.
   */
  event: Event
  /** Its content, decrypted; JSON within strings is parsed. */
  resource: Resource
  /** The message as it came, sealed parts sealed. */
  message: Readonly<Record<string, unknown>>
  /**
   * Names the proof that it is WeChat Pay's: the id of its key (APIv3), or the sign type (APIv2). `undefined` for a refund
   * of APIv2 that is not confirmed: it has no signature, and anybody may have put it together from earlier ones.
   */
  verifiedBy: string | undefined
}

/**
 * Tells a notification by its event, and gives its resource a type.
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
