import { type LedgerMethods, REPEATABLE } from './method.ts'
import type { Sql } from './sql.ts'

/**
 * How long an `Idempotency-Key` is taken by a call that is on its way, ms. Whoever makes the call renews the lease while it
 * lasts; when it runs out, they are no more.
 */
export const CALL_LEASE = 60_000
/** How long an answer is given again for its `Idempotency-Key`, ms. */
export const KEY_AGE: number = 24 * 60 * 60 * 1000

/** A call that is about to be sent. */
export interface NewCall {
  /** The gateway's request id. */
  readonly id: string
  readonly caller: string
  readonly mchid: string
  readonly method: string
  readonly path: string
  /** The numbers that name what it is about: `{ out_trade_no: '…' }`. */
  readonly numbers: Readonly<Record<string, string>>
  /** fen (分). */
  readonly amount: number | null
  /** `Idempotency-Key`, and the hash of all that must be the same under it. */
  readonly key: string | null
  readonly hash: string | null
  /** A second sending has no effect of its own: a call in doubt may be sent again under its key. */
  readonly isRepeatable?: boolean
}

/** Whether a call may be sent. */
export type Begun =
  /** `isInDoubt`: an earlier call under the same key may have taken effect. */
  | { readonly outcome: 'go'; readonly isInDoubt: boolean }
  /** An earlier call under the same key may have taken effect, and this one would take effect once more. */
  | { readonly outcome: 'doubt'; readonly id: string }
  /** It was answered before, under the same key. */
  | { readonly outcome: 'same'; readonly response: KeptResponse }
  /** The key was used for another call. */
  | { readonly outcome: 'other' }
  /** The first call under this key is on its way. */
  | { readonly outcome: 'running' }

/** An answer that is given again. */
export interface KeptResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

/** How a call ended. */
export interface EndedCall {
  readonly status: number
  /** WeChat Pay's error, or the gateway's. */
  readonly code: string | null
  readonly wechatpayRequestId: string | null
  /** It may have taken effect, and nobody knows. */
  readonly inDoubt: boolean
  /** Kept for the key, where there is one; null when the same call may be sent again. */
  readonly response: KeptResponse | null
}

/** A line of the audit trail. */
export interface CallRow extends Omit<NewCall, 'key' | 'hash' | 'isRepeatable'> {
  /** In the order in which calls began. */
  readonly seq: number
  readonly at: number
  readonly ended_at: number | null
  readonly status: number | null
  readonly code: string | null
  readonly wechatpay_request_id: string | null
  /** Begun and never ended, or ended without anybody knowing how. */
  readonly in_doubt: boolean
}

export interface Calls {
  /** Writes a call down before it is sent; the same call, by its id, as often as it is asked. */
  begin(call: NewCall): Begun
  /**
   * Extends the lease of a call by {@link CALL_LEASE} from now.
   *
   * @returns false when the call has ended, or its key was given to another
   */
  renewCall(id: string): boolean
  end(id: string, ended: EndedCall): void
  /** The audit trail of a caller, the newest first. @param page `before`: the `seq` where the page before ended */
  calls(caller: string, page: { before?: number; limit: number }): CallRow[]
}

export const CALL_METHODS: LedgerMethods<Calls> = {
  // Knows the call by its id.
  begin: { addsRows: true },
  renewCall: REPEATABLE,
  end: REPEATABLE,
  calls: REPEATABLE,
}

interface Row extends Omit<CallRow, 'numbers' | 'in_doubt'> {
  readonly hash: string | null
  readonly response: string | null
  readonly leased_until: number
  readonly numbers: string
  readonly in_doubt: number
}

export function createCalls(sql: Sql, now: () => number): Calls {
  function begin(call: NewCall): Begun {
    const { caller, key, hash, isRepeatable = false } = call
    // Whoever began it has not got the answer, and asks again.
    const [begun] = sql.run<{ follows_doubt: number }>('select follows_doubt from call where id = ?', call.id)
    if (begun) return { outcome: 'go', isInDoubt: begun.follows_doubt === 1 }
    let isInDoubt = false
    const known =
      key === null ? undefined : sql.run<Row>('select * from call where caller = ? and key = ?', caller, key)[0]
    if (known && now() - known.at < KEY_AGE) {
      if (known.hash !== hash) return { outcome: 'other' }
      if (known.response !== null) return { outcome: 'same', response: JSON.parse(known.response) as KeptResponse }
      if (known.ended_at === null && now() < known.leased_until) return { outcome: 'running' }
      // It came back in doubt, or whoever began it is no more.
      isInDoubt = known.in_doubt === 1
      if (isInDoubt && !isRepeatable) return { outcome: 'doubt', id: known.id }
    }
    if (known)
      sql.run('update call set key = null, hash = null, response = null, leased_until = 0 where id = ?', known.id)
    const at = now()
    sql.run(
      `insert into call (id, at, caller, mchid, method, path, numbers, amount, key, hash, leased_until, in_doubt, follows_doubt)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)`,
      call.id,
      at,
      caller,
      call.mchid,
      call.method,
      call.path,
      JSON.stringify(call.numbers),
      call.amount,
      key,
      hash,
      key === null ? 0 : at + CALL_LEASE,
      isInDoubt ? 1 : 0,
    )
    return { outcome: 'go', isInDoubt }
  }

  return {
    begin,
    renewCall: id =>
      sql.run(
        'update call set leased_until = ? where id = ? and key is not null and ended_at is null returning seq',
        now() + CALL_LEASE,
        id,
      ).length > 0,
    end: (id, { status, code, wechatpayRequestId, inDoubt, response }) =>
      void sql.run(
        `update call set ended_at = ?, leased_until = 0, status = ?, code = ?, wechatpay_request_id = ?,
         in_doubt = case when follows_doubt = 1 and ? >= 400 then 1 else ? end,
         response = case when key is null then null else ? end where id = ?`,
        ...[now(), status, code, wechatpayRequestId, status, inDoubt ? 1 : 0, response && JSON.stringify(response), id],
      ),
    calls: (caller, { before = Number.MAX_SAFE_INTEGER, limit }) =>
      sql
        .run<Row>(
          `select seq, id, at, caller, mchid, method, path, numbers, amount, ended_at, status, code, wechatpay_request_id, in_doubt
           from call where caller = ? and seq < ? order by seq desc limit ?`,
          ...[caller, before, limit],
        )
        .map(row => ({ ...row, numbers: JSON.parse(row.numbers), in_doubt: row.in_doubt === 1 })),
  }
}
