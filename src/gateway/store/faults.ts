import { type LedgerMethods, REPEATABLE } from './method.ts'
import type { Sql } from './sql.ts'

/** The traffic in which a merchant's keys can fail: the gateway's calls with their responses, and WeChat Pay's notifications. */
export type FaultKind = 'calls' | 'notifications'

/** A failure that was the last outcome of its kind. */
export interface Fault {
  readonly kind: FaultKind
  /** `SIGN_ERROR`, `SIGNATURE_INVALID`, `DECRYPTION_FAILED`, … */
  readonly code: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface Faults {
  /** Records a failure. `recordEvent` for an APIv3 notification clears the fault of notifications. */
  recordFault(mchid: string, kind: FaultKind, code: string): void
  clearFault(mchid: string, kind: FaultKind): void
  faults(mchid: string): Fault[]
}

export const FAULT_METHODS: LedgerMethods<Faults> = {
  recordFault: REPEATABLE,
  clearFault: REPEATABLE,
  faults: REPEATABLE,
}

export function createFaults(sql: Sql, now: () => number): Faults {
  return {
    recordFault(mchid, kind, code) {
      sql.run(
        `insert into fault (mchid, kind, code, at) values (?, ?, ?, ?)
         on conflict (mchid, kind) do update set code = excluded.code, at = excluded.at`,
        mchid,
        kind,
        code,
        now(),
      )
    },
    clearFault: (mchid, kind) => clearFault(sql, mchid, kind),
    faults: mchid => sql.run<Fault>('select kind, code, at from fault where mchid = ? order by kind', mchid),
  }
}

/** Deletes a fault, because a later outcome was a success. */
export function clearFault(sql: Sql, mchid: string, kind: FaultKind): void {
  sql.run('delete from fault where mchid = ? and kind = ?', mchid, kind)
}
