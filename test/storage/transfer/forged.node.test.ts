import fc from 'fast-check'
import { beforeAll, describe, expect, it, test } from 'vitest'
import { DAY, HOUR } from '../../../src/core/base/time.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { localLedger } from '../../../src/storage/sqlite-ledger.ts'
import { LedgerFileError } from '../../../src/storage/transfer/file-error.ts'
import { importLedger } from '../../../src/storage/transfer/import.ts'
import { readLines } from '../../../src/storage/transfer/lines.ts'
import { transferOf } from '../../../src/storage/transfer/sqlite.ts'
import { chunksOf, exportText, LONG, NOW } from './exports.ts'
import { forgeLines, type Line, lineOf, readGenuine, withTwoEventsOfOneId } from './forgery.ts'
import { live } from './history.ts'

let genuine: readonly Line[]
beforeAll(async () => {
  const database = await openDatabase(':memory:')
  const clock = { now: NOW }
  await live(
    localLedger(database, () => clock.now),
    // Of every table some rows.
    [
      ...LONG.slice(0, 60),
      ...['watch', 'addCounts', 'takeToken', 'recordFault', 'recordSweep', 'claimDelivery', 'endCall', 'endCall'].map(
        (name, pick) => ({ name, pick, text: 'text', pause: 10 }),
      ),
    ],
    clock,
  )
  const text = await exportText(await transferOf(database))
  await database.close()
  genuine = readGenuine(text)
})

const forge = (change: (lines: Line[]) => void): string => forgeLines(genuine, change)
const lineOfRow = (table: string, nth?: number): number => lineOf(genuine, table, nth)

async function verify(text: string): Promise<void> {
  for await (const _ of readLines(chunksOf(text)()));
}

const eventOf = (id: string) => ({
  mchid: '1900000109',
  api: 'v3' as const,
  id,
  event: 'TRANSACTION.SUCCESS',
  resource: '{"out_trade_no":"T1"}',
  subject: 'out_trade_no/T1',
  dedupeKey: null,
  source: 'notification' as const,
  createdAt: NOW,
  nonce: id,
  endpoints: ['shop'],
})

/** Imports a file, and uses the ledger as a gateway does. */
async function importAndUse(text: string): Promise<void> {
  const database = await openDatabase(':memory:')
  try {
    await importLedger(await transferOf(database), { open: chunksOf(text) })
    const ledger = localLedger(database, () => NOW + 2_000_000)
    const recorded = [await ledger.recordEvent(eventOf('new 1')), await ledger.recordEvent(eventOf('new 2'))]
    expect(recorded.map(({ outcome }) => outcome)).toEqual(['recorded', 'recorded'])
    const seqs = recorded.map(({ seq }) => seq)
    expect(seqs.every(Number.isSafeInteger)).toBe(true)
    expect(seqs[1]).toBe(seqs[0]! + 1)
    for (const [at, { deliveries }] of recorded.entries()) {
      expect(await ledger.event('1900000109', seqs[at]!)).toMatchObject({ id: `new ${at + 1}` })
      expect(await ledger.claimDelivery(deliveries[0]!, 'owner')).toHaveProperty('kind')
    }
    // Everything that a row is parsed for.
    for (const row of await ledger.events('1900000109', { limit: 500 }))
      await ledger.recordEvent({ ...eventOf(row.id), nonce: 'again' })
    await ledger.calls('default', { limit: 500 })
    await ledger.claimDueWatches('1900000109', 100, NOW + 3_000_000)
    await ledger.counters()
    await ledger.takeToken('default', { max: 5, seconds: 3_600 })
    await ledger.dueDeliveries('1900000109', NOW + 3_000_000, 100)
    await verify(await exportText(await transferOf(database)))
  } finally {
    await database.close()
  }
}

test('a genuine export with checksums of our own is imported', () => importAndUse(forge(() => {})))

