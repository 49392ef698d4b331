import pg from 'pg'
import { inject } from 'vitest'

let count = 0

/** Returns the URL of a schema that no other test uses, in the database of the run. */
export function freshUrl(parameters: Record<string, string> = {}): string {
  count++
  const url = new URL(inject('postgres'))
  url.searchParams.set('schema', `test_${process.pid}_${Date.now().toString(36)}_${count}`)
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value)
  return String(url)
}

/**
 * Lists for how many seconds statements have waited for a client. Another client asks: within a transaction, `pg_stat_activity` does not change.
 */
export async function waitsFor(blocker: pg.Client, observer: pg.Client): Promise<number[]> {
  const { rows: pids } = await blocker.query<{ pid: number }>('select pg_backend_pid() as pid')
  const { rows } = await observer.query<{ seconds: number }>(
    `select extract(epoch from clock_timestamp() - query_start)::float8 as seconds
     from pg_stat_activity where $1 = any (pg_blocking_pids(pid))`,
    [pids[0]!.pid],
  )
  return rows.map(({ seconds }) => seconds)
}

/** Opens a connection of the test's own, whose `search_path` is the schema of a URL. */
export async function openClient(url: string): Promise<pg.Client> {
  const { searchParams } = new URL(url)
  const plain = new URL(url)
  plain.search = ''
  const client = new pg.Client({
    connectionString: String(plain),
    options: `-c search_path=${searchParams.get('schema')}`,
    types: {
      getTypeParser: ((oid: number, format: 'text') =>
        oid === 20 ? Number : pg.types.getTypeParser(oid, format)) as never,
    },
  })
  client.on('error', () => {})
  await client.connect()
  return client
}
