import type { Writable } from 'node:stream'
import type { Pool, PoolClient } from 'pg'
import type { SqlRow, SqlValue, Statement, Work } from '../../gateway/store/sql.ts'
import { isFromServer, isUnusable, RolledBack, treatmentOf } from './errors.ts'

/** Transactions that another one has met are carried out again, with growing random pauses, at most this often. */
const MAX_CONFLICTS = 8
const CONFLICT_PAUSE = 20
/** Milliseconds before each repetition after a broken connection: WeChat Pay waits 5 s for the response to a notification. */
const LOST_PAUSES = [50, 200, 800]

/** Prepared statements: each has a name, by which a connection prepares it once. */
const prepared = new Map<string, { readonly name: string; readonly text: string }>()

/** Replaces each `?` by `$1`, `$2`, …: the store's statements have no other question mark. */
function prepare(text: string): { readonly name: string; readonly text: string } {
  const known = prepared.get(text)
  if (known) return known
  let count = 0
  const statement = { name: `w${prepared.size}`, text: text.replaceAll('?', () => `$${++count}`) }
  prepared.set(text, statement)
  return statement
}

/** Removes the character U+0000, which PostgreSQL's text cannot contain. */
const storable = (value: SqlValue): SqlValue =>
  typeof value === 'string' && value.includes('\0') ? value.replaceAll('\0', '\u{fffd}') : value

async function execute(client: PoolClient, { text, values }: Statement): Promise<SqlRow[]> {
  const { rows } = await client.query({ ...prepare(text), values: values.map(storable) })
  return rows as SqlRow[]
}

/**
 * Statements in progress. The server answers in the order in which they were sent, so that the first error is the reason; those that
 * follow only say that the transaction has failed. They are sent when somebody waits for them, in one packet: each costs a system call
 * on both sides otherwise.
 */
class Pipeline {
  readonly #client: PoolClient
  #statements: Promise<unknown>[] = []

  constructor(client: PoolClient) {
    this.#client = client
  }

