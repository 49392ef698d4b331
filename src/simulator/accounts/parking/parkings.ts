import { SECOND } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import { newDigits } from '../numbers.ts'
import { type Order, type OrderDraft, orderKey } from '../orders/order.ts'
import type { Orders } from '../orders/orders.ts'
import { createRecords, type Records } from '../records.ts'
import type { Refunds } from '../refunds/refunds.ts'
import { Rejection } from '../rejection.ts'
import { requireStateAfter } from '../state-machine.ts'
import {
  blockReasonOf,
  PARKING_STATES,
  type Parking,
  type ParkingChanged,
  type ParkingDraft,
  type Plate,
  type PlateEvent,
  type PlateName,
  plateKey,
} from './parking.ts'
import { createParkingFees } from './parking-fees.ts'
import { createPlates, type Plates } from './plates.ts'

/** A deduction of a parking fee, without the user, whom the plate names. */
export type ParkingDeduction = Omit<OrderDraft, 'api' | 'trade_type' | 'payer'> & Required<Pick<OrderDraft, 'parking'>>

/** The user has repaid a fee that WeChat Pay had advanced (垫资单还款). */
export interface ParkingFeeRepaid {
  readonly type: 'parking-fee-repaid'
  readonly order: Order
}

/**
 * Parking by WeChat Pay Score (微信支付分停车服务): users open the service for their plates; vehicles enter, and their fees are
 * deducted when they leave.
 */
export interface Parkings {
  readonly plates: Pick<Plates, 'find' | 'all'>
  /**
   * Opens the service for a plate as a user, see {@link Plates.open}. As each change of a plate, it changes the state of the
   * parkings that have not ended.
   */
  openPlate(plate: PlateName, openid?: string): Plate
  /** @throws {Rejection} `PLATE_UNKNOWN`, `PLATE_STATE` */
  changePlate(plate: PlateName, event: Exclude<PlateEvent, 'open'>): Plate
  /**
   * Reports that a vehicle has entered; repeats the first result for the same number with the same parameters.
   *
   * @throws {Rejection} `PARKING_NUMBER_USED`
   */
  enter(draft: ParkingDraft): Parking
  findByNumber(out_parking_no: string, sub_mchid?: string): Parking | undefined
  /**
   * Accepts a deduction, which is carried out two seconds later.
   *
   * @throws {Rejection} `PARKING_UNKNOWN`, `PARKING_PLATE`, `PARKING_PAID`, `PARKING_BLOCKED`, those of an order
   */
  deduct(deduction: ParkingDeduction): Order
  /**
   * Carries out a deduction whose user cannot pay: WeChat Pay advances the fee (垫资), and the user owes it, whoever has the plate by now.
   *
   * @throws {Rejection} the order is no deduction that waits
   */
  advanceFee(order: Order): Order
  /**
   * Repays an advanced fee as the user.
   *
   * @throws {Rejection} `PARKING_NOT_ADVANCED`
   */
  repayFee(order: Order): Order
  /** Records a refund or a reversal of an order. An advanced fee that is refunded in full is owed no longer. */
  recordReturn(order: Order): void
  all(): Iterable<Parking>
}

const DEDUCTION_TIME = 2 * SECOND

