import type { StoreContext } from '../dialect.ts'
import { type LedgerMethods, READ } from '../method.ts'
import { run, send, type Work, type WorkOf } from '../sql.ts'

/** Consecutive deliveries that must fail to reach an endpoint before its circuit opens. */
export const MIN_FAILURES = 5
/** Milliseconds without any response that must have passed as well, so that a burst of failures opens no circuit. */
export const MIN_OUTAGE = 5_000
/** Milliseconds until the first probe; each failed probe doubles them. */
const FIRST_PAUSE = 5_000
/** The longest time until a probe, and for one, ms. */
export const MAX_PAUSE = 30_000

/** Returns the milliseconds until the next probe of a circuit that has opened so many times, failed probes included. */
export const pauseOf = (opens: number): number => Math.min(FIRST_PAUSE * 2 ** (opens - 1), MAX_PAUSE)

/** A change of a circuit. A failed probe leaves it open, and is none. */
export type CircuitChange = 'opened' | 'closed'

/** An open circuit: nothing is sent to the endpoint, because attempts to reach it have failed in a row. */
export interface CircuitRow {
  readonly endpoint: string
  /** Consecutive deliveries that have failed to reach the endpoint. */
  readonly failures: number
  readonly opened_at: number
  /** Time of the next probe. */
  readonly retry_at: number
}

export interface Circuits {
  /** Lists a merchant's open circuits whose endpoints have pending deliveries. */
  circuits(mchid: string): CircuitRow[]
}

export const CIRCUIT_METHODS: LedgerMethods<Circuits> = {
  circuits: READ,
}

/** The circuit breakers, as the deliveries use them. */
export interface Breaker extends WorkOf<Circuits> {
  /**
   * Returns when an endpoint may be probed, ms; 0 if its circuit is closed. From that time on, one delivery may probe it. If the circuit is
   * open, no other process reads it for a claim until the end of the transaction.
   */
  lockRetryAt(mchid: string, endpoint: string): Work<number>
  /** Makes a delivery the probe of an endpoint whose circuit is open, and the only one until a given time. */
  startProbe(mchid: string, endpoint: string, delivery: number, until: number): Work<void>
  /**
   * Counts an attempt. A response closes the circuit, and so does an attempt that sent nothing (`isOutage` is null), because the
   * endpoint is no longer configured or cannot be used: the circuit has no requests to prevent. The circuit of an endpoint that has no
   * pending delivery is deleted.
   *
   * @param attempt `at`: when it began, ms. `isOutage`: true if the endpoint was unreachable, false for any response; undefined leaves
   * the circuit as it is
   * @returns whether this has opened the circuit, or closed an open one
   */
  countAttempt(
    mchid: string,
    endpoint: string,
    delivery: number,
    attempt: { at: number; isOutage?: boolean | null | undefined },
  ): Work<CircuitChange | undefined>
  /** Allows a probe of an endpoint at once. */
  allowProbe(mchid: string, endpoint: string): Work<void>
  /** Allows probes of all endpoints at once, because a new process has no probe in progress. */
  allowProbes(): Work<void>
}

interface Row extends CircuitRow {
  /** Number of times that it has opened, including failed probes; 0 if the circuit is closed. */
  readonly opens: number
  /** Beginning of the first of the consecutive failures. */
  readonly since: number
  /** The delivery that failed last. */
  readonly last: number | null
  readonly probe: number | null
}

/** SQL condition: the endpoint of a circuit has a pending delivery. It needs one index lookup. */
const HAS_PENDING = `exists (
  select 1 from delivery
  where delivery.mchid = circuit.mchid and delivery.endpoint = circuit.endpoint and delivery.state = 'pending')`

const DELETE = 'delete from circuit where mchid = ? and endpoint = ?'
const IS_IDLE = ` and not ${HAS_PENDING}`

/**
 * Creates the circuit breakers, one per merchant and endpoint. They are in the ledger so that all isolates share them.
 *
 * A circuit opens after {@link MIN_FAILURES} deliveries have failed to reach the endpoint, with no response in between and during at
 * least {@link MIN_OUTAGE}. While it is open, deliveries wait and keep their order and number of attempts. After a pause one of them
 * is the probe: any response closes the circuit and releases the others; otherwise the pause doubles.
 */
