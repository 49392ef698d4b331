import type { BlockReason, Parking } from '../../../simulator/accounts/parking/parking.ts'
import { owedOrderOf } from './owed-order.ts'
import type { Product, RowAction, RowContext } from './product.ts'

/** Returns what a user can do about the plate of a parking that has not ended. */
function plateActionsOf(parking: Parking, { lists, orders, words }: RowContext): RowAction[] {
  const { plate_number, plate_color, endedAt, block_reason } = parking
  if (endedAt !== undefined) return []
  const plate = { plate_number, plate_color }
  const change = (event: string) => ({ path: '/change-plate', input: { ...plate, event } })
  const owed = owedOrderOf(plate, lists.plates, orders)
  const repayment = owed && { out_trade_no: owed.out_trade_no, sub_mchid: owed.sub_mchid }
  const actions: Readonly<Record<BlockReason | 'NORMAL', RowAction | undefined>> = {
    NORMAL: { label: words.pausePlate, ...change('pause') },
    PAUSE: { label: words.resumePlate, ...change('resume') },
    OUT_SERVICE: { label: words.openPlate, path: '/open-plate', input: plate },
    OVERDUE: repayment && { label: words.repayParkingFee, path: '/repay-parking-fee', input: repayment },
  }
  const action = actions[block_reason ?? 'NORMAL']
  return action ? [action] : []
}

/** Products that move money in their own way: parking, invoices of payments, medical insurance, red packets. */
export const PAYMENTS: readonly Product[] = [
  {
    title: 'parkings',
    rowsOf: context =>
      context.lists.parkings.map(parking => ({
        id: parking.id,
        number: parking.out_parking_no,
        machine: 'parkings',
        state: parking.state,
        description: `${parking.plate_number} ${parking.parking_name}`,
        note: parking.block_reason,
        actions: plateActionsOf(parking, context),
      })),
  },
  {
    title: 'fapiaos',
    rowsOf: ({ lists, words }) =>
      lists.fapiaoApplications.flatMap(({ fapiao_apply_id, sub_mchid, fapiaos }) =>
        fapiaos.map(({ fapiao_id, status, total_amount, card, error }) => {
          const fail = {
            label: words.failFapiao,
            path: '/fail-fapiao',
            input: { fapiao_apply_id, sub_mchid, fapiao_id },
          }
          return {
            id: `${sub_mchid} ${fapiao_apply_id} ${fapiao_id}`,
            number: fapiao_id,
            machine: 'fapiaos',
            state: status,
            description: fapiao_apply_id,
            amount: total_amount,
            note: error?.message ?? card?.card_status,
            actions: [
              { event: 'fail-issue', ...fail },
              { event: 'fail-reversal', ...fail },
            ],
          }
        }),
      ),
  },
  {
    title: 'medicalOrders',
    rowsOf: ({ lists, words }) =>
      lists.medicalOrders.map(({ fields, mix_trade_no, mix_pay_status, selfPay, insurance }) => {
        const input = { out_trade_no: fields.out_trade_no, sub_mchid: fields.sub_mchid }
        return {
          id: mix_trade_no,
          number: fields.out_trade_no,
          machine: 'medicalOrders',
          state: mix_pay_status,
          description: fields.mix_pay_type,
          amount: fields.total_fee,
          actions: [
            {
              event: 'pay',
              isPossible: selfPay !== 'SUCCESS',
              label: words.payMedicalOrder,
              path: '/pay-medical-order',
              input,
            },
            {
              event: 'fail',
              isPossible: insurance === 'CREATED',
              label: words.failMedicalOrder,
              path: '/fail-medical-order',
              input,
            },
          ],
        }
      }),
  },
  {
    title: 'redPackets',
    rowsOf: ({ lists, words }) =>
      lists.redPackets.map(({ mch_billno, status, act_name, total_amount }) => ({
        id: mch_billno,
        number: mch_billno,
        machine: 'redPackets',
        state: status,
        description: act_name,
        amount: total_amount,
        actions: [
          { event: 'receive', label: words.receiveRedPacket, path: '/receive-red-packet', input: { mch_billno } },
        ],
      })),
  },
]
