import { WECHAT_PAY_CURRENCIES } from '../../../../core/base/currencies.ts'
import { type Order, type OrderDraft, orderKey, type TradeType } from '../../../accounts/orders/order.ts'
import { codeUrl, mwebUrl } from '../../../accounts/orders/order-presentation.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError } from '../../refusal.ts'
import { requireApplication, requireMerchant, requireOrderByNumber, requireOwnOrder } from '../../request/merchant.ts'
import { ORDER_RULES, PREPAY_RULES } from '../../request/prepay-rules.ts'
import { overseasTransactionBody } from '../../resources/transaction.ts'
import type { Fields, Route, RouteInput, RouteResult } from '../../route.ts'
import { type OrderBody, orderDraft } from './prepay.ts'

const ROOT = '/v3/global/transactions'
const MICROPAY = '/v3/global/micropay/transactions'
const CURRENCY: Rules = { 'amount.currency': { enum: WECHAT_PAY_CURRENCIES } }

const prepayId = ({ prepay_id }: Order) => ({ prepay_id })
const KINDS: readonly (readonly [path: string, type: TradeType, bodyOf: (order: Order, origin: string) => object])[] = [
  ['jsapi', 'JSAPI', prepayId],
  ['app', 'APP', prepayId],
  ['mweb', 'MWEB', (order, origin) => ({ mweb_url: mwebUrl(order, origin) })],
  ['native', 'NATIVE', order => ({ code_url: codeUrl(order) })],
]

/** 境外支付: like the mainland's orders, with other paths, currencies and merchant parameters. */
export const overseasRoutes: readonly Route[] = [
  ...KINDS.map(
    ([kind, type, bodyOf]): Route => ({
      endpoint: `POST ${ROOT}/${kind}`,
      rules: { ...PREPAY_RULES, ...CURRENCY },
      handle: ({ body, origin }, context) => ({
        status: 200,
        body: bodyOf(context.orders.place(draftOf(type, body, context)), origin),
      }),
    }),
  ),
  {
    endpoint: `POST ${MICROPAY}/pay`,
    rules: { ...ORDER_RULES, ...CURRENCY, 'payer.auth_code': { maxLength: 32 } },
    handle({ body }, context) {
      const { auth_code = '' } = (body.payer ?? {}) as { auth_code?: string }
      return orderResult(context.micropay.pay(draftOf('MICROPAY', body, context), auth_code))
    },
  },
  {
    endpoint: `GET ${ROOT}/id/{transaction_id}`,
    handle: (input, context) =>
      orderResult(requireByTransaction(input, requireParties(input.query, 'query', context), context)),
  },
  {
    endpoint: `GET ${ROOT}/out-trade-no/{out_trade_no}`,
    handle: (input, context) =>
      orderResult(requireByNumber(input, requireParties(input.query, 'query', context), context)),
  },
  ...(
    [
      ['id/{transaction_id}', requireByTransaction],
      ['out-trade-no/{out_trade_no}', requireByNumber],
    ] as const
  ).flatMap(([path, requireOrder]): Route[] => [
    {
      endpoint: `POST ${ROOT}/${path}/close`,
      handle(input, context) {
        const order = requireOrder(input, requireParties(input.body, 'body', context), context)
        if (order.trade_state !== 'CLOSED') context.orders.close(orderKey(order))
        return { status: 204 }
      },
    },
    {
      endpoint: `POST ${MICROPAY}/${path}/reverse`,
      handle(input, context) {
        const order = requireOrder(input, requireParties(input.body, 'body', context), context)
        if (order.trade_type !== 'MICROPAY') throw new Rejection('ORDER_UNKNOWN', order.out_trade_no)
        context.orders.reverse(orderKey(order))
        return { status: 204 }
      },
    },
  ]),
]

const orderResult = (order: Order): RouteResult => ({ status: 200, body: overseasTransactionBody(order) })

function requireByTransaction(
  { path }: RouteInput,
  sub_mchid: string | undefined,
  { orders }: SimulatorContext,
): Order {
  return requireOwnOrder(orders.findByTransaction(path.transaction_id!), sub_mchid, true)
}

function requireByNumber({ path }: RouteInput, sub_mchid: string | undefined, context: SimulatorContext): Order {
  return requireOrderByNumber(path.out_trade_no!, sub_mchid, context, true)
}

/**
 * Requires that the request names the caller: a merchant by `mchid`, an institution (机构) by `sp_mchid` and `sub_mchid`.
 *
 * @returns the sub-merchant, if there is one
 */
export function requireParties(
  given: Fields,
  location: 'body' | 'query',
  context: SimulatorContext,
): string | undefined {
  const { mchid, sp_mchid, sub_mchid } = given as Partial<Record<string, string>>
  if (!sub_mchid) {
    requireMerchant(mchid, location, context)
    return undefined
  }
  requireMerchant(sp_mchid, location, context, 'sp_mchid')
  return sub_mchid
}

function draftOf(type: TradeType, fields: Fields, context: SimulatorContext): OrderDraft {
  const body = fields as unknown as OrderBody & { readonly trade_type: string }
  const sub_mchid = requireParties(fields, 'body', context)
  requireApplication(sub_mchid === undefined ? body.appid : body.sp_appid, context)
  if (body.trade_type !== type)
    throw paramError('参数错误，交易类型与接口不一致', {
      field: '/trade_type',
      issue: `trade_type must be ${type}`,
      location: 'body',
      value: body.trade_type,
    })
  return { ...orderDraft(type, body, context), overseas: true }
}
