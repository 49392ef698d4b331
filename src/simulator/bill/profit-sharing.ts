import type { Accounts } from '../accounts/accounts.ts'
import type { ShareOfOrder, SharingOrder } from '../accounts/profit-sharing/sharing-order.ts'
import type { SharingReturn } from '../accounts/profit-sharing/sharing-return.ts'
import { dateOf, dateTime } from '../clock/time.ts'
import { type Column, sum, writeTable, yuan } from './table.ts'

/** A share of an order, or a returned amount. */
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
 * Writes the successful shares and returns of a day (分账账单).
 *
 * The column titles come from a merchant's program that reads real files. Unconfirmed are the titles of the summary, the
 * values of 业务类型 and 处理状态, and that 备注 is the description.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012529628
 * @param date `2018-06-08`
 * @param mchid number of the caller
 * @param sub_mchid number of a sub-merchant, to include only its rows
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
  for (const sharingReturn of profitSharing.returns.all())
    rows.push(returnRow(sharingReturn, sharings.get(sharingReturn.out_order_no)!))
  const ofDay = rows.filter(
    row => row.state === 'SUCCESS' && dateOf(row.at) === date && (sub_mchid === undefined || row.mchid === sub_mchid),
  )
  if (ofDay.length === 0) return undefined
  const totalOf = (kind: Row['kind']) => sum(ofDay, row => (row.kind === kind ? row.amount : 0))
  return writeTable(
    columns(mchid, accounts),
    ofDay.sort((a, b) => a.at - b.at),
    [
      ['总笔数', String(ofDay.length)],
      ['分账总金额', yuan(totalOf('分账'))],
      ['分账回退总金额', yuan(totalOf('分账回退'))],
    ],
  )
}

const shareRow = (sharing: SharingOrder, share: ShareOfOrder): Row => ({
  at: sharing.createdAt,
  mchid: sharing.mchid,
  transaction_id: sharing.transaction_id,
  order_id: sharing.order_id,
  detail_id: share.detail_id,
  number: sharing.out_order_no,
  receiver: share.account,
  amount: share.amount,
  kind: '分账',
  state: share.result,
  description: share.description,
})

const returnRow = (sharingReturn: SharingReturn, { transaction_id }: SharingOrder): Row => ({
  at: sharingReturn.createdAt,
  mchid: sharingReturn.mchid,
  transaction_id,
  order_id: sharingReturn.return_id,
  detail_id: sharingReturn.return_id,
  number: sharingReturn.out_return_no,
  receiver: sharingReturn.return_mchid,
  amount: sharingReturn.amount,
  kind: '分账回退',
  state: sharingReturn.result,
  description: sharingReturn.description,
})
