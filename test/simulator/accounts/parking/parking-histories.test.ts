import fc from 'fast-check'
import { expect, it } from 'vitest'
import { SECOND } from '../../../../src/core/base/time.ts'
import type { Order } from '../../../../src/simulator/accounts/orders/order.ts'
import { blockReasonOf } from '../../../../src/simulator/accounts/parking/parking.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { createTestAccounts, type TestAccounts } from '../account-records.ts'
import { isAccepted } from '../is-accepted.ts'
import { expectBalancesToBeMovements } from '../movements.ts'

const ACTS = [
  'open',
  'open other',
  'pause',
  'resume',
  'close',
  'enter',
  'deduct',
  'fail',
  'advance',
  'repay',
  'refund',
  'reverse',
  'wait',
] as const
type Act = (typeof ACTS)[number]
const history = fc.array(fc.constantFrom(...ACTS), { maxLength: 25, size: 'max' })
/** Histories that every run tries: they hold each act, accepted and refused. */
const EXAMPLES: [Act[]][] = [
  [
    [
      'enter',
      'deduct',
      'open',
      'open',
      'pause',
      'pause',
      'resume',
      'resume',
      'close',
      'close',
      'open',
      'enter',
      'deduct',
    ],
  ],
  [['open', 'enter', 'deduct', 'advance', 'advance', 'enter', 'deduct', 'repay', 'repay', 'deduct', 'wait', 'refund']],
  // The plate owes a fee since its parking has ended.
  [['open', 'enter', 'deduct', 'advance', 'deduct']],
  // A fee that failed is deducted again while the plate is paused.
  [['open', 'enter', 'deduct', 'fail', 'pause', 'deduct', 'resume', 'deduct']],
  // The plate is another user's by the time that the fee is advanced, and its debtor's again after that.
  [
    [
      'open',
      'enter',
      'deduct',
      'close',
      'open other',
      'advance',
      'enter',
      'close',
      'open',
      'repay',
      'close',
      'open other',
    ],
  ],
  // A debt keeps the plate from another user until it is repaid, or its fee refunded.
  [
    [
      'open',
      'enter',
      'deduct',
      'advance',
      'close',
      'open other',
      'refund',
      'wait',
      'wait',
      'repay',
      'open other',
      'enter',
    ],
  ],
  // One parking, several deductions.
  [
    [
      'open',
      'enter',
      'deduct',
      'deduct',
      'fail',
      'deduct',
      'wait',
      'deduct',
      'refund',
      'deduct',
      'wait',
      'wait',
      'deduct',
    ],
  ],
  // A reversed fee is owed by nobody, and its parking can be deducted again.
  [
    [
      'reverse',
      'open',
      'enter',
      'deduct',
      'advance',
      'reverse',
      'repay',
      'enter',
      'deduct',
      'reverse',
      'deduct',
      'wait',
    ],
  ],
  [['open', 'enter', 'deduct', 'wait', 'reverse', 'deduct']],
  [['open', 'enter', 'refund', 'deduct', 'fail', 'fail', 'refund', 'deduct', 'wait', 'refund', 'refund']],
]

const PLATE = { plate_number: '粤B888888', plate_color: 'BLUE' }
const info = (parking_id: string) => ({
  parking_id,
  ...PLATE,
  start_time: '2026-03-01T10:00:00+08:00',
  end_time: '2026-03-01T12:00:00+08:00',
  parking_name: '停车场',
  charging_duration: 3600,
  device_id: '1',
})

