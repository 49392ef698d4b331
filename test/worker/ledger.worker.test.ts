import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { describe, expect, test } from 'vitest'
import type { NewEvent } from '../../src/gateway/store/event/events.ts'
import { sqlOf } from '../../worker/ledger.ts'
import { ledgerOf } from '../../worker/ledger-calls.ts'
import { expectMigrated } from '../gateway/store/migration.ts'
import { VERSION_1 } from '../gateway/store/version-1.ts'

// In workerd, in the Durable Objects of wrangler.toml.
const mchid = '1900000109'
const DAY = 24 * 60 * 60 * 1000
const stubOf = (name: string) => env.LEDGER.getByName(name)
const ledger = ledgerOf(env.LEDGER)
const eventOf = (id: string): NewEvent => ({
  mchid,
  api: 'v3',
  id,
  event: 'TRANSACTION.SUCCESS',
  resource: '{}',
  subject: null,
  dedupeKey: null,
  source: 'notification',
  createdAt: 1,
  nonce: null,
  endpoints: [],
})
const callOf = (id: string) => ({
  id,
  caller: 'shop',
  mchid,
  method: 'POST',
  path: '/v3/x',
  numbers: {},
  amount: null,
  key: null,
  hash: null,
})

test('in a Durable Object: what version 1 has written is brought forward, and nothing of it is lost', () =>
  runInDurableObject(stubOf('old'), (_, state) => {
    const sql = sqlOf(state)
    const tables = sql.run<{ name: string }>(
      "select name from sqlite_master where type = 'table' and name not like '\\_%' escape '\\' and name not like 'sqlite%'",
    )
    for (const { name } of tables) sql.run(`drop table ${name}`)
    for (const statement of VERSION_1) sql.run(statement)
    expectMigrated(sql)
  }))

test('two Durable Objects of one merchant, the second built anew, give no id to two events', async () => {
  const [one, other] = [ledger('first'), ledger('second')]
  for (const id of ['A', 'B', 'C']) await one.recordEvent(eventOf(id))
  for (const id of ['X', 'Y', 'Z']) await other.recordEvent(eventOf(id))
  const rows = [...(await one.events(mchid, { limit: 10 })), ...(await other.events(mchid, { limit: 10 }))]
  expect(new Set(rows.map(({ webhook_id }) => webhook_id)).size).toBe(6)
})

test("a Durable Object that is restarted knows what a caller's rate has left", async () => {
  const name = 'caller/rated'
  const rate = { max: 2, seconds: 86_400 }
  const take = () => ledger(name).takeToken('rated', rate)
  expect([await take(), await take()]).toEqual([0, 0])
  await runInDurableObject(stubOf(name), (_, state) => state.abort('a restart')).catch(() => {})
  expect(await take()).toBeGreaterThan(43_000_000)
})

describe('the retention of a Durable Object', () => {
  /** Makes everything in a ledger older. */
  const age = (name: string, days: number) =>
    runInDurableObject(stubOf(name), (_, { storage }) => {
      storage.sql.exec(
        'update event set received_at = received_at - ?1, retained_since = retained_since - ?1',
        days * DAY,
      )
      storage.sql.exec('update call set at = at - ?', days * DAY)
    })
  const alarmOf = (name: string) => runInDurableObject(stubOf(name), (_, { storage }) => storage.getAlarm())

  test("holds for a caller's ledger, which nobody sweeps and which may be configured no longer", async () => {
    const name = 'caller/gone'
    for (const id of ['1', '2']) await ledger(name).beginCall(callOf(id))
    const first = await alarmOf(name)
    expect(first! - Date.now()).toBeLessThanOrEqual(DAY)
    await age(name, 89)
    expect(await runDurableObjectAlarm(stubOf(name))).toBe(true)
    expect(await ledger(name).calls('shop', { limit: 10 })).toHaveLength(2)
    expect(await alarmOf(name)).not.toBe(null)
    await age(name, 2)
    await runDurableObjectAlarm(stubOf(name))
    expect(await ledger(name).calls('shop', { limit: 10 })).toEqual([])
  })

  test('rests when nothing is left, and begins again with what is written next', async () => {
    const name = 'caller/rests'
    await ledger(name).beginCall(callOf('1'))
    await age(name, 91)
    await runDurableObjectAlarm(stubOf(name))
    expect(await alarmOf(name)).toBe(null)
    await ledger(name).calls('shop', { limit: 1 })
    expect(await alarmOf(name)).toBe(null)
    await ledger(name).beginCall(callOf('2'))
    expect(await alarmOf(name)).not.toBe(null)
  })

  test("deletes thousands of a merchant's events at once, batch by batch", async () => {
    const name = 'thousands'
    await ledger(name).recordEvent(eventOf('newest'))
    await age(name, 1)
    await runInDurableObject(stubOf(name), (_, { storage }) => {
      storage.sql.exec(
        `with recursive n(i) as (select 1 union all select i + 1 from n where i < 4000)
         insert into event (mchid, id, api, event, resource, source, created_at, received_at, retained_since, nonces)
         select ?, 'old-' || i, 'v3', 'X', '{}', 'notification', 1, 1, 1, '[]' from n`,
        mchid,
      )
    })
    await runDurableObjectAlarm(stubOf(name))
    expect((await ledger(name).events(mchid, { limit: 10 })).map(({ id }) => id)).toEqual(['newest'])
  })
})
