import type { StoreContext } from './dialect.ts'
import type { LedgerMethods } from './method.ts'
import { run, type WorkOf } from './sql.ts'

export interface WriteProbe {
  /** Rewrites a row. Throws if nothing can be written, as on a full disk. */
  probeWrite(): void
}

export const WRITE_PROBE_METHODS: LedgerMethods<WriteProbe> = {
  probeWrite: { syncTime: 'now' },
}

export function createWriteProbe({ now }: Pick<StoreContext, 'now'>): WorkOf<WriteProbe> {
  return {
    *probeWrite() {
      yield* run(
        'insert into write_probe (id, at) values (1, ?) on conflict (id) do update set at = excluded.at',
        now(),
      )
    },
  }
}
