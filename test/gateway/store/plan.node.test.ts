import { expect, test } from 'vitest'
import { openLedgerStore } from '../../../src/gateway/store/ledger.ts'
import type { Sql, SqlValue } from '../../../src/gateway/store/sql.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { contractCases } from '../../storage/contract/contract.ts'
import { stageOn } from './cases.ts'

const mchid = '1900000109'

/** A ledger that notes what it runs, and how SQLite would carry that out. */
async function observed() {
  const database = await openDatabase(':memory:')
  const clock = { now: 1 }
  const ran: { statement: string; values: readonly SqlValue[] }[] = []
  const store = openLedgerStore(
    {
      ...database,
      run(statement, ...values) {
        ran.push({ statement, values })
        return database.run(statement, ...values)
      },
    },
    () => clock.now,
  )
  const plans = () =>
    ran.map(({ statement, values }) => ({
      statement,
      plan: database.run<{ detail: string }>(`explain query plan ${statement}`, ...values).map(({ detail }) => detail),
    }))
  /** Returns the statements that read a whole table, or sort the rows. */
  const slow = () =>
    plans().flatMap(({ statement, plan }) =>
      plan
        // One row; the values that were handed in, or are in one resource; the first row of all.
        .filter(
          detail => !/^SCAN (clock|json_each|field)\b/.test(detail) && !statement.startsWith('select 1 from event'),
        )
        .filter(detail => /^SCAN|TEMP B-TREE/.test(detail))
        .map(detail => `${detail}: ${statement}`),
    )
  return { store, ran, slow, clock, database }
}

test('retention, the audit trail and events by their webhook-id are read by index', async () => {
  const { store, ran, slow, clock } = await observed()
  for (let at = 0; at < 3; at++) {
    const { deliveries } = store.recordEvent({
      mchid,
      api: 'v3',
      id: `${at}`,
      event: 'X',
      resource: '{}',
      subject: null,
      dedupeKey: null,
      nonce: null,
      source: 'notification',
      createdAt: 1,
      endpoints: ['shop'],
    })
    if (at > 0) store.claimDelivery(deliveries[0]!)
    if (at > 0) store.recordAttempt(deliveries[0]!, { tries: 0, at: 1, ms: 1, result: at === 1 ? 'dead' : 'delivered' })
    const call = { id: `${at}`, caller: 'shop', mchid, method: 'POST', path: '/', numbers: {}, amount: null }
    store.beginCall({ ...call, key: `${at}`, hash: 'h' })
  }
  clock.now = Number.MAX_SAFE_INTEGER
  ran.length = 0
  store.calls('shop', { limit: 2, before: 2 })
  store.calls(null, { limit: 2, before: 2 })
  store.events(mchid, { limit: 2, webhook_id: 'evt_x' })
  // One event and all calls are deleted, two events are kept.
  expect(store.purge(clock.now, 10).events).toBe(1)
  expect(ran.length).toBeGreaterThan(8)
  expect(slow()).toEqual([])
})

test('the delivery that holds another back is found at once, however many rejected ones are before it', async () => {
  const { store, ran, clock, database } = await observed()
  const record = (id: string) =>
    store.recordEvent({
      mchid,
      api: 'v3',
      id,
      event: 'X',
      resource: '{}',
      subject: 's',
      dedupeKey: null,
      nonce: null,
      source: 'notification',
      createdAt: 1,
      endpoints: ['shop'],
    }).deliveries[0]!
  const [first, second] = [record('1'), record('2')]
  ran.length = 0
  store.claimDelivery(second)
  store.dueDeliveries(mchid, clock.now, 10)
  store.takeLostDeliveries(mchid, clock.now, 10)
  store.claimDelivery(first)
  store.recordAttempt(first, { tries: 0, at: 1, ms: 1, result: 'delivered' })
  const asked = ran.filter(({ statement }) => /tries < \d/.test(statement))
  expect(asked.length).toBeGreaterThanOrEqual(3)
  for (const { statement, values } of asked) {
    const plan = database.run<{ detail: string }>(`explain query plan ${statement}`, ...values)
    const details = plan.map(({ detail }) => detail)
    expect(details.some(detail => /USING (COVERING )?INDEX delivery_holding/.test(detail))).toBe(true)
  }
})

