import type { Dialect } from '../dialect.ts'
import { run, type Work } from '../sql.ts'
import { MIN_QUEUE_TIME } from './queued.ts'

/** Rows of a statement. A Durable Object accepts 100 values. */
const MAX_ROWS = 10

/**
 * Adds deliveries of an event to endpoints.
 *
 * @returns their ids, in the order of the endpoints
 */
export function* addDeliveries(
  { insertReturning }: Pick<Dialect, 'insertReturning'>,
  { mchid, seq, subject, createdAt }: { mchid: string; seq: number; subject: string | null; createdAt: number },
  endpoints: readonly string[],
  dueAt: number,
  state: 'pending' | 'asking' = 'pending',
): Work<number[]> {
  const ids: number[] = []
  for (let start = 0; start < endpoints.length; start += MAX_ROWS) {
    const rows = endpoints
      .slice(start, start + MAX_ROWS)
      .map(endpoint => [seq, mchid, endpoint, subject, createdAt, state, dueAt, dueAt + MIN_QUEUE_TIME])
    const added = yield* run<{ id: number }>(
      `${insertReturning} delivery (seq, mchid, endpoint, subject, created_at, state, due_at, queued_until)
       values ${rows.map(() => '(?, ?, ?, ?, ?, ?, ?, ?)').join(', ')} returning id`,
      ...rows.flat(),
    )
    // SQLite leaves a row out that lacks a value. The event must not be acknowledged without it.
    if (added.length < rows.length) throw new Error(`A delivery of event ${seq} lacks a value.`)
    // Numbers grow in the order of the rows; `returning` promises no order.
    ids.push(...added.map(({ id }) => id).sort((a, b) => a - b))
  }
  return ids
}
