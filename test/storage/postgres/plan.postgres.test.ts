import { afterAll, beforeAll, expect, test } from 'vitest'
import { MAX_COUNTED } from '../../../src/gateway/store/counts.ts'
import { MAX_READ as MAX_LOST_READ } from '../../../src/gateway/store/delivery/due.ts'
import { LEDGER_METHODS, type LedgerStore } from '../../../src/gateway/store/ledger.ts'
import type { SqlValue } from '../../../src/gateway/store/sql.ts'
import { createPostgresStore } from '../../../src/storage/postgres/ledger.ts'
import { openBatchedStore, openEmptySql, openPostgresStore } from '../../postgres/open-store.ts'

const mchid = '1900000109'
const NOW = Date.parse('2026-01-01T00:00:00Z')
/** Tables that grow with the traffic. */
const GROWING = ['event', 'event_number', 'delivery', 'attempt', 'call', 'watch', 'carried_out']

let sql: Awaited<ReturnType<typeof openEmptySql>>
let store: LedgerStore
let batched: LedgerStore
const ran: { statement: string; values: readonly SqlValue[] }[] = []
/** The rows of growing tables that each statement has read, if they are measured. */
let measured: { statement: string; read: number }[] | undefined
beforeAll(async () => {
  sql = await openEmptySql()
  // A merchant with 20,000 events, of which 10,000 wait, behind one endpoint that is not up; and what belongs to them.
  for (const statement of [
    `insert into event (mchid, id, api, event, resource, subject, dedupe_key, source, created_at, received_at, nonces, webhook_id, retained_since)
     select '${mchid}', 'E' || n, 'v3', 'X', '{}', 's' || n % 9000, 'K' || n, 'query', n, ${NOW} - 20000 + n, '[]', 'evt_' || n, ${NOW} - 20000 + n
     from generate_series(1, 20000) as n`,
    `insert into event_number (mchid, number, seq) select '${mchid}', 'T' || n, n from generate_series(1, 20000) as n`,
    `insert into delivery (seq, mchid, endpoint, subject, created_at, state, due_at)
     select n, '${mchid}', case when n % 100 = 0 then 'other' else 'shop' end, 's' || n % 9000, n,
       case when n % 2 = 0 then 'pending' when n % 1001 = 0 then 'dead' else 'delivered' end, ${NOW} - 20000 + n
     from generate_series(1, 20000) as n`,
    `insert into attempt (delivery, at, ms) select n, n, 1 from generate_series(1, 20000) as n`,
    `insert into call (id, at, caller, mchid, method, path, numbers, key, hash)
     select 'R' || n, ${NOW} - 20000 + n, 'shop', '${mchid}', 'POST', '/', '{}', case when n % 3 = 0 then 'k' || n end, 'h'
     from generate_series(1, 20000) as n`,
    `insert into watch (mchid, kind, number, query, placed_at, due_at, lane, doubt_since)
     select '${mchid}', 'v3-order', 'W' || n, '{}', 1, ${NOW} - 20000 + n, '0/v3-order/', case when n % 500 = 0 then 1 end
     from generate_series(1, 20000) as n`,
    `insert into carried_out (id, result) select lpad(n::text, 12, '0'), '{}' from generate_series(1, 20000) as n`,
    'analyze',
  ])
    sql.run(statement)
  const recording = {
    ...sql,
    run<Row>(statement: string, ...values: readonly SqlValue[]) {
      ran.push({ statement, values })
      measured?.push({ statement, read: rowsRead(statement, values) })
      return sql.run<Row>(statement, ...values)
    },
  }
  store = openPostgresStore(recording, () => NOW)
  batched = openBatchedStore(recording, () => NOW)
})
afterAll(() => sql.close())

