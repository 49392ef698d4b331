import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { NewEvent } from '../../../src/gateway/store/event/events.ts'
import { openPostgresLedger, type PostgresLedger } from '../../../src/storage/postgres/ledger.ts'
import { freshUrl, openClient } from '../../postgres/schema.ts'

const mchid = '1900000109'
const MINUTE = 60_000
const clock = { now: Date.parse('2026-01-01T00:00:00Z') }
/** Two processes with one ledger. */
let processes: PostgresLedger[]
let url: string
beforeAll(async () => {
  url = freshUrl({ pool: '8' })
  processes = []
  for (let at = 0; at < 2; at++) processes.push(await openPostgresLedger(url, { now: () => clock.now }))
})
afterAll(async () => {
  for (const { close } of processes) await close()
})
beforeEach(async () => {
  clock.now += 24 * 60 * MINUTE
  for (const { ledger } of processes) await ledger.lastSweep()
})

let count = 0
/** Records a delivery that is due in an hour. */
async function recordDelivery(): Promise<number> {
  count++
  const event: NewEvent = {
    mchid,
    api: 'v3',
    id: `EV-${count}`,
    event: 'X',
    resource: '{}',
    subject: null,
    dedupeKey: null,
    source: 'query',
    createdAt: count,
    nonce: null,
    endpoints: ['shop'],
  }
  const { ledger } = processes[0]!
  const [id] = (await ledger.recordEvent(event)).deliveries
  await ledger.recordAttempt(id!, { tries: 0, at: clock.now, ms: 1, status: 500, result: clock.now + 60 * MINUTE })
  return id!
}
/** Calls a method many times at once, in both processes in turn. */
const callTogether = (times: number) =>
  Promise.all(Array.from({ length: times }, (_, at) => processes[at % 2]!.ledger.lastSweep()))
const remaining = async (id: number) => (await processes[0]!.ledger.delivery(mchid, id))!.due_at - clock.now

test('many calls at once after the clock was set back move times back once', async () => {
  const id = await recordDelivery()
  clock.now -= 20 * MINUTE
  await callTogether(10)
  expect(await remaining(id)).toBe(60 * MINUTE)
  await callTogether(10)
  expect(await remaining(id)).toBe(60 * MINUTE)
})

test('a setback to a time after the stored one, which each process notices by its own last call, moves times back once', async () => {
  const id = await recordDelivery()
  // Too early for the time to be stored again.
  clock.now += 50_000
  await callTogether(2)
  clock.now -= 45_000
  await callTogether(10)
  expect(await remaining(id)).toBe(60 * MINUTE - 50_000)
})

test('each of two setbacks moves times back, whichever process notices it', async () => {
  const id = await recordDelivery()
  clock.now -= 10 * MINUTE
  await processes[0]!.ledger.lastSweep()
  clock.now -= 10 * MINUTE
  await processes[1]!.ledger.lastSweep()
  await callTogether(10)
  expect(await remaining(id)).toBe(60 * MINUTE)
})

test('the clock and the write probe have one row each, although many calls write them first at once', async () => {
  const ownUrl = freshUrl({ pool: '8' })
  const own = await openPostgresLedger(ownUrl, { now: () => clock.now })
  await Promise.all(Array.from({ length: 10 }, () => own.ledger.probeWrite()))
  const client = await openClient(ownUrl)
  const { rows } = await client.query(
    'select (select count(*) from clock) as clocks, (select count(*) from write_probe) as probes',
  )
  expect(rows).toEqual([{ clocks: 1, probes: 1 }])
  await client.end()
  await own.close()
})
