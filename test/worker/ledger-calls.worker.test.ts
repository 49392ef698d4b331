import { createExecutionContext, evictDurableObject, runInDurableObject, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import type { NewEvent, RecordResult } from '../../src/gateway/store/event/events.ts'
import { LEDGER_METHODS, type Ledger } from '../../src/gateway/store/ledger.ts'
import { countingLedger } from '../../src/gateway/store/remote-ledger.ts'
import { type Layout, ONE_SHARD } from '../../src/gateway/store/shards/layout.ts'
import type { LayoutMethod } from '../../src/gateway/store/shards/layout-store.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import type { DurableObjectNamespace } from '../../worker/bindings.ts'
import worker, { type Env } from '../../worker/index.ts'
import { ledgerOf } from '../../worker/ledger-calls.ts'
import { shardedLedgers } from '../../worker/sharded-ledgers.ts'
import { breakable, type Failure } from './broken-stubs.ts'
import { ADMIN, json, realEnvironment, TOKEN } from './real.ts'

// In workerd, on the real Durable Objects, whose stubs break as Cloudflare's do.

const mchid = '1900000109'
const eventOf = (more: Partial<NewEvent> = {}): NewEvent => ({
  mchid,
  api: 'v3',
  id: 'E1',
  event: 'TRANSACTION.SUCCESS',
  resource: '{}',
  subject: 'order',
  dedupeKey: null,
  source: 'notification',
  createdAt: 1,
  nonce: 'n1',
  endpoints: ['shop'],
  ...more,
})
const call = { caller: 'shop', mchid, method: 'POST', path: '/v3/x', numbers: {}, amount: null, key: 'k', hash: 'h' }
const ended = { status: 200, code: null, wechatpayRequestId: null, inDoubt: false }
const watch = { mchid, kind: 'v3-order', number: 'O1', query: {} }

/** Every method that writes, and what the ledger holds in the end. */
async function useAll(ledger: Ledger): Promise<unknown[]> {
  const results: unknown[] = []
  const keep = async (result: Promise<unknown>) => results.push(await result)
  await keep(ledger.recordEvent(eventOf()))
  await keep(ledger.recordEvent(eventOf()))
  await keep(ledger.recordEvent(eventOf({ nonce: 'n2' })))
  await keep(ledger.recordRepeat(mchid, 'E1'))
  await keep(ledger.recordEvent(eventOf({ id: 'E2', nonce: 'n3', createdAt: 2 })))
  const claim = await ledger.claimDelivery(1, 'first')
  results.push(claim.kind)
  const attempt = { tries: 0, at: 1, ms: 1, status: 503, error: 'STATUS', isOutage: true }
  await keep(ledger.recordAttempt(1, { ...attempt, result: 0 }))
  await keep(ledger.claimDelivery(1, 'second').then(({ kind }) => kind))
  await keep(ledger.claimDelivery(1, 'third').then(({ kind }) => kind))
  await keep(ledger.recordAttempt(1, { ...attempt, tries: 1, at: 2, result: 'delivered', isOutage: false }))
  await keep(ledger.replayDelivery(mchid, 1))
  await keep(ledger.resendEvent(mchid, 1, ['shop', 'books']))
  await keep(ledger.beginCall({ ...call, id: 'C1' }))
  await keep(ledger.beginCall({ ...call, id: 'C2' }))
  await keep(ledger.renewCall('C1'))
  await keep(ledger.endCall('C1', { ...ended, response: { status: 200, headers: {}, body: '{}' } }))
  await keep(ledger.beginCall({ ...call, id: 'C3' }))
  await keep(ledger.beginCall({ ...call, id: 'C4', key: null, hash: null }))
  const watchOnce = async () => {
    const placed = await ledger.watch(watch, 0)
    results.push(placed.isOtherQuery)
    return placed
  }
  await watchOnce()
  const again = await watchOnce()
  await keep(ledger.releaseWatch(watch, again.placedAt))
  await keep(ledger.rescheduleQuery(1, 5))
  await keep(ledger.depths(mchid).then(({ pending, dead, watched }) => ({ pending, dead, watched })))
  await keep(ledger.claimDueWatches(mchid, 5, 9).then(rows => rows.map(({ queries, number }) => [number, queries])))
  await keep(ledger.takeLostDeliveries(mchid, Date.now() + 86_400_000, 9))
  await keep(ledger.events(mchid, { limit: 9 }).then(rows => rows.map(({ id, repeats }) => [id, repeats])))
  for (const id of [1, 2, 3])
    await keep(ledger.delivery(mchid, id).then(row => [row?.endpoint, row?.state, row?.tries, row?.attempts]))
  await keep(ledger.calls('shop', { limit: 9 }).then(rows => rows.map(({ id, status }) => [id, status])))
  await keep(ledger.circuits(mchid))
  await keep(ledger.acceptWatch({ ...watch, query: { of: 'another' } }))
  await keep(ledger.recordUnanswered(watch))
  await keep(ledger.rescheduleQuery(1, 5, { outcome: 'unknown', isDoubtful: true }))
  await keep(ledger.queryNow(mchid, 1))
  await keep(
    ledger
      .watchesInDoubt(mchid, { limit: 9 })
      .then(rows => rows.map(({ queries, query, accepted }) => [queries, query, accepted])),
  )
  await keep(ledger.dismiss(mchid, 1))
  await watchOnce()
  await keep(ledger.unwatch(mchid, watch.kind, watch.number))
  await keep(ledger.watchAgain(watch, 0))
  await watchOnce()
  await keep(ledger.watchAgain(watch, 0).then(placed => placed?.isOtherQuery))
  await keep(ledger.watchesInDoubt(mchid, { limit: 9 }))
  await keep(ledger.endWatches(mchid, [watch], Number.MAX_SAFE_INTEGER))
  await keep(ledger.depths(mchid).then(({ watched }) => watched))
  await keep(ledger.recordHeldEvent(eventOf({ id: 'E3', nonce: 'n4', subject: null })))
  await keep(ledger.recordHeldEvent(eventOf({ id: 'E2', nonce: 'n5', createdAt: 2 })))
  await keep(ledger.beginHeldCall({ ...call, id: 'C5' }))
  await keep(ledger.releaseQueued([1, 2]))
  await keep(ledger.releaseLeases())
  await keep(ledger.probeWrite())
  await keep(ledger.purge(Date.now() + 1, 9))
  return results
}

const TAKES_NOTHING_TWICE = ['answer-lost', 'unreached'] as const
test.each(TAKES_NOTHING_TWICE)('whatever writes is done once where each call meets: %s', async failure => {
  const intact = await useAll(ledgerOf(env.LEDGER)(`intact/${failure}`))
  const { namespace, calls } = breakable(env.LEDGER, (_, attempt) => (attempt === 0 ? failure : undefined))
  expect(await useAll(ledgerOf(namespace)(`broken/${failure}`))).toEqual(intact)
  expect(intact[0]).toMatchObject({ outcome: 'recorded', deliveries: [1] })
  const once = Object.entries(LEDGER_METHODS).flatMap(([method, { isResultKept }]) => (isResultKept ? [method] : []))
  expect(calls.map(({ method }) => method)).toEqual(expect.arrayContaining(once))
})

test.each(['replayDelivery', 'resendEvent'] as const)(
  'a %s that is repeated takes nothing from whoever has claimed the delivery meanwhile',
  async method => {
    const stub = env.LEDGER.getByName(`repeated/${method}`)
    await stub.carryOut('recordEvent', [eventOf()])
    await stub.carryOut('claimDelivery', [1, 'first'])
    const attempt = { tries: 0, at: 1, ms: 1, status: 200, error: null, isOutage: false, result: 'delivered' }
    await stub.carryOut('recordAttempt', [1, attempt], 'settled')
    const again = method === 'replayDelivery' ? [mchid, 1] : [mchid, 1, ['shop']]
    const result = await stub.carryOut(method, again, 'again')
    expect(await stub.carryOut('claimDelivery', [1, 'second'])).toMatchObject({ kind: 'claimed' })
    expect(await stub.carryOut(method, again, 'again')).toEqual(result)
    expect(await stub.carryOut('claimDelivery', [1, 'third'])).not.toMatchObject({ kind: 'claimed' })
  },
)

test.each(TAKES_NOTHING_TWICE)('every count is added, and none twice: %s', async failure => {
  const { namespace } = breakable(env.LEDGER, (_, attempt) => (attempt === 0 ? failure : undefined))
  const ledger = ledgerOf(namespace)(`counts/${failure}`)
  await ledger.addCounts([{ name: 'n', labels: {}, by: 2 }])
  await ledger.addCounts([{ name: 'n', labels: {}, by: 3 }])
  await ledger.beginCall({ ...call, id: 'C1' })
  const counts = [{ name: 'ended', labels: {}, by: 1 }]
  await countingLedger(ledger, counts, () => expect.unreachable()).endCall('C1', { ...ended, response: null })
  expect(await ledger.counters()).toEqual([
    { name: 'ended', labels: {}, value: 1 },
    { name: 'n', labels: {}, value: 5 },
  ])
})

test('what a call counts is counted once, though the object restarts before the call is repeated', async () => {
  const stub = env.LEDGER.getByName('counted')
  const counts = { recorded: [{ name: 'n', labels: {}, by: 1 }] }
  await stub.carryOut('recordEvent', [eventOf()], 'call-1', counts)
  await stub.carryOut('counters', [])
  await evictDurableObject(stub)
  await stub.carryOut('recordEvent', [eventOf()], 'call-1', counts)
  expect(await stub.carryOut('counters', [])).toEqual([{ name: 'n', labels: {}, value: 1 }])
})

test('what a call counts is written with the call itself, so that an object that ends at once loses nothing', async () => {
  const counts = { recorded: [{ name: 'n', labels: {}, by: 1 }] }
  const written = await runInDurableObject(env.LEDGER.getByName('ends-at-once'), async (object, { storage }) => {
    const { transactionSync } = storage
    let transactions = 0
    storage.transactionSync = work => {
      transactions++
      return transactionSync.call(storage, work) as never
    }
    await object.carryOut('recordEvent', [eventOf()], 'call-1', counts)
    await object.carryOut('addCounts', [[{ name: 'm', labels: {}, by: 2 }]], 'call-2')
    return [transactions, storage.sql.exec('select name, value from counter order by name').toArray()]
  })
  expect(written).toEqual([
    2,
    [
      { name: 'm', value: 2 },
      { name: 'n', value: 1 },
    ],
  ])
})

test('a call that is undone counts nothing, and counts once when it is carried out in the end', async () => {
  const stub = env.LEDGER.getByName('undone')
  const counts = { recorded: [{ name: 'n', labels: {}, by: 1 }] }
  const outcomes = await runInDurableObject(stub, async (object, { storage }) => {
    const exec = storage.sql.exec.bind(storage.sql)
    let failures = 2
    // A full disk, as long as the group and then the call alone are tried.
    storage.sql.exec = (statement, ...values) => {
      if (statement.includes('into event') && failures-- > 0) throw new Error('database or disk is full')
      return exec(statement, ...values)
    }
    const record = () => object.carryOut('recordEvent', [eventOf()], 'call-1', counts)
    const outcomes = [await record().catch(String), await record().then(() => 'recorded')]
    storage.sql.exec = exec
    return outcomes
  })
  expect(outcomes).toEqual([expect.stringContaining('disk is full'), 'recorded'])
  expect(await stub.carryOut('counters', [])).toEqual([{ name: 'n', labels: {}, value: 1 }])
})

test('a look for a repetition that finds nothing writes no row', async () => {
  const stub = env.LEDGER.getByName('nothing-found')
  expect(await stub.carryOut('recordRepeat', [mchid, 'E9'], 'call-1')).toBeUndefined()
  const kept = await runInDurableObject(stub, (_, { storage }) =>
    storage.sql.exec('select id from carried_out').toArray(),
  )
  expect(kept).toEqual([])
})

test('the change of a circuit reaches the Worker', async () => {
  const ledger = shardedLedgers(env.LEDGER, { sizeOfLedger: () => 2, log: { warn: () => {} } })('circuits')
  const ids: number[] = []
  for (let at = 0; at < 40; at++) {
    const event = eventOf({ id: `E${at}`, nonce: `n${at}`, subject: `order ${at}` })
    ids.push(...(await ledger.recordEvent(event)).deliveries)
  }
  const failure = { tries: 0, at: Date.now() - 60_000, ms: 1, error: 'TIMEOUT', result: 0, isOutage: true }
  const failed = await Promise.all(ids.map(id => ledger.recordAttempt(id, failure)))
  expect(failed.flatMap(({ circuit = [] }) => circuit)).toEqual(['opened', 'opened'])
})

const failing = (...failures: (Failure | undefined)[]) => breakable(env.LEDGER, (_, attempt) => failures[attempt])

describe('a call to a ledger', () => {
  test('is made four times within two seconds at most, each by a fresh stub', async () => {
    const { namespace, calls } = failing(...Array(9).fill('unreached'))
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    onTestFinished(() => void vi.useRealTimers())
    const refused = expect(ledgerOf(namespace)('away').addCounts([])).rejects.toMatchObject({
      name: 'LedgerError',
      code: 'LEDGER_UNAVAILABLE',
      cause: { message: 'Network connection lost.' },
    })
    await vi.advanceTimersByTimeAsync(2_000)
    await refused
    expect(calls).toHaveLength(4)
  })

  test('is not repeated where the object is overloaded', async () => {
    const { namespace, calls } = failing('overloaded')
    await expect(ledgerOf(namespace)('much').addCounts([])).rejects.toMatchObject({ code: 'LEDGER_OVERLOADED' })
    expect(calls).toHaveLength(1)
  })

  test('is not repeated where the ledger itself refuses it', async () => {
    const { namespace, calls } = failing()
    await expect(ledgerOf(namespace)('refuses').addCounts(undefined as never)).rejects.toThrow(TypeError)
    expect(calls).toHaveLength(1)
  })

  test('is repeated at times that differ, so that those who were cut off do not come back together', async () => {
    const { namespace } = breakable(env.LEDGER, (_, attempt) => (attempt === 0 ? 'unreached' : undefined))
    const timer = vi.spyOn(globalThis, 'setTimeout')
    await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        ledgerOf(namespace)('jitter').addCounts([{ name: 'j', labels: {}, by: at + 1 }]),
      ),
    )
    const pauses = timer.mock.calls.map(([, pause]) => pause!).filter(pause => pause >= 50 && pause <= 100)
    timer.mockRestore()
    expect(new Set(pauses).size).toBe(8)
  })
})

