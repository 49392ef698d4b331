import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it, test } from 'vitest'
import type { Ledger } from '../../../src/gateway/index.ts'
import type { NewEvent } from '../../../src/gateway/store/event/events.ts'
import { readRows } from '../../../src/gateway/store/shards/sharded-ledger.ts'
import type { SqlValue } from '../../../src/gateway/store/sql.ts'
import { TABLE_KEYS, type TableName } from '../../../src/gateway/store/table-keys.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { localLedger } from '../../../src/storage/sqlite-ledger.ts'
import { type Draft, openDraft } from '../../../src/storage/transfer/draft.ts'
import { importLedger } from '../../../src/storage/transfer/import.ts'
import { transferOf } from '../../../src/storage/transfer/sqlite.ts'
import { isUniqueViolation } from '../../../src/storage/transfer/sqlite-dialect.ts'
import { createShards } from '../../gateway/store/shards/stage.ts'
import { chunksOf, exportText, NOW, rowsOf } from './exports.ts'
import { history, live } from './history.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-draft-'))
})
afterAll(() => rm(folder, { recursive: true }))

const MERCHANTS = ['1900000109', '1900000110']
const TABLES = Object.keys(TABLE_KEYS) as TableName[]

/** Reads a table of a shard into a draft. */
async function gatherTable(draft: Draft, ledger: Ledger, name: string, shard: number, table: TableName): Promise<void> {
  let after: readonly SqlValue[] | undefined
  do {
    const { rows, next } = (await readRows(ledger, shard, table, after))!
    draft.add({ ledger: name, shard }, table, rows, next ?? undefined)
    after = next ?? undefined
  } while (after)
}

async function gatherAll(draft: Draft, ledger: Ledger, shards: number, name = 'all'): Promise<void> {
  for (const table of TABLES)
    for (let shard = 0; shard < shards; shard++) await gatherTable(draft, ledger, name, shard, table)
}

/** Composes a draft, imports the export of it, and asks the copy. */
async function withCopy<T>(draft: Draft, use: (ledger: Ledger) => Promise<T>): Promise<T> {
  const text = await exportText(await draft.compose())
  await draft.close()
  const database = await openDatabase(':memory:')
  try {
    await importLedger(await transferOf(database), { open: chunksOf(text), now: () => NOW + 10_000_000 })
    return await use(localLedger(database, () => NOW + 10_000_000))
  } finally {
    await database.close()
  }
}

const byText = (one: object, other: object) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1)

/** Returns what a ledger tells, without the numbers of rows. */
async function toldBy(ledger: Ledger): Promise<object> {
  const merchants = MERCHANTS.map(async mchid => {
    const events = await ledger.events(mchid, { limit: 1_000 })
    const webhookIds = new Map(events.map(({ seq, webhook_id }) => [seq, webhook_id]))
    const listed = await ledger.deliveries(mchid, { limit: 1_000 })
    const deliveries = listed.map(async ({ id, seq, ...row }) => {
      const shown = await ledger.delivery(mchid, id)
      return { ...row, ...shown, id: 0, seq: webhookIds.get(seq) }
    })
    return {
      events: events.map(row => ({ ...row, seq: 0 })).sort(byText),
      deliveries: (await Promise.all(deliveries)).sort(byText),
      depths: await ledger.depths(mchid),
      doubts: (await ledger.watchesInDoubt(mchid, { limit: 500 })).map(row => ({ ...row, id: 0 })).sort(byText),
      circuits: (await ledger.circuits(mchid)).map(({ endpoint }) => endpoint),
      faults: await ledger.faults(mchid),
    }
  })
  const calls = ['default', 'till'].map(async caller =>
    (await ledger.calls(caller, { limit: 500 })).map(row => ({ ...row, seq: 0 })).sort(byText),
  )
  return {
    merchants: await Promise.all(merchants),
    calls: await Promise.all(calls),
    counters: await ledger.counters(),
    sweep: await ledger.lastSweep(),
  }
}

const payment = (number: number, more: Partial<NewEvent> = {}): NewEvent => ({
  mchid: MERCHANTS[0]!,
  api: 'v3',
  id: `E${number}`,
  event: 'TRANSACTION.SUCCESS',
  resource: JSON.stringify({ out_trade_no: `T${number}` }),
  subject: `transaction_id/${number}`,
  dedupeKey: `TRANSACTION.SUCCESS/transaction_id/${number}`,
  source: 'notification',
  createdAt: NOW,
  nonce: `nonce ${number}`,
  endpoints: ['shop'],
  ...more,
})

