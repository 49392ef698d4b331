import type { Accounts } from '../accounts/accounts.ts'
import { type Order, orderKey } from '../accounts/orders/order.ts'
import { dateTime } from '../clock/time.ts'
import { type Column, writeTable, yuan } from './table.ts'

/** A use of a coupon, or the part of it that a refund or a reversal (撤销) returned. */
interface Row {
  readonly at: number
  readonly order: Order
  readonly amount: number
}

const COLUMNS: readonly Column<Row>[] = [
  ['批次ID', ({ order }) => order.coupon!.stock_id],
  ['优惠ID', ({ order }) => order.coupon!.coupon_id],
  ['优惠类型', ({ order }) => (order.coupon!.funder === undefined ? '免充值' : '预充值')],
  ['优惠金额（元）', ({ amount }) => yuan(amount)],
  ['订单总金额（元）', ({ order }) => yuan(order.amount.total)],
  ['交易类型', ({ order }) => order.trade_type],
  ['支付单号', ({ order }) => order.transaction_id!],
  ['消耗时间', ({ at }) => dateTime(at)],
  ['消耗商户号', ({ order }) => order.sub_mchid ?? order.mchid],
  ['设备号', ({ order }) => order.device_id ?? ''],
  ['银行流水号', () => ''],
  ['单品信息', () => ''],
]

const write = (rows: readonly Row[]): string => writeTable(COLUMNS, rows, [['总条数', String(rows.length)]])

/** Writes the uses of the coupons of a stock (批次核销明细). */
export const couponUseFlow = (stock_id: string, { orders }: Pick<Accounts, 'orders'>): string =>
  write(ordersOf(stock_id, orders.all()).map(order => ({ at: order.paidAt!, order, amount: order.coupon!.amount })))

/** Writes what refunds and reversals (撤销) returned of the coupons of a stock (批次退款明细). */
export function couponRefundFlow(stock_id: string, { orders, refunds }: Pick<Accounts, 'orders' | 'refunds'>): string {
  const rows: Row[] = []
  for (const order of ordersOf(stock_id, orders.all()))
    if (order.revokedAt !== undefined) rows.push({ at: order.revokedAt, order, amount: order.coupon!.amount })
  for (const refund of refunds.all()) {
    const order = orders.find(orderKey(refund))!
    if (refund.succeededAt !== undefined && order.coupon?.stock_id === stock_id)
      rows.push({ at: refund.succeededAt, order, amount: refund.discount })
  }
  return write(rows.sort((a, b) => a.at - b.at))
}

const ordersOf = (stock_id: string, orders: Iterable<Order>): Order[] =>
  [...orders].filter(({ coupon }) => coupon?.stock_id === stock_id)
