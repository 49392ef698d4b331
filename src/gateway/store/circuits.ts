import { type LedgerMethods, REPEATABLE } from './method.ts'
import type { Sql } from './sql.ts'

/** Deliveries that find nobody in a row, after which an endpoint is left alone. */
export const OUTAGES = 5
/** Milliseconds for which nobody must have answered as well: one that fails every other time is there. */
export const SILENCE = 5_000
/** Milliseconds until the first probe; each that fails doubles them. */
const FIRST_PAUSE = 5_000
const MAX_PAUSE = 30_000

/** An endpoint that is left alone, because attempts to reach it have failed in a row. */
export interface CircuitRow {
  readonly endpoint: string
  /** Deliveries that have found nobody, in a row. */
  readonly failures: number
  readonly opened_at: number
  /** One delivery is tried then. */
  readonly retry_at: number
}

export interface Circuits {
  /** The endpoints of a merchant that are left alone now, while something waits for them. */
  circuits(mchid: string): CircuitRow[]
}

export const CIRCUIT_METHODS: LedgerMethods<Circuits> = {
  circuits: REPEATABLE,
}

/** What deliveries need to know of an endpoint, and what they tell of it. */
export interface Breaker extends Circuits {
  /** Until when nothing is sent to an endpoint, ms; 0 where nothing holds it. Once the time has come, one delivery may probe it. */
  retryAt(mchid: string, endpoint: string): number
  /** Makes a delivery the probe of an endpoint that is left alone, and the only one until the time given. */
  probe(mchid: string, endpoint: string, delivery: number, until: number): void
  /**
   * Counts an attempt. An answer closes the circuit, and so does an attempt that sent nothing (`isOutage` is null), because
   * the endpoint is gone or cannot be used: a circuit spares an endpoint requests, and there are none.
   *
   * @param attempt `at`: when it began, ms. `isOutage`: nobody was there; false: somebody has answered, whatever that was. Undefined leaves the
   * circuit as it is
   * @returns whether the circuit was open, and is closed now
   */
  recordAttempt(
    mchid: string,
    endpoint: string,
    delivery: number,
    attempt: { at: number; isOutage?: boolean | null | undefined },
  ): boolean
  /** Forgets an endpoint that nothing waits for. */
  forgetIdle(mchid: string, endpoint: string): void
  /** Lets an endpoint be probed at once. */
  allowProbe(mchid: string, endpoint: string): void
  /** Lets all endpoints be probed at once: nothing is under way. */
  allowProbes(): void
}

interface Row extends CircuitRow {
  /** How often it was left alone, or its probe has failed; 0: it is not left alone. */
  readonly opens: number
  /** When the first attempt began that has found nobody. */
  readonly since: number
  /** The delivery that has failed last. */
  readonly last: number | null
  readonly probe: number | null
}

/** Whether a delivery to the endpoint of a circuit is pending: one step of the index. */
const SOMETHING_WAITS = `exists (
  select 1 from delivery
  where delivery.mchid = circuit.mchid and delivery.endpoint = circuit.endpoint and delivery.state = 'pending')`

/**
 * Makes a circuit breaker for each endpoint of a merchant, in the ledger, so that all isolates know the same. After
 * {@link OUTAGES} deliveries that find nobody, with no answer in between and for {@link SILENCE}, the circuit is open:
 * deliveries keep their place and their number of attempts, and wait. After a pause one of them is the probe. When somebody
 * answers it, the circuit is closed, and the others go out; otherwise the pause doubles.
 */
export function createBreaker(sql: Sql, now: () => number): Breaker {
  const rowOf = (mchid: string, endpoint: string): Row | undefined =>
    sql.run<Row>('select * from circuit where mchid = ? and endpoint = ?', mchid, endpoint)[0]

  const open = (mchid: string, endpoint: string, opens: number): void => {
    const pause = Math.min(FIRST_PAUSE * 2 ** (opens - 1), MAX_PAUSE)
    sql.run(
      `update circuit set opens = ?, retry_at = ?, probe = null,
         opened_at = case when opened_at = 0 then ? else opened_at end
       where mchid = ? and endpoint = ?`,
      opens,
      now() + pause,
      now(),
      mchid,
      endpoint,
    )
  }

  return {
    circuits: mchid =>
      sql.run<CircuitRow>(
        `select endpoint, failures, opened_at, retry_at from circuit
         where mchid = ? and opens > 0 and ${SOMETHING_WAITS} order by endpoint`,
        mchid,
      ),
    retryAt: (mchid, endpoint) => rowOf(mchid, endpoint)?.retry_at ?? 0,
    probe: (mchid, endpoint, delivery, until) =>
      void sql.run(
        'update circuit set probe = ?, retry_at = ? where mchid = ? and endpoint = ? and opens > 0',
        delivery,
        until,
        mchid,
        endpoint,
      ),
    recordAttempt(mchid, endpoint, delivery, { at, isOutage }) {
      if (isOutage === undefined) return false
      const row = rowOf(mchid, endpoint)
      if (!isOutage) {
        if (row) sql.run('delete from circuit where mchid = ? and endpoint = ?', mchid, endpoint)
        return row !== undefined && row.opens > 0
      }
      const { failures = 0, opens = 0, probe = null, last = null, since = at } = row ?? {}
      // One that fails again and again, and nothing else with it, fails for its own sake perhaps, and has its own pauses.
      const count = last === delivery ? failures : failures + 1
      sql.run(
        `insert into circuit (mchid, endpoint, failures, since, last) values (?, ?, ?, ?, ?)
         on conflict (mchid, endpoint) do update set failures = excluded.failures, last = excluded.last`,
        mchid,
        endpoint,
        count,
        since,
        delivery,
      )
      // Attempts that were under way when the circuit opened say nothing new.
      const isTooMany = opens === 0 && count >= OUTAGES && Math.abs(now() - since) >= SILENCE
      if (isTooMany || (opens > 0 && probe === delivery)) open(mchid, endpoint, opens + 1)
      return false
    },
    forgetIdle: (mchid, endpoint) =>
      void sql.run(`delete from circuit where mchid = ? and endpoint = ? and not ${SOMETHING_WAITS}`, mchid, endpoint),
    allowProbe: (mchid, endpoint) =>
      void sql.run(
        'update circuit set retry_at = min(retry_at, ?), probe = null where mchid = ? and endpoint = ?',
        now(),
        mchid,
        endpoint,
      ),
    allowProbes: () => void sql.run('update circuit set retry_at = 1, probe = null where opens > 0'),
  }
}
