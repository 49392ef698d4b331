import { type Order, payerTotal } from '../../accounts/orders/order.ts'
import { TRADE_STATE_DESC } from '../../accounts/orders/order-presentation.ts'
import type { Parking } from '../../accounts/parking/parking.ts'
import { rfc3339 } from '../../clock/time.ts'

/** States of an order in the words of the parking service. Its notifications say `ACCEPT` where its responses say `ACCEPTED`. */
const TRADE_STATES: Readonly<Record<string, string>> = { ACCEPT: 'ACCEPTED', PAYERROR: 'PAY_FAIL' }

/** Creates the JSON of a parking (停车入场), as the response to its creation has it. */
export const parkingBody = ({ block_reason, ...parking }: Parking): object => ({
  id: parking.id,
  out_parking_no: parking.out_parking_no,
  plate_number: parking.plate_number,
  plate_color: parking.plate_color,
  start_time: parking.start_time,
  parking_name: parking.parking_name,
  free_duration: parking.free_duration,
  state: parking.state,
  ...(block_reason && { block_reason }),
})

/** Returns the resource of a notification about the state of a parking (停车入场状态变更). */
export const parkingResource = ({ block_reason, ...parking }: Parking): object => ({
  sp_mchid: parking.mchid,
  ...(parking.sub_mchid && { sub_mchid: parking.sub_mchid }),
  parking_id: parking.id,
  out_parking_no: parking.out_parking_no,
  plate_number: parking.plate_number,
  plate_color: parking.plate_color,
  start_time: parking.start_time,
  parking_name: parking.parking_name,
  free_duration: parking.free_duration,
  parking_state: parking.state,
  ...(block_reason && { blocked_state_description: block_reason }),
  state_update_time: rfc3339(parking.updatedAt),
})

/** Returns the deduction of a parking fee (停车扣费) as its query and notifications contain it. */
export function parkingTransactionBody(order: Order): object {
  const { trade_state, sub_mchid, sub_appid, amount, paidAt, attach, user_repaid } = order
  return {
    appid: order.appid,
    ...(sub_appid && { sub_appid }),
    sp_mchid: order.mchid,
    ...(sub_mchid && { sub_mchid }),
    description: order.description,
    create_time: rfc3339(order.createdAt),
    out_trade_no: order.out_trade_no,
    trade_state: TRADE_STATES[trade_state] ?? trade_state,
    trade_state_description: TRADE_STATE_DESC[trade_state],
    ...(user_repaid && { user_repaid }),
    ...(attach && { attach }),
    trade_scene: 'PARKING',
    parking_info: order.parking,
    payer: { openid: order.payer.openid },
    ...(paidAt === undefined
      ? { amount }
      : {
          transaction_id: order.transaction_id,
          bank_type: order.bank_type,
          success_time: rfc3339(paidAt),
          amount: { ...amount, payer_total: payerTotal(order), discount_total: amount.total - payerTotal(order) },
        }),
    promotion_detail: [],
  }
}

/** Fields that both notifications about a failed or an advanced fee have, beside those of the query. */
const noticeFields = (order: Order): object => ({
  ...parkingTransactionBody(order),
  mchid: order.mchid,
  trade_type: order.trade_type,
  trade_state_desc: TRADE_STATE_DESC[order.trade_state],
})

/** Returns the resource of the notification that a user has repaid an advanced fee (用户对垫资单还款). */
export const repaidFeeResource = (order: Order): object => ({
  ...noticeFields(order),
  device_info: { device_id: order.parking!.device_id },
})

/** Returns the resource of the notification that a deduction has failed (停车服务扣费失败). */
export const failedDeductionResource = (order: Order): object => ({
  ...noticeFields(order),
  device_information: { device_id: order.parking!.device_id },
})
