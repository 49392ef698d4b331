import fc from 'fast-check'
import { describe, expect, it, test } from 'vitest'
import type { Ledger } from '../../../src/gateway/index.ts'
import { run } from '../../../src/gateway/store/sql.ts'
import { openPostgresLedger } from '../../../src/storage/postgres/ledger.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { localLedger } from '../../../src/storage/sqlite-ledger.ts'
import { exportLedger } from '../../../src/storage/transfer/export.ts'
import { type ImportOptions, importLedger } from '../../../src/storage/transfer/import.ts'
import type { LedgerDatabase } from '../../../src/storage/transfer/ledger-database.ts'
import { openPostgresForTransfer } from '../../../src/storage/transfer/postgres.ts'
import { PROGRESS } from '../../../src/storage/transfer/progress.ts'
import { transferOf } from '../../../src/storage/transfer/sqlite.ts'
import { freshUrl, openClient, waitsFor } from '../../postgres/schema.ts'
import { chunksOf, exportText, LONG, NOW, rowsOf } from './exports.ts'
import { forgeLines, readGenuine, withTwoEventsOfOneId } from './forgery.ts'
import { history, live, type Step } from './history.ts'

async function closing<Opened extends { close: () => Promise<void> }, T>(
  opening: Promise<Opened>,
  use: (opened: Opened) => Promise<T>,
): Promise<T> {
  const opened = await opening
  try {
    return await use(opened)
  } finally {
    await opened.close()
  }
}

const onPostgres = <T>(url: string, use: (database: LedgerDatabase) => Promise<T>) =>
  closing(openPostgresForTransfer(url, 'export'), use)

const withGateway = <T>(url: string, now: () => number, use: (ledger: Ledger) => Promise<T>) =>
  closing(openPostgresLedger(url, { now }), ({ ledger }) => use(ledger))

/** Lives a history on SQLite, and exports it. */
async function exportOf(steps: readonly Step[]): Promise<string> {
  const clock = { now: NOW }
  return closing(openSqliteInMemory(), async database => {
    await live(
      localLedger(database.sqlite, () => clock.now),
      steps,
      clock,
    )
    return exportText(database)
  })
}

/** Opens a ledger in memory for a gateway and for a transfer at once. */
async function openSqliteInMemory() {
  const sqlite = await openDatabase(':memory:')
  return { ...(await transferOf(sqlite)), sqlite }
}

const importInto = (url: string, text: string, options: Partial<ImportOptions> = {}) =>
  closing(openPostgresForTransfer(url, 'import'), database =>
    importLedger(database, { open: chunksOf(text), ...options }),
  )

const RUNS = { numRuns: Number(process.env.HISTORIES ?? 5) }

test('from SQLite to PostgreSQL and back nothing changes, for random histories', async () => {
  await fc.assert(
    fc.asyncProperty(history, async steps => {
      const text = await exportOf(steps)
      const url = freshUrl()
      await importInto(url, text)
      const there = await onPostgres(url, exportText)
      expect(rowsOf(there)).toEqual(rowsOf(text))
      const back = await closing(openSqliteInMemory(), async database => {
        await importLedger(database, { open: chunksOf(there) })
        return exportText(database)
      })
      expect(rowsOf(back)).toEqual(rowsOf(text))
    }),
    RUNS,
  )
}, 120_000)

test('what a gateway on PostgreSQL has recorded moves to another schema', async () => {
  await fc.assert(
    fc.asyncProperty(history, async steps => {
      const [url, copy] = [freshUrl(), freshUrl()]
      const clock = { now: NOW }
      await withGateway(
        url,
        () => clock.now,
        ledger => live(ledger, steps, clock),
      )
      const text = await onPostgres(url, exportText)
      await importInto(copy, text)
      expect(rowsOf(await onPostgres(copy, exportText))).toEqual(rowsOf(text))
    }),
    RUNS,
  )
}, 120_000)

const eventOf = (number: number) => ({
  mchid: '1900000109',
  api: 'v3' as const,
  id: `E${number}`,
  event: 'TRANSACTION.SUCCESS',
  resource: JSON.stringify({ out_trade_no: `T${number}` }),
  subject: `transaction_id/${number}`,
  dedupeKey: `transaction_id/${number}/SUCCESS`,
  source: 'notification' as const,
  createdAt: NOW,
  nonce: `nonce ${number}`,
  endpoints: ['shop'],
})

