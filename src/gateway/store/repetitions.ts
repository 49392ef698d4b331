import type { Sql } from './sql.ts'

/** How long the result of a call is kept for its repetition, ms: a caller repeats within seconds. */
const KEPT = 10 * 60_000

/**
 * Makes the id of a call to a ledger: the same at every repetition. It begins with the time, so that results are deleted in
 * the order of their table's key.
 *
 * @param at milliseconds since 1970
 */
export const createCallId = (at: number): string => `${hexOf(at)}-${crypto.randomUUID()}`

const hexOf = (at: number): string => Math.max(0, Math.round(at)).toString(16).padStart(12, '0')

/**
 * Makes calls to a ledger repeatable: the caller may repeat one whose result it did not get, although it was carried out. The
 * result is written in the transaction of the call itself, and given again for the same id.
 *
 * @returns carries out a call, within a transaction, unless that was done before; `isKept` tells which results are written
 */
export function createRepetitions(
  sql: Sql,
  now: () => number,
): (id: string, work: () => unknown, isKept: (value: unknown) => boolean) => unknown {
  return (id, work, isKept) => {
    const [known] = sql.run<{ result: string }>('select result from carried_out where id = ?', id)
    if (known) return (JSON.parse(known.result) as { value?: unknown }).value
    const value = work()
    if (!isKept(value)) return value
    sql.run('delete from carried_out where id < ?', hexOf(now() - KEPT))
    sql.run('insert into carried_out (id, result) values (?, ?)', id, JSON.stringify({ value }))
    return value
  }
}
