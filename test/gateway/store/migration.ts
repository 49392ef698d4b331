import { expect } from 'vitest'
import { openLedgerStore } from '../../../src/gateway/store/ledger.ts'
import type { Sql } from '../../../src/gateway/store/sql.ts'

const mchid = '1900000109'
/** When the ledger of version-1.ts was written. */
const WRITTEN = Date.parse('2026-01-01T00:00:00Z')

/** Expects a ledger of version 1 that this version has opened to be whole. */
export function expectMigrated(sql: Sql): void {
  const clock = { now: WRITTEN + 2000 }
  const store = openLedgerStore(sql, () => clock.now)
  const events = store.events(mchid, { limit: 10 }).reverse()
  expect(events.map(({ id, repeats, resource }) => [id, repeats, resource])).toEqual([
    ['EV-1', 0, '{"n":1}'],
    ['EV-2', 1, '{"n":2}'],
    ['EV-3', 0, '{"n":3}'],
    ['EV-4', 0, '{"n":4}'],
    ['EV-5', 0, '{"n":5}'],
  ])
  // An endpoint that was sent an event gets it again under the id that it knows.
  const ids = events.map(({ webhook_id }) => webhook_id)
  expect([ids[0], ids[1], ids[3]]).toEqual([`evt_${mchid}_1`, `evt_${mchid}_2`, `evt_${mchid}_4`])
  for (const id of [ids[2], ids[4]]) expect(id).toMatch(/^evt_[\da-f]{32}$/)

  const [, tried, untried, dead] = events.map(({ seq }) => store.deliveries(mchid, { seq, limit: 1 })[0]!)
  expect(store.claimDelivery(untried!.id)).toMatchObject({ kind: 'claimed', event: { id: 'EV-3' } })
  expect(store.claimDelivery(tried!.id)).toEqual({ kind: 'later', at: WRITTEN + 5000 })
  expect(store.replayDelivery(mchid, dead!.id)).toBe(true)

  const repeat = {
    mchid,
    api: 'v3' as const,
    id: 'EV-2',
    event: 'TRANSACTION.SUCCESS',
    resource: '{}',
    subject: null,
    dedupeKey: null,
    source: 'notification' as const,
    createdAt: WRITTEN,
    endpoints: [],
  }
  expect(store.recordEvent({ ...repeat, nonce: 'nonce-2-again' }).outcome).toBe('replayed')
  expect(store.recordEvent({ ...repeat, nonce: 'nonce-2' }).outcome).toBe('replayed')
  expect(store.recordEvent({ ...repeat, nonce: 'another' }).outcome).toBe('duplicate')

  expect(store.calls('shop', { limit: 10 }).map(({ id, seq, status }) => [id, seq, status])).toEqual([
    ['C4', 4, null],
    ['C3', 3, 200],
    ['C2', 2, 200],
    ['C1', 1, 200],
  ])
  const call = { caller: 'shop', mchid, method: 'POST', path: '/v3/x', numbers: {}, amount: null, hash: 'h' }
  expect(store.beginCall({ ...call, id: 'N1', key: 'key-3' })).toMatchObject({
    outcome: 'replay',
    response: { body: '{}' },
  })
  expect(store.beginCall({ ...call, id: 'N2', key: 'key-4' })).toEqual({ outcome: 'running' })

  expect(store.depths(mchid).watched).toEqual({ 'v3-order': 1 })
  store.releaseWatch({ mchid, kind: 'v3-order', number: 'C4' })
  expect(store.depths(mchid).watched).toEqual({})
  expect(store.counters()).toMatchObject([{ value: 3 }])
  clock.now += 100 * 24 * 60 * 60 * 1000
  expect(store.purge(clock.now, 100)).toMatchObject({ events: 2 })
}
