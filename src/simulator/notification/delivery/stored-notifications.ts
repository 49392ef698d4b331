import { ParameterError } from '../../parameter-error.ts'
import type { Random } from '../../state/random.ts'
import type { Envelope, MessageContext } from '../message.ts'
import type { Notification, NotificationAttempt, NotificationDraft } from '../notification.ts'
import type { NotificationContext } from './context.ts'

export interface StoredNotification extends Envelope {
  readonly state: Notification['state']
  readonly attempts: readonly NotificationAttempt[]
  /** Scheduled attempts that have failed. */
  readonly failed: number
}

/** The notifications in the state: all that are pending, and the last 10,000 of the finished ones. */
export interface StoredNotifications {
  /** Returns the number of notifications that have been added. */
  count(): number
  /** Creates the envelope of a notification that is not stored. */
  newEnvelope(number: number, draft: NotificationDraft): Envelope
  add(draft: NotificationDraft): StoredNotification
  find(id: string): StoredNotification | undefined
  /** @throws {ParameterError} there is no such notification */
  require(id: string): StoredNotification
  /** Replaces the notification that has its id. */
  save(notification: StoredNotification): void
  /** Ends a notification, and deletes the oldest of the finished ones if there are too many. */
  finish(notification: StoredNotification, outcome: 'delivered' | 'given-up'): void
  /** Returns all, the oldest first. */
  all(): Iterable<StoredNotification>
  /** Returns the keys and clocks for a merchant, the first by default. @throws {ParameterError} there is no such merchant */
  requireContext(mchid: string | undefined): MessageContext
  /** Returns a notification as observers and callers see it. */
  toNotification(notification: StoredNotification): Notification
}

const MAX_FINISHED = 10_000

export function createStoredNotifications({
  state,
  scheduler,
  random,
  messageContextOf,
}: Pick<NotificationContext, 'state' | 'scheduler' | 'random' | 'messageContextOf'>): StoredNotifications {
  const stored = state.map<StoredNotification>('notifications')
  const settings = state.map<number | boolean>('notification-settings')
  /** Ids of the finished notifications, the oldest first, which is the order of their deletion. */
  const finished = [...stored.values()].filter(notification => notification.state !== 'pending').map(({ id }) => id)
  const count = (): number => Number(settings.get('count') ?? 0)
  const newEnvelope = (number: number, draft: NotificationDraft): Envelope => ({
    id: newUuid(random),
    number,
    created: scheduler.now(),
    draft,
  })
  const requireContext = (mchid: string | undefined): MessageContext => {
    const found = messageContextOf(mchid)
    if (found) return found
    throw new ParameterError(`There is no merchant ${mchid}; create it, or leave mchid out for the first merchant.`)
  }
  return {
    count,
    newEnvelope,
    add(draft) {
      const number = count()
      settings.set('count', number + 1)
      const notification: StoredNotification = {
        ...newEnvelope(number, draft),
        state: 'pending',
        attempts: [],
        failed: 0,
      }
      stored.set(notification.id, notification)
      return notification
    },
    find: id => stored.get(id),
    require(id) {
      const notification = stored.get(id)
      if (notification) return notification
      throw new ParameterError(
        `There is no notification ${id}, or it was deleted; use an id from simulator.notifications.`,
      )
    },
    save: notification => void stored.set(notification.id, notification),
    finish(notification, outcome) {
      stored.set(notification.id, { ...notification, state: outcome })
      finished.push(notification.id)
      if (finished.length > MAX_FINISHED) stored.delete(finished.shift()!)
    },
    all: () => stored.values(),
    requireContext,
    toNotification({ id, draft, created, state, attempts }) {
      const { api, event, url, reference } = draft
      const mchid = draft.mchid ?? requireContext(undefined).merchant.mchid
      return { id, mchid, api, event, url, reference, created, state, attempts: [...attempts] }
    },
  }
}

/** Creates a UUID of version 5, like the service's ids. */
function newUuid(random: Random): string {
  const variant = random.pick(['8', '9', 'a', 'b'])
  return [random.hex(8), random.hex(4), `5${random.hex(3)}`, variant + random.hex(3), random.hex(12)].join('-')
}
