import { CONCURRENCY } from '../src/gateway/concurrency.ts'
import type { Gateway, Job, Log, Outbox } from '../src/gateway/index.ts'
import type { MessageBatch, Queue } from './bindings.ts'

/** Messages that `sendBatch` takes at once. */
const MAX_MESSAGES = 100
/** Seconds; a message cannot wait longer. One that wakes too early is told to wait on. */
const MAX_DELAY = 12 * 60 * 60
/** Seconds, after a fault of the ledger's or of this program. */
const PAUSE = 30
/** Seconds between two tries while the Worker is not configured: somebody has to deploy before it can change. */
const PAUSE_UNCONFIGURED = 15 * 60
/**
 * Milliseconds that a batch waits for a delivery. Cloudflare begins the next batch when this one is done: an endpoint that hangs
 * must not make the deliveries behind it wait for 10 seconds. `queue_consumer_no_wait_for_wait_until` of wrangler.toml lets the
 * batch end before its background work has.
 */
const PATIENCE = 1_500
/** Seconds after which a message comes again whose turn did not come: another invocation has connections of its own. */
const NO_TURN = 1

/** Tells whether a queue is the one that messages end in which were brought too often. */
export const isDeadLetters = (queue: string): boolean => queue.endsWith('-dead')

/** Cloudflare Queues as the outbox. */
export const queueOutbox = (queue: Queue<Job>): Outbox => ({
  async enqueue(jobs) {
    for (let at = 0; at < jobs.length; at += MAX_MESSAGES)
      await queue.sendBatch(jobs.slice(at, at + MAX_MESSAGES).map(body => ({ body })))
  },
})

/** Enqueues a delivery whose message was acknowledged before the delivery had ended. */
export type Requeue = (job: Job, delaySeconds: number) => Promise<unknown>

/** Enqueues such deliveries on the queue that they came from. */
export const requeueOn =
  (queue: Queue<Job>): Requeue =>
  (body, delaySeconds) =>
    queue.sendBatch([{ body, delaySeconds }])

/**
 * Carries out a batch, {@link CONCURRENCY} deliveries at a time. Cloudflare opens six connections per invocation and lets the
 * seventh request wait: a delivery begins only when it can be sent, so that its lease and its timeout begin with the request.
 * One that takes longer than {@link PATIENCE} goes on in the background and keeps its connection. Its message is acknowledged;
 * if it fails, it is enqueued for the time at which the ledger has it due, and by the sweep if even that fails. When all
 * connections are kept so, the other messages come again in an invocation of their own.
 */
export async function consume(
  { messages }: MessageBatch<Job>,
  gateway: Pick<Gateway, 'deliver' | 'flushed'>,
  context: { waitUntil(work: Promise<unknown>): void },
  requeue: Requeue,
): Promise<void> {
  const waiting = messages.map(messageOf).values()

  async function finish(body: Job, work: Promise<number | undefined>): Promise<void> {
    const seconds = await work.then(secondsOf, () => PAUSE)
    if (seconds !== undefined) await requeue(body, seconds)
    await gateway.flushed()
  }

  /** @returns whether the connection is free again */
  async function carryOut({ body, ack, retry }: Message): Promise<boolean> {
    try {
      const work = gateway.deliver(body)
      const wait = await inPatience(work)
      if (wait === 'late') {
        context.waitUntil(finish(body, work))
        ack()
        return false
      }
      const seconds = secondsOf(wait)
      if (seconds === undefined) ack()
      else retry(seconds)
    } catch {
      // Told in the logs already. The ledger knows what is due, whatever the queue forgets.
      retry(PAUSE)
    }
    return true
  }

  const takeTurns = async (): Promise<void> => {
    for (const message of waiting) if (!(await carryOut(message))) return
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, takeTurns))
  for (const { retry } of waiting) retry(NO_TURN)
  await gateway.flushed()
}

/** Waits for work, and no longer than {@link PATIENCE}. */
async function inPatience<T>(work: Promise<T>): Promise<T | 'late'> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>(resolve => {
    timer = setTimeout(resolve, PATIENCE, 'late' as const)
  })
  try {
    return await Promise.race([work, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Returns the seconds until a delivery is due again; undefined if it is over. */
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

/** Has a whole batch brought again later: there is no gateway that could carry it out, or count an attempt. */
export function postpone({ messages }: MessageBatch<Job>): void {
  for (const message of messages) message.retry({ delaySeconds: PAUSE_UNCONFIGURED })
}

/**
 * Logs and acknowledges messages that the queue has brought too often. Their deliveries stay as they are: a ledger that was
 * away, or a configuration that was wrong, is no reason to give up an event. The sweep enqueues whatever is still due.
 */
export function acknowledgeDeadLetters({ messages }: MessageBatch<Job>, log: Pick<Log, 'warn'>): void {
  for (const message of messages) {
    const { mchid, delivery } = message.body
    log.warn('queue gave up', { mchid, delivery })
    message.ack()
  }
}
