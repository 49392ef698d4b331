import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { Wechatpay } from '../../src/core/index.ts'
import { openGateway } from '../../src/server/index.ts'
import { openDatabase } from '../../src/storage/sqlite.ts'
import { localLedger } from '../../src/storage/sqlite-ledger.ts'

const mchid = '1900000109'
const SECRET = `whsec_${btoa('0123456789abcdef0123456789abcdef')}`
const EVENTS = 200
/** Deliveries to one endpoint at a time, if there is one endpoint. */
const CONCURRENCY = 64

/** Starts an endpoint that counts what it receives, and the connections over which that comes. */
async function startEndpoint() {
  const seen = { connections: 0, ids: new Set<string>() }
  // It closes no connection that is idle for a while, which another one would replace.
  const server = createServer({ keepAliveTimeout: 0 }, (incoming, outgoing) => {
    incoming.resume().once('end', () => {
      seen.ids.add(String(incoming.headers['webhook-id']))
      outgoing.end('received')
    })
  })
  server.on('connection', () => seen.connections++)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })
  return { seen, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` }
}

/** Writes events to a ledger that no gateway has open, each with a delivery that is due. */
async function recordEvents(data: string): Promise<void> {
  const database = await openDatabase(data)
  const ledger = localLedger(database, Date.now)
  const recording = Array.from({ length: EVENTS }, (_, at) =>
    ledger.recordEvent({
      mchid,
      api: 'v3',
      id: `EV-${at}`,
      event: 'transaction-success',
      resource: '{}',
      subject: null,
      dedupeKey: null,
      source: 'notification',
      createdAt: Date.now(),
      nonce: `nonce-${at}`,
      endpoints: ['shop'],
    }),
  )
  await Promise.all(recording)
  await database.close()
}

test('deliveries share as many connections as are made at a time, however many there are', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'wechatpay-edge-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const data = join(folder, 'gateway.db')
  await recordEvents(data)
  const { seen, url } = await startEndpoint()
  const gateway = await openGateway({
    merchants: { [mchid]: new Wechatpay({ mchid, apiv2Key: '0'.repeat(32) }) },
    callers: [],
    endpoints: [{ name: 'shop', url, events: ['*'], secrets: [SECRET], allowPrivate: true }],
    data,
  })
  onTestFinished(gateway.close)
  await vi.waitFor(() => expect(seen.ids.size).toBe(EVENTS), { timeout: 20_000, interval: 20 })
  expect(seen.connections).toBeLessThanOrEqual(CONCURRENCY)
})
