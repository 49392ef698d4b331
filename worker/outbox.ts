import { CONCURRENCY } from '../src/gateway/concurrency.ts'
import type { Gateway, Job, Log, Outbox } from '../src/gateway/index.ts'
import { LEASE } from '../src/gateway/ledger/deliveries.ts'
import type { MessageBatch, Queue } from './bindings.ts'

/** Messages that `sendBatch` takes at once. */
const MOST_MESSAGES = 100
/** Seconds; a message cannot wait longer. One that wakes too early is told to wait on. */
const LONGEST_DELAY = 12 * 60 * 60
/** Seconds, after a fault of the ledger's or of this program. */
const PAUSE = 30
/** Seconds between two tries while the Worker is not configured: somebody has to deploy before it can change. */
const PAUSE_UNCONFIGURED = 15 * 60
/**
 * Milliseconds that a batch waits for its deliveries. Cloudflare begins the next batch when this one is done: an endpoint that
 * hangs must not make the deliveries behind it wait for 10 seconds.
 */
const PATIENCE = 1_500
/** Seconds after which a message comes again whose delivery goes on in the background: it has ended by then, or has died. */
const COME_AGAIN = LEASE / 1000
/** Seconds after which a message comes again whose turn did not come: another invocation has connections of its own. */
const NO_TURN = 1

/** Tells whether a queue is the one that messages end in which were brought too often. */
export const isDeadLetters = (queue: string): boolean => queue.endsWith('-dead')

/** Cloudflare Queues as the outbox. */
export const queueOutbox = (queue: Queue<Job>): Outbox => ({
  async enqueue(jobs) {
    for (let at = 0; at < jobs.length; at += MOST_MESSAGES)
      await queue.sendBatch(jobs.slice(at, at + MOST_MESSAGES).map(body => ({ body })))
  },
})

/**
 * Carries out a batch, {@link CONCURRENCY} deliveries at a time. Cloudflare opens six connections per invocation and lets the
 * seventh request wait: a delivery is taken on only when it can be sent, so that its lease and its timeout begin with the
 * request. After {@link PATIENCE} no delivery begins any more. Those under way go on in the background, and their messages come
 * again when the ledger tells what became of them; the others come again at once, in an invocation of their own.
 */
export async function consume(
  { messages }: MessageBatch<Job>,
  gateway: Pick<Gateway, 'deliver' | 'flushed'>,
  context: { waitUntil(work: Promise<unknown>): void },
): Promise<void> {
  let isLate = false
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<'late'>(resolve => {
    timer = setTimeout(() => {
      isLate = true
      resolve('late')
    }, PATIENCE)
  })

  async function carryOut({ body, ack, retry }: Message): Promise<void> {
    try {
      const work = gateway.deliver(body)
      const wait = await Promise.race([work, late])
      if (wait === undefined) ack()
      else if (wait !== 'late') retry(Math.min(Math.ceil(wait / 1000), LONGEST_DELAY))
      else {
        retry(COME_AGAIN)
        context.waitUntil(work.then(gateway.flushed, () => {}))
      }
    } catch {
      // Told in the logs already. The ledger knows what is due, whatever the queue forgets.
      retry(PAUSE)
    }
  }

  const waiting = messages.map(messageOf).values()
  const takeTurns = async (): Promise<void> => {
    for (const message of waiting) await (isLate ? message.retry(NO_TURN) : carryOut(message))
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, takeTurns))
  clearTimeout(timer)
  await gateway.flushed()
}

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
