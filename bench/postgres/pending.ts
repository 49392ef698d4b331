import { openPostgresLedger } from '../../src/storage/postgres/ledger.ts'
import { openBenchClient } from './client.ts'

/**
 * Creates the tables in a schema, and in them events that wait for an endpoint, each about its own subject. Wakes the processes that
 * share them.
 */
export async function fillPending(
  url: string,
  { mchid, endpoint, count }: { mchid: string; endpoint: string; count: number },
): Promise<void> {
  const { close, wakeups } = await openPostgresLedger(url)
  wakeups.listen(() => {})
  const client = await openBenchClient(url)
  try {
    await client.query(
      `insert into event (mchid, id, api, event, resource, subject, source, created_at, received_at, nonces, webhook_id, retained_since)
       select $1, 'E' || n, 'v3', 'TRANSACTION.SUCCESS', '{"id":"E' || n || '"}', 'S' || n, 'notification', n, n, '[]', 'evt_' || n, n
       from generate_series(1, $2::int) as n`,
      [mchid, count],
    )
    await client.query(
      `insert into delivery (seq, mchid, endpoint, subject, created_at, state, due_at)
       select seq, mchid, $2, subject, created_at, 'pending', created_at from event where mchid = $1 order by seq`,
      [mchid, endpoint],
    )
    await client.query('vacuum analyze')
    wakeups.wake()
  } finally {
    await client.end()
    await close()
  }
}
