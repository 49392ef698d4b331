import type { Rate } from '../caller/caller.ts'
import type { StoreContext } from './dialect.ts'
import { type LedgerMethods, SYNCED_LATER } from './method.ts'
import { run, type Work, type WorkOf } from './sql.ts'

export interface Rates {
  /**
   * Takes a token of a caller.
   *
   * @returns milliseconds until a token is available; 0 if one was taken
   */
  takeToken(caller: string, rate: Rate): number
}

export const RATE_METHODS: LedgerMethods<Rates> = {
  // A repetition costs the caller a token, and no row.
  // A power cut gives callers some tokens back.
  takeToken: { ...SYNCED_LATER, worksReadOnly: true },
}

/**
 * Milliseconds without a request after which a ledger may lose its memory: Cloudflare hibernates a Durable Object after 10 s.
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
 * Creates token buckets. They are kept in memory. A bucket that takes longer to fill than an idle ledger keeps its memory is written
 * to the database too; otherwise a caller could wait for the ledger to lose its memory and get a full bucket.
 *
 * A bucket is written before its tokens fall below those of the written one. The tokens that flow in within {@link MIN_IDLE} are
 * subtracted from the written number in advance, so that the following calls write nothing. A restart costs the caller only these.
 *
 * @param options `isReadOnly`: the database is left alone, so that buckets are full at the start of the process
 * @see https://en.wikipedia.org/wiki/Token_bucket
 */
export function createRates(
  { now }: Pick<StoreContext, 'now'>,
  { isReadOnly = false }: { readonly isReadOnly?: boolean } = {},
): WorkOf<Rates> {
  const inMemory = new Map<string, Bucket>()
  const written = new Map<string, Bucket>()

  function* read(caller: string): Work<Bucket | undefined> {
    const [row] = yield* run<{ tokens: number; at: number }>(
      'select tokens, at from rate_bucket where caller = ?',
      caller,
    )
    if (row) written.set(caller, row)
    return row
  }

  function* write(caller: string, bucket: Bucket): Work<void> {
    yield* run(
      `insert into rate_bucket (caller, tokens, at) values (?, ?, ?)
       on conflict (caller) do update set tokens = excluded.tokens, at = excluded.at`,
      caller,
      bucket.tokens,
      bucket.at,
    )
    written.set(caller, bucket)
  }

  return {
    *takeToken(caller, { max, seconds }) {
      const perMs = max / (seconds * 1000)
      const at = now()
      const tokensOf = (bucket: Bucket | undefined): number =>
        bucket ? Math.min(max, bucket.tokens + Math.max(0, at - bucket.at) * perMs) : max
      const isWritten = !isReadOnly && seconds * 1000 > MIN_IDLE
      const tokens = tokensOf(inMemory.get(caller) ?? (isWritten ? yield* read(caller) : undefined))
      const isAllowed = tokens >= 1
      const left = isAllowed ? tokens - 1 : tokens
      if (isWritten && isAllowed && tokensOf(written.get(caller)) > left) {
        const ahead = Math.max(0, Math.floor(perMs * MIN_IDLE) - 1)
        yield* write(caller, { tokens: left - Math.min(ahead, Math.floor(left)), at })
      }
      inMemory.set(caller, { tokens: left, at })
      return isAllowed ? 0 : Math.ceil((1 - tokens) / perMs)
    },
  }
}
