import type { StoreContext } from './dialect.ts'
import { type LedgerMethods, READ, REPEATABLE } from './method.ts'
import { run, type WorkOf } from './sql.ts'

export interface SweepRuns {
  /** Records that a sweep has ended now. */
  recordSweep(): void
  /** Returns when the last sweep ended, milliseconds since 1970; null before the first. */
  lastSweep(): number | null
}

export const SWEEP_RUN_METHODS: LedgerMethods<SweepRuns> = {
  recordSweep: REPEATABLE,
  lastSweep: READ,
}

export const createSweepRuns = ({ now }: Pick<StoreContext, 'now'>): WorkOf<SweepRuns> => ({
  *recordSweep() {
    yield* run('insert into sweep_run (id, at) values (1, ?) on conflict (id) do update set at = excluded.at', now())
  },
  *lastSweep() {
    const [row] = yield* run<{ at: number }>('select at from sweep_run where id = 1')
    return row?.at ?? null
  },
})
