import { settleWithin } from '../../core/base/single-flight.ts'
import { LEDGER_TIMEOUT } from './ledger-timeout.ts'

/** Milliseconds after which a check that has not ended is lost: each of its steps has a shorter limit. */
const CHECK_TIMEOUT = 2 * LEDGER_TIMEOUT

/** Keeps work running when the client that caused it has disconnected. */
export type Background = (work: Promise<unknown>) => void

/**
 * Caches the result of a check. Concurrent callers wait for the same check, so that one runs at a time; it continues in the background
 * if its caller disconnects. A check that has not ended within {@link CHECK_TIMEOUT} is lost, because its request was cancelled, and
 * the next caller starts another.
 *
 * @param age milliseconds, from the beginning of the check
 */
export function cached<T>(
  find: () => Promise<T>,
  age: number,
  now: () => number,
): (background: Background) => Promise<T> {
  let found: { readonly value: T; readonly at: number } | undefined
  let current: { readonly finding: Promise<T>; readonly since: number } | undefined
  /** Returns false after the clock was set back. */
  const isRecent = (at: number): boolean => now() >= at && now() - at < age

  async function findNow(): Promise<T> {
    const at = now()
    const value = await find()
    found = { value, at }
    return value
  }

  return async background => {
    for (;;) {
      if (found && isRecent(found.at)) return found.value
      const left = current ? current.since + CHECK_TIMEOUT - performance.now() : 0
      if (!current || left <= 0) break
      const outcome = await settleWithin(current.finding, left)
      if (outcome) return outcome.value
    }
    const finding = findNow()
    const own = { finding, since: performance.now() }
    current = own
    const end = (): void => {
      if (current === own) current = undefined
    }
    background(finding.then(end, end))
    return finding
  }
}
