import type { Accounts } from '../../accounts/accounts.ts'
import type { MedicalOrder } from '../../accounts/medical-insurance/medical-order.ts'
import type { OrderNumber } from '../../accounts/orders/order.ts'
import { newest } from '../newest.ts'

/** Acts as the patients who pay by medical insurance (医保支付), and as the insurance. */
export interface MedicalInsuranceControl {
  /**
   * Pays an order by medical insurance as the user. Two seconds after the cash part is paid, the insurance settles its part, and
   * `MEDICAL_INSURANCE.SUCCESS` is sent. `pay` of the order of the cash part has the same effect.
   *
   * @throws {Rejection} there is no such order, or it cannot be paid
   */
  payMedicalOrder(order: OrderNumber): MedicalOrder
  /**
   * Refuses to settle an order as the insurance. Cash that has been paid returns to the user.
   *
   * @throws {Rejection} there is no such order, it is settled, it has no insurance part, or some of its cash has been refunded or shared
   */
  failMedicalOrder(order: OrderNumber): MedicalOrder
  medicalOrder(order: OrderNumber): MedicalOrder | undefined
  /**
   * Returns the orders that were placed last, the newest first.
   *
   * @param max default 100
   */
  medicalOrders(max?: number): MedicalOrder[]
}

export const createMedicalInsuranceControl = ({
  medicalOrders,
}: Pick<Accounts, 'medicalOrders'>): MedicalInsuranceControl => ({
  payMedicalOrder: number => medicalOrders.pay(number),
  failMedicalOrder: number => medicalOrders.fail(number),
  medicalOrder: number => medicalOrders.find(number),
  medicalOrders: max => newest(medicalOrders.all(), max),
})
