import type { LedgerMethods } from './method.ts'
import type { Sql } from './sql.ts'

export interface WriteProbe {
  /** Rewrites a row. Throws if nothing can be written, as on a full disk. */
  probeWrite(): void
}

export const WRITE_PROBE_METHODS: LedgerMethods<WriteProbe> = {
  probeWrite: { isDurable: true },
}

export function createWriteProbe(sql: Sql, now: () => number): WriteProbe {
  return {
    probeWrite() {
      sql.run('insert or replace into write_probe (rowid, at) values (1, ?)', now())
    },
  }
}
