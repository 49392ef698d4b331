import fc from 'fast-check'
import { expect, it } from 'vitest'
import { HOUR, SECOND } from '../../../../src/core/base/time.ts'
import {
  type MedicalOrder,
  MIX_PAY_STATES,
  type MixPayType,
  PART_STATES,
} from '../../../../src/simulator/accounts/medical-insurance/medical-order.ts'
import type { StateMachine } from '../../../../src/simulator/accounts/state-machine.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { createTestAccounts, draft, type TestAccounts } from '../account-records.ts'
import { isAccepted } from '../is-accepted.ts'
import { expectBalancesToBeMovements } from '../movements.ts'

const ACTS = [
  'pay',
  'payCash',
  'closeCash',
  'reverseCash',
  'fail',
  'settle',
  'refundCash',
  'refundHalf',
  'settleRefunds',
  'refundInsurance',
  'wait',
] as const
type Act = (typeof ACTS)[number]
const TYPES = ['CASH_ONLY', 'INSURANCE_ONLY', 'CASH_AND_INSURANCE'] as const
const history = fc.tuple(fc.constantFrom(...TYPES), fc.array(fc.constantFrom(...ACTS), { maxLength: 12, size: 'max' }))
/** Histories that every run tries: they hold each act, accepted and refused. */
const EXAMPLES: [[MixPayType, Act[]]][] = [
  [
    [
      'CASH_AND_INSURANCE',
      ['refundInsurance', 'pay', 'pay', 'settle', 'refundInsurance', 'refundCash', 'wait', 'refundCash'],
    ],
  ],
  [['CASH_AND_INSURANCE', ['payCash', 'fail', 'fail', 'closeCash', 'refundCash']]],
  [['INSURANCE_ONLY', ['pay', 'settle', 'refundInsurance', 'refundInsurance', 'payCash']]],
  [['CASH_ONLY', ['fail', 'closeCash', 'pay']]],
  // Cash that is refunded in part cannot be reversed; once all of it is, the order fails.
  [
    [
      'CASH_AND_INSURANCE',
      ['payCash', 'refundHalf', 'settleRefunds', 'fail', 'refundHalf', 'fail', 'settleRefunds', 'settle'],
    ],
  ],
  [['CASH_AND_INSURANCE', ['refundHalf', 'payCash', 'refundHalf', 'settle', 'refundHalf', 'wait', 'refundInsurance']]],
  // The merchant reverses the order of the cash part, before and after it is paid.
  [['CASH_AND_INSURANCE', ['reverseCash', 'pay', 'settle']]],
  [['CASH_AND_INSURANCE', ['payCash', 'reverseCash', 'settle', 'fail']]],
  [['CASH_AND_INSURANCE', ['payCash', 'refundCash', 'reverseCash', 'settle', 'fail']]],
  [['CASH_AND_INSURANCE', ['payCash', 'settle', 'refundInsurance', 'reverseCash', 'refundCash']]],
  [['CASH_AND_INSURANCE', ['payCash', 'reverseCash', 'settle']]],
  [['CASH_ONLY', ['pay', 'refundCash', 'reverseCash']]],
  // The reversal of an unpaid order closes it.
  [['CASH_AND_INSURANCE', ['reverseCash', 'payCash', 'pay']]],
  // A refused order takes no cash.
  [['CASH_AND_INSURANCE', ['fail', 'payCash']]],
]

const INSURANCE = {
  pay_order_id: 'O',
  pay_auth_no: 'A',
  geo_location: 'G',
  med_ins_order_create_time: 'T',
  med_ins_gov_fee: 500,
  med_ins_self_fee: 300,
  med_ins_other_fee: 200,
}
const REFUND = {
  med_refund_total_fee: 1000,
  med_refund_gov_fee: 500,
  med_refund_self_fee: 300,
  med_refund_other_fee: 200,
}
const CASH = { wechat_pay_cash_fee: 100 }
const FIELDS = {
  CASH_ONLY: { ...CASH, total_fee: 100 },
  INSURANCE_ONLY: { ...INSURANCE, med_ins_cash_fee: 0, total_fee: 1000 },
  CASH_AND_INSURANCE: { ...CASH, ...INSURANCE, med_ins_cash_fee: 100, total_fee: 1100 },
}