describe('a file whose checksums are right, but which no export writes, is refused at its line', () => {
  const CASES: readonly [
    name: string,
    table: string,
    change: (row: Record<string, unknown>) => unknown,
    reason: RegExp,
  ][] = [
    [
      'a number at the end of what is exact',
      'event',
      row => ({ ...row, seq: Number.MAX_SAFE_INTEGER }),
      /seq of event must be an integer from 1 to/,
    ],
    ['a count that cannot grow', 'event', row => ({ ...row, repeats: Number.MAX_SAFE_INTEGER }), /repeats of event/],
    ['a number that only a text can hold', 'event', row => ({ ...row, seq: '9223372036854775807' }), /seq of event/],
    ['a number that is no longer of one shard', 'delivery', row => ({ ...row, id: 1e12 }), /id of delivery/],
    ['no row', 'event', () => null, /has no row of event/],
    ['a list', 'call', row => Object.values(row), /has no row of call/],
    ['a column too few', 'attempt', ({ ms: _, ...row }) => row, /ms of attempt/],
    ['a column too many', 'watch', row => ({ ...row, more: 1 }), /unknown column of watch/],
    ['an unknown state', 'delivery', row => ({ ...row, state: 'sent' }), /state of delivery must be one of pending/],
    ['an unknown API', 'event', row => ({ ...row, api: 'v9' }), /api of event/],
    ['an unknown source', 'event', row => ({ ...row, source: 'x' }), /source of event/],
    [
      'JSON that is nested too deeply',
      'event',
      row => ({ ...row, resource: '['.repeat(200_000) + ']'.repeat(200_000) }),
      /resource of event must be JSON of a resource, of at most 64 levels/,
    ],
    ['an id with a line end', 'event', row => ({ ...row, webhook_id: 'evt_abcdef\ndata:1\n' }), /webhook_id of event/],
    [
      'an event that the file does not have',
      'delivery',
      row => ({ ...row, seq: 999 }),
      /seq of delivery must be the num/,
    ],
    ['a code with a line end', 'fault', row => ({ ...row, code: 'SIGN_ERROR\n' }), /code of fault/],
    ['no JSON', 'event', row => ({ ...row, resource: '{not json' }), /resource of event must be JSON/],
    ['nonces that are no pairs', 'event', row => ({ ...row, nonces: '[1]' }), /nonces of event/],
    ['a header instead of a trace', 'event', row => ({ ...row, traceparent: 'x\r\nEvil: 1' }), /traceparent of event/],
    ['a time that no date can be', 'delivery', row => ({ ...row, due_at: 9e15 }), /due_at of delivery must be a time/],
    [
      'a time before 1970',
      'event',
      row => ({ ...row, received_at: -1 }),
      /received_at of event must be a time from 1970/,
    ],
    [
      'a time of 16 digits',
      'event',
      row => ({ ...row, received_at: 1e15 }),
      /received_at of event must be a time from/,
    ],
    ['a sweep in 250,000 years', 'sweep_run', row => ({ ...row, at: 8.64e15 }), /at of sweep_run must be a time from/],
    ['tokens that a caller owes', 'rate_bucket', row => ({ ...row, tokens: -1e308 }), /tokens of rate_bucket/],
    ['a count that overflows', 'counter', row => ({ ...row, value: 1e308 }), /value of counter/],
    ['a label that is no name', 'counter', row => ({ ...row, labels: '{"out come":"z"}' }), /labels of counter/],
    ['a counter whose name is none', 'counter', row => ({ ...row, name: 'a b' }), /name of counter/],
    ['a time in the form of a text', 'call', row => ({ ...row, at: '1' }), /at of call/],
  ]
  it.each(CASES)('%s', async (_, table, change, reason) => {
    const line = lineOfRow(table)
    const text = forge(lines => {
      const found = lines[line - 1]!
      found.row = change(found.row as Record<string, unknown>)
    })
    for (const read of [verify, importAndUse])
      await expect(read(text)).rejects.toMatchObject({
        code: 'LEDGER_FILE_DAMAGED',
        line,
        message: expect.stringMatching(reason),
      })
  })

  it.each([
    ['circuit', 'retry_at', 30_000],
    ['delivery', 'due_at', 1.2 * DAY],
    ['delivery', 'leased_until', 30_000],
    ['delivery', 'queued_until', HOUR],
    ['call', 'leased_until', 60_000],
    ['rate_bucket', 'at', 0],
  ])('%s.%s in the far future becomes the longest wait that a gateway sets', async (table, column, wait) => {
    const line = (lines: Line[]) =>
      lines.findLast(candidate => candidate.table === table)!.row as Record<string, unknown>
    const text = forge(lines => {
      line(lines)[column] = 999_999_999_999_999
    })
    const database = await openDatabase(':memory:')
    await importLedger(await transferOf(database), { open: chunksOf(text), now: () => NOW })
    const imported = readGenuine(await exportText(await transferOf(database)))
    await database.close()
    expect(line(imported)[column]).toBe(NOW + wait)
  })

  it('a table whose name is a list, and a number of rows that is one', async () => {
    const line = lineOfRow('event')
    const table = forge(lines => void lines.splice(line - 1, 1, { ...lines[line - 1], table: [['event']] as never }))
    await expect(verify(table)).rejects.toMatchObject({ code: 'LEDGER_FILE_DAMAGED', line })
    const last = forge(lines => void lines.splice(-1, 1, { counts: { event: [[1]] } }))
    await expect(verify(last)).rejects.toMatchObject({ code: 'LEDGER_FILE_DAMAGED', line: genuine.length })
  })

  it('a kind of fault that only a later version can know, as such', async () => {
    const line = lineOfRow('fault')
    const text = forge(lines => {
      lines[line - 1]!.row = { ...(lines[line - 1]!.row as object), kind: 'constructor' }
    })
    for (const read of [verify, importAndUse])
      await expect(read(text)).rejects.toMatchObject({
        code: 'LEDGER_FILE_NEWER',
        line,
        message: expect.stringContaining('kind of fault is constructor, which this program does not know'),
      })
  })

  it('two rows with one number', async () => {
    const line = lineOfRow('event', 1)
    const text = forge(lines => {
      lines[line - 1]!.row = { ...(lines[line - 1]!.row as object), seq: 1 }
    })
    await expect(verify(text)).rejects.toMatchObject({ code: 'LEDGER_FILE_DAMAGED', line })
  })

  it('two events with one id, of which the import says that they contradict each other', async () => {
    await expect(importAndUse(forge(withTwoEventsOfOneId))).rejects.toMatchObject({
      code: 'LEDGER_FILE_DAMAGED',
      message: expect.stringContaining('contradicts another row'),
    })
  })

  it('a last line without numbers, and a first one without an id', async () => {
    const last = forge(lines => void lines.splice(-1, 1, { counts: null }))
    await expect(verify(last)).rejects.toMatchObject({ code: 'LEDGER_FILE_DAMAGED', line: genuine.length })
    const first = forge(lines => void lines.splice(0, 1, { ...lines[0], id: {} }))
    await expect(verify(first)).rejects.toMatchObject({ code: 'LEDGER_FILE_DAMAGED', line: 1 })
  })
})

