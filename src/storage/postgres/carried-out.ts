import { createCallId } from '../../gateway/store/repetitions.ts'
import { run, send, type Work } from '../../gateway/store/sql.ts'

/** Milliseconds for which results are kept. A process repeats a call within seconds. */
const RESULT_AGE = 2 * 60_000

/** The result that an earlier transaction has written in its commit. */
interface KeptResult {
  readonly value?: unknown
}

/** Reads the result of a call whose connection may have broken after its commit; undefined if it was not committed. */
export function* readKept(id: string): Work<KeptResult | undefined> {
  const [kept] = yield* run<{ result: string }>('select result from carried_out where id = ?', id)
  return kept && (JSON.parse(kept.result) as KeptResult)
}

/**
 * Carries out a call once, although its result may be lost with the connection and the call repeated. The result is written in the
 * transaction of the call: two transactions of one call cannot both be committed.
 *
 * @param isResultKept selects the results to write; undefined for a call that may be carried out twice
 */
export function* once({ id, isRepeated, isResultKept }: CallOnce, begin: () => Work<unknown>): Work<unknown> {
  if (isResultKept && isRepeated) {
    const kept = yield* readKept(id)
    if (kept) return kept.value
  }
  const value = yield* begin()
  if (isResultKept?.(value))
    yield* send('insert into carried_out (id, result) values (?, ?)', id, JSON.stringify({ value }))
  return value
}

interface CallOnce {
  readonly id: string
  readonly isRepeated: boolean
  readonly isResultKept: ((result: unknown) => boolean) | undefined
}

/** Deletes results that nobody asks for any more. An id begins with its time. */
export function* forgetResults(now: () => number): Work<void> {
  yield* send('delete from carried_out where id < ?', createCallId(now() - RESULT_AGE))
}
