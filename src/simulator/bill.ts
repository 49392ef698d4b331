import type { Order, Orders } from './orders.ts'
import type { Refund, Refunds } from './refunds.ts'
import { day, plain } from './time.ts'

export type BillType = 'ALL' | 'SUCCESS' | 'REFUND'

interface Row {
  order: Order
  refund?: Refund
}

/** In which bills a column stands: `refund` in those with refunds, `apply` in the refund bill alone. */
type Where = 'refund' | 'apply' | undefined

const COLUMNS: readonly [title: string, value: (row: Row) => string, where?: Where][] = [
  ['交易时间', ({ order, refund }) => plain(refund?.created ?? order.paid!)],
  ['公众账号ID', ({ order }) => order.appid],
  ['商户号', ({ order }) => order.mchid],
  ['特约商户号', () => '0'],
  ['设备号', ({ order }) => order.device_id ?? ''],
  ['微信订单号', ({ order }) => order.transaction_id!],
  ['商户订单号', ({ order }) => order.out_trade_no],
  ['用户标识', ({ order }) => order.payer.openid!],
  ['交易类型', ({ order }) => order.trade_type],
  ['交易状态', ({ refund }) => (refund ? 'REFUND' : 'SUCCESS')],
  ['付款银行', ({ order }) => order.bank_type!],
  ['货币种类', ({ order }) => order.amount.currency],
  ['应结订单金额', ({ order, refund }) => (refund ? '0.00' : yuan(order.amount.total))],
  ['代金券金额', () => '0.00'],
  ['退款申请时间', ({ refund }) => plain(refund!.created), 'apply'],
  ['退款成功时间', ({ refund }) => (refund!.succeeded === undefined ? '' : plain(refund!.succeeded)), 'apply'],
  ['微信退款单号', ({ refund }) => refund?.refund_id ?? '0', 'refund'],
  ['商户退款单号', ({ refund }) => refund?.out_refund_no ?? '0', 'refund'],
  ['退款金额', ({ refund }) => yuan(refund?.refund ?? 0), 'refund'],
  ['充值券退款金额', () => '0.00', 'refund'],
  ['退款类型', ({ refund }) => (refund ? 'ORIGINAL' : ''), 'refund'],
  ['退款状态', ({ refund }) => refund?.status ?? '', 'refund'],
  ['商品名称', ({ order }) => order.description],
  ['商户数据包', ({ order }) => order.attach ?? ''],
  ['手续费', row => fee(row).toFixed(5)],
  ['费率', () => '0.60%'],
  ['订单金额', ({ order, refund }) => (refund ? '0.00' : yuan(order.amount.total))],
  ['申请退款金额', ({ refund }) => yuan(refund?.refund ?? 0), 'refund'],
  ['费率备注', () => ''],
]

const STANDS: Readonly<Record<BillType, readonly Where[]>> = {
  ALL: [undefined, 'refund'],
  SUCCESS: [undefined],
  REFUND: [undefined, 'refund', 'apply'],
}

const SUMMARY = '总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额'

/**
 * The trade bill of a day (交易账单): a row for each payment and each refund of that day, amounts in yuan, each value
 * behind a backtick, then the sums.
 *
 * @param date `2018-06-08`
 * @returns the text, or undefined when nothing happened on that day
 */
export function tradeBill(date: string, type: BillType, orders: Orders, refunds: Refunds): string | undefined {
  const rows: Row[] = []
  if (type !== 'REFUND')
    for (const order of orders.all()) if (order.paid !== undefined && day(order.paid) === date) rows.push({ order })
  if (type !== 'SUCCESS')
    for (const refund of refunds.all())
      if (day(refund.created) === date) rows.push({ order: orders.find(refund.out_trade_no)!, refund })
  if (rows.length === 0) return undefined
  const columns = COLUMNS.filter(([, , where]) => STANDS[type].includes(where))
  const lines = [
    columns.map(([title]) => title).join(),
    ...rows.map(row => line(columns.map(([, value]) => value(row)))),
  ]
  const paid = rows.reduce((sum, { order, refund }) => sum + (refund ? 0 : order.amount.total), 0)
  const returned = rows.reduce((sum, { refund }) => sum + (refund?.refund ?? 0), 0)
  const fees = rows.reduce((sum, row) => sum + fee(row), 0)
  const sums = [String(rows.length), yuan(paid), yuan(returned), '0.00', fees.toFixed(5), yuan(paid), yuan(returned)]
  return `\ufeff${[...lines, SUMMARY, line(sums)].join('\r\n')}\r\n`
}

/** A comma or a line break of the merchant's would make two values of one. */
const line = (values: readonly string[]): string => values.map(value => `\`${value.replace(/[,\r\n]/g, ' ')}`).join()

const yuan = (fen: number): string => (fen / 100).toFixed(2)

/** 0.6 %, given back with the refund; in yuan, to the fen. */
const fee = ({ order, refund }: Row): number => Math.round((refund ? -refund.refund : order.amount.total) * 0.006) / 100
