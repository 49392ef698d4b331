/**
 * The assumptions of the simulation, because nobody can measure it here. `docs/scale.md` shows it; change it, and run
 * `node bench/scale.ts` again.
 */
export const ASSUMPTIONS = {
  merchants: 10_000,
  /** Notifications per second of all merchants at the peak. */
  peak: 100_000,
  /** Zipf's exponent of the merchants' sizes: the largest has 6.4 %. */
  exponent: 0.9,
  /** Milliseconds in which an endpoint responds: mean, and spread of the logarithm. */
  endpoint: { mean: 200, spread: 0.5 },
  /** Milliseconds of a round trip between a gateway and its database in the same zone. */
  roundTrip: 0.5,
  /** Processors of a database server, and the share of them that is left after locks, log and vacuum. */
  database: { processors: 16, efficiency: 0.7 },
  /** Connections in the pool of a process (`pool`). */
  connections: 10,
  /** The share of the scarcest resource that is used at the peak. */
  use: 0.6,
} as const

const MINUTE = 60_000
/** The simulated time before the peak, and the whole. */
export const PEAK_AT = 10 * MINUTE
export const END = 100 * MINUTE
/** The outages begin with the peak. */
export const OUTAGE = 30 * MINUTE

const BASE = 0.2
const RISE = 5_000
const PLATEAU = 10 * MINUTE
const LEVEL = 0.3
const DECAY = 20 * MINUTE

/**
 * Returns the load as a share of the peak, as at midnight of 双十一: a fifth before, the peak within five seconds and for ten
 * minutes, then a decline to three tenths. The shape is assumed.
 */
export function curve(at: number): number {
  const since = at - PEAK_AT
  if (since < 0) return BASE
  if (since < RISE) return BASE + ((1 - BASE) * since) / RISE
  if (since < PLATEAU) return 1
  return LEVEL + (1 - LEVEL) * Math.exp(-(since - PLATEAU) / DECAY)
}
