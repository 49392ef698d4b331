import type { Pool } from 'pg'
import type { Limiter } from '../../../core/base/limiter.ts'
import type { LedgerStore } from '../../../gateway/store/ledger.ts'
import { createCallId } from '../../../gateway/store/repetitions.ts'
import type { Work } from '../../../gateway/store/sql.ts'
import { mayBeOfOneCall } from '../errors.ts'
import { mayHaveCommitted, runTransaction, type TransactionOptions } from '../transaction.ts'
import type { Batch, BatchRun } from './batch.ts'
import type { Batches } from './batches.ts'
import { gatherCalls } from './gather.ts'

/** Batches of a method in progress at a time: while one waits for the disk, the next is carried out. */
const MAX_BATCHES = 2
/**
 * Upper bound of the milliseconds for which a batch waits for a row that another transaction has locked. Then each call
 * waits for itself.
 */
const MAX_LOCK_TIMEOUT = 500

export interface CallRunner {
  readonly limitOf: (method: keyof LedgerStore) => Limiter
  /** Carries out one call in a transaction of its own. */
  readonly alone: (method: keyof LedgerStore, args: unknown[]) => Promise<unknown>
  /** Milliseconds for which a transaction waits for a lock. */
  readonly lockTimeout: number | undefined
}

/**
 * Creates the calls that are carried out in batches.
 *
 * @returns a function that returns undefined for a call that must be carried out alone
 */
export function createBatchedCalls(
  pool: Pool,
  now: () => number,
  { batches, followClock }: { readonly batches: Batches; readonly followClock: () => Work<void> },
  { limitOf, alone, lockTimeout = MAX_LOCK_TIMEOUT }: CallRunner,
): (method: keyof LedgerStore, args: unknown[]) => Promise<unknown> | undefined {
  const options = { lockTimeout: Math.min(lockTimeout, MAX_LOCK_TIMEOUT), maxConflicts: 0 }
  const methods = Object.entries(batches).map(([name, typed]) => {
    const method = name as keyof Batches
    const batch = typed as unknown as AnyBatch
    const call = gatherCalls<unknown[], unknown>({
      maxBatches: MAX_BATCHES,
      sizeOf: args => batch.sizeOf(...args),
      together: calls => {
        const id = createCallId(now())
        return limitOf(method)(() => carryOutTogether(pool, { batch, calls, id, followClock, options }))
      },
      alone: args => alone(method, args),
    })
    return [name, { accepts: batch.accepts, call }] as const
  })
  const known = new Map<string, (typeof methods)[number][1]>(methods)
  return (method, args) => {
    const batched = known.get(method)
    return batched?.accepts(...args) ? batched.call(args) : undefined
  }
}

/** A batch of any method. */
type AnyBatch = {
  readonly [Key in keyof Batch<'recordEvent'>]: Key extends 'together'
    ? (calls: readonly unknown[][], batchRun: BatchRun) => Work<unknown[]>
    : Key extends 'accepts'
      ? (...args: unknown[]) => boolean
      : (...args: unknown[]) => number
}

/** Calls that are carried out in one transaction. */
interface BatchedTransaction {
  readonly batch: AnyBatch
  readonly calls: readonly unknown[][]
  /** Identifies the batch at every repetition. */
  readonly id: string
  readonly followClock: () => Work<void>
  readonly options: TransactionOptions
}

/**
 * Carries calls out in one transaction. If it fails, nothing of it is written, and each call is carried out alone if one of them
 * may be the reason, so that it fails only that one. Not so if it may have been committed.
 */
async function carryOutTogether(
  pool: Pool,
  { batch, calls, id, followClock, options }: BatchedTransaction,
): Promise<readonly unknown[]> {
  let isRepeatedAfterLoss = false
  const work = function* (isRepeated: boolean): Work<unknown[]> {
    isRepeatedAfterLoss ||= isRepeated
    yield* followClock()
    return yield* batch.together(calls, { id, isRepeated })
  }
  try {
    return await runTransaction(pool, work, options)
  } catch (error) {
    if (isRepeatedAfterLoss || mayHaveCommitted(error) || !mayBeOfOneCall(error)) throw error
    return calls.map(() => undefined)
  }
}
