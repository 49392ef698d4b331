export type SqlValue = string | number | null

/** An embedded SQLite, as Durable Objects, Node, Deno and Bun have it. */
export interface Sql {
  /** Runs one statement with its values for `?`, and returns the rows. */
  run<Row = Record<string, SqlValue>>(statement: string, ...values: readonly SqlValue[]): Row[]
  /** Runs work in a transaction, which is rolled back if the work throws. */
  transaction<T>(work: () => T): T
}
