import type { Api } from '../../../definitions/call.ts'
import type { StoreContext } from '../dialect.ts'
import { type LedgerMethods, READ, REPEATABLE } from '../method.ts'
import { run, send, type Work, type WorkOf } from '../sql.ts'

/**
 * The traffic in which keys can fail: the gateway's calls with their responses, and WeChat Pay's notifications. Each API has keys of
 * its own, so that a success of one says nothing of another.
 */
export type FaultKind = CallFault | NotificationFault
export type CallFault = 'calls' | 'v2_calls' | 'brand_calls'
/** APIv2 has none: anybody can send a refund notification of APIv2 that cannot be decrypted. */
export type NotificationFault = 'notifications' | 'brand_notifications'

export const CALL_FAULTS: Readonly<Record<Api, CallFault>> = {
  v3: 'calls',
  v2: 'v2_calls',
  brand: 'brand_calls',
}
export const NOTIFICATION_FAULTS: Readonly<Record<Exclude<Api, 'v2'>, NotificationFault>> = {
  v3: 'notifications',
  brand: 'brand_notifications',
}

export const FAULT_KINDS: readonly FaultKind[] = [...Object.values(CALL_FAULTS), ...Object.values(NOTIFICATION_FAULTS)]

/** A failure that was the last outcome of its kind. */
export interface Fault {
  readonly kind: FaultKind
  /** `SIGN_ERROR`, `SIGNATURE_INVALID`, `DECRYPTION_FAILED`, … */
  readonly code: string
  /** Milliseconds since 1970. */
  readonly at: number
}

export interface Faults {
  /** Records a failure. `recordEvent` for a notification clears the fault of notifications of its API. */
  recordFault(mchid: string, kind: FaultKind, code: string): void
  clearFault(mchid: string, kind: FaultKind): void
  faults(mchid: string): Fault[]
}

export const FAULT_METHODS: LedgerMethods<Faults> = {
  recordFault: REPEATABLE,
  clearFault: REPEATABLE,
  faults: READ,
}

export function createFaults({ now }: Pick<StoreContext, 'now'>): WorkOf<Faults> {
  return {
    *recordFault(mchid, kind, code) {
      yield* run(
        `insert into fault (mchid, kind, code, at) values (?, ?, ?, ?)
         on conflict (mchid, kind) do update set code = excluded.code, at = excluded.at`,
        mchid,
        kind,
        code,
        now(),
      )
    },
    clearFault,
    faults: mchid => run<Fault>('select kind, code, at from fault where mchid = ? order by kind', mchid),
  }
}

/** Deletes a fault, because a later outcome was a success. */
export function* clearFault(mchid: string, kind: FaultKind): Work<void> {
  yield* send('delete from fault where mchid = ? and kind = ?', mchid, kind)
}
