import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import type { CombinedOrder, CombinedOrderDraft } from '../../../accounts/orders/combined-orders.ts'
import { type OrderDraft, orderKey, type Payer, type TradeType } from '../../../accounts/orders/order.ts'
import { codeUrl, mwebUrl } from '../../../accounts/orders/order-presentation.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError, V3Refusal } from '../../refusal.ts'
import { requireApplication, requireMerchant } from '../../request/merchant.ts'
import { NOTIFY_URL } from '../../request/prepay-rules.ts'
import { combinedTransactionBody } from '../../resources/transaction.ts'
import type { Route, RouteResult } from '../../route.ts'

/** Documented format of the numbers of combined orders, which can be shorter than other numbers. */
const NUMBER = { pattern: /^[\w\-|*@]{2,32}$/ }
/** Documented. */
const MAX_ORDERS = 50

const RULES: Rules = {
  combine_out_trade_no: NUMBER,
  notify_url: NOTIFY_URL,
  'sub_orders.out_trade_no': NUMBER,
  'sub_orders.attach': { maxLength: 128 },
  'sub_orders.description': { maxLength: 127 },
  'sub_orders.amount.total_amount': { minimum: 1 },
  'sub_orders.amount.currency': { enum: ['CNY'] },
}

/** Body of a request to place a combined order, once it has been checked. */
interface CombinedBody {
  readonly combine_appid: string
  readonly combine_mchid: string
  readonly combine_out_trade_no: string
  readonly notify_url?: string
  readonly time_expire?: string
  readonly scene_info?: { readonly device_id?: string }
  readonly combine_payer_info?: Payer
  readonly sub_orders: readonly SubOrder[]
}

interface SubOrder {
  readonly mchid: string
  readonly sub_mchid?: string
  readonly sub_appid?: string
  readonly out_trade_no: string
  readonly description: string
  readonly attach: string
  readonly amount: { readonly total_amount: number; readonly currency: string }
  readonly settle_info?: { readonly profit_sharing?: boolean }
}

const prepayId = ({ prepay_id }: CombinedOrder) => ({ prepay_id })
const KINDS: readonly [kind: string, type: TradeType, bodyOf: (combined: CombinedOrder, origin: string) => object][] = [
  ['jsapi', 'JSAPI', prepayId],
  ['miniprogram', 'JSAPI', prepayId],
  ['app', 'APP', prepayId],
  ['h5', 'MWEB', (combined, origin) => ({ h5_url: mwebUrl(combined, origin) })],
  ['native', 'NATIVE', combined => ({ code_url: codeUrl(combined) })],
]
const ROOT = '/v3/combine-transactions'

/** 合单支付. */
export const combineRoutes: readonly Route[] = [
  ...KINDS.map(
    ([kind, type, bodyOf]): Route => ({
      endpoint: `POST ${ROOT}/${kind}`,
      rules: RULES,
      handle(input, context) {
        const body = input.body as unknown as CombinedBody
        requireMerchant(body.combine_mchid, 'body', context, 'combine_mchid')
        requireApplication(body.combine_appid, context)
        requireOrderCount(body.sub_orders)
        if (kind === 'jsapi') requirePayer(body)
        return { status: 200, body: bodyOf(context.combinedOrders.place(draftOf(type, body)), input.origin) }
      },
    }),
  ),
  {
    endpoint: `GET ${ROOT}/out-trade-no/{combine_out_trade_no}`,
    handle: ({ path }, context) => queryResult(context.combinedOrders.find(path.combine_out_trade_no!), context),
  },
  {
    endpoint: `GET ${ROOT}/id/{combine_transaction_id}`,
    handle: ({ path }, context) =>
      queryResult(context.combinedOrders.findByTransaction(path.combine_transaction_id!), context),
  },
  {
    endpoint: `POST ${ROOT}/out-trade-no/{combine_out_trade_no}/close`,
    handle({ path, body }, context) {
      requireApplication(body.combine_appid, context)
      const combined = context.combinedOrders.find(path.combine_out_trade_no!)
      if (!combined) throw new Rejection('ORDER_UNKNOWN', path.combine_out_trade_no)
      const named = (body.sub_orders as { out_trade_no: string; sub_mchid?: string }[]).map(orderKey)
      if (named.sort().join() !== [...combined.sub_orders].sort().join())
        throw new V3Refusal(400, 'INVALID_REQUEST', '子单信息与合单下单时不一致')
      context.combinedOrders.close(combined.combine_out_trade_no)
      return { status: 204 }
    },
  },
]

function requireOrderCount({ length }: readonly SubOrder[]): void {
  if (length < 1 || length > MAX_ORDERS)
    throw paramError(`参数错误，子单数量须为1到${MAX_ORDERS}`, {
      field: '/sub_orders',
      issue: `1 to ${MAX_ORDERS} orders can be combined`,
      location: 'body',
      value: length,
    })
}

function requirePayer({ combine_payer_info }: CombinedBody): void {
  if (!combine_payer_info?.openid && !combine_payer_info?.sub_openid)
    throw paramError('参数错误，openid和sub_openid必须二选一', {
      field: '/combine_payer_info/openid',
      issue: 'one of openid and sub_openid is required',
      location: 'body',
    })
}

function draftOf(trade_type: TradeType, body: CombinedBody): CombinedOrderDraft {
  const { combine_out_trade_no, combine_appid, combine_mchid, notify_url, scene_info } = body
  const payer = body.combine_payer_info ?? {}
  const fingerprint = fingerprintOf([trade_type, body])
  const subOrder = ({ amount, settle_info, ...order }: SubOrder): OrderDraft => ({
    api: 'v3',
    trade_type,
    appid: combine_appid,
    mchid: order.mchid,
    sub_mchid: order.sub_mchid,
    sub_appid: order.sub_appid,
    out_trade_no: order.out_trade_no,
    description: order.description,
    attach: order.attach,
    payer,
    device_id: scene_info?.device_id,
    combine_out_trade_no,
    fingerprint,
    amount: { total: amount.total_amount, currency: amount.currency },
    time_expire: body.time_expire === undefined ? undefined : Date.parse(body.time_expire),
    profit_sharing: settle_info?.profit_sharing,
  })
  return {
    combine_out_trade_no,
    combine_appid,
    combine_mchid,
    trade_type,
    notify_url,
    payer,
    device_id: scene_info?.device_id,
    sub_orders: body.sub_orders.map(subOrder),
    fingerprint,
  }
}

function queryResult(combined: CombinedOrder | undefined, { combinedOrders }: SimulatorContext): RouteResult {
  if (!combined) throw new Rejection('ORDER_UNKNOWN')
  return { status: 200, body: combinedTransactionBody(combined, combinedOrders.ordersOf(combined)) }
}
