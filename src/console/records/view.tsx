import type { Complaint } from '../../simulator/accounts/complaints/complaint.ts'
import type { Order } from '../../simulator/accounts/orders/order.ts'
import type { Refund } from '../../simulator/accounts/refunds/refund.ts'
import type { Transfer } from '../../simulator/accounts/transfers/transfers.ts'
import type { ProductRecordLists } from '../../simulator/control/actions/product-records-action.ts'
import type { StateMachines } from '../../simulator/control/actions/state-actions.ts'
import { MerchantChoice } from '../accounts/merchant-choice.tsx'
import { type ItemAction, Items, Problem } from '../items.tsx'
import { moneyOf } from '../money.ts'
import { type Actions, useActions, useLive } from '../use-action.ts'
import { useWords, type Words } from '../words.ts'
import { machineOf } from './order-machine.ts'
import { ProductRecords } from './product-records.tsx'
import { type ProductWords, useProductWords } from './products/words.ts'
import { RecordItem } from './record-item.tsx'
import { admits, type EventAction } from './states.tsx'

/** Orders, refunds, transfers and the records of other products with their states, and what the shopper or the bank can do about each. */
export function RecordsView() {
  const words = useWords()
  const [machines] = useLive<StateMachines>('/state-machines', true)
  const [orders, reloadOrders] = useLive<Order[]>('/orders')
  const [refunds, reloadRefunds] = useLive<Refund[]>('/refunds')
  const [transfers, reloadTransfers] = useLive<Transfer[]>('/transfers')
  const [lists, reloadLists] = useLive<ProductRecordLists>('/product-records')
  const actions = useActions(() => {
    reloadOrders()
    reloadRefunds()
    reloadTransfers()
    reloadLists()
  })
  const common = { actions, words, machines }
  const refunded = (order: Order): number | undefined => refundedOf(order, refunds ?? [])
  return (
    <main class="view">
      <MerchantChoice />
      <Problem actions={actions} />
      <Items title={words.orders} none={words.noOrders}>
        {orders?.map(order => (
          <OrderItem
            key={`${order.sub_mchid} ${order.out_trade_no}`}
            order={order}
            refunded={refunded(order)}
            complaints={lists?.complaints ?? []}
            {...common}
          />
        ))}
      </Items>
      <Items title={words.refunds} none={words.none}>
        {refunds?.map(refund => (
          <RefundItem key={`${refund.sub_mchid} ${refund.out_refund_no}`} refund={refund} {...common} />
        ))}
      </Items>
      <Items title={words.transfers} none={words.none}>
        {transfers?.map(transfer => (
          <TransferItem key={transfer.out_bill_no} transfer={transfer} {...common} />
        ))}
      </Items>
      {lists && <ProductRecords lists={lists} reload={reloadLists} machines={machines} orders={orders ?? []} />}
    </main>
  )
}

interface Common {
  readonly actions: Actions
  readonly words: Words
  /** Undefined until they have been read. */
  readonly machines: StateMachines | undefined
}

/** Refunds that the simulator lists, the newest ones. */
const LISTED_REFUNDS = 100

/** Returns how much of an order has been refunded, in fen; undefined if refunds that are not listed may belong to it. */
function refundedOf({ out_trade_no, sub_mchid }: Order, refunds: readonly Refund[]): number | undefined {
  if (refunds.length >= LISTED_REFUNDS) return undefined
  return refunds
    .filter(refund => refund.out_trade_no === out_trade_no && refund.sub_mchid === sub_mchid)
    .filter(({ status }) => status === 'SUCCESS')
    .reduce((sum, { refund }) => sum + refund, 0)
}

/** Returns whether the user owes a parking fee that WeChat Pay has advanced (垫资). */
const isOwed = ({ user_repaid, trade_state, amount }: Order, refunded: number | undefined): boolean =>
  user_repaid === 'N' && trade_state !== 'REVOKED' && (refunded === undefined || refunded < amount.total)

interface OrderProps extends Common {
  readonly order: Order
  /** Fen; undefined if it is not known. */
  readonly refunded: number | undefined
  readonly complaints: readonly Complaint[]
}

