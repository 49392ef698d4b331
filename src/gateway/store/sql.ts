export type SqlValue = string | number | null

/** SQLite, as Durable Objects, Node, Deno and Bun have it: embedded, so that a statement is done when it returns. */
export interface Sql {
  /** Runs one statement with its values for `?`; gives the rows. */
  run<Row = Record<string, SqlValue>>(statement: string, ...values: readonly SqlValue[]): Row[]
  /** All of the work, or nothing of it. */
  transaction<T>(work: () => T): T
}
