import type { BusinessStock } from '../../../simulator/accounts/business-coupons/business-coupon.ts'
import type { Order } from '../../../simulator/accounts/orders/order.ts'
import { moneyOf } from '../../money.ts'
import { admits } from '../states.tsx'
import type { Product, RowContext } from './product.ts'
import { joined } from './product.ts'

/** Returns whether a shopper can pay an order with a coupon. A combined order is paid as a whole, and nobody pays a deduction. */
const isPayable = ({ trade_state, trade_type, combine_out_trade_no, amount }: Order, context: RowContext): boolean =>
  combine_out_trade_no === undefined &&
  trade_type !== 'PAP' &&
  amount.currency === 'CNY' &&
  admits(context.machines?.orders, trade_state, 'pay')

/** Example of a shopper to give a coupon to. */
const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'

/** Returns by how much a business coupon makes an order cheaper, in fen; undefined for one that is no fixed amount. */
function discountOf(stock: Pick<BusinessStock, 'text'> | undefined): number | undefined {
  const { discount_amount } = Object(stock?.text.coupon_use_rule.fixed_normal_coupon) as { discount_amount?: unknown }
  return typeof discount_amount === 'number' ? discount_amount : undefined
}

/** Coupons (代金券), business coupons (商家券), and the stocks of both. */
export const COUPONS: readonly Product[] = [
  {
    title: 'couponStocks',
    rowsOf: ({ lists, words }) =>
      lists.couponStocks.map(({ stock_id, status, stock_name, sent, sendRule, useRule }) => ({
        id: stock_id,
        number: stock_id,
        machine: 'couponStocks',
        state: status,
        description: stock_name,
        amount: useRule.fixed_normal_coupon.coupon_amount,
        note: words.sentCount(sent, sendRule.max_coupons),
        actions: [],
      })),
  },
  {
    title: 'coupons',
    rowsOf: context => {
      const { lists, orders, machines, words } = context
      const payable = orders.filter(order => isPayable(order, context))
      const choices = payable.map(({ out_trade_no, sub_mchid, amount }) => ({
        label: `${out_trade_no} · ${moneyOf(amount.total)}`,
        input: { out_trade_no, sub_mchid },
      }))
      return lists.coupons.map(({ coupon_id, stock_id, openid, status, use }) => {
        const stock = lists.couponStocks.find(one => one.stock_id === stock_id)
        const isUsable = admits(machines?.coupons, status, 'use')
        return {
          id: coupon_id,
          number: coupon_id,
          machine: 'coupons',
          state: status,
          description: `${stock?.stock_name ?? stock_id} · ${openid}`,
          amount: use?.amount ?? stock?.useRule.fixed_normal_coupon.coupon_amount,
          note: isUsable && choices.length === 0 ? words.noPayableOrder : undefined,
          actions: [
            {
              event: 'use',
              isPossible: choices.length > 0,
              label: words.useCoupon,
              path: '/pay',
              input: { coupon_id },
              asks: [{ name: 'order', label: words.order, choices }],
            },
          ],
        }
      })
    },
  },
  {
    title: 'businessStocks',
    rowsOf: ({ lists, machines, words }) =>
      lists.businessStocks.map(({ stock_id, state, text, sent }) => {
        const { stock_name, stock_send_rule, coupon_code_mode } = text
        const needsCode = coupon_code_mode === 'MERCHANT_API'
        return {
          id: stock_id,
          number: stock_id,
          machine: 'businessStocks',
          state,
          description: stock_name,
          amount: discountOf({ text }),
          note: words.sentCount(sent, stock_send_rule.max_coupons),
          actions: [
            {
              isPossible: admits(machines?.businessStocks, state, 'pause'),
              label: words.giveCoupon,
              path: '/give-business-coupon',
              input: { stock_id },
              asks: [
                { name: 'openid', label: 'openid', initial: OPENID },
                ...(needsCode ? [{ name: 'coupon_code', label: words.couponCode }] : []),
              ],
            },
            {
              event: 'pause',
              label: words.pauseStock,
              path: '/pause-business-stock',
              input: { stock_id, paused: true },
            },
            {
              event: 'continue',
              label: words.continueStock,
              path: '/pause-business-stock',
              input: { stock_id, paused: false },
            },
          ],
        }
      }),
  },
  {
    title: 'businessCoupons',
    rowsOf: ({ lists, words }) =>
      lists.businessCoupons.map(({ coupon_code, stock_id, openid, state, out_trade_no }) => {
        const stock = lists.businessStocks.find(one => one.stock_id === stock_id)
        return {
          id: `${stock_id} ${coupon_code}`,
          number: coupon_code,
          machine: 'businessCoupons',
          state,
          description: `${stock?.text.stock_name ?? stock_id} · ${openid}`,
          amount: discountOf(stock),
          note: joined(out_trade_no && `${words.order} ${out_trade_no}`),
          actions: [],
        }
      }),
  },
]
