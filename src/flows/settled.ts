import { ConfigurationError, TransportError } from '../core/base/errors.ts'
import type { AnyNotification } from '../core/notification/notification.ts'
import { MIN_TIME, refuseUnknownOptions, requireDeadline, requirePositive } from './checks.ts'
import { isTransient } from './error-kind.ts'
import { findMismatch } from './response-match.ts'
import { type Wait, waitOrAbort, waitWithTimer } from './wait.ts'

/** Options of functions that wait for a final state. */
export interface SettledOptions {
  /** A `Date`, or milliseconds since 1970. At least one query is sent, even if it has passed. */
  deadline: Date | number
  signal?: AbortSignal | undefined
  /**
   * Receives the merchant's verified notifications, those of APIv2 confirmed (`confirmNotification`), as
   * `new CustomEvent('notification', { detail: notification })`. An `EventTarget` lets any number of callers wait at
   * the same one without taking notifications from each other or buffering any; the first query finds what happened
   * before the waiting began.
   */
  notifications?: EventTarget | undefined
  /** Milliseconds between queries; the last value repeats. */
  delays?: readonly number[] | undefined
  /** Milliseconds per attempt of a query. Default: the client's */
  timeout?: number | undefined
  /** Waits between queries. Default: a timer */
  wait?: Wait | undefined
}

const OPTIONS: readonly (keyof SettledOptions)[] = ['deadline', 'signal', 'notifications', 'delays', 'timeout', 'wait']

/** Result of waiting: the final state, or the last known one at the deadline. */
export type Settled<Data> =
  | {
      isFinal: true
      state: string
      /** Whether a notification or a query reported it. */
      by: 'notification' | 'query'
      data: Data
    }
  | {
      /** The deadline has passed, and the outcome is open. */
      isFinal: false
      /** The last known state; undefined if no query got a response. */
      state: string | undefined
      data: Data | undefined
      /** The error of the last query; undefined if it succeeded. */
      error: unknown
    }

/** The order or refund to wait for, and its query. */
export interface SettledSubject<Data> {
  query(options: { signal: AbortSignal; timeout?: number }): Promise<Data>
  stateOf(data: Data, by: 'notification' | 'query'): string
  isFinal(state: string): boolean
  /** Returns the data of a notification; undefined if it is about something else. */
  readNotification(notification: AnyNotification): Data | undefined
  readonly delays: readonly number[]
  readonly now: () => number
}

/**
 * Waits until a notification or a query reports a final state.
 *
 * @throws {TransportError} `ABORTED`
 * @throws {ServiceError} a query was refused permanently
 */
export async function waitUntilSettled<Data>(
  subject: SettledSubject<Data>,
  options: SettledOptions,
): Promise<Settled<Data>> {
  requireDeadline(options)
  refuseUnknownOptions(options, OPTIONS)
  const { signal, notifications, delays = subject.delays, timeout, wait = waitWithTimer } = options
  const { now } = subject
  const deadline = Number(options.deadline)
  // 0 asks for one query.
  if (!Number.isFinite(deadline) || (deadline > 0 && deadline < MIN_TIME))
    throw new ConfigurationError(
      'OPTION_INVALID',
      'deadline',
      'give a Date, or milliseconds since 1970, such as Date.now() + 300_000',
    )
  if (delays.length === 0) throw new ConfigurationError('OPTION_INVALID', 'delays', 'give at least one')
  for (const delay of delays) requirePositive(delay, 'delays', 'milliseconds')
  const end = new AbortController()
  const stopped = signal ? AbortSignal.any([signal, end.signal]) : end.signal
  const notification = firstFinalNotification(subject, notifications, end.signal)
  const queryOptions = { signal: stopped, ...(timeout !== undefined && { timeout }) }
  let last: Extract<Settled<Data>, { isFinal: false }> = { ...NOTHING_KNOWN, error: undefined }
  // Time passes by the clock, or by the time waited if the clock stands still.
  let time = now()
  try {
    for (let number = 0; ; number++) {
      if (signal?.aborted) throw abortedError(signal)
      const found = await Promise.race([
        notification,
        subject.query(queryOptions).then(
          data => resultOf(subject, data, 'query'),
          error => ({ ...last, error }),
        ),
      ])
      if (found.isFinal) return found
      if (signal?.aborted) throw abortedError(signal)
      if (found.error !== undefined && !isTransient(found.error)) throw found.error
      last = found
      time = Math.max(time, now())
      if (time >= deadline) return last
      const delay = Math.min(delays[Math.min(number, delays.length - 1)]!, deadline - time)
      const notified = await Promise.race([notification, waitOrAbort(wait, delay, stopped)])
      if (notified) return notified
      time += delay
    }
  } finally {
    end.abort()
  }
}

const NOTHING_KNOWN = { isFinal: false, state: undefined, data: undefined } as const

const abortedError = ({ reason }: AbortSignal): TransportError =>
  new TransportError('ABORTED', 'Waiting was aborted; the order or refund itself is not affected.', false, reason)

function resultOf<Data>(subject: SettledSubject<Data>, data: Data, by: 'notification' | 'query'): Settled<Data> {
  const state = subject.stateOf(data, by)
  return subject.isFinal(state) ? { isFinal: true, state, by, data } : { isFinal: false, state, data, error: undefined }
}

/** Waits for the first notification with a final state; the next query covers the others. */
function firstFinalNotification<Data>(
  subject: SettledSubject<Data>,
  notifications: EventTarget | undefined,
  signal: AbortSignal,
): Promise<Settled<Data>> {
  return new Promise(resolve => {
    const onNotification = (event: Event) => {
      const data = subject.readNotification((event as CustomEvent<AnyNotification>).detail)
      const result = data && resultOf(subject, data, 'notification')
      if (result?.isFinal) resolve(result)
    }
    notifications?.addEventListener('notification', onNotification, { signal })
  })
}

/** Returns whether a notification is about the order or refund. */
export const isNotificationAbout = (
  identity: Readonly<Record<string, unknown>>,
  { message, resource }: AnyNotification,
): boolean => findMismatch(identity, { ...message, ...Object(resource) }) === undefined
