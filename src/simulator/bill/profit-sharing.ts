import type { Accounts } from '../accounts/accounts.ts'
import type { ShareOfOrder, SharingOrder } from '../accounts/profit-sharing/sharing-orders.ts'
import type { SharingReturn } from '../accounts/profit-sharing/sharing-returns.ts'
import { dateOf, dateTime } from '../clock/time.ts'
import { type Column, sum, table, yuan } from './table.ts'

/** A share of an order, or an amount that was returned. */
interface Row {
  readonly at: number
  readonly mchid: string
  readonly transaction_id: string
  readonly order_id: string
  readonly detail_id: string
  readonly number: string
  readonly receiver: string
  readonly amount: number
  readonly kind: '分账' | '分账回退'
  readonly state: string
  readonly description: string
}

const columns = (mchid: string, { orders }: Accounts): readonly Column<Row>[] => [
  ['分账时间', ({ at }) => dateTime(at)],
  ['分账发起方', () => mchid],
  ['分账方', row => row.mchid],
  ['微信订单号', ({ transaction_id }) => transaction_id],
  ['微信分账/回退单号', ({ order_id }) => order_id],
  ['分账明细单号', ({ detail_id }) => detail_id],
  ['商户分账/回退单号', ({ number }) => number],
  ['订单金额', ({ transaction_id }) => yuan(orders.findByTransaction(transaction_id)!.amount.total)],
  ['分账接收方', ({ receiver }) => receiver],
  ['金额', ({ amount }) => yuan(amount)],
  ['业务类型', ({ kind }) => kind],
  ['处理状态', ({ state }) => state],
  ['备注', ({ description }) => description],
]

/**
 * Makes the bill of what was shared and returned on a day (分账账单): what has not succeeded is not in it.
 *
 * The titles of the columns are those that a merchant's program reads from real files; those of the summary, the words of
 * 业务类型 and of 处理状态, and that 备注 is the description, are unconfirmed.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012529628
 * @param date `2018-06-08`
 * @param mchid who asks
 * @param sub_mchid a sub merchant, where only his are wanted
 * @returns the text, or undefined when nothing was shared on that day
 */
export function profitSharingBill(
  date: string,
  mchid: string,
  accounts: Accounts,
  sub_mchid?: string,
): string | undefined {
  const { profitSharing } = accounts
  const rows: Row[] = []
  const sharings = new Map<string, SharingOrder>()
  for (const sharing of profitSharing.orders.all()) {
    sharings.set(sharing.out_order_no, sharing)
    for (const share of sharing.receivers) rows.push(shareRow(sharing, share))
  }
  for (const one of profitSharing.returns.all()) rows.push(returnRow(one, sharings.get(one.out_order_no)!))
  const ofDay = rows.filter(
    row => row.state === 'SUCCESS' && dateOf(row.at) === date && (sub_mchid === undefined || row.mchid === sub_mchid),
  )
  if (ofDay.length === 0) return undefined
  const of = (kind: Row['kind']) => sum(ofDay, row => (row.kind === kind ? row.amount : 0))
  return table(
    columns(mchid, accounts),
    ofDay.sort((one, other) => one.at - other.at),
    [
      ['总笔数', String(ofDay.length)],
      ['分账总金额', yuan(of('分账'))],
      ['分账回退总金额', yuan(of('分账回退'))],
    ],
  )
}

const shareRow = (sharing: SharingOrder, { detail_id, account, amount, result, description }: ShareOfOrder): Row => ({
  ...{ at: sharing.created, mchid: sharing.mchid, transaction_id: sharing.transaction_id, order_id: sharing.order_id },
  ...{ detail_id, number: sharing.out_order_no, receiver: account, amount, kind: '分账', state: result, description },
})

const returnRow = (one: SharingReturn, { transaction_id }: SharingOrder): Row => ({
  ...{ at: one.created, mchid: one.mchid, transaction_id, order_id: one.return_id, detail_id: one.return_id },
  ...{ number: one.out_return_no, receiver: one.return_mchid, amount: one.amount, kind: '分账回退' },
  ...{ state: one.result, description: one.description },
})
