import type { Scheduler } from '../../clock/scheduler.ts'
import type { Random } from '../../state/random.ts'
import type { State } from '../../state/state.ts'
import type { Observers } from '../../timeline/record.ts'
import type { MessageContext } from '../message.ts'
import type { Notification, NotificationAttempt } from '../notification.ts'

/** Dependencies of the notifications. */
export interface NotificationContext {
  /** Returns the keys and clocks for a merchant, the first by default; undefined if there is no such merchant. */
  readonly messageContextOf: (mchid: string | undefined) => MessageContext | undefined
  readonly state: State
  readonly scheduler: Scheduler
  readonly random: Random
  /** Default `globalThis.fetch`. */
  readonly deliver?: typeof fetch | undefined
  /** Called after every attempt. Never throws. */
  readonly onAttempt: (notification: Notification, attempt: NotificationAttempt) => void
  /** Receives every attempt with what was sent. */
  readonly observers: Observers
}
