import { createExecutionContext, createMessageBatch, runInDurableObject, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, test, vi } from 'vitest'
import type { Job } from '../../src/gateway/ports.ts'
import type { NewEvent } from '../../src/gateway/store/event/events.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import type { DurableObjectNamespace } from '../../worker/bindings.ts'
import worker from '../../worker/index.ts'
import { objectName, shardedLedgers } from '../../worker/sharded-ledgers.ts'
import { readStream } from '../gateway/admin/read-stream.ts'
import { breakable, type Failure } from './broken-stubs.ts'
import { ADMIN, json, realEnvironment, serve, shop, TOKEN } from './real.ts'

// In workerd, on real Durable Objects: several are one ledger.

const silent = { warn() {} }
const open = (name: string, size: number, namespace: DurableObjectNamespace = env.LEDGER) =>
  shardedLedgers(namespace, { sizeOfLedger: () => size, log: silent })(name)
const mchid = '1900000109'
const payment = (number: number): NewEvent => ({
  mchid,
  api: 'v3',
  id: `EV-${number}`,
  event: 'TRANSACTION.SUCCESS',
  resource: JSON.stringify({ transaction_id: String(number) }),
  subject: `transaction_id/${number}`,
  dedupeKey: `TRANSACTION.SUCCESS/transaction_id/${number}`,
  source: 'notification',
  createdAt: number,
  nonce: `N-${number}`,
  endpoints: ['shop'],
  settles: [{ kind: 'v3-order', number: `T${number}` }],
})
const watchOf = (number: number) => ({ mchid, kind: 'v3-order', number: `T${number}`, query: {} })

/** Reads the ids of events in each object of a ledger, by calls of its own. */
const idsIn = (name: string, size: number, epoch: number): Promise<string[][]> =>
  Promise.all(
    Array.from({ length: size }, async (_, shard) => {
      const layout = { epoch, sizes: [size] }
      const stub = env.LEDGER.getByName(objectName(name, shard))
      const rows = await stub.carryOut('events', [mchid, { limit: 500 }], undefined, [], layout)
      return (rows as { id: string }[]).map(({ id }) => id)
    }),
  )

describe.each<Failure | 'none'>(['none', 'answer-lost', 'unreached'])('with objects that fail: %s', failure => {
  test('growth from one to eight objects loses nothing and records nothing twice', async () => {
    const name = `grown/${failure}`
    const isFailing = (_: string, attempt: number) => (failure !== 'none' && attempt === 0 ? failure : undefined)
    const { namespace } = breakable(env.LEDGER, isFailing)
    const one = open(name, 1)
    for (let at = 0; at < 4; at++) await one.recordEvent(payment(at))
    for (let at = 0; at < 8; at++) await one.watch(watchOf(at), 0)
    const eight = open(name, 8, namespace)
    await eight.depths(mchid)
    await Promise.all([4, 5, 6, 7, 8, 9, 10, 11].map(at => eight.recordEvent(payment(at))))
    // The process of the old configuration runs still.
    for (let at = 0; at < 12; at++)
      expect((await one.recordEvent({ ...payment(at), nonce: 'again' })).outcome).toBe('duplicate')
    const ids = await idsIn(name, 8, 1)
    expect(ids.flat().sort()).toEqual(Array.from({ length: 12 }, (_, at) => `EV-${at}`).sort())
    expect(ids.filter(list => list.length > 0).length).toBeGreaterThan(2)
    expect(await one.depths(mchid)).toMatchObject({ pending: 12, watched: {} })
  })
})

test('a Worker of the version before, which sends no layout, is refused once the ledger has grown', async () => {
  await open('refused', 4).recordEvent(payment(1))
  const outcome = await runInDurableObject(env.LEDGER.getByName('refused'), object =>
    object.carryOut('recordEvent', [payment(2)], 'call-1').catch(String),
  )
  expect(outcome).toContain('LEDGER_LAYOUT_CHANGED: the ledger consists of 4 objects')
})

