import { type LedgerMethods, ONCE, REPEATABLE } from '../method.ts'
import { run, type WorkOf } from '../sql.ts'
import type { BeginResult, Calls, NewCall } from './calls.ts'
import { endWatches, type NewWatch, type Placed, type Watches } from './watches.ts'

/** Methods for a ledger that consists of several, of which another one has become responsible for the call. */
export interface HeldCalls {
  /** Begins a call if this ledger has the call or its `Idempotency-Key`; otherwise writes nothing and returns undefined. */
  beginHeldCall(call: NewCall): BeginResult | undefined
  /** Adds a call to a watch; undefined, and nothing is written, if there is no such watch. */
  watchAgain(watch: NewWatch, dueAt: number): Placed | undefined
  /**
   * Ends watches whose event is recorded in another ledger.
   *
   * @param placedUntil milliseconds since 1970; watches that were placed later stay
   */
  endWatches(mchid: string, watches: readonly { kind: string; number: string }[], placedUntil: number): void
}

export const HELD_CALL_METHODS: LedgerMethods<HeldCalls> = {
  // Recognises a repetition by the id of the call, as `beginCall` does.
  beginHeldCall: { addsRows: true },
  watchAgain: ONCE,
  endWatches: { ...REPEATABLE, syncTime: 'now' },
}

export function createHeldCalls(
  beginCall: WorkOf<Calls>['beginCall'],
  watch: WorkOf<Watches>['watch'],
): WorkOf<HeldCalls> {
  return {
    *beginHeldCall(call) {
      const rows = yield* run(
        'select 1 as found from call where id = ? union all select 1 from call where caller = ? and key = ? limit 1',
        call.id,
        call.caller,
        call.key,
      )
      return rows.length > 0 ? yield* beginCall(call) : undefined
    },
    *watchAgain(placed, dueAt) {
      const { mchid, kind, number } = placed
      const rows = yield* run(
        'select 1 as found from watch where mchid = ? and kind = ? and number = ?',
        mchid,
        kind,
        number,
      )
      return rows.length > 0 ? yield* watch(placed, dueAt) : undefined
    },
    endWatches,
  }
}
