import { describe, expect, test } from 'vitest'
import type { NewEvent } from '../../../../src/gateway/store/event/events.ts'
import { type LedgerStore, openLedgerStore } from '../../../../src/gateway/store/ledger.ts'
import type { Sql, SqlValue } from '../../../../src/gateway/store/sql.ts'
import { openDatabase } from '../../../../src/storage/sqlite.ts'

const mchid = '1900000109'
const OTHER = '1900000110'
const NOW = Date.parse('2026-01-01T00:00:00Z')

interface TestLedger {
  readonly sql: Sql
  readonly store: LedgerStore
  readonly clock: { now: number }
  /** The statements that were run since the last call. */
  readonly statements: () => { statement: string; values: readonly SqlValue[] }[]
}

async function createTestLedger(): Promise<TestLedger> {
  const database = await openDatabase(':memory:')
  const ran: { statement: string; values: readonly SqlValue[] }[] = []
  const clock = { now: NOW }
  const sql: Sql = {
    transaction: database.transaction,
    run(statement, ...values) {
      ran.push({ statement, values })
      return database.run(statement, ...values)
    },
  }
  return { sql: database, clock, store: openLedgerStore(sql, () => clock.now), statements: () => ran.splice(0) }
}

let count = 0
function record({ store, clock }: TestLedger, resource: object | string, more: Partial<NewEvent> = {}): number {
  count++
  clock.now += 1_000
  return store.recordEvent({
    mchid,
    api: 'v3',
    id: `EV-${count}`,
    event: 'TRANSACTION.SUCCESS',
    resource: typeof resource === 'string' ? resource : JSON.stringify(resource),
    subject: null,
    dedupeKey: null,
    source: 'notification',
    createdAt: clock.now,
    nonce: null,
    endpoints: [],
    ...more,
  }).seq
}

const seqsOf = (rows: readonly { seq: number }[]) => rows.map(({ seq }) => seq)