const HISTORIES = { numRuns: Number(process.env.HISTORIES ?? 6), endOnFailure: true }

test('a ledger that was composed of the shards of another tells the same, for random histories', async () => {
  const seen = new Set<unknown>()
  await fc.assert(
    fc.asyncProperty(history, async steps => {
      const stage = await createShards(4)
      stage.clock.now = NOW
      const ledger = stage.open(4)
      // WeChat Pay gives each id to one event: without a dedupe key, this history gives one to events of several subjects.
      await live(
        ledger,
        steps.filter(({ name, pick }) => name !== 'recordEvent' || pick % 4 !== 0),
        stage.clock,
      )
      const draft = await openDraft(':memory:')
      await gatherAll(draft, ledger, 4)
      stage.clock.now = NOW + 10_000_000
      const told = await toldBy(ledger)
      expect(await withCopy(draft, toldBy)).toEqual(told)
      for (const rows of stage.databases)
        for (const table of TABLES) if (rows.run(`select 1 from ${table} limit 1`).length > 0) seen.add(table)
    }),
    HISTORIES,
  )
  expect([...seen].sort()).toEqual([...TABLES].sort())
})

test('events keep the order in which all shards recorded them, and deliveries follow them', async () => {
  const stage = await createShards(4)
  stage.clock.now = NOW
  const ledger = stage.open(4)
  for (let number = 0; number < 40; number++) {
    stage.clock.now += 1_000
    await ledger.recordEvent(payment(number))
  }
  const draft = await openDraft(':memory:')
  await gatherAll(draft, ledger, 4)
  await withCopy(draft, async copy => {
    const events = await copy.events(MERCHANTS[0]!, { limit: 100 })
    expect(events.map(({ id }) => id)).toEqual(Array.from({ length: 40 }, (_, at) => `E${39 - at}`))
    const deliveries = await copy.deliveries(MERCHANTS[0]!, { limit: 100 })
    expect(deliveries.map(({ seq }) => seq)).toEqual(events.map(({ seq }) => seq))
    // The notification comes again: it is known, with its nonce and without.
    expect(await copy.recordEvent(payment(7))).toMatchObject({ outcome: 'replayed' })
    expect(await copy.recordEvent(payment(8, { nonce: 'another' }))).toMatchObject({ outcome: 'duplicate' })
  })
})

test('rows of several ledgers with the same numbers become rows of one, with their own deliveries', async () => {
  const draft = await openDraft(':memory:')
  for (const mchid of MERCHANTS) {
    const stage = await createShards(2)
    stage.clock.now = NOW
    const ledger = stage.open(2)
    for (let number = 0; number < 10; number++) await ledger.recordEvent(payment(number, { mchid, endpoints: [mchid] }))
    await gatherAll(draft, ledger, 2, mchid)
  }
  await withCopy(draft, async copy => {
    for (const mchid of MERCHANTS) {
      const deliveries = await copy.deliveries(mchid, { limit: 100 })
      expect(deliveries).toHaveLength(10)
      for (const { seq, endpoint } of deliveries) {
        expect(endpoint).toBe(mchid)
        expect(await copy.event(mchid, seq)).toMatchObject({ mchid })
      }
    }
  })
})

test('an occurrence that two shards have recorded stays two events, of which one has the dedupe key', async () => {
  const [one, other] = [await createShards(1), await createShards(1)]
  const draft = await openDraft(':memory:')
  for (const [shard, stage] of [one, other].entries()) {
    stage.clock.now = NOW + shard
    const ledger = stage.open()
    await ledger.recordEvent(payment(1, { id: `E${shard}`, dedupeKey: 'REFUND.SUCCESS/refund_id/1' }))
    for (const table of TABLES)
      draft.add({ ledger: 'all', shard }, table, (await readRows(ledger, 0, table))!.rows, undefined)
  }
  await withCopy(draft, async copy => {
    expect(await copy.events(MERCHANTS[0]!, { limit: 9 })).toHaveLength(2)
    const again = payment(1, { id: 'E9', dedupeKey: 'REFUND.SUCCESS/refund_id/1', nonce: 'another' })
    expect(await copy.recordEvent(again)).toMatchObject({ outcome: 'duplicate' })
  })
})

