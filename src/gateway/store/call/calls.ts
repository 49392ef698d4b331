import { DAY } from '../../../core/base/time.ts'
import type { StoreContext } from '../dialect.ts'
import { type LedgerMethods, READ, REPEATABLE, SYNCED_LATER } from '../method.ts'
import { run, type Work, type WorkOf } from '../sql.ts'
import { WriteConflict } from '../write-conflict.ts'

/**
 * Milliseconds for which a call in progress holds its `Idempotency-Key`. The process renews the lease during the call, so an expired
 * lease means that the process has died.
 */
export const CALL_LEASE = 60_000
/** Milliseconds for which a response is replayed for its `Idempotency-Key`. */
export const KEY_AGE: number = DAY

/** A call that is about to be sent. */
export interface NewCall {
  /** The gateway's request id. */
  readonly id: string
  readonly caller: string
  readonly mchid: string
  readonly method: string
  readonly path: string
  /** The numbers of the orders and the like that it is about: `{ out_trade_no: '…' }`. */
  readonly numbers: Readonly<Record<string, string>>
  /** fen (分). */
  readonly amount: number | null
  /** `Idempotency-Key`. */
  readonly key: string | null
  /** A hash of everything that must be the same in all calls with the key. */
  readonly hash: string | null
  /** A repetition has no further effect at WeChat Pay, so a call in doubt may be sent again with its key. */
  readonly isRepeatable?: boolean
}

/** The decision whether a call may be sent. */
export type BeginResult =
  /** `isInDoubt`: an earlier call with the same key may have taken effect. */
  | { readonly outcome: 'send'; readonly isInDoubt: boolean }
  /** An earlier call with the same key may have taken effect, and this one would take effect a second time. */
  | { readonly outcome: 'in-doubt'; readonly id: string }
  /** An earlier call with the same key has a response, which is replayed. */
  | { readonly outcome: 'replay'; readonly response: KeptResponse }
  /** The key was used for a different call. */
  | { readonly outcome: 'key-reused' }
  /** An earlier call with the same key is in progress. */
  | { readonly outcome: 'running' }

/** A response that is kept to be replayed. */
export interface KeptResponse {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | null
}

/** The end of a call. */
export interface EndedCall {
  readonly status: number
  /** The error code of WeChat Pay or of the gateway. */
  readonly code: string | null
  readonly wechatpayRequestId: string | null
  /** The call may have taken effect. */
  readonly inDoubt: boolean
  /** Kept for the `Idempotency-Key`, if there is one; null if the same call may be sent again. */
  readonly response: KeptResponse | null
}

/** An entry of the audit trail. */
export interface CallRow extends Omit<NewCall, 'key' | 'hash' | 'isRepeatable'> {
  /** Numbers calls in the order in which they began. */
  readonly seq: number
  readonly at: number
  readonly ended_at: number | null
  readonly status: number | null
  readonly code: string | null
  readonly wechatpay_request_id: string | null
  /** The call has not ended, or may have taken effect. */
  readonly in_doubt: boolean
}

export interface Calls {
  /** Records a call before it is sent. A repetition, recognised by the id of the call, returns the same outcome. */
  beginCall(call: NewCall): BeginResult
  /**
   * Extends the lease of a call by {@link CALL_LEASE} from now.
   *
   * @returns false if the call has ended, or another call holds its key
   */
  renewCall(id: string): boolean
  endCall(id: string, ended: EndedCall): void
  /**
   * Lists the audit trail, the newest first.
   *
   * @param caller null: that of all callers of this ledger, also of removed ones
   * @param page `before`: the `seq` at which the previous page ended
   */
  calls(caller: string | null, page: { before?: number; limit: number }): CallRow[]
}

export const CALL_METHODS: LedgerMethods<Calls> = {
  // Recognises a repetition by the id of the call.
  beginCall: { addsRows: true },
  renewCall: REPEATABLE,
  // A power cut leaves the call in doubt, as if the gateway had not received the response.
  endCall: SYNCED_LATER,
  calls: READ,
}

interface Row extends Omit<CallRow, 'numbers' | 'in_doubt'> {
  readonly hash: string | null
  readonly response: string | null
  readonly leased_until: number
  readonly numbers: string
  readonly in_doubt: number
}