interface Plan {
  readonly 'Node Type': string
  readonly 'Relation Name'?: string
  readonly 'Index Name'?: string
  readonly 'Plan Rows': number
  /** On average of all loops; only of a plan that was carried out, as the next ones. */
  readonly 'Actual Rows'?: number
  readonly 'Actual Loops'?: number
  readonly 'Rows Removed by Filter'?: number
  readonly 'Rows Removed by Index Recheck'?: number
  readonly Plans?: readonly Plan[]
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

/** Carries a statement out, undoes it, and returns the rows of growing tables that it has read, or entries of their indexes. */
function rowsRead(statement: string, values: readonly SqlValue[]): number {
  sql.run('savepoint measuring')
  const nodes = explain(statement, 'analyze, timing off, format json', values)
  sql.run('rollback to savepoint measuring')
  return nodes
    .filter(node => node['Node Type'] === 'Bitmap Index Scan' || GROWING.includes(node['Relation Name'] ?? ''))
    .filter(node => node['Node Type'].includes('Scan'))
    .map(node => {
      const removed = (node['Rows Removed by Filter'] ?? 0) + (node['Rows Removed by Index Recheck'] ?? 0)
      return ((node['Actual Rows'] ?? 0) + removed) * (node['Actual Loops'] ?? 1)
    })
    .reduce((sum, rows) => sum + rows, 0)
}

/** Carries work out, and returns the nodes of the plans of its statements. */
function plansOf(work: () => unknown): { statement: string; nodes: Plan[] }[] {
  ran.length = 0
  sql.transaction(work)
  return (
    ran
      // The first row of all.
      .filter(({ statement }) => !statement.startsWith('select 1 from event union all'))
      .map(({ statement, values }) => ({
        statement,
        // With the values, and as a connection plans a statement that it has carried out often.
        nodes: [
          ...explain(statement, 'format json', values),
          ...(hasGenericPlans() && !OF_BATCHES.test(statement)
            ? explain(statement, 'format json, generic_plan', [])
            : []),
        ],
      }))
  )
}

/** Statements of retention, whose general plan assumes larger batches, so that PostgreSQL makes a plan each time. */
const OF_BATCHES = /limit \?\) returning seq/

const hasGenericPlans = (): boolean =>
  sql.run<{ version: number }>("select current_setting('server_version_num')::int as version")[0]!.version >= 160_000

function explain(statement: string, options: string, values: readonly SqlValue[]): Plan[] {
  const [row] = sql.run<{ 'QUERY PLAN': [{ Plan: Plan }] }>(`explain (${options}) ${statement}`, ...values)
  return nodesOf(row!['QUERY PLAN'][0].Plan)
}

/** The statements that read a whole table which grows. */
const scans = (work: () => unknown): string[] =>
  plansOf(work).flatMap(({ statement, nodes }) =>
    nodes
      .filter(node => node['Node Type'].includes('Seq Scan') && GROWING.includes(node['Relation Name'] ?? ''))
      .map(node => `${node['Relation Name']}: ${statement}`),
  )

