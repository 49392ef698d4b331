import fc from 'fast-check'
import { expect, it } from 'vitest'
import { DAY } from '../../../../src/core/base/time.ts'
import type { ServiceOrderState } from '../../../../src/simulator/accounts/service-orders/service-order-states.ts'
import { type ServiceOrder, serviceOrderKey } from '../../../../src/simulator/accounts/service-orders/service-orders.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { createTestAccounts, type TestAccounts } from '../account-records.ts'
import { isAccepted } from '../is-accepted.ts'
import { expectBalancesToBeMovements } from '../movements.ts'

// In any history, a service order is deducted once and only after its service is completed, for the amount that was last
// agreed; its deduction is an order like any other.

const ACTS = ['create', 'confirm', 'complete', 'modify', 'cancel', 'sync', 'pay', 'refund', 'reverse', 'wait'] as const
type Act = readonly [act: (typeof ACTS)[number], amount: number]
/** A service order of a merchant or a sub-merchant, which the user confirms or has allowed before. */
interface Setting {
  readonly sub_mchid: string | undefined
  readonly isConfirmed: boolean
  readonly profit_sharing: boolean
}
const DEPOSIT = 1_000
const act: fc.Arbitrary<Act> = fc.tuple(fc.constantFrom(...ACTS), fc.constantFrom(0, 1, 250, 333, DEPOSIT, DEPOSIT + 1))
const setting: fc.Arbitrary<Setting> = fc.record({
  sub_mchid: fc.constantFrom(undefined, '3'),
  isConfirmed: fc.boolean(),
  profit_sharing: fc.boolean(),
})
const SETTING: Setting = { sub_mchid: undefined, isConfirmed: false, profit_sharing: false }
/** Histories that every run tries: they hold each act, accepted and refused. */
const EXAMPLES: [Setting, Act[]][] = [
  [
    SETTING,
    [
      ['confirm', 0],
      ['cancel', 0],
      ['create', 0],
      ['complete', 1],
      ['confirm', 0],
      ['modify', 1],
      ['pay', 0],
      ['sync', 0],
      ['complete', DEPOSIT + 1],
      ['complete', 333],
      ['modify', 333],
      ['modify', 250],
      ['pay', 0],
      ['pay', 0],
      ['create', 0],
      ['create', 1],
      ['refund', 1],
      ['refund', 250],
      ['reverse', 0],
    ],
  ],
  [
    { ...SETTING, sub_mchid: '3', isConfirmed: true, profit_sharing: true },
    [
      ['create', 0],
      ['complete', 333],
      ['modify', 250],
      ['pay', 0],
      ['reverse', 0],
      ['refund', 1],
    ],
  ],
  [
    { ...SETTING, isConfirmed: true },
    [
      ['create', 0],
      ['complete', 333],
      ['sync', 0],
      ['cancel', 0],
    ],
  ],
  [
    SETTING,
    [
      ['create', 0],
      ['cancel', 0],
      ['cancel', 0],
      ['wait', 0],
    ],
  ],
  [
    SETTING,
    [
      ['create', 0],
      ['wait', 0],
      ['confirm', 0],
    ],
  ],
]

const feesOf = (amount: number) => ({ total_amount: amount, post_payments: [{ name: '费用', amount }] })

/** States to which an order can change from each state. */
const NEXT: Readonly<Record<ServiceOrderState | 'NONE', readonly ServiceOrderState[]>> = {
  NONE: ['CREATED', 'DOING'],
  CREATED: ['DOING', 'REVOKED', 'EXPIRED'],
  DOING: ['DONE', 'REVOKED'],
  DONE: [],
  REVOKED: [],
  EXPIRED: [],
}