describe('searching events', () => {
  test('finds an event by each of its numbers, at any depth, and by no other field', async () => {
    const ledger = await createTestLedger()
    const payment = record(ledger, { out_trade_no: 'T1', transaction_id: '42', payer: { openid: 'oUpF8' }, mchid })
    const refund = record(ledger, { out_trade_no: 'T1', transaction_id: '42', out_refund_no: 'R1', refund_id: '50' })
    const combined = record(ledger, {
      combine_out_trade_no: 'C1',
      sub_orders: [{ out_trade_no: 'S1' }, { out_trade_no: 'S2' }],
    })
    const overseas = record(ledger, { id: '43', out_trade_no: 'O1', payer: { id: 'P1' } })
    const applyment = record(ledger, '{"applyment_id":2000002124775691}')
    const longer = record(ledger, '{"applyment_id":2000002124775691239}')
    const find = (number: string) => seqsOf(ledger.store.searchEvents(mchid, { number, limit: 10 }).rows)
    expect(find('T1')).toEqual([refund, payment])
    expect(find('42')).toEqual([refund, payment])
    expect([find('R1'), find('50')]).toEqual([[refund], [refund]])
    expect([find('C1'), find('S2')]).toEqual([[combined], [combined]])
    expect([find('43'), find('O1')]).toEqual([[overseas], [overseas]])
    expect(find('2000002124775691')).toEqual([applyment])
    expect(find('2000002124775691239')).toEqual([longer])
    for (const number of ['oUpF8', 'P1', mchid, 'T', '']) expect(find(number)).toEqual([])
    expect(ledger.store.searchEvents(OTHER, { number: 'T1', limit: 10 }).rows).toEqual([])
  })

  test('finds the events of a subject, and pages through them', async () => {
    const ledger = await createTestLedger()
    const subject = 'out_order_no/1900000888/P1'
    const [first, second, third] = [1, 2, 3].map(() => record(ledger, { out_order_no: 'P1' }, { subject }))
    record(ledger, { out_order_no: 'P1' }, { subject: 'out_order_no/1900000999/P1' })
    const page = ledger.store.searchEvents(mchid, { subject, limit: 2 })
    expect([seqsOf(page.rows), page.next]).toEqual([[third, second], second])
    const rest = ledger.store.searchEvents(mchid, { subject, limit: 2, before: page.next! })
    expect([seqsOf(rest.rows), rest.next]).toEqual([[first], null])
  })

  test('records an event whose resource is not JSON, or nested too deeply to index', async () => {
    const ledger = await createTestLedger()
    const broken = record(ledger, '{"out_trade_no":"T1"')
    const deep = record(ledger, `${'['.repeat(2_000)}${']'.repeat(2_000)}`)
    expect(seqsOf(ledger.store.searchEvents(mchid, { limit: 10 }).rows)).toEqual([deep, broken])
  })

  test('forgets the numbers of purged events, and only those', async () => {
    const ledger = await createTestLedger()
    record(ledger, { out_trade_no: 'T1', transaction_id: '42' })
    record(ledger, {
      id: '43',
      sub_orders: [{ out_trade_no: 'S\u{1f600}', transaction_id: '\ud800' }],
      refund_id: 1e21,
    })
    record(ledger, '{"applyment_id":2000002124775691239}')
    // SQLite reads these in JSON otherwise than this program.
    for (const number of ['7.0', '5e3', '20000021247756912391', '"\\u0000abc"'])
      record(ledger, `{"applyment_id":${number}}`)
    const before = ledger.clock.now + 1
    const kept = record(ledger, { out_trade_no: 'T1', transaction_id: '43' })
    expect(ledger.store.purge(before, 100).events).toBe(7)
    expect(ledger.sql.run('select number, seq from event_number order by number')).toEqual([
      { number: '43', seq: kept },
      { number: 'T1', seq: kept },
    ])
  })

  test('reads few rows, however many events a shared ledger has', async () => {
    const ledger = await createTestLedger()
    record(ledger, { out_trade_no: 'T1' }, { event: 'REFUND.SUCCESS' })
    for (let at = 0; at < 4_500; at++) record(ledger, '{}', { mchid: OTHER })
    const pages: number[][] = []
    for (let next: number | null | undefined; next !== null; ) {
      const page = ledger.store.searchEvents(mchid, {
        event: 'REFUND.SUCCESS',
        limit: 5,
        ...(next !== undefined && { before: next }),
      })
      pages.push(seqsOf(page.rows))
      next = page.next
    }
    expect(pages).toEqual([[], [], [1]])
  })

  test('uses an index in each statement', async () => {
    const ledger = await createTestLedger()
    const seq = record(ledger, { out_trade_no: 'T1' }, { subject: 'out_trade_no/T1' })
    const { webhook_id } = ledger.store.event(mchid, seq)!
    ledger.statements()
    ledger.store.searchEvents(mchid, { number: 'T1', event: 'TRANSACTION.SUCCESS', limit: 10 })
    ledger.store.searchEvents(mchid, { webhook_id, limit: 10 })
    ledger.store.searchEvents(mchid, { subject: 'out_trade_no/T1', limit: 10 })
    ledger.store.eventsAfter(mchid, { after: { at: 0 }, limit: 10, maxLength: 1_000 })
    ledger.store.purge(Number.MAX_SAFE_INTEGER, 10)
    const ran = ledger.statements()
    expect(ran.length).toBeGreaterThan(8)
    const scans = ran.flatMap(({ statement, values }) =>
      ledger.sql
        .run<{ detail: string }>(`explain query plan ${statement}`, ...values)
        // One row; the values that were given, or are in one resource; the first row of all.
        .filter(
          ({ detail }) =>
            /^SCAN (?!clock|json_each|field|CONSTANT)/.test(detail) && !/^select 1 from event/.test(statement),
        )
        .map(({ detail }) => `${detail}: ${statement}`),
    )
    expect(scans).toEqual([])
  })
})

