import type { NotificationControl } from './control.ts'
import type { NotificationContext } from './delivery/context.ts'
import { createNotificationControl } from './delivery/on-demand.ts'
import { createNotificationSchedule } from './delivery/schedule.ts'
import { createSender } from './delivery/sender.ts'
import { createStoredNotifications } from './delivery/stored-notifications.ts'
import type { Notification, NotificationDraft } from './notification.ts'

export interface Notifications {
  notify(draft: NotificationDraft): void
  /** Returns the notifications, the oldest first; of the finished ones, the last 10,000. */
  list(): Notification[]
  readonly control: NotificationControl
}

export function createNotifications(context: NotificationContext): Notifications {
  const stored = createStoredNotifications(context)
  const sendOnce = createSender(context, stored)
  const schedule = createNotificationSchedule(context, stored, sendOnce)
  return {
    notify: draft => schedule.start(stored.add(draft)),
    list: () => [...stored.all()].map(stored.toNotification),
    control: createNotificationControl(context, { stored, sendOnce, schedule }),
  }
}
