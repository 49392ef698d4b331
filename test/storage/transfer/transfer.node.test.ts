import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import { DAY, HOUR } from '../../../src/core/base/time.ts'
import type { Ledger } from '../../../src/gateway/index.ts'
import { NEVER } from '../../../src/gateway/store/call/watches.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { localLedger } from '../../../src/storage/sqlite-ledger.ts'
import { type ImportOptions, importLedger } from '../../../src/storage/transfer/import.ts'
import type { LedgerDatabase } from '../../../src/storage/transfer/ledger-database.ts'
import { openSqliteLedger, transferOf } from '../../../src/storage/transfer/sqlite.ts'
import { TABLES } from '../../../src/storage/transfer/tables.ts'
import { chunksOf, exportText, LONG, NOW, rowsOf } from './exports.ts'
import { history, live, type Step, unsteadyHistory } from './history.ts'

let folder: string
let made = 0
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-transfer-'))
})
afterAll(() => rm(folder, { recursive: true }))
const newFile = () => join(folder, `${made++}.db`)

/** Lives a history on a ledger in a file. */
async function ledgerOf(steps: readonly Step[], file = newFile()): Promise<string> {
  const clock = { now: NOW }
  await withLedger(file, clock, ledger => live(ledger, steps, clock))
  return file
}

async function withLedger<T>(file: string, clock: { now: number }, use: (ledger: Ledger) => Promise<T>): Promise<T> {
  const database = await openDatabase(file)
  try {
    return await use(localLedger(database, () => clock.now))
  } finally {
    await database.close()
  }
}

async function withDatabase<T>(file: string, use: (database: LedgerDatabase) => Promise<T>): Promise<T> {
  const database = await openSqliteLedger(file, 'import')
  try {
    return await use(database)
  } finally {
    await database.close()
  }
}

const exported = (file: string): Promise<string> => withDatabase(file, exportText)

const importInto = (file: string, text: string, options: Partial<ImportOptions> = {}) =>
  withDatabase(file, database => importLedger(database, { open: chunksOf(text), ...options }))

/** Calls that find rows by what must survive: ids, keys, nonces, order, leases. */
async function askAll(file: string): Promise<unknown[]> {
  const clock = { now: NOW + 2_000_000 }
  return withLedger(file, clock, async ledger => {
    const answers: unknown[] = []
    for (const mchid of ['1900000109', '1900000110']) {
      answers.push(await ledger.depths(mchid), await ledger.circuits(mchid), await ledger.faults(mchid))
      answers.push(await ledger.dueDeliveries(mchid, clock.now, 100), await ledger.watchesInDoubt(mchid, { limit: 50 }))
    }
    answers.push(await ledger.counters(), await ledger.lastSweep(), await ledger.calls('default', { limit: 100 }))
    await live(ledger, LATER, clock)
    answers.push(await ledger.counters(), await ledger.calls('till', { limit: 100 }))
    return answers
  })
}

/** The work of a gateway after a move: the same notifications, calls and deliveries again. */
const LATER: readonly Step[] = Array.from({ length: 60 }, (_, at) => ({
  name: ['recordEvent', 'beginCall', 'claimDelivery', 'watch', 'addCounts', 'takeToken'][at % 6]!,
  pick: at * 7,
  text: 'later',
  pause: 100,
}))

test('an import that fills the disk says so, and continues once there is space', async () => {
  const text = await exported(await ledgerOf(LONG))
  const copy = newFile()
  const database = await openDatabase(copy)
  const ledger = await transferOf(database)
  const [{ page_count: pages }] = database.run<{ page_count: number }>('pragma page_count') as [{ page_count: number }]
  database.run(`pragma max_page_count = ${pages + 4}`)
  await expect(importLedger(ledger, { open: chunksOf(text) })).rejects.toMatchObject({
    code: 'LEDGER_FULL',
    message: expect.stringContaining('run the same command again'),
  })
  database.run('pragma max_page_count = 1000000')
  await importLedger(ledger, { open: chunksOf(text) })
  expect(rowsOf(await exportText(ledger))).toEqual(rowsOf(text))
  await ledger.close()
})

const HISTORIES = { numRuns: Number(process.env.HISTORIES ?? 12) }

test('an export of what was imported is the export, for random histories', async () => {
  const seen = new Set<unknown>()
  await fc.assert(
    fc.asyncProperty(history, async steps => {
      const text = await exported(await ledgerOf(steps))
      const copy = newFile()
      await importInto(copy, text)
      for (const { table } of rowsOf(text)) seen.add(table)
      expect(rowsOf(await exported(copy))).toEqual(rowsOf(text))
    }),
    HISTORIES,
  )
  // The histories have rows of every table.
  expect([...seen].filter(Boolean).sort()).toEqual(TABLES.map(({ name }) => name).sort())
})

test('an export is imported, however its clock was set, and waits no longer than a gateway lets it', async () => {
  await fc.assert(
    fc.asyncProperty(unsteadyHistory, async steps => {
      const text = await exported(await ledgerOf(steps))
      const [early, late] = [newFile(), newFile()]
      await importInto(late, text, { now: () => NOW + 1_000 * 365 * DAY })
      expect(rowsOf(await exported(late))).toEqual(rowsOf(text))
      await importInto(early, text, { now: () => NOW })
      for (const { table, row } of rowsOf(await exported(early))) {
        const times: Record<string, unknown> = { ...row }
        const [due_at, ...others] = ['due_at', 'leased_until', 'queued_until', 'retry_at'].map(name => times[name] ?? 0)
        if (table !== 'watch' || due_at !== NEVER) expect(due_at).toBeLessThanOrEqual(NOW + 2 * DAY)
        expect(Math.max(...others.map(Number))).toBeLessThanOrEqual(NOW + HOUR)
      }
    }),
    HISTORIES,
  )
})

