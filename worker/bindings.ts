import type { CloudflareEnvironment } from '../src/adapters/cloudflare.ts'
import type { Job } from '../src/gateway/ports.ts'
import type { LedgerRpc } from './ledger-rpc.ts'
import type { LocationHint } from './location.ts'

/** The secrets, variables and bindings of the Worker: see `wrangler.toml` and `worker/README.md`. */
export interface Env extends CloudflareEnvironment {
  /** `[[durable_objects.bindings]]`: the ledgers. */
  readonly LEDGER: DurableObjectNamespace
  /** `[[queues.producers]]`: the deliveries. */
  readonly DELIVERIES: Queue<Job>
  /** `[[ratelimits]]`: limits notifications per address. */
  readonly NOTIFY_RATE_LIMIT?: RateLimiter
  /** `true`: WeChat Pay is simulated. `npm start` passes it to `wrangler dev`; it is never deployed. */
  readonly SIMULATE?: unknown
  /** URL to which the demo delivers events. */
  readonly SIMULATE_WEBHOOK_URL?: unknown
  /** The variables that `src/gateway/config` reads. */
  readonly [name: string]: unknown
}

/** The part of a Durable Object's namespace that is used. */
export interface DurableObjectNamespace {
  /** @param options `locationHint`: the region in which the object is created if it does not exist yet */
  getByName(name: string, options?: { locationHint?: LocationHint }): LedgerRpc
}

/** The part of a rate limiter that is used. */
export interface RateLimiter {
  limit(options: { key: string }): Promise<{ success: boolean }>
}

/** The part of a Durable Object's state that is used. */
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

/** The part of a queue producer that is used. */
export interface Queue<Message> {
  sendBatch(messages: Iterable<{ body: Message; delaySeconds?: number }>): Promise<unknown>
}

/** A batch of messages, as Cloudflare passes it to a queue consumer. */
export interface MessageBatch<Message> {
  readonly queue: string
  readonly messages: readonly {
    readonly body: Message
    ack(): void
    retry(options?: { delaySeconds?: number }): void
  }[]
}
