import type { Dialect } from '../../gateway/store/dialect.ts'

/** The SQL of PostgreSQL where it differs from SQLite's. */
export const POSTGRES: Dialect = {
  isShared: true,
  greatest: 'greatest',
  least: 'least',
  integers: 'select value::bigint from json_array_elements_text(?::json)',
  forUpdate: ' for update',
  skipLocked: ' for update skip locked',
  insertReturning: 'insert into',
  pendingOrder: 'seq',
  attemptOrder: 'id',
}
