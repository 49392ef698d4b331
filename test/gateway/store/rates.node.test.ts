import fc from 'fast-check'
import { expect, test } from 'vitest'
import { openLedgerStore } from '../../../src/gateway/store/ledger.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'

/** A ledger that can be opened anew, as after a deploy, and the rows that it has written. */
async function reopenable() {
  const database = await openDatabase(':memory:')
  const clock = { now: 1_800_000_000_000 }
  const open = () => openLedgerStore(database, () => clock.now)
  const changes = () => database.run<{ count: number }>('select total_changes() as count')[0]!.count
  return { clock, open, changes }
}

test('a ledger that is opened anew knows what a caller has taken of a long window, and lets flow in what it missed', async () => {
  const { clock, open } = await reopenable()
  const rate = { max: 2, seconds: 86_400 }
  const first = open()
  expect([first.takeToken('shop', rate), first.takeToken('shop', rate), first.takeToken('shop', rate)]).toEqual([
    0, 0, 43_200_000,
  ])
  clock.now += 15_000
  expect([open().takeToken('shop', rate), open().takeToken('books', rate)]).toEqual([43_185_000, 0])
  clock.now += 43_185_000
  const later = open()
  expect([later.takeToken('shop', rate), later.takeToken('shop', rate)]).toEqual([0, 43_200_000])
})

test('a clock that was set back by a day holds no caller back for a day', async () => {
  const { clock, open } = await reopenable()
  const rate = { max: 1, seconds: 60 }
  expect(open().takeToken('shop', rate)).toBe(0)
  clock.now -= 86_400_000
  expect(open().takeToken('shop', rate)).toBe(60_000)
  clock.now += 60_000
  expect(open().takeToken('shop', rate)).toBe(0)
})

test('a caller gets no more than the bucket and what flows in, however often the ledger is opened anew', async () => {
  const step = fc.record({ ms: fc.integer({ min: 0, max: 40_000 }), isOpened: fc.boolean() })
  const rates = fc.record({ max: fc.integer({ min: 1, max: 300 }), seconds: fc.integer({ min: 11, max: 5_000 }) })
  await fc.assert(
    fc.asyncProperty(rates, fc.array(step, { maxLength: 120 }), async (rate, steps) => {
      const { clock, open } = await reopenable()
      const start = clock.now
      let store = open()
      let taken = 0
      for (const { ms, isOpened } of steps) {
        clock.now += ms
        if (isOpened) store = open()
        while (store.takeToken('shop', rate) === 0) taken++
      }
      const elapsed = (clock.now - start) / 1000
      expect(taken).toBeLessThanOrEqual(rate.max + (elapsed * rate.max) / rate.seconds + 0.001)
    }),
    { numRuns: 60 },
  )
})

test('a caller who takes its time gets all that flows in, although the ledger has slept before every call', async () => {
  const { clock, open } = await reopenable()
  const rate = { max: 600, seconds: 3_600 }
  for (let call = 0; call < 700; call++) {
    clock.now += 11_000
    expect(open().takeToken('shop', rate)).toBe(0)
  }
})

test('a row is written for as many calls as flow in within ten seconds, and none for a short window or a refusal', async () => {
  const { open, changes } = await reopenable()
  const store = open()
  store.takeToken('other', { max: 1, seconds: 1 })
  const rowsFor = (caller: string, max: number, seconds: number, calls: number) => {
    const before = changes()
    for (let call = 0; call < calls; call++) store.takeToken(caller, { max, seconds })
    return changes() - before
  }
  expect(rowsFor('a', 600, 60, 600)).toBe(6)
  expect(rowsFor('a', 600, 60, 1)).toBe(0)
  expect(rowsFor('b', 2, 86_400, 10)).toBe(2)
  expect(rowsFor('c', 100, 10, 200)).toBe(0)
})
