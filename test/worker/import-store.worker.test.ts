import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { ONE_SHARD } from '../../src/gateway/store/shards/layout.ts'
import type { RowPage } from '../../src/gateway/store/shards/row-pages.ts'
import type { SqlRow } from '../../src/gateway/store/sql.ts'
import type { LedgerObjectMethod } from '../../worker/ledger-rpc.ts'

// In workerd: the steps of an import into a Durable Object.

const mchid = '1900000109'
const LONG_AGO = Date.UTC(2020, 0, 1)

const eventRow = (seq: number, more: SqlRow = {}): SqlRow => ({
  seq,
  mchid,
  id: `EV-${seq}`,
  api: 'v3',
  event: 'TRANSACTION.SUCCESS',
  resource: JSON.stringify({ out_trade_no: `T${seq}` }),
  subject: null,
  dedupe_key: null,
  source: 'notification',
  created_at: LONG_AGO,
  received_at: LONG_AGO,
  repeats: 0,
  nonces: '[]',
  webhook_id: `evt_${seq}`,
  retained_since: LONG_AGO,
  traceparent: null,
  ...more,
})

const pageOf = (rows: readonly SqlRow[], line: number, after = 1) => ({ table: 'event', rows, after, line })

function objectOf(name: string) {
  const stub = env.LEDGER.getByName(name)
  return {
    stub,
    // Awaited here: the promise of a stub that an assertion awaits leaves a second rejection unhandled.
    call: async (method: LedgerObjectMethod, ...args: unknown[]) => await stub.carryOut(method, args),
    seqs: async () =>
      ((await stub.carryOut('readRows', ['event'], undefined, [], ONE_SHARD)) as RowPage).rows.map(({ seq }) => seq),
  }
}

test('steps may be repeated; until the last one every other method is refused, also after the object was restarted', async () => {
  const { stub, call, seqs } = objectOf('import/steps')
  await call('addCounts', [{ name: 'n', labels: {}, by: 1 }])
  expect([await call('checkImport', 'one'), await call('beginImport', 'one')]).toEqual([0, 1])
  const rows = Array.from({ length: 100 }, (_, at) => eventRow(at + 1))
  for (let time = 0; time < 2; time++) await call('importRows', 'one', pageOf(rows, 101))
  await expect(call('depths', mchid)).rejects.toThrow('LEDGER_INCOMPLETE')
  await evictDurableObject(stub)
  await expect(seqs()).rejects.toThrow('LEDGER_INCOMPLETE')
  expect(await call('beginImport', 'one')).toBe(101)
  for (let time = 0; time < 2; time++) await call('endImport', 'one')
  expect(await seqs()).toEqual(rows.map(({ seq }) => seq))
  expect(await call('searchEvents', mchid, { number: 'T7', limit: 5 })).toMatchObject({ rows: [{ seq: 7 }] })
  await call('importRows', 'one', pageOf([eventRow(200)], 300))
  expect(await seqs()).toHaveLength(100)
})

test('counts that the object had gathered before are not written into an incomplete ledger', async () => {
  const { call } = objectOf('import/counts')
  const counts = [{ name: 'n', labels: {}, by: 1 }]
  for (let time = 0; time < 12; time++) await call('addCounts', counts)
  await call('beginImport', 'one')
  await expect(call('counters')).rejects.toThrow('LEDGER_INCOMPLETE')
  const rows = [{ name: 'n', labels: '{}', value: 5 }]
  await call('importRows', 'one', { table: 'counter', rows, after: 1, line: 2 })
  await call('endImport', 'one')
  expect(await call('counters')).toMatchObject([{ name: 'n', value: 5 }])
})

test('an import that was abandoned leaves an empty ledger; one that has ended is not abandoned', async () => {
  const { call, seqs } = objectOf('import/abandon')
  await call('beginImport', 'one')
  await call('importRows', 'one', pageOf([eventRow(1)], 2))
  expect(await call('abandonImport')).toBe(true)
  expect(await seqs()).toEqual([])
  expect(await call('searchEvents', mchid, { number: 'T1', limit: 5 })).toMatchObject({ rows: [] })
  expect(await call('beginImport', 'two')).toBe(1)
  await call('importRows', 'two', pageOf([eventRow(7)], 2))
  await call('endImport', 'two')
  expect(await call('abandonImport')).toBe(false)
  expect(await seqs()).toEqual([7])
  expect(await call('beginImport', 'three')).toMatchObject({
    importRefused: { detail: expect.stringContaining('another file was imported') },
  })
})