async function doAct([name, amount]: Act, at: number, of: TestAccounts, setting: Setting): Promise<boolean> {
  const { serviceOrders, orders, refunds, scheduler } = of
  const { sub_mchid, isConfirmed, profit_sharing } = setting
  const key = serviceOrderKey({ out_order_no: 'V', sub_mchid })
  const transaction = orders.findByTransaction(serviceOrders.find(key)?.transaction_id ?? '')
  switch (name) {
    case 'create':
      return isAccepted(() =>
        serviceOrders.create({
          out_order_no: 'V',
          mchid: '1',
          sub_mchid,
          appid: 'wx',
          service_id: '1',
          service_introduction: '充电宝',
          risk_fund: { name: 'DEPOSIT', amount: DEPOSIT },
          notify_url: 'https://example.com',
          repeated: {},
          isConfirmed,
          fingerprint: String(amount > 0),
        }),
      )
    case 'complete':
      return isAccepted(() => serviceOrders.complete(key, { ...feesOf(amount), profit_sharing }))
    case 'modify':
      return isAccepted(() => serviceOrders.modify(key, feesOf(amount)))
    case 'refund':
      return isAccepted(() =>
        refunds.apply({
          api: 'v3',
          out_refund_no: `R${at}`,
          transaction_id: transaction?.transaction_id ?? 'none',
          sub_mchid,
          total: transaction?.amount.total ?? 0,
          refund: amount,
          source: 'UNSETTLED',
        }),
      )
    case 'reverse':
      return isAccepted(() => orders.reverse(transaction ? `${sub_mchid ? '3/' : ''}${transaction.out_trade_no}` : 'V'))
    case 'wait':
      await scheduler.advance(30 * DAY)
      return true
    default:
      return isAccepted(() => serviceOrders[name](key))
  }
}

/** Expects that the deductions are those of the paid service orders, and say the same. */
function expectDeductionsToBe(order: ServiceOrder | undefined, { orders }: TestAccounts, setting: Setting): void {
  const deductions = [...orders.all()]
  const isDeducted = order?.paid_type === 'NEWTON'
  expect(deductions.map(({ transaction_id }) => transaction_id)).toEqual(isDeducted ? [order.transaction_id] : [])
  if (!isDeducted) return
  const [deduction] = deductions
  expect(deduction).toMatchObject({
    trade_type: 'AUTH',
    mchid: '1',
    appid: 'wx',
    attach: `wxzff|${order.order_id}|V`,
    amount: { total: order.total_amount, currency: 'CNY' },
    payer: { openid: order.openid },
    paidAt: order.paidAt,
  })
  expect(deduction!.sub_mchid).toBe(setting.sub_mchid)
  expect(deduction!.sharing !== undefined).toBe(setting.profit_sharing)
}

it('a service order is deducted once, for the amount that was last agreed, and the money adds up', async () => {
  const seen = new Set<string>()
  await fc.assert(
    fc.asyncProperty(setting, fc.array(act, { maxLength: 20, size: 'max' }), async (setting, acts) => {
      const of = createTestAccounts()
      const key = serviceOrderKey({ out_order_no: 'V', sub_mchid: setting.sub_mchid })
      const find = () => of.serviceOrders.find(key)
      for (const [at, step] of acts.entries()) {
        const before = find()
        const saved = of.state.snapshot()
        const isDone = await doAct(step, at, of, setting)
        seen.add(`${step[0]} ${isDone}`)
        // A refusal changes nothing.
        if (!isDone) expect(of.state.snapshot()).toBe(saved)
        const after = find()
        if (after && after.state !== before?.state) expect(NEXT[before?.state ?? 'NONE']).toContain(after.state)
        if (before?.paidAt !== undefined) expect(after).toEqual(before)
        if (after?.total_amount !== undefined) expect(after.total_amount).toBeLessThanOrEqual(DEPOSIT)
        expectDeductionsToBe(after, of, setting)
        expectBalancesToBeMovements(of, ['1', '3'])
      }
      const order = find()
      const events = of.events.map(({ type }) => type)
      const count = (type: string) => events.filter(one => one === type).length
      expect(count('service-order-paid')).toBe(order?.paidAt === undefined ? 0 : 1)
      expect(count('service-order-confirmed')).toBeLessThanOrEqual(setting.isConfirmed ? 0 : 1)
      expect(count('order-paid')).toBe(order?.paid_type === 'NEWTON' ? 1 : 0)
      const restored = createTestAccounts(of.state.snapshot())
      expect(restored.serviceOrders.find(key)).toEqual(order)
      await Promise.all([of, restored].map(accounts => accounts.scheduler.advance(31 * DAY)))
      expect(restored.serviceOrders.find(key)).toEqual(find())
      expectBalancesToBeMovements(restored, ['1', '3'])
    }),
    { numRuns: HISTORIES, examples: EXAMPLES },
  )
  for (const name of ACTS.filter(one => one !== 'wait'))
    expect([...seen]).toEqual(expect.arrayContaining([`${name} true`, `${name} false`]))
})
