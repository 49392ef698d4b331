import type { StoreContext } from '../../gateway/store/dialect.ts'
import type { Rates } from '../../gateway/store/rates.ts'
import { run, type WorkOf } from '../../gateway/store/sql.ts'

/** The tokens in a bucket at a time; a clock that was set back adds none. */
const TOKENS = 'least(?::float8, bucket.tokens + greatest(0, ?::bigint - bucket.at) * ?::float8)'

/** Creates token buckets that all processes share: none has tokens in its memory. */
export function createSharedRates({ now }: Pick<StoreContext, 'now'>): WorkOf<Rates> {
  return {
    *takeToken(caller, { max, seconds }) {
      const perMs = max / (seconds * 1000)
      const at = now()
      // One statement, which locks the bucket for as short a time as possible.
      const taken = yield* run(
        `insert into rate_bucket as bucket (caller, tokens, at) values (?, ?, ?)
         on conflict (caller) do update set tokens = ${TOKENS} - 1, at = greatest(bucket.at, excluded.at)
         where ${TOKENS} >= 1 returning caller`,
        caller,
        max - 1,
        at,
        max,
        at,
        perMs,
        max,
        at,
        perMs,
      )
      if (taken.length > 0) return 0
      const [row] = yield* run<{ tokens: number }>(
        `select ${TOKENS} as tokens from rate_bucket as bucket where caller = ?`,
        max,
        at,
        perMs,
        caller,
      )
      return Math.ceil((1 - (row?.tokens ?? 0)) / perMs)
    },
  }
}
