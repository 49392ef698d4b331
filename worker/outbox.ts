import { CONCURRENCY } from '../src/gateway/concurrency.ts'
import type { Gateway, Job, Log, Outbox } from '../src/gateway/index.ts'
import type { MessageBatch, Queue } from './bindings.ts'

/** Messages per call of `sendBatch`. */
const MAX_MESSAGES = 100
/** Seconds; the longest delay of Cloudflare Queues. A message that arrives before its delivery is due is delayed again. */
const MAX_DELAY = 12 * 60 * 60
/** Seconds until a message is retried after an error of the ledger or of this program. */
const ERROR_DELAY = 30
/** Seconds between two tries while the Worker is not configured: only a deploy can change that. */
const UNCONFIGURED_DELAY = 15 * 60
/**
 * Milliseconds that a batch waits for a delivery. Cloudflare begins the next batch when this one is done: an endpoint that hangs
 * must not delay the deliveries behind it by 10 seconds. `queue_consumer_no_wait_for_wait_until` in wrangler.toml lets the
 * batch end before its background work does.
 */
const MAX_BATCH_WAIT = 1_500
/** Seconds until a message is retried for which no connection was free: another invocation has its own connections. */
const NO_CONNECTION_DELAY = 1

/** Returns whether a queue is the dead-letter queue. */
export const isDeadLetters = (queue: string): boolean => queue.endsWith('-dead')

/** Creates an outbox on Cloudflare Queues. */
export const queueOutbox = (queue: Queue<Job>): Outbox => ({
  async enqueue(jobs) {
    for (let at = 0; at < jobs.length; at += MAX_MESSAGES)
      await queue.sendBatch(jobs.slice(at, at + MAX_MESSAGES).map(body => ({ body })))
  },
})

/** Enqueues a delivery whose message was acknowledged before the delivery ended. */
export type Requeue = (job: Job, delaySeconds: number) => Promise<unknown>

/** Creates a {@link Requeue} that sends to the queue. */
export const requeueOn =
  (queue: Queue<Job>): Requeue =>
  (body, delaySeconds) =>
    queue.sendBatch([{ body, delaySeconds }])

/**
 * Carries out a batch, {@link CONCURRENCY} deliveries at a time. Cloudflare opens six connections per invocation and makes the
 * seventh request wait. So a delivery begins only when it can be sent: its lease and its timeout then begin with the request.
 *
 * A delivery that takes longer than {@link MAX_BATCH_WAIT} continues in the background and keeps its connection. Its message is
 * acknowledged; if the delivery fails, it is enqueued with the delay that the ledger gives, and if that fails too, the sweep
 * enqueues it. When background deliveries occupy all connections, the remaining messages are retried in another invocation.
 */
export async function consume(
  { messages }: MessageBatch<Job>,
  gateway: Pick<Gateway, 'deliver' | 'flushCounts'>,
  context: { waitUntil(work: Promise<unknown>): void },
  requeue: Requeue,
): Promise<void> {
  const remaining = messages.map(messageOf).values()

  async function requeueWhenFailed(body: Job, work: Promise<number | undefined>): Promise<void> {
    try {
      const seconds = await work.then(secondsOf, () => ERROR_DELAY)
      if (seconds !== undefined) await requeue(body, seconds)
    } finally {
      await gateway.flushCounts()
    }
  }

  /** @returns whether the connection is free for the next delivery */
  async function carryOut({ body, ack, retry }: Message): Promise<boolean> {
    try {
      const work = gateway.deliver(body)
      const wait = await waitBriefly(work)
      if (wait === 'late') {
        context.waitUntil(requeueWhenFailed(body, work))
        ack()
        return false
      }
      const seconds = secondsOf(wait)
      if (seconds === undefined) ack()
      else retry(seconds)
    } catch {
      // The gateway has logged the error.
      retry(ERROR_DELAY)
    }
    return true
  }

  // The iterator of an array has no `return`, so that a loop that ends early leaves the rest to the others.
  const useConnection = async (): Promise<void> => {
    for (const message of remaining) if (!(await carryOut(message))) return
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, useConnection))
  for (const { retry } of remaining) retry(NO_CONNECTION_DELAY)
  await gateway.flushCounts()
}

/** Waits for work, but no longer than {@link MAX_BATCH_WAIT}. */
async function waitBriefly<T>(work: Promise<T>): Promise<T | 'late'> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>(resolve => {
    timer = setTimeout(resolve, MAX_BATCH_WAIT, 'late' as const)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Returns the seconds until a delivery is due again; undefined if it has ended. */
const secondsOf = (wait: number | undefined): number | undefined =>
  wait === undefined ? undefined : Math.min(Math.ceil(wait / 1000), MAX_DELAY)

interface Message {
  readonly body: Job
  ack(): void
  /** @param delay seconds */
  retry(delay: number): void
}

const messageOf = (message: MessageBatch<Job>['messages'][number]): Message => ({
  body: message.body,
  ack: () => message.ack(),
  retry: delaySeconds => message.retry({ delaySeconds }),
})

/** Retries a whole batch later, because without a valid configuration no delivery can be attempted. */
export function postpone({ messages }: MessageBatch<Job>): void {
  for (const message of messages) message.retry({ delaySeconds: UNCONFIGURED_DELAY })
}

/**
 * Logs and acknowledges dead letters, which the queue has retried too often. Their deliveries stay pending: an unreachable ledger
 * or an invalid configuration is no reason to give up an event. The sweep enqueues the deliveries that are still due.
 */
export function acknowledgeDeadLetters({ messages }: MessageBatch<Job>, log: Pick<Log, 'warn'>): void {
  for (const message of messages) {
    const { mchid, delivery } = message.body
    log.warn('queue gave up', { mchid, delivery })
    message.ack()
  }
}
