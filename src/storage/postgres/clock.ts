import type { Connection } from './connection.ts'

/** A clock that shows the time of the database, so that machines whose clocks differ agree. */
export interface DatabaseClock {
  readonly now: () => number
  /** Compares the clock with the database's. */
  readonly measure: (connection: Connection) => Promise<void>
}

/** Milliseconds. A slower answer says too little about when the database's clock was read. */
const MAX_ROUND_TRIP = 2_000

/**
 * Creates a clock that advances with the monotonic clock of this process between two measurements, like NTP: the error is at most half
 * a round trip.
 */
export function createDatabaseClock(): DatabaseClock {
  let offset = Date.now() - performance.now()
  return {
    now: () => Math.round(performance.now() + offset),
    async measure({ query }) {
      const sent = performance.now()
      const [row] = await query<{ at: number }>('select (extract(epoch from clock_timestamp()) * 1000)::bigint as at')
      const received = performance.now()
      if (received - sent <= MAX_ROUND_TRIP) offset = row!.at - (sent + received) / 2
    },
  }
}