describe('reading events after a position', () => {
  const read = ({ store }: TestLedger, after: Parameters<LedgerStore['eventsAfter']>[1]['after'], more: object = {}) =>
    store.eventsAfter(mchid, { limit: 100, maxLength: 1_000_000, ...(after && { after }), ...more })

  test('begins with the newest event, and returns each later event once, in order', async () => {
    const ledger = await createTestLedger()
    const start = read(ledger, undefined).position
    expect(start).toEqual({ seq: 0, at: NOW, check: '' })
    expect(read(ledger, start).position).toEqual(start)
    const seqs = [1, 2, 3].map(() => record(ledger, '{}'))
    const first = read(ledger, start, { limit: 2 })
    expect([seqsOf(first.rows), first.isAtEnd]).toEqual([seqs.slice(0, 2), false])
    const second = read(ledger, first.position, { limit: 2 })
    expect([seqsOf(second.rows), second.isAtEnd]).toEqual([seqs.slice(2), true])
    expect(read(ledger, second.position).rows).toEqual([])
    expect(read(ledger, undefined).position).toEqual(second.position)
  })

  test('skips events of other merchants and names for good', async () => {
    const ledger = await createTestLedger()
    const start = read(ledger, undefined).position
    record(ledger, '{}', { mchid: OTHER })
    const refund = record(ledger, '{}', { event: 'REFUND.CLOSED' })
    for (let at = 0; at < 3; at++) record(ledger, '{}')
    const page = read(ledger, start, { events: ['REFUND.*'], limit: 1 })
    expect([seqsOf(page.rows), page.isAtEnd]).toEqual([[refund], true])
    expect(page.position.seq).toBe(refund + 3)
  })

  test('ends a page before its resources are too long, but returns one event at least', async () => {
    const ledger = await createTestLedger()
    const start = read(ledger, undefined).position
    const seqs = [1, 2, 3].map(() => record(ledger, { text: 'x'.repeat(1_000) }))
    const pages: number[][] = []
    for (let after = start; pages.length < 5; ) {
      const page = read(ledger, after, { maxLength: 100 })
      pages.push(seqsOf(page.rows))
      after = page.position
      if (page.isAtEnd) break
    }
    expect(pages).toEqual(seqs.map(seq => [seq]))
  })

  test('begins at a time', async () => {
    const ledger = await createTestLedger()
    const seqs = Array.from({ length: 40 }, () => record(ledger, '{}'))
    const since = (at: number) => seqsOf(read(ledger, { at }).rows)
    expect(since(0)).toEqual(seqs)
    expect(since(ledger.clock.now)).toEqual(seqs.slice(-1))
    expect(since(ledger.clock.now - 5_000)).toEqual(seqs.slice(-6))
    expect(since(ledger.clock.now + 1)).toEqual([])
  })

  test('goes on after a position whose event was purged', async () => {
    const ledger = await createTestLedger()
    record(ledger, '{}')
    const { position } = read(ledger, undefined)
    const later = [record(ledger, '{}'), record(ledger, '{}')]
    ledger.store.purge(position.at + 1, 100)
    expect(seqsOf(read(ledger, position).rows)).toEqual(later)
  })

  test('loses no event, and repeats none, in a ledger that was restored from a copy', async () => {
    const ledger = await createTestLedger()
    const copied = [record(ledger, '{}'), record(ledger, '{}')]
    for (let at = 0; at < 2; at++) record(ledger, '{}')
    const { position } = read(ledger, undefined)
    // The copy lacks the last two events; their numbers are used again.
    ledger.sql.run('delete from event where seq > ?', copied[1]!)
    const recorded = [1, 2, 3].map(() => record(ledger, '{}'))
    expect(recorded).toContain(position.seq)
    expect(seqsOf(read(ledger, position).rows)).toEqual(recorded)
  })

  test('begins at the newest event for a position of another ledger that is later', async () => {
    const ledger = await createTestLedger()
    record(ledger, '{}')
    const other = { seq: 1, at: ledger.clock.now + 3_600_000, check: 'AAAAAAAA' }
    const first = read(ledger, other)
    expect([first.rows, first.position]).toEqual([[], read(ledger, undefined).position])
    const later = record(ledger, '{}')
    expect(seqsOf(read(ledger, first.position).rows)).toEqual([later])
    // A time that a client gives stays that time.
    expect(read(ledger, read(ledger, { at: other.at }).position).rows).toEqual([])
  })
})
