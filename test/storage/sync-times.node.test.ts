import { expect, onTestFinished, test, vi } from 'vitest'
import { LEDGER_METHODS, type Ledger } from '../../src/gateway/store/ledger.ts'
import { openDatabase } from '../../src/storage/sqlite.ts'
import { localLedger } from '../../src/storage/sqlite-ledger.ts'
import { callOf, eventOf } from '../gateway/store/cases.ts'

/** A ledger whose disk is done when the test says so. */
async function openOnHeldDisk() {
  const database = await openDatabase(':memory:')
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
  onTestFinished(() => {
    vi.useRealTimers()
    void database.close()
  })
  const syncs: (() => void)[] = []
  const sync = () => new Promise<void>(resolve => void syncs.push(resolve))
  return { ledger: localLedger({ ...database, sync }, () => Date.now()), syncs }
}
/** Lets commits happen, which wait for no timer. */
const turn = () => new Promise(resolve => setImmediate(() => setImmediate(resolve)))

type Methods = typeof LEDGER_METHODS
const DURABLE = Object.keys(LEDGER_METHODS).filter(
  name => LEDGER_METHODS[name as keyof Methods].syncTime === 'now',
) as (keyof Methods)[]

const mchid = '1900000109'
/** A call of each method on whose result an outside party relies. */
const WORKS: Partial<Record<keyof Methods, (ledger: Ledger) => Promise<unknown>>> = {
  recordEvent: ledger => ledger.recordEvent(eventOf()),
  recordRepeat: ledger => ledger.recordRepeat(mchid, 'EV-1'),
  recordHeldEvent: ledger => ledger.recordHeldEvent(eventOf()),
  replayDelivery: ledger => ledger.replayDelivery(mchid, 1),
  resendEvent: ledger => ledger.resendEvent(mchid, 1, ['shop']),
  endWatches: ledger => ledger.endWatches(mchid, [], 0),
  probeWrite: ledger => ledger.probeWrite(),
}

test('the table names the methods that are tried', () => {
  expect(DURABLE.sort()).toEqual(Object.keys(WORKS).sort())
})

test.each(DURABLE)('%s responds when its work is on the disk, and not before', async name => {
  const { ledger, syncs } = await openOnHeldDisk()
  let hasResponded = false
  const response = WORKS[name]!(ledger).then(() => {
    hasResponded = true
  })
  await turn()
  expect([syncs.length, hasResponded]).toEqual([1, false])
  syncs[0]!()
  await response
})

test('the entry of a call is committed before it is sent, and on the disk within ten milliseconds', async () => {
  const { ledger, syncs } = await openOnHeldDisk()
  await ledger.beginCall(callOf())
  expect(syncs).toHaveLength(0)
  await vi.advanceTimersByTimeAsync(10)
  expect(syncs).toHaveLength(1)
})

test('the end of a call, counts, tokens and reservations are on the disk within a quarter of a second', async () => {
  const { ledger, syncs } = await openOnHeldDisk()
  const works = [
    () => ledger.endCall('none', { status: 200, code: null, wechatpayRequestId: null, inDoubt: false, response: null }),
    () => ledger.addCounts([], 'one'),
    () => ledger.takeToken('caller', { max: 1, seconds: 1 }),
    () => ledger.reserveDueDeliveries('1900000109', 1, 1),
  ]
  for (const [at, work] of works.entries()) {
    await work()
    await vi.advanceTimersByTimeAsync(249)
    expect(syncs).toHaveLength(at)
    await vi.advanceTimersByTimeAsync(1)
    expect(syncs).toHaveLength(at + 1)
    syncs[at]!()
    await turn()
  }
})
