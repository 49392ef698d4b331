import { createLimiter } from '../../../core/base/limiter.ts'
import { HOUR, MINUTE, SECOND } from '../../../core/base/time.ts'
import { isQuestion } from '../event-names.ts'
import type { NotificationContext } from './context.ts'
import type { AttemptOutcome, SendOnce } from './sender.ts'
import type { StoredNotification, StoredNotifications } from './stored-notifications.ts'

/** Delays after failed attempts until the next one, by the simulated clock. */
export const RETRY_DELAYS: readonly number[] = [
  15 * SECOND,
  15 * SECOND,
  30 * SECOND,
  3 * MINUTE,
  10 * MINUTE,
  20 * MINUTE,
  30 * MINUTE,
  30 * MINUTE,
  30 * MINUTE,
  60 * MINUTE,
  3 * HOUR,
  3 * HOUR,
  3 * HOUR,
  6 * HOUR,
  6 * HOUR,
]
/** Limits the notifications that are sent at once when the clock is advanced, for example, by a day. */
const MAX_CONCURRENT = 64

/** Sends notifications until they are acknowledged, unless they are held back. */
export interface NotificationSchedule {
  /** Schedules the first attempt. */
  start(notification: StoredNotification): void
  /**
   * Makes the first attempt now, or holds the notification back.
   *
   * @returns undefined if it is held back
   */
  sendNow(id: string): Promise<AttemptOutcome | undefined>
  isHolding(): boolean
  hold(): void
  /** Sends the notifications that were held back, one at a time, and stops holding. */
  release(order: 'given' | 'reversed'): Promise<void>
}

export function createNotificationSchedule(
  { state, scheduler, onAttempt }: Pick<NotificationContext, 'state' | 'scheduler' | 'onAttempt'>,
  stored: StoredNotifications,
  sendOnce: SendOnce,
): NotificationSchedule {
  /** Ids of the notifications that are held back, the oldest first. */
  const held = state.map<true>('held-notifications')
  const settings = state.map<number | boolean>('notification-settings')
  const limit = createLimiter(MAX_CONCURRENT)
  const isHolding = (): boolean => settings.get('holding') === true
  const schedule = (at: number, id: string): void => scheduler.schedule(at, 'notification', id)

  /** Makes a scheduled attempt, unless a repetition has been acknowledged in the meantime. */
  const sendScheduled = async (id: string): Promise<AttemptOutcome | undefined> => {
    const notification = stored.find(id)
    if (notification?.state !== 'pending') return undefined
    const outcome = await sendOnce(notification)
    const current = stored.find(id)
    if (current?.state === 'pending') {
      const delay = isQuestion(current.draft) ? undefined : RETRY_DELAYS[current.failed]
      if (outcome.acknowledged) stored.finish(current, 'delivered')
      else if (delay === undefined) stored.finish(current, 'given-up')
      else {
        stored.save({ ...current, failed: current.failed + 1 })
        schedule(scheduler.now() + delay, id)
      }
    }
    if (current) onAttempt(stored.toNotification(stored.find(id) ?? current), outcome.attempt)
    return outcome
  }

  scheduler.on<string>('notification', id => {
    if (stored.find(id)?.state !== 'pending') return
    if (isHolding()) return void held.set(id, true)
    return limit(() => sendScheduled(id)).then(() => {})
  })
  // A restart may have interrupted a release. The notifications that it left must be sent.
  if (!isHolding()) {
    for (const id of held.keys()) schedule(scheduler.now(), id)
    held.clear()
  }

  return {
    start: ({ id }) => schedule(scheduler.now(), id),
    async sendNow(id) {
      if (!isHolding()) return sendScheduled(id)
      held.set(id, true)
      return undefined
    },
    isHolding,
    hold: () => void settings.set('holding', true),
    async release(order) {
      // Notifications that have become due since the last request are held back too.
      scheduler.run()
      settings.set('holding', false)
      const ids = [...held.keys()]
      for (const id of order === 'reversed' ? ids.reverse() : ids) {
        await sendScheduled(id)
        held.delete(id)
      }
    },
  }
}
