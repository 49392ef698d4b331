import type { Rate } from '../caller/caller.ts'
import { type LedgerMethods, REPEATABLE } from './method.ts'
import type { Sql } from './sql.ts'

export interface Rates {
  /** Lets a call pass, or tells how many milliseconds to wait. */
  take(caller: string, rate: Rate): number
}

export const RATE_METHODS: LedgerMethods<Rates> = {
  // A repetition costs the caller a token, and no row.
  take: REPEATABLE,
}

/**
 * Milliseconds after which an idle ledger may lose its memory: Cloudflare hibernates a Durable Object after 10 s without a request.
 *
 * @see https://developers.cloudflare.com/durable-objects/concepts/durable-object-lifecycle/
 */
const MIN_IDLE = 10_000

interface Bucket {
  readonly tokens: number
  /** Milliseconds since 1970. */
  readonly at: number
}

/**
 * Creates token buckets. They are kept in memory, and written to the ledger where a bucket takes longer to fill than a ledger has
 * to be idle before it loses its memory: otherwise whoever waits for that gets a full one.
 *
 * A bucket is written before more tokens are taken than the written one has. It is written with fewer than it has, by what flows in
 * within {@link MIN_IDLE}, so that the calls that follow write nothing. What a restart takes from a caller has flowed in again soon.
 *
 * @see https://en.wikipedia.org/wiki/Token_bucket
 */
export function createRates(sql: Sql, now: () => number): Rates {
  const inMemory = new Map<string, Bucket>()
  const written = new Map<string, Bucket>()

  function read(caller: string): Bucket | undefined {
    const [row] = sql.run<{ tokens: number; at: number }>('select tokens, at from rate_bucket where caller = ?', caller)
    if (row) written.set(caller, row)
    return row
  }

  function write(caller: string, bucket: Bucket): void {
    sql.run(
      `insert into rate_bucket (caller, tokens, at) values (?, ?, ?)
       on conflict (caller) do update set tokens = excluded.tokens, at = excluded.at`,
      caller,
      bucket.tokens,
      bucket.at,
    )
    written.set(caller, bucket)
  }

  return {
    take(caller, { most, seconds }) {
      const perMs = most / (seconds * 1000)
      const at = now()
      const tokensOf = (bucket: Bucket | undefined): number =>
        bucket ? Math.min(most, bucket.tokens + Math.max(0, at - bucket.at) * perMs) : most
      const isWritten = seconds * 1000 > MIN_IDLE
      const tokens = tokensOf(inMemory.get(caller) ?? (isWritten ? read(caller) : undefined))
      const isLet = tokens >= 1
      const left = isLet ? tokens - 1 : tokens
      if (isWritten && isLet && tokensOf(written.get(caller)) > left) {
        const ahead = Math.max(0, Math.floor(perMs * MIN_IDLE) - 1)
        write(caller, { tokens: left - Math.min(ahead, Math.floor(left)), at })
      }
      inMemory.set(caller, { tokens: left, at })
      return isLet ? 0 : Math.ceil((1 - tokens) / perMs)
    },
  }
}
