import { ConfigurationError, TransportError } from '../../../core/errors.ts'
import type { Notification } from '../../../core/notification/notification.ts'
import { findMismatch } from '../../correlation.ts'
import { type Wait, waitOrAbort, waitWithTimer } from '../../wait.ts'
import { refuseUnknownOptions, requirePositive } from '../checks.ts'
import { isTransient } from '../error-kind.ts'

/** How long to wait for a final state, and what may tell of it. */
export interface SettledOptions {
  /** Until when, as a `Date` or in milliseconds since 1970. Queried once at least, even when it is over. */
  deadline: Date | number
  signal?: AbortSignal | undefined
  /**
   * What the merchant's intake tells of: each verified notification, of APIv2 each that is confirmed (`confirmNotification`),
   * dispatched as `new CustomEvent('notification', { detail: notification })`. An `EventTarget`, because many may wait for their order at
   * the same one, none takes a notification from another, and nothing is kept for those who do not wait: what came before
   * the waiting began, the first query finds.
   */
  notifications?: EventTarget | undefined
  /** Milliseconds from each query to the next; the last stands for all that follow. */
  delays?: readonly number[] | undefined
  /** Milliseconds that an attempt of a query may take. Default: the client's. */
  timeout?: number | undefined
  /** Waits between the queries. Default: a timer. */
  wait?: Wait | undefined
}

const OPTIONS: readonly (keyof SettledOptions)[] = ['deadline', 'signal', 'notifications', 'delays', 'timeout', 'wait']

/** What is known at the end: the final state, or at the deadline the last one. */
export type Settled<Data> =
  | {
      isFinal: true
      state: string
      /** What told: a notification or a query. */
      by: 'notification' | 'query'
      data: Data
    }
  | {
      /** The deadline has come; nothing is said of what will become of it. */
      isFinal: false
      /** As far as known; undefined where no query was answered. */
      state: string | undefined
      data: Data | undefined
      /** What the last query failed with; undefined where it was answered. */
      error: unknown
    }

/** What is waited for. */
export interface SettledSubject<Data> {
  query(options: { signal: AbortSignal; timeout?: number }): Promise<Data>
  stateOf(data: Data, by: 'notification' | 'query'): string
  isFinal(state: string): boolean
  /** What a notification says of it; undefined when that is about something else. */
  readNotification(notification: Notification): Data | undefined
  readonly delays: readonly number[]
  readonly now: () => number
}

/**
 * Waits until something is settled: a notification tells of it, or a query.
 *
 * @throws {TransportError} `ABORTED`
 * @throws {ServiceError} a query was refused, and it would be again
 */
export async function waitUntilSettled<Data>(
  subject: SettledSubject<Data>,
  options: SettledOptions,
): Promise<Settled<Data>> {
  refuseUnknownOptions(options, OPTIONS)
  const { signal, notifications, delays = subject.delays, timeout, wait = waitWithTimer } = options
  const { now } = subject
  const deadline = Number(options.deadline)
  if (!Number.isFinite(deadline))
    throw new ConfigurationError('OPTION_INVALID', 'deadline', 'a Date, or milliseconds since 1970')
  if (delays.length === 0) throw new ConfigurationError('OPTION_INVALID', 'delays', 'at least one')
  for (const delay of delays) requirePositive(delay, 'delays', 'milliseconds')
  const end = new AbortController()
  const stopped = signal ? AbortSignal.any([signal, end.signal]) : end.signal
  const notification = firstFinalNotification(subject, notifications, end.signal)
  const queryOptions = { signal: stopped, ...(timeout !== undefined && { timeout }) }
  let last: Extract<Settled<Data>, { isFinal: false }> = { ...NOTHING_KNOWN, error: undefined }
  // Time passes by the clock, and where that stands still, by what was waited.
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
  new TransportError('ABORTED', 'Waiting was given up; what was waited for goes on.', false, reason)

function resultOf<Data>(subject: SettledSubject<Data>, data: Data, by: 'notification' | 'query'): Settled<Data> {
  const state = subject.stateOf(data, by)
  return subject.isFinal(state) ? { isFinal: true, state, by, data } : { isFinal: false, state, data, error: undefined }
}

/** The first notification that settles it. One that tells of no final state is no news: the next query has it. */
function firstFinalNotification<Data>(
  subject: SettledSubject<Data>,
  notifications: EventTarget | undefined,
  signal: AbortSignal,
): Promise<Settled<Data>> {
  return new Promise(resolve => {
    const onNotification = (event: Event) => {
      const data = subject.readNotification((event as CustomEvent<Notification>).detail)
      const result = data && resultOf(subject, data, 'notification')
      if (result?.isFinal) resolve(result)
    }
    notifications?.addEventListener('notification', onNotification, { signal })
  })
}

/** Tells whether a notification is about what is waited for. */
export const isNotificationAbout = (
  identity: Readonly<Record<string, unknown>>,
  { message, resource }: Notification,
): boolean => findMismatch(identity, { ...message, ...Object(resource) }) === undefined
