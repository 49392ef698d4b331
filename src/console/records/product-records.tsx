import type { FapiaoApplication } from '../../simulator/accounts/fapiao/fapiao.ts'
import type { MedicalOrder } from '../../simulator/accounts/medical-insurance/medical-order.ts'
import type { Order } from '../../simulator/accounts/orders/order.ts'
import type { BlockReason, Parking, Plate } from '../../simulator/accounts/parking/parking.ts'
import type { RedPacket } from '../../simulator/accounts/red-packets/red-packet.ts'
import type { StateMachines } from '../../simulator/control/actions/state-actions.ts'
import type { ProductRecordLists } from '../../simulator/control/product-records-action.ts'
import { Item, type ItemAction, Items, Problem } from '../items.tsx'
import { moneyOf } from '../money.ts'
import { useActions, useLive } from '../use-action.ts'
import { owedOrderOf } from './owed-order.ts'
import { useProductWords } from './product-words.ts'
import { admits, States } from './states.tsx'
import { toneOf } from './tone.ts'

interface Product<T> {
  readonly records: readonly T[]
  /** Reads the records again. */
  readonly reload: () => void
  /** Undefined until they have been read. */
  readonly machines: StateMachines | undefined
}

interface ProductRecordsProps extends Pick<Product<never>, 'machines'> {
  readonly orders: readonly Order[]
}

/** Records of products besides payments, each of which is shown once the merchant has used it. */
export function ProductRecords({ machines, orders }: ProductRecordsProps) {
  const [lists, reload] = useLive<ProductRecordLists>('/product-records')
  if (!lists) return null
  const common = { machines, reload }
  return (
    <>
      {lists.parkings.length > 0 && (
        <Parkings records={lists.parkings} plates={lists.plates} orders={orders} {...common} />
      )}
      {lists.fapiaoApplications.length > 0 && <Fapiaos records={lists.fapiaoApplications} {...common} />}
      {lists.medicalOrders.length > 0 && <MedicalOrders records={lists.medicalOrders} {...common} />}
      {lists.redPackets.length > 0 && <RedPackets records={lists.redPackets} {...common} />}
    </>
  )
}

interface ParkingsProps extends Product<Parking>, Pick<ProductRecordsProps, 'orders'> {
  readonly plates: readonly Plate[]
}

function Parkings({ records, reload, machines, plates, orders }: ParkingsProps) {
  const words = useProductWords()
  const actions = useActions(reload)
  const labels: Readonly<Record<Exclude<BlockReason, 'OVERDUE'> | 'NORMAL', readonly [label: string, event: string]>> =
    {
      NORMAL: [words.pausePlate, 'pause'],
      PAUSE: [words.resumePlate, 'resume'],
      OUT_SERVICE: [words.openPlate, 'open'],
    }
  const actionsOf = ({ plate_number, plate_color, endedAt, block_reason }: Parking): ItemAction[] => {
    if (endedAt !== undefined) return []
    const plate = { plate_number, plate_color }
    if (block_reason === 'OVERDUE') {
      const owed = owedOrderOf(plate, plates, orders)
      if (!owed) return []
      const { out_trade_no, sub_mchid } = owed
      return [{ label: words.repayParkingFee, path: '/repay-parking-fee', input: { out_trade_no, sub_mchid } }]
    }
    const [label, event] = labels[block_reason ?? 'NORMAL']
    return [
      event === 'open'
        ? { label, path: '/open-plate', input: plate }
        : { label, path: '/change-plate', input: { ...plate, event } },
    ]
  }
  return (
    <>
      <Problem actions={actions} />
      <Items title={words.parkings} none="">
        {records.map(parking => (
          <Item
            key={parking.id}
            number={parking.out_parking_no}
            state={parking.state}
            tone={toneOf(machines?.parkings, parking.state)}
            description={`${parking.plate_number} ${parking.parking_name}`}
            note={parking.block_reason}
            available={actionsOf(parking)}
            actions={actions}
          >
            <States machine={machines?.parkings} number={parking.out_parking_no} state={parking.state} />
          </Item>
        ))}
      </Items>
    </>
  )
}

function Fapiaos({ records, reload, machines }: Product<FapiaoApplication>) {
  const words = useProductWords()
  const actions = useActions(reload)
  return (
    <>
      <Problem actions={actions} />
      <Items title={words.fapiaos} none="">
        {records.flatMap(({ fapiao_apply_id, sub_mchid, fapiaos }) =>
          fapiaos.map(({ fapiao_id, status, total_amount, card, error }) => (
            <Item
              key={`${sub_mchid} ${fapiao_apply_id} ${fapiao_id}`}
              number={fapiao_id}
              state={status}
              tone={toneOf(machines?.fapiaos, status)}
              description={fapiao_apply_id}
              note={error?.message ?? card?.card_status}
              amount={moneyOf(total_amount)}
              available={
                /_ACCEPTED$/.test(status)
                  ? [
                      {
                        label: words.failFapiao,
                        path: '/fail-fapiao',
                        input: { fapiao_apply_id, sub_mchid, fapiao_id },
                      },
                    ]
                  : []
              }
              actions={actions}
            >
              <States machine={machines?.fapiaos} number={fapiao_id} state={status} />
            </Item>
          )),
        )}
      </Items>
    </>
  )
}

function MedicalOrders({ records, reload, machines }: Product<MedicalOrder>) {
  const words = useProductWords()
  const actions = useActions(reload)
  const actionsOf = ({ fields, selfPay, insurance, mix_pay_status }: MedicalOrder): ItemAction[] => {
    const input = { out_trade_no: fields.out_trade_no, sub_mchid: fields.sub_mchid }
    const isOpen = admits(machines?.medicalOrders, mix_pay_status, 'pay')
    const possible = [
      { label: words.payMedicalOrder, path: '/pay-medical-order', input, isPossible: selfPay !== 'SUCCESS' },
      { label: words.failMedicalOrder, path: '/fail-medical-order', input, isPossible: insurance === 'CREATED' },
    ]
    return possible.filter(({ isPossible }) => isOpen && isPossible)
  }
  return (
    <>
      <Problem actions={actions} />
      <Items title={words.medicalOrders} none="">
        {records.map(order => (
          <Item
            key={order.mix_trade_no}
            number={order.fields.out_trade_no}
            state={order.mix_pay_status}
            tone={toneOf(machines?.medicalOrders, order.mix_pay_status)}
            description={order.fields.mix_pay_type}
            amount={moneyOf(order.fields.total_fee)}
            available={actionsOf(order)}
            actions={actions}
          >
            <States machine={machines?.medicalOrders} number={order.fields.out_trade_no} state={order.mix_pay_status} />
          </Item>
        ))}
      </Items>
    </>
  )
}

function RedPackets({ records, reload, machines }: Product<RedPacket>) {
  const words = useProductWords()
  const actions = useActions(reload)
  return (
    <>
      <Problem actions={actions} />
      <Items title={words.redPackets} none="">
        {records.map(({ mch_billno, status, act_name, total_amount }) => (
          <Item
            key={mch_billno}
            number={mch_billno}
            state={status}
            tone={toneOf(machines?.redPackets, status)}
            description={act_name}
            amount={moneyOf(total_amount)}
            available={
              admits(machines?.redPackets, status, 'receive')
                ? [{ label: words.receiveRedPacket, path: '/receive-red-packet', input: { mch_billno } }]
                : []
            }
            actions={actions}
          >
            <States machine={machines?.redPackets} number={mch_billno} state={status} />
          </Item>
        ))}
      </Items>
    </>
  )
}
