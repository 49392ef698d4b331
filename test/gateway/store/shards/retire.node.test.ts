import { expect, test } from 'vitest'
import type { NewEvent } from '../../../../src/gateway/store/event/events.ts'
import { retireLayouts } from '../../../../src/gateway/store/shards/sharded-ledger.ts'
import { createShards, type ShardStage } from './stage.ts'

const mchid = '1900000109'
const DAY = 24 * 60 * 60 * 1000
const eventOf = (number: number): NewEvent => ({
  mchid,
  api: 'v3',
  id: `EV-${number}`,
  event: 'TRANSACTION.SUCCESS',
  resource: '{}',
  subject: `transaction_id/${number}`,
  dedupeKey: `TRANSACTION.SUCCESS/transaction_id/${number}`,
  source: 'notification',
  createdAt: number,
  nonce: null,
  endpoints: ['shop'],
})
/** Deletes what is older than 90 days, in each shard as its alarm does. */
function purge({ databases, clock }: ShardStage): void {
  for (const database of databases) {
    database.run('delete from event where received_at < ?', clock.now - 90 * DAY)
    database.run('delete from delivery where seq not in (select seq from event)')
  }
}
const epochOf = ({ databases: [first] }: ShardStage) =>
  first!.run<{ sizes: string }>('select sizes from layout')[0]?.sizes
/** The shards that recording one event calls. */
async function callsFor(stage: ShardStage, number: number): Promise<string[]> {
  const ledger = stage.open(4)
  await ledger.depths(mchid)
  stage.calls.length = 0
  await ledger.recordEvent(eventOf(number))
  return stage.calls.map(([, method]) => method)
}
/** An event that goes to another shard than it did while there was one. */
const ELSEWHERE = 3

test('earlier places are asked until nothing is left in them, and then no longer', async () => {
  const stage = await createShards(4)
  await stage.open().recordEvent(eventOf(1))
  expect(await callsFor(stage, ELSEWHERE)).toEqual(['holdsEvent', 'recordEvent'])
  const check = async () => {
    const ledger = stage.open(4)
    await ledger.depths(mchid)
    await retireLayouts(ledger)
    return epochOf(stage)
  }
  expect(await check()).toBe('[1,4]')
  stage.clock.now += 60 * DAY
  // The events that were recorded since in shard 0, where they belong, do not matter.
  for (let at = 10; at < 30; at++) await stage.open(4).recordEvent(eventOf(at))
  stage.clock.now += 31 * DAY
  expect(await check()).toBe('[1,4]')
  purge(stage)
  expect(await check()).toBe('[4]')
  expect(await callsFor(stage, 100)).toEqual(['recordEvent'])
  // A process that still knows of the earlier places asks them, and both agree.
  for (let at = 10; at < 30; at++) expect((await stage.open().recordEvent(eventOf(at))).outcome).toBe('duplicate')
})

test('an event that joined an earlier one of its subject keeps the earlier place in use', async () => {
  const stage = await createShards(4)
  await stage.open().recordEvent(eventOf(ELSEWHERE))
  stage.clock.now += 60 * DAY
  const later = { ...eventOf(7), subject: `transaction_id/${ELSEWHERE}` }
  const { seq } = await stage.open(4).recordEvent(later)
  expect(seq).toBeLessThan(1e12)
  stage.clock.now += 60 * DAY
  purge(stage)
  const ledger = stage.open(4)
  await ledger.depths(mchid)
  await retireLayouts(ledger)
  expect(epochOf(stage)).toBe('[1,4]')
  expect((await ledger.recordEvent(later)).outcome).toBe('duplicate')
})

test('a ledger that grows while one process finds its places empty keeps the new ones', async () => {
  const stage = await createShards(8)
  const ledger = stage.open(2)
  await ledger.depths(mchid)
  stage.before = async (_, method) => {
    if (method !== 'retire') return
    stage.before = () => {}
    await stage.open(2).recordEvent(eventOf(1))
    await stage.open(8).depths(mchid)
  }
  await retireLayouts(ledger)
  expect(epochOf(stage)).toBe('[1,2,8]')
})
