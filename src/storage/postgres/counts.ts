import type { Counts } from '../../gateway/store/counts.ts'
import { run, type WorkOf } from '../../gateway/store/sql.ts'

/** Slots of each sum. Processes that share one wait for each other for the length of a commit. */
const SLOTS = 64

/** Creates counters of which each process adds to a row of its own, so that processes do not wait for each other. */
export function createSlottedCounts(): Pick<WorkOf<Counts>, 'addCounts' | 'counters'> {
  const slot = Math.floor(Math.random() * SLOTS)
  return {
    *addCounts(increments, call) {
      // In the order of their keys, so that two transactions cannot wait for each other.
      const rows = increments
        .map(({ name, labels, by }) => ({
          name,
          by,
          labels: JSON.stringify(Object.fromEntries(Object.entries(labels).sort())),
        }))
        .sort((a, b) => (`${a.name} ${a.labels}` < `${b.name} ${b.labels}` ? -1 : 1))
      for (const { name, labels, by } of rows)
        yield* run(
          `insert into counter (name, labels, slot, value, last_call) values (?, ?, ?, ?, ?)
           on conflict (name, labels, slot) do update set
             value = counter.value + excluded.value, last_call = coalesce(excluded.last_call, counter.last_call)
           where excluded.last_call is null or counter.last_call is distinct from excluded.last_call`,
          name,
          labels,
          slot,
          by,
          call ?? null,
        )
    },
    *counters() {
      const rows = yield* run<{ name: string; labels: string; value: number }>(
        'select name, labels, sum(value) as value from counter group by name, labels order by name, labels',
      )
      return rows.map(row => ({ ...row, labels: JSON.parse(row.labels) }))
    },
  }
}