export function createCalls({ dialect, now }: Pick<StoreContext, 'dialect' | 'now'>): WorkOf<Calls> {
  /** Returns the call that holds a key. Nobody else can change it until the end of the transaction. */
  function* lockHolder(caller: string, key: string | null): Work<Row | undefined> {
    if (key === null) return undefined
    const [row] = yield* run<Row>(`select * from call where caller = ? and key = ?${dialect.forUpdate}`, caller, key)
    return row
  }

  /** Returns the outcome of an earlier `beginCall` of the same call, whose result the gateway did not get. */
  function* earlierOutcome(id: string): Work<BeginResult | undefined> {
    const [begun] = yield* run<{ follows_doubt: number }>('select follows_doubt from call where id = ?', id)
    return begun && { outcome: 'send', isInDoubt: begun.follows_doubt === 1 }
  }

  /** @returns false if there is a call with this id already */
  function* insertCall(call: NewCall, isInDoubt: boolean): Work<boolean> {
    const at = now()
    const inserted = yield* run(
      `${dialect.insertReturning} call (id, at, caller, mchid, method, path, numbers, amount, key, hash, leased_until, in_doubt, follows_doubt)
       values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?) on conflict (id) do nothing returning seq`,
      call.id,
      at,
      call.caller,
      call.mchid,
      call.method,
      call.path,
      JSON.stringify(call.numbers),
      call.amount,
      call.key,
      call.hash,
      call.key === null ? 0 : at + CALL_LEASE,
      isInDoubt ? 1 : 0,
    )
    return inserted.length > 0
  }

  function* beginCall(call: NewCall): Work<BeginResult> {
    const { caller, key, hash, isRepeatable = false } = call
    // Nothing but its id can keep a call without a key from being sent, and that is seldom there.
    if (key === null && (yield* insertCall(call, false))) return { outcome: 'send', isInDoubt: false }
    const begun = yield* earlierOutcome(call.id)
    if (begun) return begun
    let isInDoubt = false
    const previous = yield* lockHolder(caller, key)
    if (previous && now() - previous.at < KEY_AGE) {
      if (previous.hash !== hash) return { outcome: 'key-reused' }
      if (previous.response !== null)
        return { outcome: 'replay', response: JSON.parse(previous.response) as KeptResponse }
      if (previous.ended_at === null && now() < previous.leased_until) return { outcome: 'running' }
      // It ended in doubt, or its process has died.
      isInDoubt = previous.in_doubt === 1
      if (isInDoubt && !isRepeatable) return { outcome: 'in-doubt', id: previous.id }
    }
    if (previous)
      yield* run('update call set key = null, hash = null, response = null, leased_until = 0 where id = ?', previous.id)
    if (!(yield* insertCall(call, isInDoubt)))
      throw new WriteConflict('A concurrent transaction has begun the same call. Repeat the transaction.')
    return { outcome: 'send', isInDoubt }
  }

  return {
    beginCall,
    *renewCall(id) {
      const renewed = yield* run(
        'update call set leased_until = ? where id = ? and key is not null and ended_at is null returning seq',
        now() + CALL_LEASE,
        id,
      )
      return renewed.length > 0
    },
    *endCall(id, { status, code, wechatpayRequestId, inDoubt, response }) {
      yield* run(
        `update call set ended_at = ?, leased_until = 0, status = ?, code = ?, wechatpay_request_id = ?,
         in_doubt = case when follows_doubt = 1 and ? >= 400 then 1 else ? end,
         response = case when key is null then null else ? end where id = ?`,
        now(),
        status,
        code,
        wechatpayRequestId,
        status,
        inDoubt ? 1 : 0,
        response && JSON.stringify(response),
        id,
      )
    },
    *calls(caller, { before = Number.MAX_SAFE_INTEGER, limit }) {
      const rows = yield* run<Row>(
        `select seq, id, at, caller, mchid, method, path, numbers, amount, ended_at, status, code, wechatpay_request_id, in_doubt
         from call where ${caller === null ? '' : 'caller = ? and '}seq < ? order by seq desc limit ?`,
        ...(caller === null ? [] : [caller]),
        before,
        limit,
      )
      return rows.map(row => ({ ...row, numbers: JSON.parse(row.numbers), in_doubt: row.in_doubt === 1 }))
    },
  }
}
