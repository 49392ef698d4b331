import { MINUTE } from '../../core/base/time.ts'
import type { StoreContext } from './dialect.ts'
import { type LedgerMethods, READ, REPEATABLE } from './method.ts'
import { run, type WorkOf } from './sql.ts'

/** Samples that are kept: one per minute for a day. */
export const MAX_SAMPLES = 1440

/** The sums of counters at one time, and the depths of the queues. */
export type SampleTotals = Readonly<Record<string, number>>

export interface SampleRow {
  /** Milliseconds since 1970. */
  readonly at: number
  readonly totals: SampleTotals
}

export interface Samples {
  /**
   * Records a sample in place of that of a day ago, unless there is one of the same minute: if that is the first of a process, counts
   * begin from it.
   */
  recordSample(totals: SampleTotals): void
  /**
   * Lists samples, the oldest first.
   *
   * @param since milliseconds since 1970
   */
  samples(since: number): SampleRow[]
}

export const SAMPLE_METHODS: LedgerMethods<Samples> = {
  recordSample: REPEATABLE,
  samples: READ,
}

export const createSamples = ({ now }: Pick<StoreContext, 'now'>): WorkOf<Samples> => ({
  *recordSample(totals) {
    const at = now()
    yield* run(
      `insert into sample (slot, at, totals) values (?, ?, ?)
       on conflict (slot) do update set at = excluded.at, totals = excluded.totals
       where abs(excluded.at - sample.at) >= ?`,
      Math.floor(at / MINUTE) % MAX_SAMPLES,
      at,
      JSON.stringify(totals),
      MINUTE,
    )
  },
  *samples(since) {
    const rows = yield* run<{ at: number; totals: string }>(
      'select at, totals from sample where at >= ? order by at',
      since,
    )
    return rows.map(({ at, totals }) => ({ at, totals: JSON.parse(totals) }))
  },
})
