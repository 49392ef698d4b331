import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import type { Order } from '../../../accounts/orders/order.ts'
import type { ParkingInfo, PlateName } from '../../../accounts/parking/parking.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { rfc3339 } from '../../../clock/time.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError } from '../../refusal.ts'
import { requireApplication, requireOrderByNumber } from '../../request/merchant.ts'
import { parkingBody, parkingTransactionBody } from '../../resources/parking.ts'
import type { Route, RouteInput, RouteResult } from '../../route.ts'

/** Documented: only HTTPS. */
const NOTIFY_URL = { pattern: /^https:\/\/\S{1,248}$/ }
const PLATE: Rules = { plate_number: { maxLength: 32 } }
const PARKING_RULES: Rules = {
  ...PLATE,
  out_parking_no: { maxLength: 64 },
  notify_url: NOTIFY_URL,
  parking_name: { maxLength: 128 },
  free_duration: { minimum: 0 },
}
const DEDUCTION_RULES: Rules = {
  out_trade_no: { pattern: /^[\w*-]{1,32}$/ },
  description: { maxLength: 128 },
  attach: { maxLength: 128 },
  goods_tag: { maxLength: 32 },
  notify_url: NOTIFY_URL,
  trade_scene: { enum: ['PARKING'] },
  'amount.total': { minimum: 1 },
}

/** Body of a request to deduct a fee, once it has been checked. */
interface DeductionBody {
  readonly appid: string
  readonly sub_appid?: string
  readonly sub_mchid?: string
  readonly description: string
  readonly attach?: string
  readonly out_trade_no: string
  readonly goods_tag?: string
  readonly notify_url: string
  readonly profit_sharing?: 'Y' | 'N'
  readonly amount: { readonly total: number; readonly currency?: string }
  readonly parking_info?: ParkingInfo
}

/** 微信支付分停车服务. */
export const parkingRoutes: readonly Route[] = [
  {
    endpoint: 'GET /v3/vehicle/parking/services/find',
    rules: PLATE,
    handle({ query }, context) {
      requireApplication(query.appid, context)
      const { plate_number, plate_color, openid } = query as Readonly<Record<string, string>> & PlateName
      const plate = context.parkings.plates.find({ plate_number, plate_color })
      const isOwn = plate !== undefined && plate.openid === openid && plate.state !== 'OUT_SERVICE'
      return {
        status: 200,
        body: {
          plate_number,
          plate_color,
          ...(isOwn && { service_open_time: rfc3339(plate.openedAt) }),
          openid,
          service_state: isOwn ? plate.state : 'OUT_SERVICE',
        },
      }
    },
  },
  {
    endpoint: 'POST /v3/vehicle/parking/parkings',
    rules: PARKING_RULES,
    handle({ body }, { parkings, merchant }) {
      const draft = body as unknown as Parameters<typeof parkings.enter>[0]
      const parking = parkings.enter({ ...draft, mchid: merchant.mchid, fingerprint: fingerprintOf(body) })
      return { status: 200, body: parkingBody(parking) }
    },
  },
  { endpoint: 'POST /v3/vehicle/transactions/parking', rules: DEDUCTION_RULES, handle: deduct },
  {
    endpoint: 'GET /v3/vehicle/transactions/out-trade-no/{out_trade_no}',
    handle({ path, query }, context) {
      const order = requireOrderByNumber(path.out_trade_no!, query.sub_mchid, context)
      if (!order.parking) throw new Rejection('ORDER_UNKNOWN', path.out_trade_no)
      return transactionResult(order)
    },
  },
]

function deduct({ body: fields }: RouteInput, context: SimulatorContext): RouteResult {
  const body = fields as unknown as DeductionBody
  requireApplication(body.appid, context)
  const { parking_info: parking, profit_sharing, amount, ...order } = body
  // Documented as required for the only scene that there is.
  if (!parking)
    throw paramError('参数错误，trade_scene为PARKING时parking_info必填', {
      field: '/parking_info',
      issue: 'parking_info is required for the scene PARKING',
      location: 'body',
    })
  const deduction = context.parkings.deduct({
    appid: order.appid,
    mchid: context.merchant.mchid,
    sub_appid: order.sub_appid,
    sub_mchid: order.sub_mchid,
    out_trade_no: order.out_trade_no,
    description: order.description,
    attach: order.attach,
    goods_tag: order.goods_tag,
    notify_url: order.notify_url,
    profit_sharing: profit_sharing === 'Y',
    amount: { total: amount.total, currency: amount.currency ?? 'CNY' },
    parking,
    fingerprint: fingerprintOf(['PARKING', fields]),
  })
  return transactionResult(deduction)
}

const transactionResult = (order: Order): RouteResult => ({ status: 200, body: parkingTransactionBody(order) })