export function createParkings(
  context: AccountsContext<ParkingChanged | ParkingFeeRepaid>,
  orders: Orders,
  refunds: Pick<Refunds, 'ofOrder'>,
): Parkings {
  const { state, scheduler, now, emit } = context
  const fees = createParkingFees(orders, refunds)
  const plates = createPlates(context, fees.owedBy)
  const records = createRecords(state.map<Parking>('parkings'), {
    keyOf: parkingKey,
    numbersOf: ({ id }) => [id],
  })
  const updateParkings = createUpdates(context, records)
  scheduler.on<{ key: string }>('parking-deduction', ({ key }) => {
    if (orders.find(key)?.trade_state === 'ACCEPT') orders.pay(key)
  })
  return {
    plates,
    openPlate: (plate, openid) => updateParkings(plates.open(plate, openid)),
    changePlate: (plate, event) => updateParkings(plates.change(plate, event)),
    enter(draft) {
      const existing = records.findRepeated(parkingKey(draft), draft.fingerprint, 'PARKING_NUMBER_USED')
      if (existing) return existing
      const block_reason = blockReasonOf(plates.find(draft))
      const id = newDigits(19, context, records.isTaken)
      const entered = block_reason === undefined ? 'NORMAL' : 'BLOCKED'
      return records.save({ ...draft, id, state: entered, block_reason, updatedAt: now() })
    },
    findByNumber: (out_parking_no, sub_mchid) => records.find(parkingKey({ out_parking_no, sub_mchid })),
    deduct(deduction) {
      const parking = requireParking(records.findByNumber(deduction.parking.parking_id), deduction)
      const key = orderKey(deduction)
      const isNew = orders.find(key) === undefined
      // Only a parking that has ended can have been paid for, so no other needs the search.
      const taken = isNew && parking.endedAt !== undefined ? fees.findTaken(parking.id) : undefined
      if (taken) throw new Rejection('PARKING_PAID', `${parking.id}: ${taken.out_trade_no}`)
      const plate = plates.find(parking)
      // A parking that has ended keeps its state, while its plate may have become blocked since.
      const block_reason = blockReasonOf(plate)
      if (isNew && block_reason) throw new Rejection('PARKING_BLOCKED', `${parking.id}: ${block_reason}`)
      const payer = { openid: plate?.openid }
      const order = orders.placeDeduction({ ...deduction, api: 'v3', trade_type: 'PAP', payer })
      if (!isNew) return order
      records.save({ ...parking, endedAt: now() })
      scheduler.schedule(now() + DEDUCTION_TIME, 'parking-deduction', { key })
      return order
    },
    advanceFee(order) {
      if (!order.parking || order.trade_state !== 'ACCEPT') throw new Rejection('ORDER_UNKNOWN', order.out_trade_no)
      const key = orderKey(order)
      orders.setUserRepaid(key, 'N')
      const paid = orders.pay(key)
      updateParkings(plates.updateDebts(order.parking))
      return paid
    },
    repayFee(order) {
      if (!fees.isOwed(order)) throw new Rejection('PARKING_NOT_ADVANCED', order.out_trade_no)
      const repaid = orders.setUserRepaid(orderKey(order), 'Y')
      emit({ type: 'parking-fee-repaid', order: repaid })
      updateParkings(plates.updateDebts(order.parking!))
      return repaid
    },
    recordReturn({ parking, user_repaid }) {
      if (parking && user_repaid === 'N') updateParkings(plates.updateDebts(parking))
    },
    all: records.all,
  }
}

/** Creates the function that gives the parkings of a plate the state that follows from the plate's, and emits the changes. */
function createUpdates({ now, emit }: AccountsContext<ParkingChanged>, records: Records<Parking>) {
  const update = (parking: Parking, plate: Plate): void => {
    const block_reason = blockReasonOf(plate)
    if (block_reason === parking.block_reason) return
    const isChanged = (block_reason === undefined) !== (parking.block_reason === undefined)
    const event = block_reason === undefined ? 'unblock' : 'block'
    const state = isChanged ? requireStateAfter(PARKING_STATES, parking.state, event) : parking.state
    const changed = records.save({ ...parking, state, block_reason, updatedAt: now() })
    if (isChanged) emit({ type: 'parking-changed', parking: changed })
  }
  return (plate: Plate): Plate => {
    for (const parking of records.all())
      if (parking.endedAt === undefined && plateKey(parking) === plateKey(plate)) update(parking, plate)
    return plate
  }
}

/** Returns the key of a parking: `out_parking_no` is unique per merchant. */
const parkingKey = ({ sub_mchid = '', out_parking_no }: Pick<Parking, 'sub_mchid' | 'out_parking_no'>): string =>
  `${sub_mchid}/${out_parking_no}`

/** @throws {Rejection} the merchant has no such parking, or one of another plate */
function requireParking(parking: Parking | undefined, { sub_mchid, parking: info }: ParkingDeduction): Parking {
  if (!parking || parking.sub_mchid !== sub_mchid) throw new Rejection('PARKING_UNKNOWN', info.parking_id)
  if (plateKey(parking) !== plateKey(info)) throw new Rejection('PARKING_PLATE', parking.id)
  return parking
}