test('lost deliveries are read in the order of the index, without sorting those that are due', async () => {
  const { store, ran, database } = await observed()
  store.recordEvent({
    mchid,
    api: 'v3',
    id: '1',
    event: 'X',
    resource: '{}',
    subject: null,
    dedupeKey: null,
    nonce: null,
    source: 'notification',
    createdAt: 1,
    endpoints: ['shop'],
  })
  ran.length = 0
  store.takeLostDeliveries(mchid, 1, 10)
  const reading = ran.filter(({ statement }) => statement.includes('order by due_at, seq'))
  expect(reading).toHaveLength(2)
  for (const { statement, values } of reading) {
    const plan = database.run<{ detail: string }>(`explain query plan ${statement}`, ...values)
    const details = plan.map(({ detail }) => detail)
    expect(details[0]).toMatch(/INDEX delivery_due \(mchid=\? AND endpoint=\? AND \(?due_at/)
    expect(details.filter(detail => detail.includes('TEMP B-TREE'))).toEqual([])
  }
})

test('the depths read of watches in doubt no others, and of the rest the index only', async () => {
  const { store, ran, database } = await observed()
  ran.length = 0
  store.depths(mchid)
  const indexes = ran.flatMap(({ statement, values }) =>
    database
      .run<{ detail: string }>(`explain query plan ${statement}`, ...values)
      .flatMap(({ detail }) => /(?:COVERING )?INDEX \w+/.exec(detail) ?? []),
  )
  const ofKinds = 'COVERING INDEX sqlite_autoindex_watch'
  expect(indexes.map(index => (index.startsWith(ofKinds) ? ofKinds : index))).toEqual([
    'COVERING INDEX delivery_due',
    'COVERING INDEX delivery_dead',
    // The first kind, the next ones, and their watches.
    ofKinds,
    ofKinds,
    ofKinds,
    'INDEX watch_doubt',
  ])
  // A count ends at its limit.
  for (const { statement } of ran.filter(({ statement: text }) => text.includes('count(*)')))
    expect(statement).toMatch(/limit \d+\) as counted/)
})

/** Statements that read a whole table or index, and when. */
const SCANS: readonly (readonly [begin: string, reason: string])[] = [
  ['select 1 from event union all', 'The first row.'],
  ["update delivery set leased_until = 0 where state = 'pending'", 'Pending deliveries, once when a process begins.'],
  ['update delivery set due_at = case', 'Pending deliveries, each time that the clock was set back.'],
  ['update watch set due_at = max(', 'Each time that the clock was set back.'],
]

test('no statement of the contract reads a whole table that grows, but those that are named', async () => {
  const statements = new Map<string, readonly SqlValue[]>()
  for (const { run } of contractCases) {
    const database = await openDatabase(':memory:')
    const open = (sql: Sql, now: () => number) => {
      const recording = {
        ...sql,
        run<Row>(statement: string, ...values: readonly SqlValue[]) {
          statements.set(statement.replaceAll(/\s+/g, ' '), values)
          return sql.run<Row>(statement, ...values)
        },
      }
      // Migrated before it is recorded.
      openLedgerStore(sql)
      return openLedgerStore(recording, now)
    }
    await run(stageOn(database, open))
    database.close()
  }
  const { database } = await observed()
  const plans = [...statements]
    .filter(([statement]) => /^(?:select|with|insert|update|delete)/.test(statement))
    .map(([statement, values]) => ({
      statement,
      scans: database
        .run<{ detail: string }>(`explain query plan ${statement}`, ...values)
        .filter(({ detail }) => /^SCAN (?:event|event_number|delivery|attempt|call|watch|carried_out)\b/.test(detail)),
    }))
  const found = plans.filter(({ scans }) => scans.length > 0).map(({ statement }) => statement)
  expect(found.filter(statement => !SCANS.some(([begin]) => statement.startsWith(begin)))).toEqual([])
  expect(SCANS.filter(([begin]) => !found.some(statement => statement.startsWith(begin)))).toEqual([])
})

test('what an observer takes for slow is slow', async () => {
  const { slow, ran, database } = await observed()
  ran.length = 0
  const statement = 'select * from call where at < ? order by amount'
  ran.push({ statement: statement.replace('at <', 'method <'), values: [1] })
  expect(slow()).toHaveLength(2)
  database.close()
})