test('an import is abandoned also if a call fails that was carried out in the same transaction', async () => {
  const { stub, call, seqs } = objectOf('import/abandon-together')
  await call('beginImport', 'one')
  await call('importRows', 'one', pageOf([eventRow(1)], 2))
  const results = await stub.carryOutAll([
    ['abandonImport', []],
    ['depths', [mchid]],
    ['recordEvent', [{ ...eventOf(), id: undefined }]],
  ])
  expect(results.map(result => result !== undefined)).toEqual([true, true, false])
  expect(results[0]).toEqual({ value: true })
  expect(await seqs()).toEqual([])
})

test('a ledger that has been imported is so also when it has several objects since', async () => {
  const { call } = objectOf('import/grown')
  await call('beginImport', 'one')
  await call('endImport', 'one')
  await call('growTo', 2)
  const ended = Number.MAX_SAFE_INTEGER
  expect([await call('checkImport', 'one'), await call('beginImport', 'one')]).toEqual([ended, ended])
})

test('of two commands that import the same file at once, one is refused where they differ', async () => {
  const { call, seqs } = objectOf('import/two')
  await call('beginImport', 'one')
  await call('importRows', 'one', pageOf([eventRow(1), eventRow(2)], 3))
  // The other one has begun at the same line, and has other pages.
  expect(await call('importRows', 'one', pageOf([eventRow(1), eventRow(2), eventRow(3)], 4))).toMatchObject({
    importRefused: { detail: expect.stringContaining('another command imports the same file') },
  })
  await call('importRows', 'one', pageOf([eventRow(3)], 4, 3))
  await call('endImport', 'one')
  expect(await seqs()).toEqual([1, 2, 3])
})

test('rows that contradict each other are refused, and nothing of their page is kept', async () => {
  const { call, seqs } = objectOf('import/contradiction')
  await call('beginImport', 'one')
  const rows = [...Array.from({ length: 20 }, (_, at) => eventRow(at + 1)), eventRow(21, { id: 'EV-3' })]
  const refused = await call('importRows', 'one', pageOf(rows, 22))
  expect(refused).toMatchObject({
    importRefused: { code: 'LEDGER_FILE_DAMAGED', detail: expect.stringContaining('line 22') },
  })
  expect(await call('beginImport', 'one')).toBe(1)
  await call('endImport', 'one')
  expect(await seqs()).toEqual([])
})

test('nothing is purged before the import has ended, and what is too old is afterwards', async () => {
  const { stub, call, seqs } = objectOf('import/purge')
  await call('beginImport', 'one')
  await call('importRows', 'one', pageOf([eventRow(1)], 2))
  const rowsOf = () => runInDurableObject(stub, (_, { storage }) => storage.sql.exec('select seq from event').toArray())
  expect(await runDurableObjectAlarm(stub)).toBe(true)
  expect(await rowsOf()).toHaveLength(1)
  await call('endImport', 'one')
  expect(await runDurableObjectAlarm(stub)).toBe(true)
  expect(await seqs()).toEqual([])
})

test.each([
  ['an event', 'recordEvent', [{ ...eventOf() }], 'has rows of event already'],
  ['several objects', 'growTo', [2], 'consists of several objects already'],
  ['an import that has not ended', 'beginImport', ['other'], 'an import of another file'],
] as const)('a ledger with %s is refused, and left as it is', async (name, method, args, detail) => {
  const { call } = objectOf(`import/${name}`)
  await call(method, ...args)
  for (const step of ['checkImport', 'beginImport'] as const)
    expect(await call(step, 'one')).toEqual({
      importRefused: { code: 'LEDGER_NOT_EMPTY', detail: expect.stringContaining(detail) },
    })
  expect(await call('importRows', 'one', pageOf([eventRow(1)], 2))).toMatchObject({ importRefused: {} })
})

function eventOf() {
  return {
    mchid,
    api: 'v3',
    id: 'EV-1',
    event: 'TRANSACTION.SUCCESS',
    resource: '{}',
    subject: null,
    dedupeKey: null,
    source: 'notification',
    createdAt: 1,
    nonce: null,
    endpoints: [],
  }
}
