import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import pg from 'pg'
import { openPostgresLedger, type PostgresLedger } from '../../src/storage/postgres/ledger.ts'
import { startPostgres } from '../../test/postgres/setup.ts'
import { dividedLedger } from './divided-ledger.ts'
import { measureLedger } from './measure-ledger.ts'
import { CONCURRENCY } from './operations.ts'
import type { LedgerTimes } from './service-times.ts'

/** Connections of all ledgers together. */
const POOL = 10

/**
 * Measures a PostgreSQL of npm on this machine whose commits wait for the disk.
 *
 * @param transactions `own`: of each call; `shared`: calls that arrive together share statements and commits
 */
export async function measurePostgres(transactions: 'own' | 'shared'): Promise<LedgerTimes> {
  const count = transactions === 'own' ? CONCURRENCY : 1
  const { url, stop } = await startPostgres(['fsync=on', 'full_page_writes=on'])
  const client = new pg.Client(url)
  await client.connect()
  const { rows: settings } = await client.query('show data_directory')
  const postmaster = postmasterOf(settings[0].data_directory)
  const opened: PostgresLedger[] = []
  try {
    for (let at = 0; at < count; at++) opened.push(await openPostgresLedger(`${url}?pool=${Math.ceil(POOL / count)}`))
    const [first, ...others] = opened.map(({ ledger }) => ledger)
    return await measureLedger(others.length === 0 ? first! : dividedLedger([first!, ...others]), {
      async size() {
        const { rows } = await client.query('select pg_database_size(current_database()) as size')
        return Number(rows[0].size)
      },
      serverTime: async () => processorTimeOf(postmaster),
    })
  } finally {
    for (const { close } of opened) await close()
    await client.end()
    await stop()
  }
}

const postmasterOf = (data: string): number => Number(readFileSync(join(data, 'postmaster.pid'), 'utf8').split('\n')[0])

const TICK = 1_000 / Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }))

/** Returns the processor time of a process, its children, and those of them that have ended, milliseconds. Linux only. */
function processorTimeOf(parent: number): number {
  const processes = readdirSync('/proc').filter(name => /^\d+$/.test(name))
  let ticks = 0
  for (const id of processes) {
    const fields = statOf(id)
    // 4: the parent; 14 to 17: user and system time, of its own and of its children that have ended.
    if (fields && (Number(id) === parent || Number(fields[1]) === parent))
      ticks += [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0)
  }
  return ticks * TICK
}

/** Reads the fields behind the name of a process, which may contain spaces; undefined if it has ended. */
function statOf(id: string): string[] | undefined {
  try {
    return readFileSync(`/proc/${id}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ')
  } catch {
    return undefined
  }
}
