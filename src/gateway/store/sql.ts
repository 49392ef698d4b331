export type SqlValue = string | number | null
export type SqlRow = Readonly<Record<string, SqlValue>>

/** A statement with its values for `?`. */
export interface Statement {
  readonly text: string
  readonly values: readonly SqlValue[]
  /** Nobody reads its rows, so that the next statement can be sent to a server without waiting for them. */
  readonly isUnread?: true
  /** No other statement follows in its transaction, so that a server can be told to commit without waiting for its rows. */
  readonly isLast?: true
}

/**
 * A computation on a database: a generator that yields statements, is resumed with the rows of each, and returns the result. An
 * embedded database carries the statements out at once ({@link carryOut}), another one over the network.
 */
export type Work<T> = Generator<Statement, T, readonly SqlRow[]>

/** The methods of a part of the store, as {@link Work}. */
export type WorkOf<Part> = {
  readonly [Method in keyof Part]: Part[Method] extends (...args: infer Args) => infer Result
    ? (...args: Args) => Work<Result>
    : never
}

/**
 * Runs one statement.
 *
 * @param text with `?` for each value
 * @returns the rows
 */
export function* run<Row = SqlRow>(text: string, ...values: readonly SqlValue[]): Work<Row[]> {
  return (yield { text, values }) as Row[]
}

/** Runs one statement whose rows nobody reads. Use it for all such statements: each other one costs a round trip. */
export function* send(text: string, ...values: readonly SqlValue[]): Work<void> {
  yield { text, values, isUnread: true }
}

/** Runs the last statement of a transaction: its commit costs no round trip of its own. */
export function* runLast<Row = SqlRow>(text: string, ...values: readonly SqlValue[]): Work<Row[]> {
  return (yield { text, values, isLast: true }) as Row[]
}

/** An embedded SQLite, as Durable Objects, Node, Deno and Bun have it. */
export interface Sql {
  /** Runs one statement with its values for `?`, and returns the rows. */
  run<Row = SqlRow>(statement: string, ...values: readonly SqlValue[]): Row[]
  /** Runs work in a transaction, which is rolled back if the work throws. */
  transaction<T>(work: () => T): T
}

/** Carries out work on an embedded database, within the current transaction. */
export function carryOut<T>(sql: Pick<Sql, 'run'>, work: Work<T>): T {
  let step = work.next()
  while (!step.done) step = work.next(sql.run(step.value.text, ...step.value.values))
  return step.value
}
