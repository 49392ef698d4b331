/** A concurrent transaction has changed what this one depends on. The whole method must be carried out again, in a new transaction. */
export class WriteConflict extends Error {
  override readonly name: string = 'WriteConflict'
}

/**
 * Returns a row that exists because inserting it has just met it.
 *
 * @throws {WriteConflict} another transaction has deleted it since
 */
export function requireRow<Row>(row: Row | undefined): Row {
  if (row === undefined)
    throw new WriteConflict('A concurrent transaction has deleted the row. Repeat the transaction.')
  return row
}