export function createBreaker({ dialect, now }: Pick<StoreContext, 'dialect' | 'now'>): Breaker {
  function* find(mchid: string, endpoint: string, lock = ''): Work<Row | undefined> {
    const [row] = yield* run<Row>(`select * from circuit where mchid = ? and endpoint = ?${lock}`, mchid, endpoint)
    return row
  }

  function* open(mchid: string, endpoint: string, opens: number): Work<void> {
    yield* send(
      `update circuit set opens = ?, retry_at = ?, probe = null,
         opened_at = case when opened_at = 0 then ? else opened_at end
       where mchid = ? and endpoint = ?`,
      opens,
      now() + pauseOf(opens),
      now(),
      mchid,
      endpoint,
    )
  }

  /** @returns whether the circuit was open */
  function* close(mchid: string, endpoint: string, condition = ''): Work<boolean> {
    const [deleted] = yield* run<Pick<Row, 'opens'>>(`${DELETE}${condition} returning opens`, mchid, endpoint)
    return deleted !== undefined && deleted.opens > 0
  }

  return {
    circuits: mchid =>
      run<CircuitRow>(
        `select endpoint, failures, opened_at, retry_at from circuit
         where mchid = ? and opens > 0 and ${HAS_PENDING} order by endpoint`,
        mchid,
      ),
    *lockRetryAt(mchid, endpoint) {
      // The circuit of an endpoint that fails now and then stays closed: claims do not wait for each other there.
      if (!(yield* find(mchid, endpoint))?.opens) return 0
      return (yield* find(mchid, endpoint, dialect.forUpdate))?.retry_at ?? 0
    },
    *startProbe(mchid, endpoint, delivery, until) {
      yield* send(
        'update circuit set probe = ?, retry_at = ? where mchid = ? and endpoint = ? and opens > 0',
        delivery,
        until,
        mchid,
        endpoint,
      )
    },
    *countAttempt(mchid, endpoint, delivery, { at, isOutage }) {
      if (isOutage === undefined) return (yield* close(mchid, endpoint, IS_IDLE)) ? 'closed' : undefined
      if (!isOutage) return (yield* close(mchid, endpoint)) ? 'closed' : undefined
      // A delivery that fails several times in a row counts once: it may fail because of its own content, and has its own pauses.
      const [row] = yield* run<Row>(
        `insert into circuit (mchid, endpoint, failures, since, last) values (?, ?, 1, ?, ?)
         on conflict (mchid, endpoint) do update set
           failures = circuit.failures + case when circuit.last = excluded.last then 0 else 1 end, last = excluded.last
         returning failures, since, opens, probe`,
        mchid,
        endpoint,
        at,
        delivery,
      )
      const { failures, since, opens, probe } = row!
      // While the circuit is open only its probe counts: other attempts began before it opened.
      const isOpening = opens === 0 && failures >= MIN_FAILURES && Math.abs(now() - since) >= MIN_OUTAGE
      if (isOpening || (opens > 0 && probe === delivery)) yield* open(mchid, endpoint, opens + 1)
      if (opens === 0 && !isOpening) {
        yield* send(`${DELETE}${IS_IDLE}`, mchid, endpoint)
        return undefined
      }
      // The attempt that opens it may have ended the last pending delivery.
      const isClosed = yield* close(mchid, endpoint, IS_IDLE)
      if (isOpening) return isClosed ? undefined : 'opened'
      return isClosed ? 'closed' : undefined
    },
    *allowProbe(mchid, endpoint) {
      yield* send(
        `update circuit set retry_at = ${dialect.least}(retry_at, ?), probe = null where mchid = ? and endpoint = ?`,
        now(),
        mchid,
        endpoint,
      )
    },
    *allowProbes() {
      yield* run('update circuit set retry_at = 1, probe = null where opens > 0')
    },
  }
}
