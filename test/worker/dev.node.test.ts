import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { freePort } from '../free-port.ts'

// `npx wrangler dev` as it is, with the demo: workerd gives each invocation a context of its own here, and a promise that
// another invocation has begun may never settle.

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
const TIMEOUT = 120_000
const delivered: string[] = []
let folder: string
let gateway: string
let shopPort: number
let shop: Server | undefined
let dev: ChildProcess

async function openShop(): Promise<void> {
  shop = createServer(async (incoming, outgoing) => {
    delivered.push(JSON.parse(await text(incoming)).data.resource.out_trade_no)
    outgoing.writeHead(204).end()
  })
  await once(shop.listen(shopPort, '127.0.0.1'), 'listening')
}

const call = async (path: string, body?: object): Promise<Response> => {
  const post = { method: 'POST', body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }
  const response = await fetch(gateway + path, { ...(body && post), signal: AbortSignal.timeout(20_000) })
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
  return response
}

async function pay(number: string): Promise<void> {
  const { mchid, appid } = (await (await call('/simulator')).json()) as { mchid: string; appid: string }
  const notify_url = `https://gateway.example/notify/${mchid}`
  await call('/checkout/native', { appid, out_trade_no: number, description: '茶', amount: { total: 1 }, notify_url })
  // The shopper takes a moment. What the order has begun in the background is over.
  await new Promise(resolve => setTimeout(resolve, 300))
  await call('/simulator/pay', { out_trade_no: number })
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-dev-'))
  shopPort = await freePort()
  const port = await freePort()
  gateway = `http://127.0.0.1:${port}`
  const variables = ['SIMULATE:true', `SIMULATE_WEBHOOK_URL:http://127.0.0.1:${shopPort}/`]
  const flags = ['--port', String(port), '--inspector-port', String(await freePort()), '--persist-to', folder]
  const wrangler = join(ROOT, 'node_modules/.bin/wrangler')
  dev = spawn(
    wrangler,
    ['dev', ...flags, '--show-interactive-dev-session=false', ...variables.flatMap(one => ['--var', one])],
    {
      cwd: ROOT,
      stdio: 'ignore',
      env: { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' },
      detached: true,
    },
  )
  await vi.waitUntil(() => call('/simulator').catch(() => undefined), { timeout: TIMEOUT, interval: 300 })
}, TIMEOUT)

afterAll(async () => {
  // wrangler and workerd: the group that was begun here.
  if (dev?.pid) process.kill(-dev.pid, 'SIGTERM')
  shop?.close()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

test(
  'three of three payments are delivered, though nobody answered at SIMULATE_WEBHOOK_URL at first, and the cron returns',
  async () => {
    for (const number of ['payment-1', 'payment-2', 'payment-3']) await pay(number)
    // The attempts that find nobody.
    await new Promise(resolve => setTimeout(resolve, 3_000))
    await openShop()
    await pay('payment-4')
    await vi.waitUntil(() => new Set(delivered).size === 4, { timeout: 120_000, interval: 200 })
    expect((await call('/cdn-cgi/handler/scheduled')).status).toBe(200)
  },
  TIMEOUT,
)

test(
  'a client that leaves at once does not keep the payment that it caused from the shop',
  async () => {
    const { mchid, appid } = (await (await call('/simulator')).json()) as { mchid: string; appid: string }
    const notify_url = `https://gateway.example/notify/${mchid}`
    await call('/checkout/native', {
      appid,
      out_trade_no: 'payment-5',
      description: '茶',
      amount: { total: 1 },
      notify_url,
    })
    const leaving = new AbortController()
    const left = fetch(`${gateway}/simulator/pay`, {
      method: 'POST',
      body: JSON.stringify({ out_trade_no: 'payment-5' }),
      headers: { 'content-type': 'application/json' },
      signal: leaving.signal,
    }).catch(() => {})
    setTimeout(() => leaving.abort(), 20)
    await left
    await vi.waitUntil(() => delivered.includes('payment-5'), { timeout: 120_000, interval: 200 })
  },
  TIMEOUT,
)
