import { describe, expect, it } from 'vitest'
import { HOUR } from '../../../src/core/base/time.ts'
import { profitSharingBill } from '../../../src/simulator/bill/profit-sharing.ts'
import { createTestAccounts, draft, type TestAccounts } from '../accounts/account-records.ts'

const DATE = '2026-03-01'
const RECEIVER = '2'

/** A paid order of 100 yuan, 20.05 of which are shared; the share has not arrived yet. */
function shared(): TestAccounts {
  const of = createTestAccounts()
  of.profitSharing.receivers.add('1', { type: 'MERCHANT_ID', account: RECEIVER })
  of.orders.place(draft('o1', 10_000, { profit_sharing: true }))
  const { transaction_id } = of.orders.pay('o1')
  of.profitSharing.orders.share({
    transaction_id: transaction_id!,
    out_order_no: 's1',
    unfreeze_unsplit: false,
    receivers: [{ type: 'MERCHANT_ID', account: RECEIVER, amount: 2_005, description: 'goods' }],
  })
  return of
}

const lines = (of: TestAccounts): string[] => profitSharingBill(DATE, '1', of)!.split('\r\n')

describe('the profit sharing bill (分账账单)', () => {
  it('has the 13 columns of real files, with the amount in yuan', async () => {
    const of = shared()
    await of.scheduler.advance(HOUR)
    const [titles, row] = lines(of)
    expect(titles).toBe(
      '\ufeff分账时间,分账发起方,分账方,微信订单号,微信分账/回退单号,分账明细单号,商户分账/回退单号,订单金额,分账接收方,金额,业务类型,处理状态,备注',
    )
    const values = row!.split(',')
    expect(values).toHaveLength(13)
    expect([values[6], values[7], values[8], values[9], values[12]]).toEqual([
      '`s1',
      '`100.00',
      '`2',
      '`20.05',
      '`goods',
    ])
  })

  it('lists neither a share that is being processed nor a return that failed', async () => {
    const of = shared()
    expect(profitSharingBill(DATE, '1', of)).toBeUndefined()
    await of.scheduler.advance(HOUR)
    of.funds.deposit(RECEIVER, 'BASIC', -2_005)
    const draftReturn = { out_order_no: 's1', out_return_no: 'b1', return_mchid: RECEIVER, amount: 5, description: 'd' }
    expect(of.profitSharing.returns.apply(draftReturn)).toMatchObject({
      result: 'FAILED',
      fail_reason: 'BALANCE_NOT_ENOUGH',
    })
    expect(lines(of).slice(1, -3)).toHaveLength(1)
    expect(lines(of).at(-2)).toBe('`1,`20.05,`0.00')
  })
})
