import { createExecutionContext, createMessageBatch, runInDurableObject, waitOnExecutionContext } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { expect, inject, test, vi } from 'vitest'
import worker, { type Env } from '../../worker/index.ts'
import readme from '../../worker/README.md?raw'
import { countingBindings, monthlyBill, OBJECT_MEMORY, type Use } from './costs.ts'
import { ADMIN, json, SECRET, serve, shop, TOKEN, TOKENS } from './real.ts'
import type { SentNotification, SimulatedWechatpay } from './wechatpay.ts'

const response = await fetch(inject('wechatpay'), { method: 'POST' })
const { url, environment } = (await response.json()) as SimulatedWechatpay
const mchid = environment.WECHATPAY_MCHID!
const control = (path: string, body?: object) => fetch(`${url}/simulator${path}`, body && json(body))
const sent = async () => (await (await fetch(`${url}/sent`)).json()) as SentNotification[]

/**
 * Payments of which the one that writes the fewest rows counts: the first makes the tables, and each that is the first in a bucket of
 * the durations writes a row for its counter.
 */
const WARM_UP = 5

/** A payment from its order to the shop, each step in an invocation of its own. */
async function pay(given: Env, waiting: unknown[], out_trade_no: string): Promise<void> {
  const { appid } = (await (await control('')).json()) as { appid: string }
  const order = {
    mchid,
    appid,
    out_trade_no,
    description: 'd',
    amount: { total: 1 },
    notify_url: `https://gateway.example/notify/${mchid}`,
  }
  const placed = await serve('/v3/pay/transactions/native', given, json(order, { Authorization: `Bearer ${TOKEN}` }))
  expect([placed.status, await placed.text()]).toEqual([200, expect.stringContaining('code_url')])
  await control('/pay', { out_trade_no })
  await control('/settle', {})
  for (const { headers, body } of await sent())
    expect((await serve(`/notify/${mchid}`, given, { method: 'POST', headers, body })).status).toBe(204)
  const context = createExecutionContext()
  const messages = waiting.splice(0).map((body, at) => ({ id: String(at), timestamp: new Date(), attempts: 1, body }))
  await worker.queue(createMessageBatch('deliveries', messages) as never, given, context)
  await waitOnExecutionContext(context)
}

/** Milliseconds after which whatever a ledger has gathered is written. */
const WRITTEN = 5_200
const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms))
const costTables = readme.slice(readme.indexOf('### Costs'))
/** Reads the number in a line of the table of costs. */
const documented = (what: string): number => {
  const [, text = ''] = new RegExp(`\\| ${what} \\| ([\\d.,]+)`).exec(costTables) ?? []
  return Number(text.replaceAll(',', ''))
}
const sizeOf = (name: string): Promise<number> =>
  runInDurableObject(env.LEDGER.getByName(name), (_, { storage: { sql } }) =>
    Number((sql as { databaseSize?: number }).databaseSize),
  )

test('a payment costs what worker/README.md says, with at most six Durable Object requests and no timer', async () => {
  await sent()
  await shop.forget()
  const { bindings, costs, waiting, reset } = countingBindings()
  const given = {
    ...environment,
    ...TOKENS,
    GATEWAY_LOG: 'info',
    WEBHOOK_URL: shop.url,
    WEBHOOK_SECRET: SECRET,
    WEBHOOK_ALLOW_PRIVATE: 'true',
    ...bindings,
  } as unknown as Env
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const paid: {
    rowsWritten: number
    rowsRead: number
    queueOperations: number
    kvOperations: number
    requests: number
  }[] = []
  let logLines = 0
  for (let at = 0; at < WARM_UP; at++) {
    reset()
    log.mockClear()
    await pay(given, waiting, `cost-${at}`)
    logLines = log.mock.calls.length
    await pause(1_000)
    if (at === 0) continue
    expect(costs.requests).toEqual(['beginCall', 'watch', 'endCall', 'recordEvent', 'claimDelivery', 'recordAttempt'])
    // A timer would keep the object in memory for seconds, which are paid for.
    expect(costs.timers).toBe(0)
    paid.push({ ...costs, requests: costs.requests.length })
  }
  const payment = paid.reduce((least, other) => (other.rowsWritten < least.rowsWritten ? other : least))
  reset()
  await worker.scheduled({}, given)
  reset()
  await worker.scheduled({}, given)
  await pause(1_000)
  expect(costs.requests).toEqual(['takeLostDeliveries', 'claimDueWatches', 'recordSweep'])
  expect(costs.timers).toBe(0)
  const idle = { ...costs, requests: costs.requests.length }
  const ledgers = [mchid, 'caller/default']
  const sizes = async () => (await Promise.all(ledgers.map(sizeOf))).reduce((sum, size) => sum + size, 0)
  const [before, many] = [await sizes(), 40]
  const answering: number[] = []
  for (let at = 0; at < many; at++) {
    reset()
    await pay(given, waiting, `cost-${100 + at}`)
    answering.push(costs.answering)
  }
  // Other programs slow some payments down, but not all of them.
  expect(Math.min(...answering)).toBeLessThan(1_000 * documented('seconds that Durable Objects are active'))
  const bytes = ((await sizes()) - before) / many
  expect(await shop.received()).toHaveLength(WARM_UP + many)
  log.mockRestore()
  reset()
  for (const name of ledgers) await bindings.LEDGER!.getByName(name).carryOut('purge', [Number.MAX_SAFE_INTEGER, 100])
  const deleted = Math.round(costs.rowsWritten / (WARM_UP + many))
  expect({
    requests: documented('Durable Object requests'),
    written: documented('rows written'),
    read: documented('rows read'),
    queueOperations: documented('queue operations'),
    kvOperations: documented('KV operations'),
    logLines: documented('log lines'),
    idle: [documented('idle: Durable Object requests'), documented('idle: rows written')],
  }).toEqual({
    requests: payment.requests,
    written: payment.rowsWritten + deleted,
    read: payment.rowsRead,
    queueOperations: payment.queueOperations,
    kvOperations: payment.kvOperations,
    logLines,
    idle: [idle.requests, idle.rowsWritten],
  })
  // Pages of 4 KB are coarse.
  const kilobytes = documented('KB in the ledger')
  expect(bytes / 1_000 / kilobytes).toBeGreaterThan(0.7)
  expect(bytes / 1_000 / kilobytes).toBeLessThan(1.3)
})

