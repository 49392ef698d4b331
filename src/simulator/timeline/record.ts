import type { Failures } from '../failures.ts'
import type { Exchange } from '../http/journal.ts'
import type { Notification, NotificationAttempt } from '../notification/notification.ts'
import type { StateChange } from '../state/state.ts'
import type { SignatureExplanation } from './signature-explanation.ts'

/** Headers and body of a message, as received or sent. */
export interface RecordedMessage {
  readonly headers: Readonly<Record<string, string>>
  /** Absent if there is none, or if it was not read. */
  readonly body?: string | GivenBytes | undefined
}

/** A request to the simulated WeChat Pay, with its response. */
export interface RequestRecord {
  readonly kind: 'request'
  readonly exchange: Exchange
  readonly request: RecordedMessage
  readonly response: RecordedMessage
  /** Records that the request changed. */
  readonly changes: readonly StateChange[]
  /** Looks for the mistake that explains why the signature is invalid. Absent if neither time nor signed text is the reason. */
  readonly explain?: (() => Promise<SignatureExplanation>) | undefined
}

/** An attempt to deliver a notification. */
export interface NotificationRecord {
  readonly kind: 'notification'
  readonly notification: Notification
  readonly attempt: NotificationAttempt
  /** Absent if the notification could not be written. */
  readonly request?: RecordedMessage | undefined
  /** Its content before it was encrypted. */
  readonly resource: object | string
}

/** A method of the simulator that was called in place of the shopper, the bank or the clock. */
export interface ActionRecord {
  readonly kind: 'action'
  /** ms, by the simulated clock */
  readonly at: number
  /** Name of the method: `pay`, `advance`, `reset`. */
  readonly name: string
  readonly parameters: readonly unknown[]
  /** Merchant whose method it is; absent for the clock and the saved states. */
  readonly mchid?: string | undefined
  readonly changes: readonly StateChange[]
}

/** A request, a notification or an action, complete. */
export type SimulatorRecord = RequestRecord | NotificationRecord | ActionRecord

/** Receives each record as soon as it is complete. */
export type SimulatorObserver = (record: SimulatorRecord) => void

export interface Observers {
  /** Whether there is an observer: without one, nobody needs the records. */
  readonly present: boolean
  /** @returns a function that removes the observer */
  add(observer: SimulatorObserver): () => void
  /** Calls the observers. An error of one reaches neither the others nor the work that reports. */
  report(record: SimulatorRecord): void
}

export function createObservers({ isolate }: Pick<Failures, 'isolate'>): Observers {
  const observers = new Set<SimulatorObserver>()
  return {
    get present() {
      return observers.size > 0
    },
    add(observer) {
      const isolated = isolate(observer)
      observers.add(isolated)
      return () => void observers.delete(isolated)
    },
    report(record) {
      for (const observer of observers) observer(record)
    },
  }
}

/** Returns observers to which a merchant's methods report: each action names the merchant. */
export const observersFor = (observers: Observers, mchid: string): Observers => ({
  get present() {
    return observers.present
  },
  add: observers.add,
  report: record => observers.report(record.kind === 'action' ? { ...record, mchid } : record),
})

/** `Uint8Array<ArrayBuffer>`, written so that TypeScript before 5.7, whose `Uint8Array` has no type parameter, reads the declaration. */
type GivenBytes = ReturnType<TextEncoder['encode']>