test('a lower number is ignored, and logged once by each process', async () => {
  const lines: unknown[] = []
  const log = { warn: (event: string, members?: object) => void lines.push([event, members]) }
  await open('kept', 4).recordEvent(payment(1))
  const fewer = shardedLedgers(env.LEDGER, { sizeOfLedger: () => 2, log })('kept')
  expect((await fewer.recordEvent({ ...payment(1), nonce: 'again' })).outcome).toBe('duplicate')
  await fewer.depths(mchid)
  const detail = 'LEDGER_SHARDS is 2 for kept, which has 4 objects: they cannot become fewer'
  expect(lines).toEqual([['ledger keeps its objects', { detail }]])
})

describe('the Worker with LEDGER_SHARDS=4', async () => {
  const sent: Request[] = []
  const simulator = await createSimulator({
    mchid: '1900000444',
    deliver: async (input, init) => {
      sent.push(new Request(input, init))
      return new Response(null, { status: 204 })
    },
  })
  const own = simulator.merchant.mchid
  const jobs: Job[] = []
  const DELIVERIES = { sendBatch: async (all: Iterable<{ body: Job }>) => void jobs.push(...[...all].map(m => m.body)) }
  const given = realEnvironment(simulator, { LEDGER_SHARDS: '4', DELIVERIES })
  const operator = { authorization: `Bearer ${ADMIN}` }
  const admin = async (path: string, init: RequestInit = {}) => {
    const response = await serve(`/admin/merchants/${own}${path}`, given, { ...init, headers: operator })
    return { status: response.status, body: (await response.json()) as never }
  }
  const notify = async (number: number) => {
    const resource = JSON.stringify({
      transaction_id: `42${number}`,
      out_trade_no: `T${number}`,
      trade_state: 'SUCCESS',
    })
    const url = `https://gateway.example/notify/${own}`
    await simulator.notify.send({ api: 'v3', event: 'TRANSACTION.SUCCESS', url, resource })
    for (const request of sent.splice(0)) {
      const init = { method: 'POST', headers: Object.fromEntries(request.headers), body: await request.text() }
      expect((await serve(`/notify/${own}`, given, init)).status).toBe(204)
    }
  }

  test('records, delivers, lists and counts as one ledger does', async () => {
    await shop.forget()
    for (let at = 0; at < 24; at++) await notify(at)
    expect(new Set(jobs.map(({ delivery }) => Math.floor(delivery / 1e12))).size).toBeGreaterThan(2)
    const listed: string[] = []
    let page: string | null = '/events?limit=7'
    while (page) {
      const body: { events: { numbers: { out_trade_no: string } }[]; next: string | null } = (await admin(page)).body
      listed.push(...body.events.map(({ numbers }) => numbers.out_trade_no))
      page = body.next === null ? null : `/events?limit=7&before=${body.next}`
    }
    expect(listed).toEqual(Array.from({ length: 24 }, (_, at) => `T${23 - at}`))
    const messages = jobs.splice(0).map((body, at) => ({ id: String(at), timestamp: new Date(), attempts: 1, body }))
    const context = createExecutionContext()
    await worker.queue(createMessageBatch('wechatpay-edge-deliveries', messages), given, context)
    await waitOnExecutionContext(context)
    expect(await shop.received()).toHaveLength(24)
    const metrics = await (await serve('/metrics', given, { headers: operator })).text()
    expect(metrics).toContain(`wechatpay_edge_notifications_total{mchid="${own}",outcome="recorded"} 24`)
    expect(metrics).toContain(`wechatpay_edge_deliveries_pending{mchid="${own}"} 0`)
    await worker.scheduled({}, given)
    const health = await (await serve('/healthz', given, { headers: operator })).json()
    expect(health).toMatchObject({ status: 'ok' })
  })

  test('streams the events of all objects, and resumes without a loss and without a repetition', async () => {
    const openStream = async (headers: Record<string, string>) =>
      readStream(
        await serve(`/admin/merchants/${own}/events/stream?since=0`, given, {
          headers: { ...operator, accept: 'text/event-stream', ...headers },
        }),
      )
    const first = await openStream({})
    const before = (await first.events(10)) as { data: { webhook_id: string } }[]
    await first.close()
    const second = await openStream({ 'last-event-id': first.lastId })
    const after = (await second.events(14)) as { data: { webhook_id: string } }[]
    await second.close()
    expect(new Set([...before, ...after].map(({ data }) => data.webhook_id)).size).toBe(24)
  })

  test('a number that names an object which the ledger does not have makes none', async () => {
    const names = new Set<string>()
    const LEDGER: DurableObjectNamespace = {
      getByName(name, options) {
        names.add(name)
        return env.LEDGER.getByName(name, options)
      },
    }
    const watching = realEnvironment(simulator, { LEDGER_SHARDS: '4', DELIVERIES, LEDGER })
    const paths = [
      'events/63000000000001',
      'deliveries/999000000000001',
      'deliveries/5000000000001/replay',
      'doubts/7000000000001/dismiss',
    ]
    for (const path of paths) {
      const method = /replay|dismiss/.test(path) ? 'POST' : 'GET'
      const response = await serve(`/admin/merchants/${own}/${path}`, watching, { method, headers: operator })
      expect([path, response.status]).toEqual([path, 404])
    }
    expect([...names].filter(name => name.startsWith(own) && !/^\d+(#[1-3])?$/.test(name))).toEqual([])
    expect([...names]).toContain(own)
  })

  test('a page says which object did not respond, and the next one continues where it stands', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {})
    let isDown = true
    const LEDGER: DurableObjectNamespace = {
      getByName(name, options) {
        const stub = env.LEDGER.getByName(name, options)
        return {
          carryOutAll: calls => stub.carryOutAll(calls),
          carryOut: (...call) =>
            isDown && name.endsWith('#2') ? Promise.reject(new Error('broken')) : stub.carryOut(...call),
        }
      },
    }
    const ask = async (path: string) => {
      const broken = realEnvironment(simulator, { LEDGER_SHARDS: '4', DELIVERIES, LEDGER })
      const response = await serve(`/admin/merchants/${own}${path}`, broken, { headers: operator })
      return (await response.json()) as { events: { seq: number }[]; next: string | null; unavailable?: object[] }
    }
    const first = await ask('/events?limit=100')
    expect(first.unavailable).toEqual([{ shard: 2, detail: 'broken' }])
    expect(first.next).toBe('0.0.*.0')
    isDown = false
    const second = await ask(`/events?limit=100&before=${first.next}`)
    expect(second).toMatchObject({ next: null })
    expect(new Set([...first.events, ...second.events].map(({ seq }) => seq)).size).toBe(24)
    log.mockRestore()
  })

  test('a watch ends with its event, whichever objects have them, and is released when its call is refused', async () => {
    const watched = async () => {
      const response = await serve('/admin/merchants', given, { headers: operator })
      return ((await response.json()) as { merchants: { watched: object }[] }).merchants[0]!.watched
    }
    const refund = { mch_id: own, out_trade_no: 'none', out_refund_no: 'R1', total_fee: 1, refund_fee: 1 }
    const refused = await serve('/v2/secapi/pay/refund', given, json(refund, { authorization: `Bearer ${TOKEN}` }))
    expect(await refused.text()).toContain('FAIL')
    expect(await watched()).toEqual({})
    // By a process that does not know of the objects yet.
    for (let at = 0; at < 8; at++) await open(own, 1).watch({ ...watchOf(100 + at), mchid: own }, Date.now())
    expect(await watched()).toEqual({ 'v3-order': 8 })
    for (let at = 0; at < 8; at++) await notify(100 + at)
    expect(await watched()).toEqual({})
  })
})