describe('events that arrive at the same time', () => {
  const recordAll = (namespace: DurableObjectNamespace, name: string) => {
    const ledger = shardedLedgers(namespace, { sizeOfLedger: () => 1, log: { warn: () => {} } })(name)
    const counts = { recorded: [{ name: 'n', labels: {}, by: 1 }] }
    const counting = countingLedger(ledger, counts, () => expect.unreachable())
    const ids = Array.from({ length: 12 }, (_, at) => `E${at}`)
    return Promise.allSettled(ids.map(id => counting.recordEvent(eventOf({ id, nonce: id, subject: id }))))
  }
  const failingTogether = (failure?: Failure) =>
    breakable(env.LEDGER, method => (method === 'carryOutAll' ? failure : undefined))

  test.each([undefined, 'unreached', 'answer-lost', 'old'] as const)(
    'are sent as one call, and each is recorded once: %s',
    async failure => {
      const { namespace, calls } = failingTogether(failure)
      const name = `together/${failure}`
      const recorded = await recordAll(namespace, name)
      const numbers = recorded.map(result => (result as PromiseFulfilledResult<RecordResult>).value)
      expect(numbers.map(({ outcome }) => outcome)).toEqual(Array(12).fill('recorded'))
      expect(new Set(numbers.map(({ seq }) => seq)).size).toBe(12)
      const alone = failure ? Array(11).fill('recordEvent') : []
      expect(calls.map(({ method }) => method)).toEqual(['recordEvent', 'carryOutAll', ...alone])
      const rows = await ledgerOf(env.LEDGER)(name).events(mchid, { limit: 99 })
      expect(rows.map(({ repeats }) => repeats)).toEqual(Array(12).fill(0))
      // An object that restarts loses the counts that it has gathered under load.
      const [count] = await ledgerOf(env.LEDGER)(name).counters()
      if (failure !== 'answer-lost') expect(count).toEqual({ name: 'n', labels: {}, value: 12 })
    },
  )

  test('are refused together by an overloaded object, and not repeated', async () => {
    const { namespace, calls } = failingTogether('overloaded')
    const [first, ...others] = await recordAll(namespace, 'together/overloaded')
    expect(first).toMatchObject({ status: 'fulfilled' })
    for (const { reason } of others as PromiseRejectedResult[]) expect(reason.code).toBe('LEDGER_OVERLOADED')
    expect(calls).toHaveLength(2)
  })

  test('fail by themselves', async () => {
    const invalid = { ...eventOf(), id: undefined } as unknown as NewEvent
    const events = [eventOf(), invalid, eventOf({ id: 'E2', nonce: 'n2' })]
    const results = await env.LEDGER.getByName('together/invalid').carryOutAll(
      events.map((event, at) => ['recordEvent', [event], `call-${at}`]),
    )
    expect(results.map(result => (result?.value as RecordResult | undefined)?.outcome)).toEqual([
      'recorded',
      undefined,
      'recorded',
    ])
  })
})

