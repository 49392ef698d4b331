import type { CloudflareEnvironment } from '../src/adapters/cloudflare.ts'
import type { Job } from '../src/gateway/ports.ts'
import type { LedgerRpc } from './ledger-rpc.ts'
import type { LocationHint } from './location.ts'

/** Secrets, variables and bindings: `wrangler.toml`, `worker/README.md`. */
export interface Env extends CloudflareEnvironment {
  /** `[[durable_objects.bindings]]`: the ledgers. */
  readonly LEDGER: DurableObjectNamespace
  /** `[[queues.producers]]`: deliveries on their way. */
  readonly DELIVERIES: Queue<Job>
  /** `[[ratelimits]]`: bounds the notifications that one address sends. */
  readonly NOTIFY_RATE_LIMIT?: RateLimiter
  /** `true`: WeChat Pay is simulated. `npm start` passes it to `wrangler dev`; it is never deployed. */
  readonly SIMULATE?: unknown
  /** Where the demo delivers what it was notified of. */
  readonly SIMULATE_WEBHOOK_URL?: unknown
  /** Variables that the configuration reads, `src/gateway/config`. */
  readonly [name: string]: unknown
}

/** What is used of a Durable Object's namespace. */
export interface DurableObjectNamespace {
  /** @param options `locationHint`: where the object is made, if it does not exist yet */
  getByName(name: string, options?: { locationHint?: LocationHint }): LedgerRpc
}

/** The part of a rate limiter that is used. */
export interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>
}

/** What is used of a Durable Object's state. */
export interface DurableObjectState {
  readonly storage: {
    readonly sql: { exec(statement: string, ...values: unknown[]): { toArray(): unknown[] } }
    transactionSync<T>(work: () => T): T
    getAlarm(): Promise<number | null>
    /** @param at milliseconds since 1970 */
    setAlarm(at: number): Promise<void>
    deleteAlarm(): Promise<void>
  }
}

/** What is used of a queue's producer. */
export interface Queue<Message> {
  sendBatch(messages: Iterable<{ body: Message; delaySeconds?: number }>): Promise<unknown>
}

/** What a queue's consumer is handed. */
export interface MessageBatch<Message> {
  readonly queue: string
  readonly messages: readonly {
    readonly body: Message
    ack(): void
    retry(options?: { delaySeconds?: number }): void
  }[]
}