const value = fc.oneof(
  fc.constantFrom<unknown>(null, undefined, '', '{}', '[]', '[[1,2]]', 'null', 0, -1, 1, 0.5, true, [], {}),
  fc.constantFrom<unknown>(
    1e12 - 1,
    1e12,
    2 ** 53 - 1,
    2 ** 53,
    8.64e15,
    1e300,
    '9223372036854775807',
    '-1',
    '\ud800',
    '\0',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.integer(),
)

test('any single changed value of an export is either refused, or imported into a ledger that works', async () => {
  const outcomes = { refused: 0, imported: 0 }
  await fc.assert(
    fc.asyncProperty(fc.nat(), fc.nat(), value, async (pick, column, changed) => {
      const text = forge(lines => {
        const rows = lines.filter(line => line.row !== undefined)
        const row = rows[pick % rows.length]!.row as Record<string, unknown>
        const names = Object.keys(row)
        row[names[column % names.length]!] = changed
      })
      try {
        await importAndUse(text)
        outcomes.imported++
      } catch (error) {
        if (!(error instanceof LedgerFileError)) throw error
        outcomes.refused++
      }
    }),
    { numRuns: Number(process.env.FORGERIES ?? 150) },
  )
  expect(outcomes.refused).toBeGreaterThan(0)
  expect(outcomes.imported).toBeGreaterThan(0)
})