describe('while a deploy spreads', () => {
  async function becomeNewer(name: string, readableFrom: number): Promise<void> {
    const stub = env.LEDGER.getByName(name)
    await ledgerOf(env.LEDGER)(name).recordEvent(eventOf())
    await runInDurableObject(stub, (_, { storage }) => {
      storage.sql.exec('update schema_version set version = 99, readable_from = ?', readableFrom)
    })
    await evictDurableObject(stub)
  }
  const isNewer = { name: 'LedgerError', code: 'LEDGER_NEWER' }

  test('a ledger that a newer version has written is read; all writes are a named error, and it is left as it is', async () => {
    const ledger = ledgerOf(env.LEDGER)('newer-schema')
    await becomeNewer('newer-schema', 1)
    await expect(ledger.recordEvent(eventOf())).rejects.toMatchObject(isNewer)
    await expect(ledger.addCounts([{ name: 'n', labels: {}, by: 1 }])).rejects.toMatchObject(isNewer)
    expect(await ledger.events(mchid, { limit: 5 })).toHaveLength(1)
    expect(await ledger.counters()).toEqual([])
    expect(await ledger.takeToken('shop', { max: 1, seconds: 3600 })).toBe(0)
  })

  test('a ledger of shards that a newer version has written is read, and does not grow', async () => {
    await becomeNewer('newer-shards', 1)
    // Awaited here: the promise of a stub that an assertion awaits leaves a second rejection unhandled.
    const carryOut = async (method: LayoutMethod | 'depths', args: readonly unknown[], layout: Layout) =>
      await env.LEDGER.getByName('newer-shards').carryOut(method, args, undefined, [], layout)
    await expect(carryOut('growTo', [2], ONE_SHARD)).rejects.toThrow('LEDGER_NEWER')
    await expect(carryOut('depths', [mchid], { epoch: 1, sizes: [1, 2] })).rejects.toThrow('LEDGER_NEWER')
    await expect(carryOut('isDrained', [], ONE_SHARD)).rejects.toThrow('LEDGER_NEWER')
    expect(await carryOut('growTo', [1], ONE_SHARD)).toEqual(ONE_SHARD)
    expect(await carryOut('depths', [mchid], ONE_SHARD)).toMatchObject({ pending: 1 })
  })

  test('a ledger that a newer version has written so that this one cannot read it is a named error', async () => {
    await becomeNewer('unreadable-schema', 99)
    await expect(ledgerOf(env.LEDGER)('unreadable-schema').depths(mchid)).rejects.toMatchObject(isNewer)
  })

  test('a method that an older object does not have is a named error', async () => {
    const namespace: DurableObjectNamespace = {
      getByName: (name, options) => ({
        carryOut: (_, ...rest) => env.LEDGER.getByName(name, options).carryOut('notYet' as 'depths', ...rest),
        carryOutAll: calls => env.LEDGER.getByName(name, options).carryOutAll(calls),
      }),
    }
    const error = { name: 'LedgerError', code: 'LEDGER_METHOD_UNKNOWN' }
    await expect(ledgerOf(namespace)('older').depths(mchid)).rejects.toMatchObject(error)
  })

  test('it is asked again, and answers once the deploy has reached it', async () => {
    const { namespace, calls } = failing('old', 'old')
    expect(await ledgerOf(namespace)('reached').recordEvent(eventOf())).toMatchObject({ outcome: 'recorded' })
    expect(calls).toHaveLength(3)
  })

  test('an older Worker calls a newer object, without the id of the call', async () => {
    const result = await env.LEDGER.getByName('newer').carryOut('recordEvent', [eventOf()])
    expect(result).toMatchObject({ outcome: 'recorded' })
    expect(await env.LEDGER.getByName('newer').carryOut('claimDelivery', [1])).toMatchObject({ kind: 'claimed' })
  })
})

