import { describe, expect, it, test } from 'vitest'
import type { LedgerError } from '../../../src/gateway/store/ledger-error.ts'
import { connectionOf } from '../../../src/storage/postgres/connection.ts'
import { openPostgresLedger } from '../../../src/storage/postgres/ledger.ts'
import { migrate, STEPS } from '../../../src/storage/postgres/schema.ts'
import { openPostgresForTransfer } from '../../../src/storage/transfer/postgres.ts'
import { eventOf } from '../../gateway/store/cases.ts'
import { freshUrl, openClient } from '../../postgres/schema.ts'
import { exportText, rowsOf } from '../transfer/exports.ts'
import { acceptedWrites, fill, readAll, withoutToken } from './methods.ts'
import { migrateFreedSchema, migrateSchema } from './newer.ts'

const mchid = '1900000109'
const VERSION = STEPS.length

/** Opens a ledger, by default years later, when its clock would be written. */
async function open(url: string, now: () => number = () => 4e12) {
  const refusals: LedgerError[] = []
  const opened = await openPostgresLedger(url, { now, onReadOnly: refusal => refusals.push(refusal) })
  return { ...opened, refusals }
}

async function filledSchema(): Promise<{ readonly url: string; readonly responses: Record<string, unknown> }> {
  const url = freshUrl()
  const { ledger, close } = await open(url)
  await fill(ledger)
  const responses = await readAll(ledger)
  await close()
  return { url, responses }
}

/** Reads all rows of all tables, with the transactions that have written them. */
async function rowsIn(url: string): Promise<unknown> {
  const client = await openClient(url)
  const tables = await client.query<{ name: string }>(
    'select tablename as name from pg_tables where schemaname = current_schema() order by tablename',
  )
  const rows: unknown[] = []
  for (const { name } of tables.rows)
    rows.push((await client.query(`select xmin::text, * from ${name} order by 1, 2`)).rows)
  await client.end()
  return rows
}

/** Ends the connections of a schema's processes, as a restart of the server does. */
async function endConnections(url: string): Promise<void> {
  const client = await openClient(url)
  await client.query(
    `select pg_terminate_backend(pid) from pg_stat_activity
     where pid <> pg_backend_pid() and pid in (
       select pid from pg_locks where locktype = 'advisory'
         and objid::bigint = (hashtext($1)::bigint + 4294967296) % 4294967296)`,
    [new URL(url).searchParams.get('schema')],
  )
  await client.end()
}

/** Migrates the tables under a process that has lost its connections just then. */
async function migrateUnder(url: string): Promise<void> {
  for (;;)
    try {
      await endConnections(url)
      return await migrateSchema(url)
    } catch (error) {
      // The process has connected again in between.
      if ((error as LedgerError).code !== 'LEDGER_IN_USE') throw error
    }
}

describe('tables that a newer version has migrated so that this one can only read them', () => {
  it('are read, and nothing is written', async () => {
    const { url, responses } = await filledSchema()
    await migrateFreedSchema(url)
    const before = await rowsIn(url)
    const { ledger, refusals, close } = await open(url)
    expect(refusals.map(({ code, message }) => [code, message])).toEqual([
      ['LEDGER_NEWER', expect.stringContaining(`version ${VERSION + 1}`)],
    ])
    expect(withoutToken(await readAll(ledger))).toEqual(withoutToken(responses))
    expect(await acceptedWrites(ledger)).toEqual([])
    await close()
    expect(await rowsIn(url)).toEqual(before)
  })

  it('are refused as soon as a migration follows after which they cannot be read', async () => {
    const { url } = await filledSchema()
    await migrateFreedSchema(url)
    const { ledger, close } = await open(url)
    expect(await ledger.events(mchid, { limit: 1 })).toHaveLength(1)
    const client = await openClient(url)
    await client.query(
      'insert into schema_version (version, readable_from, writable_from, at) values ($1, $1, $1, 0)',
      [VERSION + 2],
    )
    await client.end()
    await expect(ledger.events(mchid, { limit: 1 })).rejects.toMatchObject({ code: 'LEDGER_NEWER' })
    await close()
    await expect(open(url)).rejects.toMatchObject({ code: 'LEDGER_NEWER' })
  })

  it('are exported with all that this version knows, and a warning; nothing is imported into them', async () => {
    const { url } = await filledSchema()
    const known = await openPostgresForTransfer(url, 'export')
    const text = await exportText(known)
    await known.close()
    await migrateFreedSchema(url)
    const warned: string[] = []
    const database = await openPostgresForTransfer(url, 'export', line => warned.push(line))
    expect(rowsOf(await exportText(database))).toEqual(rowsOf(text))
    await database.close()
    expect(warned).toContainEqual(expect.stringContaining('newer version'))
    await expect(openPostgresForTransfer(url, 'import')).rejects.toMatchObject({ code: 'LEDGER_NEWER' })
  })
})