const use = (what: Partial<Use>): Use => ({
  workerRequests: 0,
  cpuMilliseconds: 0,
  objectRequests: 0,
  gigabyteSeconds: 0,
  rowsWritten: 0,
  rowsRead: 0,
  bytes: 0,
  queueOperations: 0,
  logLines: 0,
  ...what,
})

test.each([
  ['10,000', 1e4, 90],
  ['100,000', 1e5, 90],
  ['1 million', 1e6, 90],
  ['10 million', 1e7, 15],
])('what %s payments a month cost follows from these and from the prices', (name, payments, days) => {
  const payment = use({
    workerRequests: documented('Worker requests'),
    cpuMilliseconds: documented('milliseconds of CPU'),
    objectRequests: documented('Durable Object requests'),
    gigabyteSeconds: documented('seconds that Durable Objects are active') * OBJECT_MEMORY,
    rowsWritten: documented('rows written'),
    rowsRead: documented('rows read'),
    bytes: documented('KB in the ledger') * 1_000,
    queueOperations: documented('queue operations'),
    logLines: documented('log lines'),
  })
  const idle = use({
    workerRequests: 1,
    objectRequests: documented('idle: Durable Object requests'),
    rowsWritten: documented('idle: rows written'),
  })
  const [, total] = new RegExp(`^\\| ${name} \\| \\$([\\d.]+)`, 'm').exec(costTables) ?? []
  expect(total).toBe(monthlyBill(payments, payment, idle, days).toFixed(2))
})

test('where payments come densely counts are gathered, and fewer rows are written', async () => {
  const { bindings, costs } = countingBindings()
  const ledger = bindings.LEDGER!.getByName('dense')
  const grown = (by: number) => ledger.carryOut('addCounts', [[{ name: 'x', labels: {}, by }]])
  await grown(1)
  costs.rowsWritten = 0
  for (let turn = 0; turn < 100; turn++) await grown(1)
  await pause(WRITTEN)
  expect(costs.timers).toBeGreaterThan(0)
  expect(costs.rowsWritten).toBeLessThan(20)
  expect(await ledger.carryOut('counters', [])).toEqual([{ name: 'x', labels: {}, value: 101 }])
})

test('the counts that ride along are in /metrics, each once, and forged notifications cost no request each', async () => {
  const { bindings, costs, waiting } = countingBindings()
  const given = { ...environment, ...TOKENS, GATEWAY_LOG: 'warn', ...bindings } as unknown as Env
  const metrics = async () => {
    const page = await serve('/metrics', given, { headers: { Authorization: `Bearer ${ADMIN}` } })
    return (await page.text()).split('\n')
  }
  const countOf = (lines: string[], start: string) =>
    lines.filter(line => line.startsWith(start)).reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0)
  const series = {
    recorded: `wechatpay_edge_notifications_total{mchid="${mchid}",outcome="recorded"}`,
    calls: 'wechatpay_edge_calls_total{api="v3",caller="default"',
    forged: `wechatpay_edge_notifications_total{mchid="${mchid}",outcome="forged"}`,
  }
  const before = await metrics()
  await pay(given, waiting, 'counted-1')
  const start = costs.requests.length
  const forged = json({ id: 'x' }, { 'wechatpay-signature': 'AAAA', 'wechatpay-serial': 'x', 'wechatpay-nonce': 'n' })
  const log = vi.spyOn(console, 'log').mockImplementation(() => {})
  const answers = await Promise.all(Array.from({ length: 50 }, () => serve(`/notify/${mchid}`, given, forged)))
  log.mockRestore()
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]))
  expect(costs.requests.slice(start)).toEqual(['addCounts'])
  const after = await metrics()
  const grown = Object.values(series).map(name => countOf(after, name) - countOf(before, name))
  expect(grown).toEqual([1, 1, 50])
})
