import { expect } from 'vitest'
import { LEDGER_METHODS, type Ledger } from '../../../src/gateway/store/ledger.ts'
import { callOf, eventOf } from '../../gateway/store/cases.ts'

const mchid = '1900000109'
const NAMES = Object.keys(LEDGER_METHODS) as (keyof Ledger)[]

/** A call of each method that works in a ledger that is only read. */
const READS: Partial<Record<keyof Ledger, (ledger: Ledger) => Promise<unknown>>> = {
  event: ledger => ledger.event(mchid, 1),
  events: ledger => ledger.events(mchid, { limit: 5 }),
  searchEvents: ledger => ledger.searchEvents(mchid, { limit: 5, number: 'T1' }),
  eventsAfter: ledger => ledger.eventsAfter(mchid, { after: { at: 0 }, limit: 5, maxLength: 10_000 }),
  holdsEvent: ledger => ledger.holdsEvent(eventOf({ subject: 's1' })),
  delivery: ledger => ledger.delivery(mchid, 1),
  deliveries: ledger => ledger.deliveries(mchid, { limit: 5, state: 'dead' }),
  dueDeliveries: ledger => ledger.dueDeliveries(mchid, Number.MAX_SAFE_INTEGER, 5),
  nextDueAt: ledger => ledger.nextDueAt(mchid),
  circuits: ledger => ledger.circuits(mchid),
  calls: ledger => ledger.calls('shop', { limit: 5 }),
  watchesInDoubt: ledger => ledger.watchesInDoubt(mchid, { limit: 5 }),
  counters: ledger => ledger.counters(),
  depths: ledger => ledger.depths(mchid),
  faults: ledger => ledger.faults(mchid),
  lastSweep: ledger => ledger.lastSweep(),
  samples: ledger => ledger.samples(0),
  takeToken: ledger => ledger.takeToken('shop', { max: 2, seconds: 3600 }),
}

/** Writes a row of each kind, so that the responses of {@link readAll} say something. */
export async function fill(ledger: Ledger): Promise<void> {
  await ledger.recordEvent(eventOf({ subject: 's1', resource: '{"out_trade_no":"T1"}' }))
  await ledger.recordEvent(eventOf({ subject: 's1', endpoints: ['other'] }))
  await ledger.claimDelivery(1, 'owner')
  await ledger.recordAttempt(1, { tries: 0, at: 1, ms: 1, status: 500, result: 'dead', isOutage: false })
  const call = callOf({ caller: 'shop', mchid })
  await ledger.beginCall(call)
  await ledger.endCall(call.id, { status: 200, code: null, wechatpayRequestId: null, inDoubt: true, response: null })
  await ledger.watch({ mchid, kind: 'v3-order', number: 'T1', query: {} }, 0)
  const [watch] = await ledger.claimDueWatches(mchid, 1, 1)
  await ledger.rescheduleQuery(watch!.id, Number.MAX_SAFE_INTEGER, { isDoubtful: true })
  await ledger.addCounts([{ name: 'n', labels: {}, by: 3 }])
  await ledger.recordFault(mchid, 'calls', 'SIGN_ERROR')
  await ledger.recordSweep()
  await ledger.recordSample({ pending: 1 })
  await ledger.probeWrite()
}

/** Calls every method that works in a ledger that is only read. */
export async function readAll(ledger: Ledger): Promise<Record<string, unknown>> {
  expect(Object.keys(READS).sort()).toEqual(NAMES.filter(name => LEDGER_METHODS[name].worksReadOnly).sort())
  const responses: Record<string, unknown> = {}
  for (const [name, read] of Object.entries(READS)) responses[name] = await read(ledger)
  return responses
}

/** Lists the methods that write and are not refused with the code `LEDGER_NEWER`. */
export async function acceptedWrites(ledger: Ledger): Promise<string[]> {
  const accepted: string[] = []
  for (const name of NAMES.filter(method => !LEDGER_METHODS[method].worksReadOnly)) {
    // Refused before its arguments are read.
    const code = await (ledger[name] as () => Promise<unknown>)().then(
      () => undefined,
      error => error.code,
    )
    if (code !== 'LEDGER_NEWER') accepted.push(`${name}: ${code}`)
  }
  return accepted
}

/** The same without what a read changes in memory. */
export const withoutToken = ({ takeToken: _, ...responses }: Record<string, unknown>): Record<string, unknown> =>
  responses
