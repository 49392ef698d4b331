import { createLimiter } from '../../../core/base/limiter.ts'
import { wait } from '../../../core/base/wait.ts'
import { isOutageOf } from '../../../gateway/delivery/deliver.ts'
import { HOLDING_ATTEMPTS } from '../../../gateway/store/delivery/row.ts'
import type { ForwardOutcome } from './target.ts'

/** An event to be forwarded. */
export interface ForwardedEvent {
  /** Identifies it in the stream. */
  readonly id: string
  /** Events with the same subject are forwarded in order. */
  readonly subject: string | null
  /** The text that is sent. */
  readonly body: string
}

export interface ForwarderOptions<Event extends ForwardedEvent> {
  /** Makes one attempt. Never rejects. */
  readonly send: (event: Event, attempt: number) => Promise<ForwardOutcome>
  /** Called after each attempt, with the milliseconds until the next one; undefined if the event is forwarded. */
  readonly onAttempt: (event: Event, attempt: number, outcome: ForwardOutcome, retryAfter: number | undefined) => void
  /** Called when an event is forwarded. */
  readonly onForwarded: (event: Event) => void
  /** Called when the target cannot be reached, and when it can be reached again, with the number of waiting events. */
  readonly onTarget: (state: {
    readonly isReachable: boolean
    readonly waiting: number
    readonly reason?: string
  }) => void
  readonly signal: AbortSignal
  /** Returns the milliseconds before an attempt. Default: from half a second to half a minute. */
  readonly retryDelayOf?: (attempt: number) => number
}

export interface Forwarder<Event extends ForwardedEvent> {
  /** Accepts an event, and waits while too many others are waiting. */
  offer(event: Event): Promise<void>
  /** Waits for the attempts that are being made. */
  close(): Promise<void>
}

/** Attempts at once. */
const CONCURRENCY = 32
/** Events, and characters of their texts, that wait in memory. Then the stream is read no further. */
const MAX_WAITING = 1_000
const MAX_LENGTH = 32_000_000
const FIRST_DELAY = 500
const MAX_DELAY = 30_000

/**
 * Forwards events to a target until each of them has arrived. The events of a subject arrive in order; one that the target refuses holds
 * back the later ones of its subject for as many attempts as the gateway would. A target that cannot be reached holds back everything.
 */
export function createForwarder<Event extends ForwardedEvent>(options: ForwarderOptions<Event>): Forwarder<Event> {
  const { send, onAttempt, onForwarded, onTarget, signal, retryDelayOf = delayOf } = options
  /** The events of each subject, the first of which is being forwarded. */
  const lanes = new Map<string, Event[]>()
  const work = new Set<Promise<void>>()
  const limit = createLimiter(CONCURRENCY)
  let [waiting, length] = [0, 0]
  let room: (() => void) | undefined
  /** Attempts in a row that have not reached the target. */
  let failures = 0
  /** Set while the target cannot be reached: resolves when the time has come for an attempt, or when that attempt has ended. */
  let blocked: Promise<void> | undefined

  function release({ body }: Event): void {
    waiting--
    length -= body.length
    room?.()
  }

  function blockUntil(done: Promise<unknown>): void {
    const blocking = done.then(() => {
      if (blocked === blocking) blocked = undefined
    })
    blocked = blocking
  }

  /** Makes an attempt now. While the target is down, one event tries it, and all others wait for the outcome. */
  async function attemptNow(event: Event, attempt: number): Promise<ForwardOutcome | undefined> {
    const isProbe = failures > 0
    const attempting = limit(async () => (signal.aborted || (blocked && !isProbe) ? undefined : send(event, attempt)))
    if (isProbe) blockUntil(attempting)
    return attempting
  }

  /** Makes an attempt as soon as the target can be reached. Undefined if the command has ended meanwhile. */
  async function attemptOnce(event: Event, attempt: number): Promise<ForwardOutcome | undefined> {
    for (;;) {
      while (blocked) await blocked
      if (signal.aborted) return undefined
      const outcome = await attemptNow(event, attempt)
      if (!outcome) continue
      const isUnreachable = outcome.status === undefined && isOutageOf(outcome) === true
      if (!isUnreachable) {
        if (failures > 0) onTarget({ isReachable: true, waiting })
        failures = 0
        return outcome
      }
      // Several attempts may fail when the target goes down; only the first begins the wait.
      if (blocked) continue
      if (failures === 0 && !outcome.ok) onTarget({ isReachable: false, waiting, reason: outcome.detail })
      failures++
      blockUntil(wait(retryDelayOf(failures), signal))
    }
  }

  async function forward(event: Event, onHeld: () => void): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const outcome = await attemptOnce(event, attempt)
      if (!outcome) return
      const delay = outcome.ok
        ? undefined
        : Math.max(retryDelayOf(attempt), Math.min(outcome.retryAfter ?? 0, MAX_DELAY))
      onAttempt(event, attempt, outcome, delay)
      if (delay === undefined) {
        onForwarded(event)
        release(event)
        return
      }
      if (attempt === HOLDING_ATTEMPTS) onHeld()
      await wait(delay, signal)
      if (signal.aborted) return
    }
  }

  /** Forwards the events of a subject one after another. */
  async function runLane(name: string, lane: Event[]): Promise<void> {
    for (let event = lane[0]; event && !signal.aborted; event = lane[0]) {
      // An event that was refused too often is tried on beside the later ones.
      await new Promise<void>(resolve => track(forward(event!, resolve).then(resolve)))
      lane.shift()
    }
    lanes.delete(name)
  }

  function track(promise: Promise<void>): void {
    const tracked = promise.finally(() => work.delete(tracked))
    work.add(tracked)
  }

  signal.addEventListener('abort', () => room?.())
  return {
    async offer(event) {
      while ((waiting >= MAX_WAITING || length >= MAX_LENGTH) && !signal.aborted)
        await new Promise<void>(resolve => {
          room = resolve
        })
      if (signal.aborted) return
      waiting++
      length += event.body.length
      const name = event.subject ?? event.id
      const lane = lanes.get(name)
      if (lane) {
        lane.push(event)
        return
      }
      const started = [event]
      lanes.set(name, started)
      track(runLane(name, started))
    },
    async close() {
      while (work.size > 0) await Promise.all(work)
    },
  }
}

/** Doubles from half a second to half a minute. */
const delayOf = (attempt: number): number => Math.min(FIRST_DELAY * 2 ** (attempt - 1), MAX_DELAY)