describe('through the Worker', async () => {
  const simulator = await createSimulator({ mchid: '1900000888' })
  const { merchant } = simulator
  const given = (LEDGER: unknown, more: Record<string, unknown> = {}) => realEnvironment(simulator, { LEDGER, ...more })
  const token = { Authorization: `Bearer ${TOKEN}` }
  async function fetchWorker(path: string, to: Env, init?: RequestInit): Promise<Response> {
    const context = createExecutionContext()
    const response = await worker.fetch(new Request(`https://gateway.example${path}`, init), to, context)
    await waitOnExecutionContext(context)
    return response
  }
  const refund = (number: string) => ({
    mch_id: merchant.mchid,
    out_trade_no: 'none',
    out_refund_no: number,
    total_fee: 1,
    refund_fee: 1,
  })
  const place = (number: string, to: Env, headers = {}) =>
    fetchWorker('/v2/secapi/pay/refund', to, json(refund(number), { ...token, ...headers }))
  const arrived = () => simulator.journal.filter(({ path }) => path === '/secapi/pay/refund').length

  let take: (request: Request) => Promise<Response>
  const notifier = await createSimulator({
    state: simulator.snapshot(),
    deliver: (input, init) => take(new Request(input, init)),
  })

  test.each(TAKES_NOTHING_TWICE)('a notification is acknowledged, and recorded once: %s', async failure => {
    const { namespace } = breakable(env.LEDGER, (method, attempt) =>
      method === 'recordEvent' && attempt === 0 ? failure : undefined,
    )
    const statuses: number[] = []
    take = async request => {
      const response = await fetchWorker(new URL(request.url).pathname, given(namespace), request)
      statuses.push(response.status)
      return response
    }
    const url = `https://gateway.example/notify/${merchant.mchid}`
    const resource = { out_trade_no: failure, transaction_id: `4200-${failure}`, trade_state: 'SUCCESS' }
    const { id } = await notifier.notify.send({ url, event: 'TRANSACTION.SUCCESS', resource })
    expect(statuses.map(status => status < 300)).toEqual([true])
    const rows = await ledgerOf(env.LEDGER)(merchant.mchid).events(merchant.mchid, { limit: 9 })
    expect(rows.filter(row => row.id === id)).toMatchObject([{ repeats: 0 }])
  })

  test('a call under an Idempotency-Key is made once, though the answer to its beginning was lost', async () => {
    const { namespace } = breakable(env.LEDGER, (method, attempt) =>
      method === 'beginCall' && attempt === 0 ? 'answer-lost' : undefined,
    )
    const before = arrived()
    const response = await place('begun', given(namespace), { 'Idempotency-Key': 'begun' })
    expect(response.status).toBe(200)
    expect(arrived()).toBe(before + 1)
  })

  test.each<Failure>(['overloaded', 'unreached', 'answer-lost', 'old'])(
    'a call that cannot be written down (%s) is not sent, and 503 says so; its key is free at once',
    async failure => {
      const { namespace } = breakable(env.LEDGER, method => (method === 'beginCall' ? failure : undefined))
      const before = arrived()
      const key = { 'Idempotency-Key': `key-${failure}` }
      const log = vi.spyOn(console, 'log').mockImplementation(() => {})
      const response = await place(`unsent-${failure}`, given(namespace), key)
      log.mockRestore()
      expect([response.status, response.headers.get('retry-after'), await response.json()]).toEqual([
        503,
        '2',
        expect.objectContaining({ code: 'LEDGER_UNAVAILABLE', mayHaveTakenEffect: false }),
      ])
      expect(arrived()).toBe(before)
      expect((await place(`unsent-${failure}`, given(env.LEDGER), key)).status).toBe(200)
      expect(arrived()).toBe(before + 1)
    },
  )

  test.each([
    [{}, 'apac'],
    [{ GATEWAY_LOCATION: 'weur' }, 'weur'],
  ])('health checks, the cron and calls say where a ledger is made: %o', async (more, expected) => {
    const { namespace, calls } = breakable(env.LEDGER, () => undefined)
    await fetchWorker('/healthz', given(namespace, more))
    await worker.scheduled({}, given(namespace, more))
    await place(`placed-${expected}`, given(namespace, more))
    expect(calls.length).toBeGreaterThan(4)
    expect(new Set(calls.map(({ locationHint }) => locationHint))).toEqual(new Set([expected]))
  })

  test('a location that is none is named, beside all other mistakes', async () => {
    const wrong = given(env.LEDGER, { GATEWAY_LOCATION: 'china', GATEWAY_LOG: 'loud' })
    const headers = { authorization: `Bearer ${ADMIN}` }
    const { detail } = (await (await fetchWorker('/healthz', wrong, { headers })).json()) as { detail: string }
    expect(detail).toMatch(/GATEWAY_LOCATION: must be one of wnam, .*apac/)
    expect(detail).toContain('GATEWAY_LOG')
  })
})
