import { settleWithin } from '../../core/base/single-flight.ts'

/** Maximum milliseconds for which others wait for work, because it may hang. */
const MAX_AGE = 120_000
/**
 * Milliseconds for which others wait for work whose request does not renew its lease. When Workers cancels a request,
 * its timers stop and its work never settles. WeChat Pay repeats the notification after 15 s, which must not wait for
 * that work.
 */
const LEASE = 10_000
const RENEW_EVERY = 2_000

/** Options of {@link createSingleFlight}. */
export interface SingleFlightOptions {
  /**
   * Whether the work may be done twice. If so, a caller that has waited two seconds for another's work does it itself.
   */
  readonly isRepeatable?: boolean
}

/**
 * Creates a function that runs work once for concurrent calls with the same key and gives each the same result. Calls
 * wait for work that is not repeatable without a time limit, so limit that wait yourself.
 */
export function createSingleFlight(
  now: () => number,
  { isRepeatable = false }: SingleFlightOptions = {},
): <T>(key: string, run: () => Promise<T>) => Promise<T> {
  const running = new Map<string, { at: number; renewedAt: number; work: Promise<unknown> }>()

  function begin<T>(key: string, run: () => Promise<T>): Promise<T> {
    const work = run()
    const at = now()
    const flight = { at, renewedAt: at, work }
    running.set(key, flight)
    // The timer belongs to this request, so the lease ends with the request.
    const renewal = setInterval(() => {
      if (running.get(key) === flight && now() - at < MAX_AGE) flight.renewedAt = now()
      else clearInterval(renewal)
    }, RENEW_EVERY)
    // Work that hangs must not keep a Node process alive.
    Object(renewal).unref?.()
    const end = () => {
      clearInterval(renewal)
      if (running.get(key) === flight) running.delete(key)
    }
    work.then(end, end)
    return work
  }

  return async <T>(key: string, run: () => Promise<T>) => {
    const current = running.get(key)
    if (!current || isStale(current, now())) return begin(key, run)
    const work = current.work as Promise<T>
    if (!isRepeatable) return work
    const outcome = await settleWithin(work)
    return outcome ? outcome.value : begin(key, run)
  }
}

const isStale = ({ at, renewedAt }: { at: number; renewedAt: number }, now: number): boolean =>
  now - at >= MAX_AGE || now - renewedAt >= LEASE
