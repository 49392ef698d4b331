import type { Sql } from './sql.ts'

/** Milliseconds for which the result of a call is kept. A caller repeats a call within seconds. */
const RESULT_AGE = 10 * 60_000
/** Milliseconds between two deletions of older results. */
const DELETE_EVERY = 60_000

/**
 * Creates the id of a call to a ledger, which is the same at every repetition. It begins with the time, so that old results are
 * deleted by a range of the primary key.
 *
 * @param at milliseconds since 1970
 */
export const createCallId = (at: number): string => `${hexOf(at)}-${crypto.randomUUID()}`

const hexOf = (at: number): string => Math.max(0, Math.round(at)).toString(16).padStart(12, '0')

/**
 * Makes calls to a ledger repeatable, for a caller that did not get the result of a call that was carried out. The result is written
 * in the transaction of the call and returned for every repetition with the same id.
 *
 * @returns a function that carries out a call in a transaction, unless its id has a result; `isKept` selects the results to write
 */
export function createRepetitions(
  sql: Sql,
  now: () => number,
): (id: string, work: () => unknown, isKept: (value: unknown) => boolean) => unknown {
  let deletedAt = Number.NEGATIVE_INFINITY

  function deleteOld(): void {
    // Absolute, because the clock may be set back.
    if (Math.abs(now() - deletedAt) < DELETE_EVERY) return
    sql.run('delete from carried_out where id < ?', hexOf(now() - RESULT_AGE))
    deletedAt = now()
  }

  return (id, work, isKept) => {
    const [row] = sql.run<{ result: string }>('select result from carried_out where id = ?', id)
    if (row) return (JSON.parse(row.result) as { value?: unknown }).value
    const value = work()
    if (!isKept(value)) return value
    deleteOld()
    sql.run('insert into carried_out (id, result) values (?, ?)', id, JSON.stringify({ value }))
    return value
  }
}
