import { expect, test } from 'vitest'
import { openLedgerStore } from '../../../../src/gateway/store/ledger.ts'
import { openDatabase } from '../../../../src/storage/sqlite.ts'

// The order of queries when more are due than a sweep can make: an attacker leaves orders unpaid by the thousand.

const mchid = '1900000109'
const MINUTE = 60_000
const PER_SWEEP = 200

async function createSweeps() {
  const clock = { now: 1_800_000_000_000 }
  const store = openLedgerStore(await openDatabase(':memory:'), () => clock.now)
  const place = (number: string, caller: string, kind = 'v3-order') =>
    store.watch({ mchid, kind, number, query: {}, caller }, clock.now + 5 * MINUTE)
  /** @returns the numbers that were asked for */
  const sweep = (): string[] => {
    clock.now += MINUTE
    const rows = store.claimDueWatches(mchid, PER_SWEEP, clock.now + 2 * MINUTE)
    for (const { id, queries } of rows)
      store.rescheduleQuery(id, clock.now + 5 * MINUTE * 2 ** (queries + 1), { outcome: 'open' })
    return rows.map(({ number }) => number)
  }
  /** @returns minutes until it was asked for */
  const minutesUntil = (number: string): number => {
    for (let minutes = 1; minutes < 1_000; minutes++) if (sweep().includes(number)) return minutes
    return Number.POSITIVE_INFINITY
  }
  return { store, clock, place, sweep, minutesUntil }
}

test('a fresh order is asked for within minutes behind 20,000 abandoned ones of the same caller', async () => {
  const { place, sweep, minutesUntil, clock } = await createSweeps()
  for (let count = 0; count < 20_000; count++) place(`A${count}`, 'shop')
  // They have been asked for a few times each, and most of them are overdue by now.
  for (let minute = 0; minute < 320; minute++) sweep()
  clock.now += 60 * MINUTE
  place('T1', 'shop')
  expect(minutesUntil('T1')).toBeLessThanOrEqual(6)
})

test('a fresh order of one caller waits for no caller that places 1,000 a minute', async () => {
  const { place, sweep, clock } = await createSweeps()
  let count = 0
  const flood = () => {
    for (let more = 0; more < 1_000; more++) place(`A${count++}`, 'attacker')
  }
  for (let minute = 0; minute < 30; minute++) {
    flood()
    sweep()
  }
  place('T1', 'shop')
  const start = clock.now
  for (let minute = 0; minute < 10; minute++) {
    flood()
    if (sweep().includes('T1')) break
  }
  expect((clock.now - start) / MINUTE).toBeLessThanOrEqual(6)
})

test('a refund waits for no thousand orders of its own caller', async () => {
  const { place, sweep, minutesUntil } = await createSweeps()
  for (let count = 0; count < 20_000; count++) place(`A${count}`, 'shop')
  for (let minute = 0; minute < 10; minute++) sweep()
  place('R1', 'shop', 'v3-refund')
  expect(minutesUntil('R1')).toBeLessThanOrEqual(6)
})

test('what has been asked for often keeps a quarter of each sweep, and all of it when nothing is fresh', async () => {
  const { place, sweep, clock } = await createSweeps()
  for (let count = 0; count < 600; count++) place(`A${count}`, 'shop')
  for (let minute = 0; minute < 60; minute++) sweep()
  for (let count = 0; count < 600; count++) place(`B${count}`, 'shop')
  clock.now += 24 * 60 * MINUTE
  const first = sweep()
  expect([first.filter(name => name.startsWith('B')).length, first.length]).toEqual([150, PER_SWEEP])
  for (let minute = 0; minute < 20; minute++) sweep()
  clock.now += 30 * 24 * 60 * MINUTE
  expect(sweep()).toHaveLength(PER_SWEEP)
})
