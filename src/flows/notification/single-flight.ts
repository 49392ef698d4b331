import { settleWithin } from '../../core/single-flight.ts'

/** Milliseconds for which others wait for work at most: it may hang. */
const MAX_AGE = 120_000
/**
 * Milliseconds for which others wait for work whose request does not renew its lease. On Workers a request that is cancelled ends
 * with its timers, and its work never settles. WeChat Pay sends the notification again after 15 s, and must find it free.
 */
const LEASE = 10_000
const RENEW_EVERY = 2_000

export interface SingleFlightOptions {
  /** The work may be done a second time: whoever has waited two seconds for another's does it too. */
  readonly isRepeatable?: boolean
}

/**
 * Does a thing once for all who ask for it at the same time: each gets what the first one's work gives. Work that is not
 * repeatable is waited for by others for as long as they like to, so bound that wait.
 */
export function createSingleFlight(
  now: () => number,
  { isRepeatable = false }: SingleFlightOptions = {},
): <T>(key: string, depart: () => Promise<T>) => Promise<T> {
  const flights = new Map<string, { at: number; renewedAt: number; work: Promise<unknown> }>()

  function begin<T>(key: string, depart: () => Promise<T>): Promise<T> {
    const work = depart()
    const at = now()
    const flight = { at, renewedAt: at, work }
    flights.set(key, flight)
    // A timer of this request: where the request ends, the lease does too.
    const renewal = setInterval(() => {
      if (flights.get(key) === flight && now() - at < MAX_AGE) flight.renewedAt = now()
      else clearInterval(renewal)
    }, RENEW_EVERY)
    // Work that hangs must not keep a process of Node alive.
    Object(renewal).unref?.()
    const end = () => {
      clearInterval(renewal)
      if (flights.get(key) === flight) flights.delete(key)
    }
    work.then(end, end)
    return work
  }

  return async <T>(key: string, depart: () => Promise<T>) => {
    const current = flights.get(key)
    if (!current || isStale(current, now())) return begin(key, depart)
    const work = current.work as Promise<T>
    if (!isRepeatable) return work
    const outcome = await settleWithin(work)
    return outcome ? outcome.value : begin(key, depart)
  }
}

const isStale = ({ at, renewedAt }: { at: number; renewedAt: number }, now: number): boolean =>
  now - at >= MAX_AGE || now - renewedAt >= LEASE
