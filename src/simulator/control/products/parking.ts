import type { Accounts } from '../../accounts/accounts.ts'
import type { Order, OrderNumber } from '../../accounts/orders/order.ts'
import type { Parking, Plate, PlateEvent, PlateName } from '../../accounts/parking/parking.ts'
import { Rejection } from '../../accounts/rejection.ts'
import { newest } from '../newest.ts'

/** Acts as the users of the parking service (微信支付分停车服务), and as WeChat Pay. */
export interface ParkingControl {
  /**
   * Opens the service for a plate as a user. It must be open before a vehicle can leave without paying at the exit.
   *
   * @param openid default: the user who had opened it, or a new one
   * @throws {Rejection} the service is open, or the user who had the plate before owes a fee for it
   * @example
   * ```ts
   * const { openid } = simulator.openPlate({ plate_number: '粤B888888', plate_color: 'BLUE' })
   * ```
   */
  openPlate(plate: PlateName, openid?: string): Plate
  /**
   * Pauses, resumes or closes the service for a plate as its user. The merchants in whose lots the vehicle is are notified
   * (`VEHICLE.ENTRANCE_STATE_CHANGE`).
   *
   * @throws {Rejection} nobody has opened it, or its state does not allow this
   */
  changePlate(plate: PlateName, event: Exclude<PlateEvent, 'open'>): Plate
  plate(plate: PlateName): Plate | undefined
  /** Returns a parking by the merchant's number. */
  parking(out_parking_no: string, sub_mchid?: string): Parking | undefined
  /**
   * Returns the parkings that were reported last, the newest first.
   *
   * @param max default 100
   */
  parkings(max?: number): Parking[]
  /**
   * Lets WeChat Pay advance the fee (垫资) of a deduction that waits, because the user cannot pay. `fail` lets it fail instead.
   *
   * @throws {Rejection} there is no such deduction that waits
   */
  advanceParkingFee(order: OrderNumber): Order
  /**
   * Repays an advanced fee as the user; the merchant is notified (`TRANSACTION.PAY_BACK`).
   *
   * @throws {Rejection} there is no such order, or its fee is not advanced, or repaid or refunded in full
   */
  repayParkingFee(order: OrderNumber): Order
}

export function createParkingControl({ parkings, orders }: Pick<Accounts, 'parkings' | 'orders'>): ParkingControl {
  const requireOrder = ({ out_trade_no, sub_mchid }: OrderNumber): Order => {
    const order = orders.findByNumber(out_trade_no, sub_mchid)
    if (!order) throw new Rejection('ORDER_UNKNOWN', out_trade_no)
    return order
  }
  return {
    openPlate: (plate, openid) => parkings.openPlate(plate, openid),
    changePlate: (plate, event) => parkings.changePlate(plate, event),
    plate: plate => parkings.plates.find(plate),
    parking: (out_parking_no, sub_mchid) => parkings.findByNumber(out_parking_no, sub_mchid),
    parkings: max => newest(parkings.all(), max),
    advanceParkingFee: number => parkings.advanceFee(requireOrder(number)),
    repayParkingFee: number => parkings.repayFee(requireOrder(number)),
  }
}
