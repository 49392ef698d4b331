import type { LedgerStore } from '../../../gateway/store/ledger.ts'
import type { Work } from '../../../gateway/store/sql.ts'
import { readKept } from '../carried-out.ts'

/** The arguments of a call to a method of the store. */
export type CallOf<Method extends keyof LedgerStore> = Parameters<LedgerStore[Method]>
export type ResultOf<Method extends keyof LedgerStore> = ReturnType<LedgerStore[Method]>

/** One run of a batch. */
export interface BatchRun {
  /** Identifies the batch at every repetition. */
  readonly id: string
  /** An earlier transaction may have been committed. */
  readonly isRepeated: boolean
}

/** How calls to a method are carried out by one statement. */
export interface Batch<Method extends keyof LedgerStore> {
  /** Returns whether a call is as most are. Others are carried out alone. */
  readonly accepts: (...call: CallOf<Method>) => boolean
  /** Characters that a call adds to the statement. */
  readonly sizeOf: (...call: CallOf<Method>) => number
  /**
   * Carries calls out.
   *
   * @returns the result of each call; undefined for one of which nothing was written, because it needs more than the statement does
   */
  readonly together: (calls: readonly CallOf<Method>[], batchRun: BatchRun) => Work<(ResultOf<Method> | undefined)[]>
}

/** The result of a call by its place in the batch. */
type Placed<Result> = readonly [place: number, result: Result]

/**
 * Runs a statement that ends by writing the results of its calls to `carried_out`, as a JSON array of places and results under `value`,
 * and returns what it has written. A repetition reads them there.
 */
export function* runOnce<Result>(
  count: number,
  { id, isRepeated }: BatchRun,
  statement: () => Work<{ result: string }[]>,
): Work<(Result | undefined)[]> {
  const kept = isRepeated ? yield* readKept(id) : undefined
  const [written] = kept ? [] : yield* statement()
  const { value } = (kept ?? JSON.parse(written!.result)) as { value: readonly Placed<Result>[] }
  return placedIn(count, value)
}

/** Returns the results in the order of the calls. */
export function placedIn<Result>(count: number, placed: readonly Placed<Result>[]): (Result | undefined)[] {
  const results = Array.from<Result | undefined>({ length: count })
  for (const [place, result] of placed) results[place] = result
  return results
}

/**
 * Matches escapes of JSON for U+0000 and half a surrogate pair, which a `text` cannot contain. It matches the same text
 * within a value too.
 */
const UNSTORABLE = /\\u(?:0000|d[89a-f])/

/**
 * Serialises rows as one value of a statement, which `json_to_recordset` reads: one prepared statement carries out any number of calls.
 * Replaces what a `text` cannot contain by U+FFFD, as is done with values of their own.
 */
export function rowsOf(rows: readonly Readonly<Record<string, unknown>>[]): string {
  const text = JSON.stringify(rows)
  return UNSTORABLE.test(text) ? JSON.stringify(storable(rows)) : text
}

function storable(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll('\0', '\u{fffd}').replace(/\p{Surrogate}/gu, '\u{fffd}')
  if (Array.isArray(value)) return value.map(storable)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, storable(member)]))
}
