import type { AccountsContext } from '../context.ts'
import type { Orders } from '../orders/orders.ts'
import { createRecords, type Records } from '../records.ts'
import { Rejection } from '../rejection.ts'
import { requireStateAfter, stateAfter } from '../state-machine.ts'
import { type MedicalOrder, MIX_PAY_STATES, medicalOrderKey, PART_STATES } from './medical-order.ts'

/** Names an order by the merchant's number. */
export interface MedicalOrderName {
  readonly out_trade_no: string
  readonly sub_mchid?: string | undefined
}

/** The stored orders by medical insurance. One whose cash part can no longer be paid is found as failed. */
export interface MedicalRecords extends Omit<Records<MedicalOrder>, 'find'> {
  find(name: MedicalOrderName): MedicalOrder | undefined
  findByMixTradeNo(mix_trade_no: string): MedicalOrder | undefined
  /** @throws {Rejection} `MEDICAL_ORDER_UNKNOWN`, `MEDICAL_STATE`: it is not waiting to be paid */
  requireOpen(name: MedicalOrderName): MedicalOrder
  /** Fails an order that is not paid, with the parts that are not. */
  failOrder(order: MedicalOrder): MedicalOrder
  /** Fails an order that is not settled, whose cash has returned to the user. */
  failReturned(order: MedicalOrder): MedicalOrder
}

export function createMedicalRecords({ state }: Pick<AccountsContext, 'state'>, orders: Orders): MedicalRecords {
  const records = createRecords(state.map<MedicalOrder>('medical-orders'), {
    keyOf: ({ fields }) => medicalOrderKey(fields),
    numbersOf: ({ mix_trade_no, cashOrder }) => [mix_trade_no, cashOrder && `cash/${cashOrder}`],
  })
  const failOrder = (order: MedicalOrder): MedicalOrder =>
    records.save({
      ...order,
      selfPay: stateAfter(PART_STATES, order.selfPay, 'fail') ?? order.selfPay,
      insurance: stateAfter(PART_STATES, order.insurance, 'fail') ?? order.insurance,
      mix_pay_status: requireStateAfter(MIX_PAY_STATES, order.mix_pay_status, 'fail'),
    })
  const failReturned = (order: MedicalOrder): MedicalOrder =>
    failOrder({ ...order, selfPay: requireStateAfter(PART_STATES, order.selfPay, 'refund') })
  const expire = (order: MedicalOrder | undefined): MedicalOrder | undefined => {
    if (order?.selfPay !== 'CREATED') return order
    const cash = orders.find(order.cashOrder!)?.trade_state
    return cash === 'CLOSED' || cash === 'REVOKED' ? failOrder(order) : order
  }
  const find = (name: MedicalOrderName) => expire(records.find(medicalOrderKey(name)))
  return {
    ...records,
    find,
    findByMixTradeNo(mix_trade_no) {
      const order = records.findByNumber(mix_trade_no)
      return order?.mix_trade_no === mix_trade_no ? expire(order) : undefined
    },
    requireOpen(name) {
      const order = find(name)
      if (!order) throw new Rejection('MEDICAL_ORDER_UNKNOWN', name.out_trade_no)
      if (order.mix_pay_status !== 'MIX_PAY_CREATED') throw stateRejection(order)
      return order
    },
    failOrder,
    failReturned,
  }
}

export const stateRejection = ({ fields, mix_pay_status, insurance }: MedicalOrder): Rejection =>
  new Rejection('MEDICAL_STATE', `${fields.out_trade_no} is ${mix_pay_status}, its insurance part ${insurance}`)
