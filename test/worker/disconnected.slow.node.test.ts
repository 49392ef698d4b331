import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newNotifications, platform } from '../../bench/gateway/notifications.ts'
import { bundle, SETTING, start } from '../../bench/gateway/workerd.ts'
import type { Message } from '../load/wechatpay.ts'

// In workerd, over HTTP: requests that share calls of the Durable Object, while clients disconnect.

const ADMIN = 'wxe_admin'
const COUNT = 600
const AT_ONCE = 64
const { mchid } = platform.merchant
let folder: string
let gateway: Awaited<ReturnType<typeof start>>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  const token = `sha256:${createHash('sha256').update(ADMIN).digest('hex')}`
  gateway = await start(await bundle('../../worker/index.ts'), folder, { ...SETTING, GATEWAY_ADMIN_TOKEN: token })
})

afterAll(async () => {
  await gateway.stop()
  await rm(folder, { recursive: true, force: true })
})

/** Sends a notification whole, and disconnects before the response or about the time it comes. */
async function sendAndDisconnect({ headers, body }: Message, after: number): Promise<void> {
  const { hostname, port, host } = new URL(gateway.url)
  const socket = connect(Number(port), hostname).on('error', () => {})
  const all = { Host: host, 'Content-Length': String(Buffer.byteLength(body)), ...headers }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`)
  socket.write(`POST /notify/${mchid} HTTP/1.1\r\n${lines.join('')}\r\n${body}`)
  await new Promise(resolve => setTimeout(resolve, after))
  socket.destroy()
  await once(socket, 'close')
}

/** Lists how often each event is recorded, by its id. */
async function countRecorded(): Promise<Map<string, number>> {
  const counts = new Map<string, number>()
  for (let before = ''; ; ) {
    const url = `${gateway.url}/admin/merchants/${mchid}/events?limit=100${before}`
    const response = await fetch(url, { headers: { Authorization: `Bearer ${ADMIN}` } })
    const { events, next } = (await response.json()) as { events: { id: string }[]; next: string | null }
    for (const { id } of events) counts.set(id, (counts.get(id) ?? 0) + 1)
    if (next === null) return counts
    before = `&before=${next}`
  }
}

test('whoever disconnects takes no other notification along: each is acknowledged, and recorded once', async () => {
  const messages = await newNotifications(COUNT)
  const isAcknowledged = (at: number) => at % 3 > 0
  let next = 0
  const sendAll = async (): Promise<void> => {
    while (next < COUNT) {
      const at = next++
      await (isAcknowledged(at) ? gateway.act(messages[at]!) : sendAndDisconnect(messages[at]!, at % 16))
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, sendAll))
  const recorded = await countRecorded()
  const ids = messages.map(({ body }) => (JSON.parse(body) as { id: string }).id)
  const acknowledged = ids.filter((_, at) => isAcknowledged(at))
  expect(acknowledged.filter(id => recorded.get(id) !== 1)).toEqual([])
  expect([...recorded.values()].filter(count => count > 1)).toEqual([])
})
