import { cp, mkdtemp, readFile, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import type { LedgerError } from '../../../src/gateway/store/ledger-error.ts'
import { migrate, STEPS } from '../../../src/gateway/store/schema.ts'
import type { Sql } from '../../../src/gateway/store/sql.ts'
import { openStorage } from '../../../src/server/storage.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { localLedger } from '../../../src/storage/sqlite-ledger.ts'
import { openSqliteLedger } from '../../../src/storage/transfer/sqlite.ts'
import { exportText, rowsOf } from '../transfer/exports.ts'
import { acceptedWrites, fill, readAll, withoutToken } from './methods.ts'
import { migrateFile } from './newer.ts'

let folder: string
let made = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-newer-'))
})
afterAll(() => rm(folder, { recursive: true }))
const newFile = () => join(folder, `${made++}.db`)

/** Opens a ledger as a gateway does, years later, when its clock would be written. */
async function open(data: string) {
  const refusals: LedgerError[] = []
  const storage = await openStorage({
    data,
    now: () => 4e12,
    warn() {},
    onDiskFailure() {},
    onReadOnly: refusal => refusals.push(refusal),
  })
  return { ...storage, refusals }
}

async function filledFile(): Promise<{ readonly file: string; readonly responses: Record<string, unknown> }> {
  const file = newFile()
  const { ledger, refusals, close } = await open(file)
  await fill(ledger)
  const responses = await readAll(ledger)
  expect(refusals).toEqual([])
  await close()
  return { file, responses }
}

describe('a file that a newer version has written', () => {
  it('is read, and neither migrated nor written', async () => {
    const { file, responses } = await filledFile()
    await migrateFile(file)
    const [before, { mtimeMs, mode }] = [await readFile(file), await stat(file)]
    const { ledger, refusals, close } = await open(file)
    expect(refusals.map(({ code, message }) => [code, message])).toEqual([
      ['LEDGER_NEWER', expect.stringContaining(`version ${STEPS.length + 1}`)],
    ])
    expect(withoutToken(await readAll(ledger))).toEqual(withoutToken(responses))
    expect(await acceptedWrites(ledger)).toEqual([])
    await close()
    expect(await readFile(file)).toEqual(before)
    expect(await stat(file)).toMatchObject({ mtimeMs, mode })
  })

  it('is read with what its last process had only written to the log when it was killed', async () => {
    const { file } = await filledFile()
    const database = await openDatabase(file)
    migrate(database, [...STEPS, { readableFrom: STEPS.length, statements: ["update event set event = 'LOGGED'"] }])
    const killed = newFile()
    await cp(file, killed)
    await cp(`${file}-wal`, `${killed}-wal`)
    await database.close()
    const before = [await readFile(killed), await readFile(`${killed}-wal`)]
    expect(before[1]!.length).toBeGreaterThan(0)
    const { ledger, refusals, close } = await open(killed)
    expect(refusals).toHaveLength(1)
    expect(await ledger.events('1900000109', { limit: 1 })).toMatchObject([{ event: 'LOGGED' }])
    await close()
    expect([await readFile(killed), await readFile(`${killed}-wal`)]).toEqual(before)
  })

  it('cannot be opened for writing by another process meanwhile, but read by several', async () => {
    const { file } = await filledFile()
    await migrateFile(file)
    const [first, second] = [await open(file), await open(file)]
    await first.ledger.depths('1900000109')
    await expect(openDatabase(file)).rejects.toMatchObject({ code: 'FILE_UNREADABLE' })
    await first.close()
    await second.close()
    await (await openDatabase(file)).close()
  })

  it('limits the rate of a caller in memory', async () => {
    const { file } = await filledFile()
    await migrateFile(file)
    const { ledger, close } = await open(file)
    const rate = { max: 1, seconds: 3600 }
    expect(await ledger.takeToken('caller', rate)).toBe(0)
    expect(await ledger.takeToken('caller', rate)).toBeGreaterThan(0)
    await close()
  })

  it('is refused, unchanged, and released if that version says that this one cannot read it', async () => {
    const { file } = await filledFile()
    await migrateFile(file, { isReadable: false })
    const before = await readFile(file)
    await expect(open(file)).rejects.toMatchObject({ code: 'LEDGER_NEWER' })
    expect(await readFile(file)).toEqual(before)
    await (await openDatabase(file)).close()
  })

  it('is exported with all that this version knows, and a warning; nothing is imported into it', async () => {
    const { file } = await filledFile()
    const known = await openSqliteLedger(file, 'export')
    const text = await exportText(known)
    await known.close()
    await migrateFile(file)
    const warned: string[] = []
    const database = await openSqliteLedger(file, 'export', line => warned.push(line))
    expect(rowsOf(await exportText(database))).toEqual(rowsOf(text))
    await database.close()
    expect(warned).toEqual([expect.stringContaining('newer version')])
    await expect(openSqliteLedger(file, 'import')).rejects.toMatchObject({ code: 'LEDGER_NEWER' })
  })
})

test('a file of this version is no newer one: it is opened for writing, and its log is left to that', async () => {
  const { file } = await filledFile()
  const { ledger, refusals, close } = await open(file)
  await ledger.probeWrite()
  expect(refusals).toEqual([])
  await close()
})

test('a file that becomes newer between two openings is read through the connection that could write', async () => {
  const database = await openDatabase(':memory:')
  await fill(localLedger(database, Date.now))
  migrate(database, [...STEPS, { readableFrom: STEPS.length, statements: [] }])
  const refusals: LedgerError[] = []
  const ledger = localLedger(
    database,
    () => 4e12,
    undefined,
    refusal => refusals.push(refusal),
  )
  expect(refusals).toHaveLength(1)
  const changes = () => database.run('select total_changes() as n')
  const before = changes()
  await readAll(ledger)
  expect(await acceptedWrites(ledger)).toEqual([])
  expect(changes()).toEqual(before)
  await database.close()
})

/** Lists the columns of the tables as the first steps of the migration make them. */
async function columnsAt(version: number): Promise<string[]> {
  const database: Sql & { close(): Promise<void> } = await openDatabase(':memory:')
  migrate(database, STEPS.slice(0, version))
  const columns = database.run<{ name: string }>(
    `select tables.name || '.' || columns.name as name from sqlite_master as tables, pragma_table_info(tables.name) as columns
     where tables.type = 'table'`,
  )
  await database.close()
  return columns.map(({ name }) => name)
}

test('the programs that may read the tables find each column that they know', async () => {
  const readableFrom = Math.max(...STEPS.map(step => step.readableFrom))
  const [known, present] = [await columnsAt(readableFrom), await columnsAt(STEPS.length)]
  // If this fails, a step removes or renames a column: its `readableFrom` must be its own number.
  expect(known.filter(column => !present.includes(column))).toEqual([])
})
