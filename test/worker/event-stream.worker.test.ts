import { env } from 'cloudflare:workers'
import { expect, test } from 'vitest'
import { createSimulator } from '../../src/simulator/index.ts'
import type { DurableObjectNamespace } from '../../worker/bindings.ts'
import { ledgerOf } from '../../worker/ledger-calls.ts'
import { type OpenStream, readStream } from '../gateway/admin/read-stream.ts'
import { ADMIN, realEnvironment, serve, TOKEN } from './real.ts'

const simulator = await createSimulator({})
const { mchid } = simulator.merchant
const given = realEnvironment(simulator)
const path = `/admin/merchants/${mchid}/events/stream`
const ledger = ledgerOf(env.LEDGER as unknown as DurableObjectNamespace)(mchid)

const record = (out_trade_no: string) =>
  ledger.recordEvent({
    mchid,
    api: 'v3',
    id: `EV-${out_trade_no}`,
    event: 'TRANSACTION.SUCCESS',
    resource: JSON.stringify({ out_trade_no, transaction_id: `42${out_trade_no}`, payer: { openid: 'oUpF8' } }),
    subject: null,
    dedupeKey: null,
    source: 'notification',
    createdAt: Date.now(),
    nonce: null,
    endpoints: [],
  })

async function open(headers: Record<string, string> = {}, query = ''): Promise<OpenStream> {
  const authorization = `Bearer ${ADMIN}`
  const response = await serve(path + query, given, {
    headers: { accept: 'text/event-stream', authorization, ...headers },
  })
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'text/event-stream; charset=utf-8'])
  return readStream(response)
}
const numbersOf = (messages: { data: { numbers: object } }[]) => messages.map(({ data }) => data.numbers)

test('streams the events of a Durable Object, and resumes after a lost connection', async () => {
  const first = await open()
  expect(await first.next()).toMatchObject({ event: 'position' })
  await record('T1')
  expect(numbersOf(await first.events(1))).toEqual([{ out_trade_no: 'T1', transaction_id: '42T1' }])
  await first.close()
  await record('T2')
  const second = await open({ 'last-event-id': first.lastId })
  expect(numbersOf(await second.events(1))).toEqual([{ out_trade_no: 'T2', transaction_id: '42T2' }])
  await second.close()
})

test('finds an event of a Durable Object by its number', async () => {
  await record('T3')
  const response = await serve(`/admin/merchants/${mchid}/events?number=42T3`, given, {
    headers: { authorization: `Bearer ${ADMIN}` },
  })
  const text = await response.text()
  expect(JSON.parse(text).events).toMatchObject([{ numbers: { out_trade_no: 'T3' } }])
  expect(text).not.toContain('oUpF8')
})

test('is closed to strangers and to the token of a caller', async () => {
  const statusOf = async (headers: Record<string, string>) =>
    (await serve(path, given, { headers: { accept: 'text/event-stream', ...headers } })).status
  expect(await statusOf({})).toBe(401)
  expect(await statusOf({ authorization: `Bearer ${TOKEN}` })).toBe(403)
})