const recordEvents = async (ledger: Ledger, count: number) => {
  for (let number = 1; number <= count; number++) await ledger.recordEvent(eventOf(number))
}

it('a gateway on the copy knows what was recorded, finds it by its numbers, and numbers what is new behind it', async () => {
  const text = await closing(openSqliteInMemory(), async database => {
    await recordEvents(
      localLedger(database.sqlite, () => NOW),
      120,
    )
    return exportText(database)
  })
  const url = freshUrl()
  await importInto(url, text)
  await withGateway(
    url,
    () => NOW + 1_000,
    async ledger => {
      expect(await ledger.recordEvent({ ...eventOf(7), nonce: 'another' })).toMatchObject({
        outcome: 'duplicate',
        seq: 7,
      })
      expect(await ledger.recordEvent(eventOf(8))).toMatchObject({ outcome: 'replayed' })
      // Duplicates have used up numbers.
      const { outcome, seq, deliveries } = await ledger.recordEvent(eventOf(900))
      expect([outcome, deliveries]).toEqual(['recorded', [121]])
      expect(seq).toBeGreaterThan(120)
      expect(await ledger.claimDelivery(5)).toMatchObject({ kind: 'claimed', event: { seq: 5 } })
      expect(await ledger.depths('1900000109')).toMatchObject({ pending: 121 })
    },
  )
})

describe('an import into PostgreSQL', () => {
  it('continues after an interruption, and a gateway refuses the ledger until then', async () => {
    const text = await exportOf(LONG)
    const url = freshUrl()
    const kill = () => {
      throw new Error('killed')
    }
    await expect(importInto(url, text, { onProgress: kill })).rejects.toThrow('killed')
    await expect(openPostgresLedger(url)).rejects.toMatchObject({ code: 'LEDGER_INCOMPLETE' })
    expect((await importInto(url, text)).continuedAfter).toBeGreaterThan(10)
    await withGateway(
      url,
      () => NOW,
      async ledger => expect(await ledger.calls('till', { limit: 1 })).toHaveLength(1),
    )
    expect(rowsOf(await onPostgres(url, exportText))).toEqual(rowsOf(text))
  })

  it('of two events with one id says that they contradict each other, and repeats nothing', async () => {
    const steps = LONG.slice(0, 30)
    const text = forgeLines(readGenuine(await exportOf(steps)), withTwoEventsOfOneId)
    const attempts: number[] = []
    const contradictory = closing(openPostgresForTransfer(freshUrl(), 'import'), database => {
      const carryOut: LedgerDatabase['carryOut'] = (work, options) =>
        database.carryOut(() => {
          attempts.push(attempts.length)
          return work()
        }, options)
      return importLedger({ ...database, carryOut }, { open: chunksOf(text) })
    })
    await expect(contradictory).rejects.toMatchObject({
      code: 'LEDGER_FILE_DAMAGED',
      message: expect.stringContaining('contradicts another row'),
    })
    // The beginning, and the page of the events.
    expect(attempts).toHaveLength(2)
  })

  it('begins again if another one creates the table of the progress at the same time', async () => {
    const text = await exportOf(LONG)
    const url = freshUrl()
    await closing(openPostgresForTransfer(url, 'import'), async () => {})
    const [other, observer] = [await openClient(url), await openClient(url)]
    await other.query(`begin; create table ${PROGRESS} (id text not null, line bigint not null)`)
    const importing = importInto(url, text)
    importing.catch(() => {})
    await expect.poll(async () => (await waitsFor(other, observer)).length).toBe(1)
    await other.query('commit')
    expect((await importing).continuedAfter).toBe(1)
    await Promise.all([other.end(), observer.end()])
    expect(rowsOf(await onPostgres(url, exportText))).toEqual(rowsOf(text))
  })

  it('by two processes at the same time doubles nothing', async () => {
    const text = await exportOf(LONG)
    const url = freshUrl()
    // The schema exists, as the first process leaves it.
    await closing(openPostgresForTransfer(url, 'import'), async () => {})
    const outcomes = await Promise.allSettled([importInto(url, text), importInto(url, text)])
    expect(outcomes.some(({ status }) => status === 'fulfilled')).toBe(true)
    expect(rowsOf(await onPostgres(url, exportText))).toEqual(rowsOf(text))
  })
})

