import type { Flaw } from './message.ts'

/** One time that a notification was sent. */
export interface Try {
  /** ms, by the simulated clock */
  readonly at: number
  /** HTTP status of the merchant's answer. */
  readonly status?: number
  /** Why there was no answer. */
  readonly error?: string
  /** What stood in it, cut at 1,024 characters. */
  readonly answer?: string
  /** Sent on demand: again, or with what is wrong with it. */
  readonly as?: 'repeat' | Flaw
}

export interface Notification {
  /** v3: the notification's own `id`; v2 has none on the wire. */
  readonly id: string
  readonly api: 'v3' | 'v2'
  readonly event: string
  readonly url: string
  /** The merchant's number of the thing it is about. */
  readonly about: string
  /** ms */
  readonly created: number
  readonly state: 'pending' | 'delivered' | 'given-up'
  readonly tries: readonly Try[]
}