const event = {
  mchid,
  api: 'v3' as const,
  id: 'NEW',
  event: 'TRANSACTION.SUCCESS',
  resource: '{"out_trade_no":"T1"}',
  subject: 's1',
  dedupeKey: 'KNEW',
  source: 'notification' as const,
  createdAt: 1,
  nonce: 'n',
  endpoints: ['shop'],
  settles: [{ kind: 'v3-order', number: 'W1' }],
}
const order = { mchid, kind: 'v3-order', number: 'W11', query: {} }
const call = { caller: 'shop', mchid, method: 'POST', path: '/', numbers: {}, amount: null }
const METHODS: readonly (readonly [string, () => unknown])[] = [
  ['recordEvent', () => store.recordEvent(event)],
  ['recordEvent of a duplicate', () => store.recordEvent({ ...event, nonce: 'other' })],
  ['recordRepeat', () => store.recordRepeat(mchid, 'E5')],
  ['claimDelivery', () => store.claimDelivery(9_000, 'owner')],
  [
    'recordAttempt',
    () => store.recordAttempt(9_000, { tries: 0, at: NOW, ms: 1, status: 200, result: 'delivered', isOutage: false }),
  ],
  ['recordEvent in a batch', () => batched.recordEvent({ ...event, id: 'BATCHED', dedupeKey: null })],
  ['claimDelivery in a batch', () => batched.claimDelivery(9_002, 'owner')],
  [
    'recordAttempt in a batch',
    () => batched.recordAttempt(9_002, { tries: 0, at: NOW, ms: 1, status: 200, result: 'delivered', isOutage: false }),
  ],
  ['dueDeliveries', () => store.dueDeliveries(mchid, NOW, 64)],
  ['reserveDueDeliveries', () => store.reserveDueDeliveries(mchid, NOW, 64, {})],
  ['takeLostDeliveries', () => store.takeLostDeliveries(mchid, NOW, 10)],
  ['nextDueAt', () => store.nextDueAt(mchid)],
  ['releaseQueued', () => store.releaseQueued([100, 102])],
  ['replayDelivery', () => store.replayDelivery(mchid, 101)],
  ['resendEvent', () => store.resendEvent(mchid, 101, ['third'])],
  ['deliveries', () => store.deliveries(mchid, { limit: 20 })],
  ['deliveries that were given up', () => store.deliveries(mchid, { limit: 20, state: 'dead' })],
  ['deliveries that wait', () => store.deliveries(mchid, { limit: 20, state: 'pending' })],
  ['deliveries of an event', () => store.deliveries(mchid, { limit: 20, seq: 101 })],
  ['delivery', () => store.delivery(mchid, 100)],
  ['circuits', () => store.circuits(mchid)],
  ['recordHeldEvent', () => store.recordHeldEvent({ ...event, id: 'HELD', dedupeKey: 'KHELD' })],
  ['holdsEvent', () => store.holdsEvent({ ...event, id: 'NONE', dedupeKey: 'KNONE', subject: 'none' })],
  ['holdsEvent by a subject', () => store.holdsEvent({ ...event, id: 'NONE', dedupeKey: null })],
  ['beginCall', () => store.beginCall({ ...call, id: 'NEW', key: 'k3', hash: 'h', isRepeatable: true })],
  ['beginHeldCall', () => store.beginHeldCall({ ...call, id: 'HELD', key: 'k6', hash: 'h', isRepeatable: true })],
  ['renewCall', () => store.renewCall('R3')],
  [
    'endCall',
    () => store.endCall('NEW', { status: 200, code: null, wechatpayRequestId: null, inDoubt: false, response: null }),
  ],
  ['calls', () => store.calls('shop', { limit: 20 })],
  ['calls of all callers', () => store.calls(null, { limit: 20 })],
  ['calls of a caller without any', () => store.calls('nobody', { limit: 20 })],
  ['watch', () => store.watch({ ...order, number: 'W9' }, NOW)],
  ['watchAgain', () => store.watchAgain({ ...order, number: 'W9' }, NOW)],
  ['acceptWatch', () => store.acceptWatch({ ...order, number: 'W9' })],
  ['releaseWatch', () => store.releaseWatch({ ...order, number: 'W9' }, NOW)],
  ['recordUnanswered', () => store.recordUnanswered({ ...order, number: 'W9' })],
  ['unwatch', () => store.unwatch(mchid, 'v3-order', 'W10')],
  ['endWatches', () => store.endWatches(mchid, [order, { kind: 'v3-order', number: 'W12' }], NOW)],
  ['claimDueWatches', () => store.claimDueWatches(mchid, 10, NOW + 60_000)],
  ['rescheduleQuery', () => store.rescheduleQuery(14, NOW, { isDoubtful: true })],
  ['watchesInDoubt', () => store.watchesInDoubt(mchid, { limit: 10 })],
  ['queryNow', () => store.queryNow(mchid, 500)],
  ['dismiss', () => store.dismiss(mchid, 500)],
  ['event', () => store.event(mchid, 101)],
  ['events', () => store.events(mchid, { limit: 20 })],
  ['events by the id that endpoints are sent', () => store.events(mchid, { limit: 20, webhook_id: 'evt_7' })],
  ['searchEvents by a number', () => store.searchEvents(mchid, { number: 'T7', limit: 10 })],
  ['searchEvents', () => store.searchEvents(mchid, { limit: 10 })],
  ['searchEvents by a name that none has', () => store.searchEvents(mchid, { event: 'NONE', limit: 10 })],
  ['searchEvents of a merchant without any', () => store.searchEvents('a small merchant', { limit: 10 })],
  ['eventsAfter', () => store.eventsAfter(mchid, { after: { at: NOW - 50 }, limit: 10, maxLength: 10_000 })],
  ['eventsAfter without a position', () => store.eventsAfter(mchid, { limit: 10, maxLength: 10_000 })],
  [
    'eventsAfter of a merchant without any',
    () => store.eventsAfter('a small merchant', { after: { at: 0 }, limit: 10, maxLength: 10_000 }),
  ],
  ['depths', () => store.depths(mchid)],
  ['addCounts', () => store.addCounts([{ name: 'n', labels: {}, by: 1 }])],
  ['counters', () => store.counters()],
  ['takeToken', () => store.takeToken('shop', { max: 2, seconds: 60 })],
  ['recordFault', () => store.recordFault(mchid, 'calls', 'SIGN_ERROR')],
  ['faults', () => store.faults(mchid)],
  ['clearFault', () => store.clearFault(mchid, 'calls')],
  ['recordSweep', () => store.recordSweep()],
  ['lastSweep', () => store.lastSweep()],
  ['recordSample', () => store.recordSample({ pending: 1 })],
  ['samples', () => store.samples(0)],
  ['probeWrite', () => store.probeWrite()],
  ['purge', () => store.purge(NOW - 19_900, 50)],
]

/** Methods some of whose statements read more, the more rows there are. */
const GROWS: Readonly<Record<string, string>> = {
  releaseLeases:
    'Reads the pending deliveries once when a process begins with a file of SQLite; no program calls it over PostgreSQL.',
}

test.each(METHODS)('%s reads no table that grows from its beginning', (_, work) => {
  expect(scans(work)).toEqual([])
})

/** Rows that a statement may read: most read as many as their limit, a search reads 2,000 and finds some of them by other indexes. */
const MAX_READ = 2_500

