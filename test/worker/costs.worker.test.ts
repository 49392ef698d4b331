import { createExecutionContext, createMessageBatch, waitOnExecutionContext } from 'cloudflare:test'
import { expect, inject, test, vi } from 'vitest'
import worker, { type Env } from '../../worker/index.ts'
import readme from '../../worker/README.md?raw'
import { countingBindings } from './costs.ts'
import { ADMIN, json, SECRET, serve, shop, TOKEN, TOKENS } from './real.ts'
import type { SentNotification, SimulatedWechatpay } from './wechatpay.ts'

const response = await fetch(inject('wechatpay'), { method: 'POST' })
const { url, environment } = (await response.json()) as SimulatedWechatpay
const mchid = environment.WECHATPAY_MCHID!
const control = (path: string, body?: object) => fetch(`${url}/simulator${path}`, body && json(body))
const sent = async () => (await (await fetch(`${url}/sent`)).json()) as SentNotification[]

/** A payment from its order to the shop, each step in an invocation of its own. */
async function pay(given: Env, waiting: unknown[], out_trade_no: string): Promise<void> {
  const { appid } = (await (await control('')).json()) as { appid: string }
  const order = {
    ...{ mchid, appid, out_trade_no, description: 'd', amount: { total: 1 } },
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

/** Milliseconds after which whatever a ledger has counted is written. */
const WRITTEN = 5_200

test('a payment costs what worker/README.md says, with at most six Durable Object requests', async () => {
  await sent()
  await shop.forget()
  const { bindings, costs, waiting, reset } = countingBindings()
  const given = {
    ...environment,
    ...TOKENS,
    GATEWAY_LOG: 'warn',
    WEBHOOK_URL: shop.url,
    WEBHOOK_SECRET: SECRET,
    WEBHOOK_ALLOW_PRIVATE: 'true',
    ...bindings,
  } as unknown as Env
  // The first one makes the tables and the counters.
  await pay(given, waiting, 'cost-1')
  await new Promise(resolve => setTimeout(resolve, WRITTEN))
  reset()
  await pay(given, waiting, 'cost-2')
  await new Promise(resolve => setTimeout(resolve, WRITTEN))
  expect(costs.requests).toEqual(['begin', 'watch', 'end', 'record', 'claim', 'settle'])
  const alone = { ...costs, requests: costs.requests.length }
  reset()
  for (const at of [3, 4, 5, 6]) await pay(given, waiting, `cost-${at}`)
  const busy = Math.round(costs.rowsWritten / 4)
  expect(await shop.received()).toHaveLength(6)
  reset()
  for (const name of [mchid, 'caller/default'])
    await bindings.LEDGER!.getByName(name).carryOut('purge', [Number.MAX_SAFE_INTEGER, 100])
  const deleted = Math.round(costs.rowsWritten / 6)
  const documented = (what: string) => new RegExp(`\\| ${what} \\| ([^|]+) \\| \\$`).exec(readme)?.[1]
  expect({
    requests: documented('Durable Object requests'),
    rowsWritten: documented('rows written'),
    rowsRead: documented('rows read'),
    queueOperations: documented('queue operations'),
    kvOperations: documented('KV operations'),
  }).toEqual({
    requests: String(alone.requests),
    rowsWritten: `${alone.rowsWritten}, ${busy} where many come at once; ${deleted} when they are deleted`,
    rowsRead: String(alone.rowsRead),
    queueOperations: String(alone.queueOperations),
    kvOperations: String(alone.kvOperations),
  })
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
  expect(costs.requests.slice(start)).toEqual(['add'])
  const after = await metrics()
  const grown = Object.values(series).map(name => countOf(after, name) - countOf(before, name))
  expect(grown).toEqual([1, 1, 50])
})