describe('a gateway that records while it is read', () => {
  it('leaves out deliveries and attempts of an event that was recorded later', async () => {
    const stage = await createShards(1)
    stage.clock.now = NOW
    const ledger = stage.open()
    await ledger.recordEvent(payment(1))
    const draft = await openDraft(':memory:')
    await gatherTable(draft, ledger, 'all', 0, 'event')
    await ledger.recordEvent(payment(2))
    await ledger.recordAttempt(2, { tries: 1, at: NOW, ms: 5, status: 500, result: NOW + 5_000 })
    for (const table of TABLES) if (table !== 'event') await gatherTable(draft, ledger, 'all', 0, table)
    await withCopy(draft, async copy => {
      expect(await copy.events(MERCHANTS[0]!, { limit: 9 })).toMatchObject([{ id: 'E1' }])
      expect(await copy.deliveries(MERCHANTS[0]!, { limit: 9 })).toHaveLength(1)
    })
  })

  it('keeps the later of two watches of one order, the first of which has ended meanwhile', async () => {
    const stage = await createShards(1)
    stage.clock.now = NOW
    const ledger = stage.open()
    const placed = { mchid: MERCHANTS[0]!, kind: 'v3-order', number: 'T1', query: { mchid: 'first' } }
    await ledger.watch(placed, NOW)
    await ledger.watch({ ...placed, number: 'T2' }, NOW)
    const first = (await readRows(ledger, 0, 'watch'))!.rows
    await ledger.unwatch(placed.mchid, placed.kind, placed.number)
    stage.clock.now += 1_000
    await ledger.watch({ ...placed, query: { mchid: 'second' } }, NOW)
    const rest = (await readRows(ledger, 0, 'watch', [2]))!.rows
    expect(rest).toHaveLength(1)
    const draft = await openDraft(':memory:')
    draft.add({ ledger: 'all', shard: 0 }, 'watch', first, [2])
    draft.add({ ledger: 'all', shard: 0 }, 'watch', rest, undefined)
    const lines = rowsOf(await exportText(await draft.compose()))
    await draft.close()
    const rows = lines.filter(({ table }) => table === 'watch').map(({ row }) => row as unknown as { query: string })
    expect(rows.map(({ query }) => query).sort()).toEqual(['{"mchid":"first"}', '{"mchid":"second"}'])
  })

  it('is told apart from an error of the program if rows contradict each other', async () => {
    const stage = await createShards(1)
    const ledger = stage.open()
    await ledger.recordEvent(payment(1))
    const { rows } = (await readRows(ledger, 0, 'event'))!
    const draft = await openDraft(':memory:')
    draft.add({ ledger: 'all', shard: 0 }, 'event', [...rows, { ...rows[0]!, seq: 2 }], undefined)
    const error = await draft.compose().catch((failure: unknown) => failure)
    expect(isUniqueViolation(error)).toBe(true)
    await draft.close()
  })
})

test('a draft that is opened again knows its gateway and its positions', async () => {
  const stage = await createShards(1)
  const ledger = stage.open()
  await ledger.recordEvent(payment(1))
  const file = join(folder, 'draft.db')
  const source = { ledger: '1900000109', shard: 0 }
  const draft = await openDraft(file)
  draft.begin('https://pay.example.com', NOW)
  draft.add(source, 'event', (await readRows(ledger, 0, 'event'))!.rows, [1])
  draft.add(source, 'delivery', [], undefined)
  await draft.close()
  const again = await openDraft(file)
  expect(again.origin).toEqual({ url: 'https://pay.example.com', at: NOW })
  expect(again.position(source, 'event')).toEqual({ after: [1], isComplete: false })
  expect(again.position(source, 'delivery')).toEqual({ after: undefined, isComplete: true })
  expect(again.position(source, 'call')).toEqual({ after: undefined, isComplete: false })
  // The end of a table keeps the position behind its last row.
  again.add(source, 'event', [], undefined)
  expect(again.position(source, 'event')).toEqual({ after: [1], isComplete: true })
  await again.close()
})