describe('a migration under a process of an older version', () => {
  it('is refused, and changes nothing, as long as that process could not write after it', async () => {
    const { url } = await filledSchema()
    const { ledger, refusals, close } = await open(url)
    const before = await rowsIn(url)
    await expect(migrateSchema(url)).rejects.toMatchObject({
      code: 'LEDGER_IN_USE',
      message: expect.stringContaining('End all processes of the older version'),
    })
    expect(await rowsIn(url)).toEqual(before)
    expect((await ledger.recordEvent(eventOf())).outcome).toBe('recorded')
    expect(refusals).toEqual([])
    await close()
    await migrateFreedSchema(url)
  })

  it('is carried out if that process can write after it, which goes on and can be started again', async () => {
    const { url } = await filledSchema()
    const running = await open(url)
    await migrateFreedSchema(url, { isWritable: true })
    const started = await open(url)
    for (const { ledger, refusals, close } of [running, started]) {
      expect((await ledger.recordEvent(eventOf())).outcome).toBe('recorded')
      expect(refusals).toEqual([])
      await close()
    }
  })

  it('is found by that process when it connects again: it writes nothing any more, and reads on', async () => {
    const { url } = await filledSchema()
    const { ledger, refusals, close } = await open(url)
    expect((await ledger.recordEvent(eventOf())).outcome).toBe('recorded')
    await migrateUnder(url)
    const before = await rowsIn(url)
    const attempts = [ledger.recordEvent(eventOf()), ledger.recordEvent(eventOf()), ledger.probeWrite()]
    const failed = { status: 'rejected', reason: expect.objectContaining({ code: 'LEDGER_NEWER' }) }
    expect(await Promise.allSettled(attempts)).toEqual([failed, failed, failed])
    expect(refusals).toHaveLength(1)
    expect(await acceptedWrites(ledger)).toEqual([])
    await readAll(ledger)
    await close()
    expect(await rowsIn(url)).toEqual(before)
  })

  it('is refused during an import of that version', async () => {
    const url = freshUrl()
    const database = await openPostgresForTransfer(url, 'import')
    await database.carryOut(function* () {})
    await expect(migrateSchema(url)).rejects.toMatchObject({ code: 'LEDGER_IN_USE' })
    await database.close()
  })
})

/** Lists the columns of the tables as the first steps of the migration make them. */
async function columnsAt(version: number): Promise<string[]> {
  const url = freshUrl()
  const client = await openClient(url)
  await migrate(connectionOf(client), new URL(url).searchParams.get('schema')!, STEPS.slice(0, version))
  const { rows } = await client.query<{ name: string }>(
    "select table_name || '.' || column_name as name from information_schema.columns where table_schema = current_schema()",
  )
  await client.end()
  return rows.map(({ name }) => name)
}

test('the programs that may read or write the tables find each column that they know', async () => {
  const present = await columnsAt(VERSION)
  for (const version of [
    Math.max(...STEPS.map(({ readableFrom }) => readableFrom)),
    Math.max(...STEPS.map(({ writableFrom }) => writableFrom)),
  ]) {
    const known = await columnsAt(version)
    // If this fails, a step removes or renames a column: its `readableFrom` and `writableFrom` must be its own number.
    expect(known.filter(column => !present.includes(column))).toEqual([])
  }
})

test('what may be written may be read', () => {
  const highest = (of: 'readableFrom' | 'writableFrom') => Math.max(...STEPS.map(step => step[of]))
  expect(highest('writableFrom')).toBeGreaterThanOrEqual(highest('readableFrom'))
})
