import { type LedgerMethods, REPEATABLE } from './method.ts'
import type { Sql } from './sql.ts'

/** How a merchant's keys are seen to fail: WeChat Pay's answers to our calls, and its notifications. */
export type FaultKind = 'calls' | 'notifications'

/** The last outcome of a kind was a failure. */
export interface Fault {
  readonly kind: FaultKind
  /** `SIGN_ERROR`, `SIGNATURE_INVALID`, `DECRYPTION_FAILED`, … */
  readonly code: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface Faults {
  /** Notes that the last outcome of a kind was a failure. `record` of an APIv3 notification clears that of notifications. */
  noteFault(mchid: string, kind: FaultKind, code: string): void
  clearFault(mchid: string, kind: FaultKind): void
  faults(mchid: string): Fault[]
}

export const FAULT_METHODS: LedgerMethods<Faults> = {
  noteFault: REPEATABLE,
  clearFault: REPEATABLE,
  faults: REPEATABLE,
}

export function createFaults(sql: Sql, now: () => number): Faults {
  return {
    noteFault(mchid, kind, code) {
      sql.run(
        `insert into fault (mchid, kind, code, at) values (?, ?, ?, ?)
         on conflict (mchid, kind) do update set code = excluded.code, at = excluded.at`,
        ...[mchid, kind, code, now()],
      )
    },
    clearFault: (mchid, kind) => clearFault(sql, mchid, kind),
    faults: mchid => sql.run<Fault>('select kind, code, at from fault where mchid = ? order by kind', mchid),
  }
}

/** Forgets a failure: the outcome after it was a success. */
export function clearFault(sql: Sql, mchid: string, kind: FaultKind): void {
  sql.run('delete from fault where mchid = ? and kind = ?', mchid, kind)
}
