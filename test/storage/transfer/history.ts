import fc from 'fast-check'
import { DAY } from '../../../src/core/base/time.ts'
import type { Ledger } from '../../../src/gateway/index.ts'
import { NEVER } from '../../../src/gateway/store/call/watches.ts'

/** The merchants, endpoints and callers of a history. Few, so that rows meet. */
const MERCHANTS = ['1900000109', '1900000110']
const ENDPOINTS = ['shop', 'books']
const CALLERS = ['default', 'till']

/** A call to a ledger. `pick` chooses among what there is. */
type Action = (ledger: Ledger, pick: number) => Promise<unknown>

export interface Step {
  readonly name: string
  readonly pick: number
  readonly text: string
  /** Milliseconds that have passed before; negative if the clock was set back. */
  readonly pause: number
}

const pickOf = <T>(list: readonly T[], pick: number): T => list[pick % list.length]!

/** Text with what a copy could spoil: quotes, line ends of every kind, characters outside of the basic plane. */
export const text: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 12 }).map(value => value.replaceAll('\0', '')),
  fc.constantFrom('', '","sum":"', "'; drop table event --", 'a\u2028b\u2029c\r\nd', '支付😀', '{"a":1}'),
)

const ACTIONS: Readonly<Record<string, (text: string, now: () => number) => Action>> = {
  recordEvent: (value, now) => (ledger, pick) =>
    ledger.recordEvent({
      mchid: pickOf(MERCHANTS, pick),
      api: pick % 3 === 0 ? 'v2' : 'v3',
      id: `E${pick % 40}`,
      event: 'TRANSACTION.SUCCESS',
      resource: JSON.stringify({ out_trade_no: `T${pick % 9}`, attach: value }),
      subject: pick % 5 === 0 ? null : `transaction_id/${pick % 7}`,
      dedupeKey: pick % 4 === 0 ? null : `transaction_id/${pick % 30}/SUCCESS`,
      source: pick % 6 === 0 ? 'query' : 'notification',
      createdAt: now() - (pick % 1_000),
      nonce: pick % 3 === 0 ? null : `nonce ${pick} ${value}`,
      endpoints: ENDPOINTS.slice(0, pick % 3),
      ...(pick % 8 === 0 && { traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01' }),
    }),
  claimDelivery: () => (ledger, pick) => ledger.claimDelivery(1 + (pick % 12), `owner-${pick}`),
  recordAttempt: (value, now) => (ledger, pick) =>
    ledger.recordAttempt(1 + (pick % 12), {
      tries: pick % 14,
      at: now(),
      ms: pick % 999,
      ...(pick % 2 === 0 && { status: 200 + (pick % 300) }),
      ...(pick % 3 === 0 && { error: 'TIMEOUT', detail: value }),
      result: pickOf(['delivered', 'dead', now() + 5_000] as const, pick),
      isOutage: pickOf([true, true, true, undefined, true, false, null], pick),
    }),
  beginCall: value => (ledger, pick) =>
    ledger.beginCall({
      id: `call-${pick % 60}`,
      caller: pickOf(CALLERS, pick),
      mchid: pickOf(MERCHANTS, pick),
      method: 'POST',
      path: '/v3/pay/transactions/native',
      numbers: { out_trade_no: value },
      amount: pick % 2 === 0 ? null : pick,
      key: pick % 3 === 0 ? null : `key-${pick % 20}`,
      hash: pick % 3 === 0 ? null : 'hash',
    }),
  endCall: value => (ledger, pick) =>
    ledger.endCall(`call-${pick % 60}`, {
      status: 200,
      code: pick % 2 === 0 ? null : 'SYSTEM_ERROR',
      wechatpayRequestId: pick % 4 === 0 ? null : '08F78B',
      inDoubt: pick % 3 === 0,
      response: pick % 5 === 0 ? null : { status: 200, headers: { 'content-type': 'application/json' }, body: value },
    }),
  watch: (value, now) => (ledger, pick) =>
    ledger.watch(
      {
        mchid: pickOf(MERCHANTS, pick),
        kind: 'v3-order',
        number: `T${pick % 20}`,
        query: { mchid: value },
        caller: pickOf(CALLERS, pick),
        expiresAt: pick % 2 === 0 ? 0 : now() + 60_000,
      },
      now() + 1_000,
    ),
  claimDueWatches: (_, now) => (ledger, pick) => ledger.claimDueWatches(pickOf(MERCHANTS, pick), 3, now() + 30_000),
  rescheduleQuery: (_, now) => (ledger, pick) =>
    ledger.rescheduleQuery(1 + (pick % 12), pick % 2 === 0 ? NEVER : now() + 60_000, { isDoubtful: pick % 2 === 0 }),
  unwatch: () => (ledger, pick) => ledger.unwatch(pickOf(MERCHANTS, pick), 'v3-order', `T${pick % 20}`),
  addCounts: value => (ledger, pick) =>
    ledger.addCounts([{ name: 'wechatpay_edge_refused_total', labels: { code: value }, by: 1 + (pick % 5) }]),
  takeToken: () => (ledger, pick) => ledger.takeToken(pickOf(CALLERS, pick), { max: 5, seconds: 3_600 }),
  recordFault: () => (ledger, pick) => ledger.recordFault(pickOf(MERCHANTS, pick), 'notifications', 'UNDECRYPTABLE'),
  recordSweep: () => ledger => ledger.recordSweep(),
}

const historyOf = (pause: fc.Arbitrary<number>): fc.Arbitrary<Step[]> =>
  fc.array(
    fc.record({
      // Deliveries and attempts more often, because each needs an event first.
      name: fc.constantFrom(
        ...Object.keys(ACTIONS),
        'recordEvent',
        'recordEvent',
        'claimDelivery',
        'recordAttempt',
        'recordAttempt',
      ),
      pick: fc.nat(10_000),
      text,
      pause,
    }),
    { minLength: 60, maxLength: 150 },
  )

/** A random history: what a gateway may have called. */
export const history: fc.Arbitrary<Step[]> = historyOf(fc.nat(20_000))

/** A random history in which the clock is set ahead and back now and then. */
export const unsteadyHistory: fc.Arbitrary<Step[]> = historyOf(
  fc.oneof(
    { arbitrary: fc.nat(20_000), weight: 40 },
    { arbitrary: fc.constantFrom(-60 * 365 * DAY, -DAY, -60_000, DAY, 10 * 365 * DAY, 40 * 365 * DAY), weight: 1 },
  ),
)

/** Calls a ledger as a history says. What a ledger refuses, such as an attempt of no delivery, is a part of it. */
export async function live(ledger: Ledger, steps: readonly Step[], clock: { now: number }): Promise<void> {
  for (const { name, pick, text: value, pause } of steps) {
    clock.now = Math.max(0, clock.now + pause)
    await ACTIONS[name]!(value, () => clock.now)(ledger, pick).catch(() => {})
  }
}