it('an export from a schema without a ledger, or with an older one, is refused and creates nothing', async () => {
  const url = freshUrl()
  const client = await openClient(url)
  const schema = new URL(url).searchParams.get('schema')
  const count = async (): Promise<unknown> =>
    (await client.query('select count(*)::int from pg_namespace where nspname = $1', [schema])).rows[0].count
  await expect(openPostgresForTransfer(url, 'export')).rejects.toMatchObject({
    code: 'LEDGER_MISSING',
    message: expect.stringContaining(`the schema ${schema} has no ledger`),
  })
  expect(await count()).toBe(0)
  await client.query(`create schema ${schema}`)
  await expect(openPostgresForTransfer(url, 'export')).rejects.toMatchObject({ code: 'LEDGER_MISSING' })
  expect((await client.query('select 1 from pg_tables where schemaname = $1', [schema])).rows).toEqual([])
  await withGateway(
    url,
    () => NOW,
    ledger => recordEvents(ledger, 1),
  )
  expect(await onPostgres(url, exportText)).toContain('"table":"event"')
  await client.query('update schema_version set version = 0')
  await expect(openPostgresForTransfer(url, 'export')).rejects.toMatchObject({ code: 'LEDGER_OLDER' })
  await client.query('update schema_version set version = 99, readable_from = 99')
  await expect(openPostgresForTransfer(url, 'export')).rejects.toMatchObject({ code: 'LEDGER_NEWER' })
  await client.end()
})

it('an export needs no right to create anything', async () => {
  const url = freshUrl()
  await closing(openPostgresForTransfer(url, 'import'), async () => {})
  const admin = await openClient(url)
  const schema = new URL(url).searchParams.get('schema')
  const reader = `reader_${schema}`
  await admin.query(`create role ${reader} login password 'reader'`)
  await admin.query(
    `grant usage on schema ${schema} to ${reader}; grant select on all tables in schema ${schema} to ${reader}`,
  )
  const asReader = new URL(url)
  asReader.username = reader
  asReader.password = 'reader'
  try {
    expect(rowsOf(await onPostgres(String(asReader), exportText))).toEqual(rowsOf(await onPostgres(url, exportText)))
  } finally {
    await admin.query(`drop owned by ${reader}; drop role ${reader}`)
    await admin.end()
  }
})

it('an export sees one moment, whatever gateways record meanwhile', async () => {
  const url = freshUrl()
  await withGateway(
    url,
    () => NOW,
    async ledger => {
      await recordEvents(ledger, 150)
      let isFirst = true
      const counts = await onPostgres(url, database =>
        exportLedger(database, async text => {
          if (isFirst && text.includes('"table":"event"')) {
            isFirst = false
            await ledger.recordEvent(eventOf(500))
          }
        }),
      )
      expect(counts).toMatchObject({ event: 150, delivery: 150 })
    },
  )
})

test('an export whose connection breaks fails with a typed error, and the error of its reader stays what it is', async () => {
  const url = freshUrl()
  await closing(openPostgresForTransfer(url, 'import'), async () => {})
  await onPostgres(url, async database => {
    const admin = await openClient(url)
    const broken = database.readSnapshot(async carryOut => {
      const [row] = await carryOut(run<{ pid: number }>('select pg_backend_pid() as pid'))
      await admin.query('select pg_terminate_backend($1)', [row!.pid])
      // The connection is idle while the reader writes to its file.
      const isGone = () => admin.query('select 1 from pg_stat_activity where pid = $1', [row!.pid])
      await expect.poll(async () => (await isGone()).rowCount).toBe(0)
      await carryOut(run('select 1'))
    })
    await expect(broken).rejects.toMatchObject({ code: 'LEDGER_UNAVAILABLE' })
    await admin.end()
    const error = Object.assign(new Error('no such file'), { code: 'ENOENT' })
    await expect(database.readSnapshot(() => Promise.reject(error))).rejects.toBe(error)
  })
})
