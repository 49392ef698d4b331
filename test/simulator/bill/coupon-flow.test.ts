import { expect, it } from 'vitest'
import { couponRefundFlow } from '../../../src/simulator/bill/coupon-flow.ts'
import { readBill } from './bill-reader.ts'
import { live } from './deeds.ts'

it('a coupon whose order was reversed is in the refunds of its stock, as in the fund flow bill', async () => {
  const { accounts } = await live([
    ['stock', 1, 1],
    ['payWithCoupon', 1, 333],
    ['reverse', 2, 1],
  ])
  const [stock] = [...accounts.coupons.stocks.all()]
  const { rows } = readBill(couponRefundFlow(stock!.stock_id, accounts))
  expect(rows.map(row => row['优惠金额（元）'])).toEqual(['0.30'])
})