test('a copy behaves as the ledger does: duplicates, replays, keys, order, circuits and leases', async () => {
  await fc.assert(
    fc.asyncProperty(history, async steps => {
      const file = await ledgerOf(steps)
      const copy = newFile()
      await importInto(copy, await exported(file))
      const [ours, theirs] = [await askAll(copy), await askAll(file)]
      expect(ours).toEqual(theirs)
      // Also what they have recorded since, but for the random ids of new events.
      const later = async (name: string) => rowsOf(await exported(name)).map(withoutNewIds)
      expect(await later(copy)).toEqual(await later(file))
    }),
    HISTORIES,
  )
})

const withoutNewIds = (line: ReturnType<typeof rowsOf>[number]) =>
  line.table === 'event' && line.row!.received_at > NOW + 2_000_000 ? { ...line.row, webhook_id: 'new' } : line

describe('an import that is interrupted', () => {
  it('continues at the next call, and doubles nothing', async () => {
    const text = await exported(await ledgerOf(LONG))
    const copy = newFile()
    const continued: number[] = []
    for (let interruptions = 0; interruptions < 4; interruptions++)
      await importInto(copy, text, {
        onProgress(lines) {
          continued.push(lines)
          throw new Error('killed')
        },
      }).catch(error => expect(error.message).toBe('killed'))
    expect(new Set(continued).size).toBe(4)
    const { continuedAfter } = await importInto(copy, text)
    expect(continuedAfter).toBe(continued.at(-1))
    expect(rowsOf(await exported(copy))).toEqual(rowsOf(text))
  })

  it('leaves a ledger that a gateway refuses, and that accepts no other file', async () => {
    const text = await exported(await ledgerOf(LONG))
    const copy = newFile()
    const kill = () => {
      throw new Error('killed')
    }
    await importInto(copy, text, { onProgress: kill }).catch(() => {})
    await expect(withLedger(copy, { now: NOW }, async () => {})).rejects.toMatchObject({ code: 'LEDGER_INCOMPLETE' })
    const other = await exported(await ledgerOf(LONG.slice(0, 10)))
    await expect(importInto(copy, other)).rejects.toMatchObject({ code: 'LEDGER_NOT_EMPTY' })
    await importInto(copy, text)
    await withLedger(copy, { now: NOW }, async ledger =>
      expect(await ledger.calls('till', { limit: 1 })).toHaveLength(1),
    )
  })
})

it('a second import of the same file is refused', async () => {
  const text = await exported(await ledgerOf(LONG))
  const copy = newFile()
  await importInto(copy, text)
  await expect(importInto(copy, text)).rejects.toMatchObject({ code: 'LEDGER_NOT_EMPTY' })
  expect(rowsOf(await exported(copy))).toEqual(rowsOf(text))
})

describe('of a damaged file nothing is imported, and the error names the line', () => {
  let lines: string[]
  beforeAll(async () => {
    lines = (await exported(await ledgerOf(LONG.slice(0, 60)))).trimEnd().split('\n')
  })
  const textOf = (changed: readonly string[]) => `${changed.join('\n')}\n`
  const CASES: readonly [string, (all: readonly string[]) => readonly string[], string, number | 'end'][] = [
    ['a changed merchant', all => all.with(4, all[4]!.replace('19000001', '18000001')), 'LEDGER_FILE_DAMAGED', 5],
    ['a removed line', all => all.toSpliced(7, 1), 'LEDGER_FILE_DAMAGED', 8],
    ['a doubled line', all => all.toSpliced(7, 0, all[7]!), 'LEDGER_FILE_DAMAGED', 9],
    ['two lines in the other order', all => all.toSpliced(5, 2, all[6]!, all[5]!), 'LEDGER_FILE_DAMAGED', 6],
    ['no last line', all => all.slice(0, -1), 'LEDGER_FILE_TRUNCATED', 'end'],
    ['half a line at the end', all => all.with(-1, all.at(-1)!.slice(0, 20)), 'LEDGER_FILE_DAMAGED', 'end'],
    ['a line behind the last', all => [...all, all[3]!], 'LEDGER_FILE_DAMAGED', 'end'],
    ['another file', () => ['{"hello":"world"}'], 'LEDGER_FILE_DAMAGED', 1],
    ['an empty line at the front', all => ['', ...all], 'LEDGER_FILE_DAMAGED', 1],
    ['no JSON', () => ['PGDMP'], 'LEDGER_FILE_DAMAGED', 1],
    ['a newer format', all => all.with(0, all[0]!.replace('"version":1', '"version":2')), 'LEDGER_FILE_NEWER', 1],
    ['nothing', () => [], 'LEDGER_FILE_DAMAGED', 1],
  ]
  it.each(CASES)('%s', async (_, change, code, line) => {
    const changed = change(lines)
    const copy = newFile()
    const at = line === 'end' ? changed.length + (code === 'LEDGER_FILE_TRUNCATED' ? 1 : 0) : line
    await expect(importInto(copy, textOf(changed))).rejects.toMatchObject({ code, line: at })
    expect(rowsOf(await exported(copy)).slice(0, -1)).toEqual([])
    await withLedger(copy, { now: NOW }, async ledger => expect(await ledger.counters()).toEqual([]))
  })
})
