import { afterAll, beforeAll, expect, test } from 'vitest'
import type { LedgerStore } from '../../../src/gateway/store/ledger.ts'
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
    `insert into watch (mchid, kind, number, query, placed_at, due_at, lane)
     select '${mchid}', 'v3-order', 'W' || n, '{}', 1, ${NOW} - 20000 + n, '0/v3-order/' from generate_series(1, 20000) as n`,
    `insert into carried_out (id, result) select lpad(n::text, 12, '0'), '{}' from generate_series(1, 20000) as n`,
    'analyze',
  ])
    sql.run(statement)
  const recording = {
    ...sql,
    run<Row>(statement: string, ...values: readonly SqlValue[]) {
      ran.push({ statement, values })
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
  readonly Plans?: readonly Plan[]
}

const nodesOf = (plan: Plan): Plan[] => [plan, ...(plan.Plans ?? []).flatMap(nodesOf)]

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
  ['replayDelivery', () => store.replayDelivery(mchid, 101)],
  ['resendEvent', () => store.resendEvent(mchid, 101, ['third'])],
  ['deliveries', () => [store.deliveries(mchid, { limit: 20 }), store.deliveries(mchid, { limit: 20, state: 'dead' })]],
  ['delivery', () => store.delivery(mchid, 100)],
  ['beginCall', () => store.beginCall({ ...call, id: 'NEW', key: 'k3', hash: 'h', isRepeatable: true })],
  [
    'endCall',
    () => store.endCall('NEW', { status: 200, code: null, wechatpayRequestId: null, inDoubt: false, response: null }),
  ],
  ['calls', () => store.calls('shop', { limit: 20 })],
  ['watch', () => store.watch({ mchid, kind: 'v3-order', number: 'W9', query: {} }, NOW)],
  ['claimDueWatches', () => store.claimDueWatches(mchid, 10, NOW + 60_000)],
  ['watchesInDoubt', () => store.watchesInDoubt(mchid, { limit: 10 })],
  [
    'searchEvents',
    () => [store.searchEvents(mchid, { number: 'T7', limit: 10 }), store.searchEvents(mchid, { limit: 10 })],
  ],
  ['eventsAfter', () => store.eventsAfter(mchid, { after: { at: NOW - 50 }, limit: 10, maxLength: 10_000 })],
  ['purge', () => store.purge(NOW - 19_900, 50)],
]

test.each(METHODS)('%s reads no table that grows from its beginning', (_, work) => {
  expect(scans(work)).toEqual([])
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