/** Does an act to the last parking or the last order, and returns whether it was accepted. */
function act(step: Exclude<Act, 'wait'>, at: number, of: TestAccounts): boolean {
  const { parkings, orders, refunds } = of
  const parking = [...parkings.all()].at(-1)
  const order = [...orders.all()].at(-1)
  switch (step) {
    case 'open':
      return isAccepted(() => parkings.openPlate(PLATE, 'oA'))
    case 'open other':
      return isAccepted(() => parkings.openPlate(PLATE, 'oB'))
    case 'pause':
    case 'resume':
    case 'close':
      return isAccepted(() => parkings.changePlate(PLATE, step))
    case 'enter':
      parkings.enter({
        ...PLATE,
        out_parking_no: `E${at}`,
        mchid: '1',
        notify_url: 'https://example.com',
        start_time: '2026-03-01T10:00:00+08:00',
        parking_name: '停车场',
        free_duration: 0,
        fingerprint: '1',
      })
      return true
    case 'deduct':
      return isAccepted(() =>
        parkings.deduct({
          appid: 'wx',
          mchid: '1',
          out_trade_no: `D${at}`,
          description: 'd',
          amount: { total: 1000, currency: 'CNY' },
          parking: info(parking?.id ?? 'none'),
          fingerprint: '1',
        }),
      )
    case 'fail':
      return order !== undefined && isAccepted(() => orders.fail(order.out_trade_no))
    case 'advance':
      return order !== undefined && isAccepted(() => parkings.advanceFee(order))
    case 'repay':
      return order !== undefined && isAccepted(() => parkings.repayFee(order))
    case 'reverse':
      return order !== undefined && isAccepted(() => orders.reverse(order.out_trade_no))
    case 'refund':
      return (
        order !== undefined &&
        isAccepted(() =>
          refunds.apply({
            api: 'v3',
            out_refund_no: `R${at}`,
            out_trade_no: order.out_trade_no,
            total: 1000,
            refund: 1000,
            source: 'UNSETTLED',
          }),
        )
      )
  }
}

/** Each refund of this history is one of the whole order. */
const isReturned = ({ out_trade_no, trade_state }: Order, { refunds }: TestAccounts): boolean =>
  trade_state === 'REVOKED' ||
  [...refunds.all()].some(refund => refund.out_trade_no === out_trade_no && refund.status === 'SUCCESS')

/** Returns the deductions of a parking that the user pays, or has paid. */
const takenFees = (parking_id: string, of: TestAccounts): Order[] =>
  [...of.orders.all()].filter(
    one => one.parking?.parking_id === parking_id && one.trade_state !== 'PAYERROR' && !isReturned(one, of),
  )

it('in any history, a fee is deducted once and only while the plate is available, its user owes it until it is returned, the merchant hears of each change once, and the money adds up', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(history, async steps => {
      const of = createTestAccounts()
      const { parkings, orders, scheduler, events } = of
      for (const [at, step] of steps.entries()) {
        const before = [...orders.all()].length
        const wasAvailable = blockReasonOf(parkings.plates.find(PLATE)) === undefined
        if (step === 'wait') await scheduler.advance(2 * SECOND)
        else seen.add(`${step} ${act(step, at, of)}`)
        if ([...orders.all()].length > before) expect(wasAvailable).toBe(true)
        const plate = parkings.plates.find(PLATE)
        for (const { state, block_reason, endedAt } of parkings.all()) {
          expect(state).toBe(block_reason === undefined ? 'NORMAL' : 'BLOCKED')
          if (endedAt === undefined) expect(block_reason).toBe(blockReasonOf(plate))
        }
        const owed = [...orders.all()].filter(one => one.user_repaid === 'N' && !isReturned(one, of))
        const own = owed.filter(({ payer }) => payer.openid === plate?.openid)
        expect(plate?.owed ?? []).toEqual(own.map(({ out_trade_no }) => out_trade_no))
        for (const parking of parkings.all()) expect(takenFees(parking.id, of).length).toBeLessThan(2)
        expectBalancesToBeMovements(of, ['1'])
      }
      for (const parking of parkings.all()) {
        const told = events.flatMap(event =>
          event.type === 'parking-changed' && event.parking.id === parking.id ? [event.parking.state] : [],
        )
        // No state is told twice in a row, and the last one is the parking's.
        expect(told.every((state, at) => at === 0 || state !== told[at - 1])).toBe(true)
        if (told.length > 0) expect(told.at(-1)).toBe(parking.state)
      }
      const restored = createTestAccounts(of.state.snapshot())
      expect([...restored.parkings.all()]).toEqual([...parkings.all()])
      expect(restored.parkings.plates.find(PLATE)).toEqual(parkings.plates.find(PLATE))
    }),
    { numRuns: HISTORIES, examples: EXAMPLES },
  )
  for (const step of [
    'open',
    'open other',
    'pause',
    'resume',
    'close',
    'deduct',
    'fail',
    'advance',
    'repay',
    'refund',
    'reverse',
  ])
    expect([...seen]).toEqual(expect.arrayContaining([`${step} true`, `${step} false`]))
})