/** The same of the methods that read more. */
const MAX_READ_BY: Readonly<Record<string, number>> = { depths: MAX_COUNTED + 1, takeLostDeliveries: MAX_LOST_READ }

/** Reads the events of the minute before the time from which a reader begins: they may have been recorded after later ones. */
const OF_A_MINUTE = 'select seq from event where seq > ? and seq <= ? and received_at >= ? order by seq limit 1'

test.each(METHODS)('%s reads a bounded number of rows with each statement', (name, work) => {
  measured = []
  sql.run('begin')
  try {
    work()
  } finally {
    sql.run('rollback')
  }
  const max = MAX_READ_BY[name] ?? MAX_READ
  const known = name === 'eventsAfter' ? OF_A_MINUTE : undefined
  expect(measured.filter(({ statement, read }) => read > max && statement !== known)).toEqual([])
  measured = undefined
})

test('the search for lost deliveries reads a bounded number of rows, however many the outbox has', () => {
  measured = []
  sql.run('begin')
  try {
    sql.run(
      `insert into delivery (seq, mchid, endpoint, created_at, state, due_at, queued_until)
       select 1, '${mchid}', 'shop', n, 'pending', ${NOW} - 100000 + n, ${NOW} + 1 from generate_series(1, ${3 * MAX_LOST_READ}) as n`,
    )
    store.takeLostDeliveries(mchid, NOW, 10)
  } finally {
    sql.run('rollback')
  }
  expect(measured.filter(({ read }) => read > MAX_LOST_READ)).toEqual([])
  measured = undefined
})

test('every method of a ledger is listed', () => {
  const listed = METHODS.map(([name]) => name.split(' ')[0])
  expect(Object.keys(LEDGER_METHODS).filter(name => !listed.includes(name) && !Object.hasOwn(GROWS, name))).toEqual([])
  expect(Object.keys(GROWS).filter(name => !Object.hasOwn(LEDGER_METHODS, name))).toEqual([])
})

test('the due deliveries of an endpoint are found in the order of their index, however many wait', () => {
  const [reserving] = plansOf(() => store.reserveDueDeliveries(mchid, NOW, 64, { other: 0 })).filter(({ statement }) =>
    statement.includes('update delivery'),
  )
  const names = reserving!.nodes.map(node => node['Node Type'])
  expect(reserving!.nodes.some(node => node['Index Name'] === 'delivery_due')).toBe(true)
  expect(names).not.toContain('Sort')
})

test('an event waits for two statements only, however many endpoints and watches it has: each costs a round trip', () => {
  const awaited: string[] = []
  const { store: works } = createPostgresStore(() => NOW)
  const settles = [1, 2, 3].map(at => ({ kind: 'v3-order', number: `W${at}` }))
  const recording = () => {
    const work = works.recordEvent({ ...event, id: 'E-new', dedupeKey: null, endpoints: ['a', 'b', 'c'], settles })
    let step = work.next()
    while (!step.done) {
      const { text, values, isUnread } = step.value
      if (!isUnread) awaited.push(text.split('(')[0]!.trim())
      step = work.next(sql.run(text, ...values))
    }
    throw new Error('undo')
  }
  expect(() => sql.transaction(recording)).toThrow('undo')
  expect(awaited).toEqual(['insert into event', 'insert into delivery'])
})

test('the deliveries of a merchant with few are found by its index', () => {
  // A general plan, which knows no limit, costs more, so that PostgreSQL makes a plan each time.
  const [listing] = plansOf(() => store.deliveries('a small merchant', { limit: 20 })).filter(({ statement }) =>
    statement.includes('from delivery'),
  )
  const [index] = listing!.nodes.map(node => node['Index Name']).filter(name => name !== undefined)
  expect(index).toBe('delivery_list')
})

test('the counts of a merchant with nothing to count read no row of the merchants behind it', () => {
  measured = []
  sql.transaction(() => store.depths('1000000000'))
  expect(measured.length).toBeGreaterThan(3)
  expect(measured.filter(({ read }) => read > 0)).toEqual([])
  measured = undefined
})

test('no more deliveries than the limit are reserved, however PostgreSQL joins', () => {
  const settings = ['hashjoin', 'mergejoin', 'hashagg', 'sort', 'material', 'memoize']
  for (const name of settings) sql.run(`set enable_${name} = off`)
  try {
    expect(sql.transaction(() => store.reserveDueDeliveries(mchid, NOW, 3, { other: 0 }))).toHaveLength(3)
  } finally {
    for (const name of settings) sql.run(`reset enable_${name}`)
  }
})

test('a statement that reads a whole table is noticed', () => {
  expect(scans(() => ran.push({ statement: "select 1 from call where path = 'x'", values: [] }))).not.toEqual([])
})
