import type { Gateway, Job, Outbox } from '../src/gateway/index.ts'
import { LEASE } from '../src/gateway/ledger/deliveries.ts'
import type { MessageBatch, Queue } from './bindings.ts'

/** Messages that `sendBatch` takes at once. */
const MOST_MESSAGES = 100
/** Seconds; a message cannot wait longer. One that wakes too early is told to wait on. */
const LONGEST_DELAY = 12 * 60 * 60
/** Seconds, after a fault of the ledger's or of this program. */
const PAUSE = 30
/**
 * Seconds between two tries while the Worker is not configured. With the `max_retries` of wrangler.toml a message waits for
 * two days, its stay among the dead letters included, and the ledger still knows the delivery behind it.
 */
const PAUSE_UNCONFIGURED = 15 * 60
/**
 * Milliseconds that a batch waits for its deliveries. Cloudflare begins the next batch when this one is done: an endpoint that
 * hangs must not make the deliveries behind it wait for 10 seconds.
 */
const PATIENCE = 1_500
/** Seconds after which a message comes again whose delivery goes on in the background: it has ended by then, or has died. */
const COME_AGAIN = LEASE / 1000

/** The queue that messages end in which were brought too often. */
const isDeadLetters = (queue: string): boolean => queue.endsWith('-dead')

/** Cloudflare Queues as the outbox. */
export const queueOutbox = (queue: Queue<Job>): Outbox => ({
  async enqueue(jobs) {
    for (let at = 0; at < jobs.length; at += MOST_MESSAGES)
      await queue.sendBatch(jobs.slice(at, at + MOST_MESSAGES).map(body => ({ body })))
  },
})

/**
 * Carries out a batch: each message by itself, so that none waits for another's endpoint. What takes longer than a moment goes
 * on in the background, and its message comes again later, when the ledger tells what became of it.
 */
export async function consume(
  { queue, messages }: MessageBatch<Job>,
  gateway: Pick<Gateway, 'deliver' | 'giveUp' | 'flushed'>,
  context: { waitUntil(work: Promise<unknown>): void },
): Promise<void> {
  const carryOut = isDeadLetters(queue) ? gateway.giveUp : gateway.deliver
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>(resolve => {
    timer = setTimeout(() => resolve('late'), PATIENCE)
  })
  await Promise.all(
    messages.map(async message => {
      try {
        const work = carryOut(message.body)
        const wait = await Promise.race([work, late])
        if (wait === undefined) message.ack()
        else if (wait !== 'late') message.retry({ delaySeconds: Math.min(Math.ceil(wait / 1000), LONGEST_DELAY) })
        else {
          message.retry({ delaySeconds: COME_AGAIN })
          context.waitUntil(work.then(gateway.flushed, () => {}))
        }
      } catch {
        // Told in the logs already. The ledger knows what is due, whatever the queue forgets.
        message.retry({ delaySeconds: PAUSE })
      }
    }),
  )
  clearTimeout(timer)
  await gateway.flushed()
}

/** Has a whole batch brought again later: there is no gateway that could carry it out, or count an attempt. */
export function postpone({ messages }: MessageBatch<Job>): void {
  for (const message of messages) message.retry({ delaySeconds: PAUSE_UNCONFIGURED })
}