async function act(step: Act, of: TestAccounts): Promise<boolean> {
  const { medicalOrders, orders, refunds, scheduler } = of
  const name = { out_trade_no: 'M' }
  switch (step) {
    case 'pay':
      return isAccepted(() => medicalOrders.pay(name))
    case 'payCash':
      return isAccepted(() => orders.pay('M'))
    case 'closeCash':
      return isAccepted(() => orders.close('M'))
    case 'fail':
      return isAccepted(() => medicalOrders.fail(name))
    case 'reverseCash':
      return isAccepted(() => orders.reverse('M'))
    case 'refundCash':
    case 'refundHalf':
      return isAccepted(() =>
        refunds.apply({
          api: 'v3',
          out_refund_no: `R${[...refunds.all()].length}`,
          out_trade_no: 'M',
          total: 100,
          refund: step === 'refundCash' ? 100 : 50,
          source: 'UNSETTLED',
        }),
      )
    case 'settleRefunds':
      refunds.queryOfOrder('M')
      return true
    case 'refundInsurance':
      return isAccepted(() => medicalOrders.refundInsurance(medicalOrders.find(name)!, REFUND))
    default:
      await scheduler.advance(step === 'settle' ? 2 * SECOND : HOUR)
      return true
  }
}

/** Expects that a state has changed only by a transition of its table. */
function expectTransition(machine: StateMachine, from: string, to: string): void {
  if (from !== to) expect(machine.transitions.map(one => `${one.from} ${one.to}`)).toContain(`${from} ${to}`)
}

it('in any history, an order by medical insurance is paid once both parts are, refunded once both are, and the money adds up', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(history, async ([mix_pay_type, steps]) => {
      const of = createTestAccounts()
      const { medicalOrders, orders, events } = of
      const hasCash = mix_pay_type !== 'INSURANCE_ONLY'
      const prepay_id = hasCash ? orders.place(draft('M', 100)).prepay_id : undefined
      const fields = { mix_pay_type, out_trade_no: 'M', callback_url: 'https://a', prepay_id, ...FIELDS[mix_pay_type] }
      let last: MedicalOrder = medicalOrders.place(fields)
      expect(isAccepted(() => medicalOrders.place(fields))).toBe(false)
      for (const step of steps) {
        seen.add(`${step} ${await act(step, of)}`)
        const order = medicalOrders.find({ out_trade_no: 'M' })!
        expectTransition(PART_STATES, last.insurance, order.insurance)
        // A query that comes late may see a payment and its refund at once.
        if (last.selfPay !== 'CREATED') expectTransition(PART_STATES, last.selfPay, order.selfPay)
        if (last.mix_pay_status !== 'MIX_PAY_CREATED')
          expectTransition(MIX_PAY_STATES, last.mix_pay_status, order.mix_pay_status)
        const parts = [order.selfPay, order.insurance]
        const isPaid =
          parts.every(part => part !== 'CREATED' && part !== 'FAIL') && order.mix_pay_status !== 'MIX_PAY_FAIL'
        expect(order.paidAt !== undefined).toBe(isPaid)
        expect(order.mix_pay_status === 'MIX_PAY_REFUND').toBe(
          isPaid && parts.every(part => part === 'REFUND' || part === 'NONE'),
        )
        const cash = orders.find('M')
        if (cash?.trade_state === 'REVOKED') expect(order.selfPay).toBe(cash.paidAt === undefined ? 'FAIL' : 'REFUND')
        expectBalancesToBeMovements(of, ['1'])
        last = order
      }
      const paid = events.flatMap(event => (event.type === 'medical-order-paid' ? [event.order] : []))
      expect(paid).toHaveLength(last.paidAt === undefined ? 0 : 1)
      // The insurance settles no order whose cash has returned.
      for (const { selfPay } of paid) expect(['SUCCESS', 'NONE']).toContain(selfPay)
      // Money of a failed order is not the merchant's.
      if (last.mix_pay_status === 'MIX_PAY_FAIL')
        expect(of.funds.balance('1', 'BASIC')).toEqual({ available: 0, pending: 0 })
      const restored = createTestAccounts(of.state.snapshot())
      expect(restored.medicalOrders.find({ out_trade_no: 'M' })).toEqual(medicalOrders.find({ out_trade_no: 'M' }))
    }),
    { numRuns: HISTORIES, examples: EXAMPLES },
  )
  for (const step of [
    'pay',
    'payCash',
    'closeCash',
    'reverseCash',
    'fail',
    'refundCash',
    'refundHalf',
    'refundInsurance',
  ])
    expect([...seen]).toEqual(expect.arrayContaining([`${step} true`, `${step} false`]))
})
