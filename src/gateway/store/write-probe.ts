import type { Sql } from './sql.ts'

export interface WriteProbe {
  /** Writes a row anew: fails where nothing can be written, as on a disk that is full. */
  probeWrite(): void
}

export function createWriteProbe(sql: Sql, now: () => number): WriteProbe {
  return {
    probeWrite() {
      sql.run('delete from write_probe')
      sql.run('insert into write_probe (at) values (?)', now())
    },
  }
}
