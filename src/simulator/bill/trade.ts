import { currencyDecimals } from '../../core/base/currencies.ts'
import type { Accounts } from '../accounts/accounts.ts'
import { feeOf } from '../accounts/funds.ts'
import { type Order, orderKey, settlementTotal } from '../accounts/orders/order.ts'
import { type Refund, type RefundStatus, settlementRefund } from '../accounts/refunds/refund.ts'
import { dateOf, dateTime } from '../clock/time.ts'
import { type Column, decimal, writeTable } from './table.ts'

export type TradeBillType = 'ALL' | 'SUCCESS' | 'REFUND'

/** A payment, a refund, or a payment by code that was reversed. */
interface Row {
  readonly at: number
  readonly order: Order
  readonly refund?: Refund
  readonly revoked?: true
}

/** Bills that contain a column: `refund` for those with refunds, `apply` for the refund bill only, otherwise all. */
type Placement = 'refund' | 'apply' | undefined

/** Names of refund states in bills, which differ from those of the API. */
const REFUND_STATUS: Readonly<Record<RefundStatus, string>> = {
  PROCESSING: 'PROCESSING',
  SUCCESS: 'SUCCESS',
  CLOSED: 'FAIL',
  ABNORMAL: 'CHANGE',
}

const isPayment = ({ refund, revoked }: Row): boolean => !refund && !revoked
const paid = (row: Row): number => (isPayment(row) ? row.order.amount.total : 0)
const settled = (row: Row): number => (isPayment(row) ? settlementTotal(row.order) : 0)
const discount = (row: Row): number => (isPayment(row) ? (row.order.coupon?.amount ?? 0) : 0)
const requested = ({ order, refund, revoked }: Row): number => (revoked ? order.amount.total : (refund?.refund ?? 0))
/** The part of a refund that the shopper had paid with a prepaid coupon (充值券). */
const couponReturned = ({ order, refund, revoked }: Row): number =>
  order.coupon?.funder === undefined ? 0 : revoked ? order.coupon.amount : (refund?.discount ?? 0)
const settlementReturned = ({ order, refund, revoked }: Row): number =>
  revoked ? settlementTotal(order) : refund ? settlementRefund(refund, order) : 0
const fees = (row: Row): number =>
  row.refund ? -row.refund.fee : (row.revoked ? -1 : 1) * feeOf(settlementTotal(row.order))

/** Returns the number of smallest units in a main unit of the currency. */
const unit = ({ order }: Row): number => 10 ** currencyDecimals(order.amount.currency)
const amount = (value: number, { order }: Row): string => decimal(value, order.amount.currency)

const COLUMNS: readonly (readonly [...Column<Row>, where?: Placement])[] = [
  ['交易时间', ({ at }) => dateTime(at)],
  ['公众账号ID', ({ order }) => order.appid],
  ['商户号', ({ order }) => order.mchid],
  ['特约商户号', ({ order }) => order.sub_mchid ?? '0'],
  ['设备号', ({ order }) => order.device_id ?? ''],
  ['微信订单号', ({ order }) => order.transaction_id!],
  ['商户订单号', ({ order }) => order.out_trade_no],
  ['用户标识', ({ order }) => order.payer.openid!],
  ['交易类型', ({ order }) => order.trade_type],
  ['交易状态', ({ refund, revoked }) => (revoked ? 'REVOKED' : refund ? 'REFUND' : 'SUCCESS')],
  ['付款银行', ({ order }) => order.bank_type!],
  ['货币种类', ({ order }) => order.amount.currency],
  ['应结订单金额', row => amount(settled(row), row)],
  ['代金券金额', row => amount(discount(row), row)],
  ['退款申请时间', ({ at }) => dateTime(at), 'apply'],
  ['退款成功时间', ({ refund }) => (refund?.succeededAt === undefined ? '' : dateTime(refund.succeededAt)), 'apply'],
  ['微信退款单号', ({ refund }) => refund?.refund_id ?? '0', 'refund'],
  ['商户退款单号', ({ refund }) => refund?.out_refund_no ?? '0', 'refund'],
  ['退款金额', row => amount(settlementReturned(row), row), 'refund'],
  ['充值券退款金额', row => amount(couponReturned(row), row), 'refund'],
  ['退款类型', ({ refund }) => (refund ? 'ORIGINAL' : ''), 'refund'],
  ['退款状态', ({ refund }) => (refund ? REFUND_STATUS[refund.status] : ''), 'refund'],
  ['商品名称', ({ order }) => order.description],
  ['商户数据包', ({ order }) => order.attach ?? ''],
  ['手续费', row => (fees(row) / unit(row)).toFixed(5)],
  ['费率', () => '0.60%'],
  ['订单金额', row => amount(paid(row), row)],
  ['申请退款金额', row => amount(requested(row), row), 'refund'],
  ['费率备注', () => ''],
]

const COLUMNS_OF: Readonly<Record<TradeBillType, readonly Placement[]>> = {
  ALL: [undefined, 'refund'],
  SUCCESS: [undefined],
  REFUND: [undefined, 'refund', 'apply'],
}

/**
 * Writes the trade bill of a day (交易账单): a row for each payment, refund and reversal.
 *
 * @param date `2018-06-08`
 * @param sub_mchid number of a sub-merchant, to include only its rows
 * @returns the text, or undefined when nothing happened on that day
 */
export function tradeBill(
  date: string,
  type: TradeBillType,
  { orders, refunds }: Accounts,
  sub_mchid?: string,
): string | undefined {
  const rows: Row[] = []
  const add = (row: Row): void => {
    if (dateOf(row.at) === date && (sub_mchid === undefined || row.order.sub_mchid === sub_mchid)) rows.push(row)
  }
  if (type !== 'REFUND')
    for (const order of orders.all()) {
      if (order.paidAt !== undefined) add({ at: order.paidAt, order })
      if (order.revokedAt !== undefined && type === 'ALL') add({ at: order.revokedAt, order, revoked: true })
    }
  if (type !== 'SUCCESS')
    for (const refund of refunds.all()) add({ at: refund.createdAt, order: orders.find(orderKey(refund))!, refund })
  if (rows.length === 0) return undefined
  return writeTable(
    COLUMNS.filter(([, , where]) => COLUMNS_OF[type].includes(where)).map(([title, value]) => [title, value] as const),
    rows.sort((a, b) => a.at - b.at),
    [
      ['总交易单数', String(rows.length)],
      ['应结订单总金额', total(rows, settled, 2)],
      ['退款总金额', total(rows, settlementReturned, 2)],
      ['充值券退款总金额', total(rows, couponReturned, 2)],
      ['手续费总金额', total(rows, fees, 5)],
      ['订单总金额', total(rows, paid, 2)],
      ['申请退款总金额', total(rows, requested, 2)],
    ],
  )
}

/** Adds up amounts regardless of their currencies. */
function total(rows: readonly Row[], amountOf: (row: Row) => number, decimals: number): string {
  const hundredths = rows.reduce((sum, row) => sum + (amountOf(row) * 100) / unit(row), 0)
  return (hundredths / 100).toFixed(decimals)
}