  add<T>(send: () => Promise<T>): Promise<T> {
    if (this.#statements.length === 0) streamOf(this.#client)?.cork()
    const statement = send()
    // It is reported by `settle`.
    statement.catch(() => {})
    this.#statements.push(statement)
    return statement
  }

  /** Sends all statements, and waits for them. */
  async settle(): Promise<void> {
    await Promise.all(this.send())
  }

  /** Sends what was added. */
  send(): readonly Promise<unknown>[] {
    const statements = this.#statements
    if (statements.length > 0) streamOf(this.#client)?.uncork()
    this.#statements = []
    return statements
  }
}

/** Returns the socket of a connection, if the driver has one that can be corked. Without it, statements are sent one by one. */
function streamOf(client: PoolClient): Pick<Writable, 'cork' | 'uncork'> | undefined {
  const { connection } = client as { connection?: { stream?: Partial<Writable> } }
  const { stream } = connection ?? {}
  return stream?.cork && stream.uncork ? (stream as Writable) : undefined
}

/**
 * Sends the statements of some work. Those whose rows nobody reads may still be in progress when it returns.
 *
 * @param end sends what comes after the last statement
 * @returns the result, and whether `end` was called
 */
async function sendAll<T>(
  client: PoolClient,
  work: Work<T>,
  pipeline: Pipeline,
  end: () => void,
): Promise<{ readonly result: T; readonly hasEnded: boolean }> {
  let hasEnded = false
  let step = work.next()
  while (!step.done) {
    const statement = step.value
    if (hasEnded) throw new Error('A statement follows the last one of its transaction.')
    const rows = pipeline.add(() => execute(client, statement))
    if (statement.isLast) {
      hasEnded = true
      end()
    }
    if (!statement.isUnread) await pipeline.settle()
    step = work.next(statement.isUnread ? [] : await rows)
  }
  return { result: step.value, hasEnded }
}

/** Carries out work within the current transaction of a connection. */
export async function carryOut<T>(client: PoolClient, work: Work<T>): Promise<T> {
  const pipeline = new Pipeline(client)
  try {
    const { result } = await sendAll(client, work, pipeline, () => {})
    await pipeline.settle()
    return result
  } finally {
    pipeline.send()
  }
}

/** The default isolation of a user or a database may be another one. */
const BEGIN = 'begin isolation level read committed'

export interface TransactionOptions {
  /** Lets the server refuse every write. */
  readonly isReadOnly?: boolean
  /** Does not wait for the disk of the database: a crash of the server may undo the transaction. */
  readonly isRelaxed?: boolean
  /** Milliseconds for which it waits for a lock. Default: the setting of the connection. */
  readonly lockTimeout?: number
  /** How often it is carried out again after PostgreSQL ended it because of a conflict with another transaction. */
  readonly maxConflicts?: number
}

function beginOf({ isReadOnly, isRelaxed, lockTimeout }: TransactionOptions): string {
  const settings = [
    ...(isReadOnly ? ['set local transaction_read_only to on'] : []),
    ...(isRelaxed ? ['set local synchronous_commit to off'] : []),
    ...(lockTimeout === undefined ? [] : [`set local lock_timeout to ${lockTimeout}`]),
  ]
  return [BEGIN, ...settings].join('; ')
}

/** Errors that this program met after it had sent `commit`, for example because the driver did not understand the response. */
const inDoubt = new WeakSet<Error>()

/** Returns whether the transaction that an error of {@link runTransaction} ended may have been committed. */
export const mayHaveCommitted = (error: unknown): boolean => error instanceof Error && inDoubt.has(error)

/** Carries out work in one transaction. A connection whose state is unknown after an error leaves the pool. */
async function runOnce<T>(pool: Pool, work: Work<T>, options: TransactionOptions): Promise<T> {
  const client = await pool.connect()
  let broken: Error | boolean = false
  const onError = (error: Error) => {
    broken = error
  }
  client.on('error', onError)
  const pipeline = new Pipeline(client)
  let isCommitSent = false
  const end = () => {
    isCommitSent = true
    void pipeline.add(() => commit(client))
  }
  try {
    pipeline.add(() => client.query(beginOf(options)))
    const { result, hasEnded } = await sendAll(client, work, pipeline, end)
    if (!hasEnded) end()
    await pipeline.settle()
    return result
  } catch (error) {
    pipeline.send()
    const mayBeCommitted = isCommitSent && !isFromServer(error) && !(error instanceof RolledBack)
    if (mayBeCommitted && error instanceof Error) inDoubt.add(error)
    if (mayBeCommitted || isUnusable(error)) broken = true
    else
      await client.query('rollback').catch(() => {
        broken = true
      })
    throw error
  } finally {
    client.off('error', onError)
    client.release(broken)
  }
}

/** @throws {RolledBack} */
async function commit(client: PoolClient): Promise<void> {
  const { command } = await client.query('commit')
  if (command !== 'COMMIT') throw new RolledBack('The server has answered commit with ROLLBACK.')
}

/**
 * Carries out work in a transaction of its own, again where that helps.
 *
 * @param begin begins the work; `isRepeated` if an earlier transaction may have been committed although its result was lost
 */
export async function runTransaction<T>(
  pool: Pool,
  begin: (isRepeated: boolean) => Work<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const { maxConflicts = MAX_CONFLICTS } = options
  let [conflicts, losses] = [0, 0]
  for (;;)
    try {
      return await runOnce(pool, begin(losses > 0), options)
    } catch (error) {
      const treatment = treatmentOf(error)
      // Repeats a transaction that may have been committed until its result is known.
      const limit = losses > 0 ? MAX_CONFLICTS : maxConflicts
      if (treatment === 'conflict' && conflicts < limit) await pause(CONFLICT_PAUSE * ++conflicts)
      else if (treatment === 'lost' && losses < LOST_PAUSES.length) await pause(LOST_PAUSES[losses++]!)
      else throw error
    }
}

/** The jitter keeps callers that a restart has disconnected from returning all at once. */
const pause = (ms: number): Promise<void> => new Promise(resolve => setTimeout(resolve, ms * (0.5 + Math.random())))