/** Returns what the shopper and the bank can do about an order. A deduction (委托代扣) asks no shopper, who could cancel it. */
function actionsOf({ out_trade_no, sub_mchid, combine_out_trade_no, trade_type }: Order, words: Words): EventAction[] {
  if (combine_out_trade_no !== undefined)
    return [{ event: 'pay', label: words.payCombined, path: '/pay', input: { combine_out_trade_no } }]
  const input = { out_trade_no, sub_mchid }
  const cancel = { event: 'fail', label: words.doCancel, path: '/cancel', input }
  return [
    { event: 'pay', label: words.doPay, path: '/pay', input },
    ...(trade_type === 'PAP' ? [] : [cancel]),
    { event: 'fail', label: words.doRefuse, path: '/fail', input },
  ]
}

/** Returns what the shopper does about a paid order that has no open complaint. */
function complaintActionsOf(
  { order, complaints, machines }: Omit<OrderProps, 'words' | 'actions'>,
  words: ProductWords,
): ItemAction[] {
  const { out_trade_no, sub_mchid, transaction_id, trade_state, overseas } = order
  const isOpen = ({ state }: Complaint): boolean => admits(machines?.complaints, state, 'complete')
  const isPaid = admits(machines?.orders, trade_state, 'refund')
  if (!isPaid || overseas || complaints.some(one => one.transaction_id === transaction_id && isOpen(one))) return []
  return [
    {
      label: words.complain,
      path: '/complain',
      input: { out_trade_no, sub_mchid },
      asks: [{ name: 'complaint_detail', label: words.complaintText, initial: words.complaintSample }],
    },
  ]
}

/** Returns what WeChat Pay and the user can do about a parking fee besides paying it. */
function feeActionsOf(
  { order, refunded, machines }: Omit<OrderProps, 'words' | 'actions' | 'complaints'>,
  words: ProductWords,
): ItemAction[] {
  const { out_trade_no, sub_mchid, parking, trade_state } = order
  if (!parking) return []
  const input = { out_trade_no, sub_mchid }
  const canAdvance = admits(machines?.orders, trade_state, 'pay')
  return [
    ...(canAdvance ? [{ label: words.advanceParkingFee, path: '/advance-parking-fee', input }] : []),
    ...(isOwed(order, refunded) ? [{ label: words.repayParkingFee, path: '/repay-parking-fee', input }] : []),
  ]
}

function OrderItem({ order, refunded, complaints, actions, words, machines }: OrderProps) {
  const { out_trade_no, trade_state, description, amount } = order
  const productWords = useProductWords()
  const common = { order, refunded, complaints, machines }
  return (
    <RecordItem
      name="orders"
      machine={machines && machineOf(machines.orders, order)}
      number={out_trade_no}
      state={trade_state}
      description={`${order.trade_type} ${description}`}
      note={refunded ? words.refundedAmount(moneyOf(refunded, amount.currency)) : undefined}
      amount={moneyOf(amount.total, amount.currency)}
      possible={[
        ...actionsOf(order, words),
        ...feeActionsOf(common, productWords),
        ...complaintActionsOf(common, productWords),
      ]}
      actions={actions}
    />
  )
}

function RefundItem({ refund, actions, words, machines }: Common & { refund: Refund }) {
  const { out_refund_no, out_trade_no, sub_mchid, status, refund: fen } = refund
  const results = [
    ['succeed', 'SUCCESS', words.refundSucceeds],
    ['close', 'CLOSED', words.refundCloses],
    ['become-abnormal', 'ABNORMAL', words.refundIsAbnormal],
  ] as const
  return (
    <RecordItem
      name="refunds"
      machine={machines?.refunds}
      number={out_refund_no}
      state={status}
      description={words.refundOf(out_trade_no)}
      amount={moneyOf(fen)}
      possible={results.map(([event, result, label]) => ({
        event,
        label,
        path: '/refund-result',
        input: { out_refund_no, sub_mchid, result },
      }))}
      actions={actions}
    />
  )
}

function TransferItem({ transfer, actions, words, machines }: Common & { transfer: Transfer }) {
  const { out_bill_no, state, transfer_amount, transfer_remark } = transfer
  const input = { out_bill_no }
  return (
    <RecordItem
      name="transfers"
      machine={machines?.transfers}
      number={out_bill_no}
      state={state}
      description={transfer_remark}
      amount={moneyOf(transfer_amount)}
      possible={[
        { event: 'confirm', label: words.acceptTransfer, path: '/confirm-transfer', input },
        { event: 'fail', label: words.failTransfer, path: '/fail-transfer', input },
      ]}
      actions={actions}
    />
  )
}
