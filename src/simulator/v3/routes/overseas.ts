import { WECHAT_PAY_CURRENCIES } from '../../../core/currencies.ts'
import { type Order, type OrderDraft, orderKey, type TradeType } from '../../accounts/orders.ts'
import { Rejection } from '../../accounts/rejection.ts'
import type { Rules } from '../../catalogue/rules.ts'
import type { World } from '../../context.ts'
import { codeUrl, mwebUrl } from '../../payment-url.ts'
import { orderByNumber, ownOrder, requireApplication, requireMerchant } from '../merchant.ts'
import type { Fields } from '../received-request.ts'
import { paramError } from '../refusal.ts'
import type { Call, Reply, Route } from '../route.ts'
import { overseasTransaction } from '../transaction.ts'
import { type OrderBody, orderDraft } from './prepay.ts'
import { ORDER_RULES, PREPAY_RULES } from './prepay-rules.ts'

const ROOT = '/v3/global/transactions'
const MICROPAY = '/v3/global/micropay/transactions'
const CURRENCY: Rules = { 'amount.currency': { enum: WECHAT_PAY_CURRENCIES } }

const prepayId = ({ prepay_id }: Order) => ({ prepay_id })
const KINDS: readonly (readonly [path: string, type: TradeType, answer: (order: Order) => object])[] = [
  ['jsapi', 'JSAPI', prepayId],
  ['app', 'APP', prepayId],
  ['mweb', 'MWEB', order => ({ mweb_url: mwebUrl(order) })],
  ['native', 'NATIVE', order => ({ code_url: codeUrl(order) })],
]

/** 境外支付: as the orders of the mainland are, but for the paths, the currencies, and who names whom. */
export const overseas: readonly Route[] = [
  ...KINDS.map(
    ([kind, type, answer]): Route => ({
      endpoint: `POST ${ROOT}/${kind}`,
      rules: { ...PREPAY_RULES, ...CURRENCY },
      handle: ({ body }, world) => ({ status: 200, body: answer(world.orders.place(draft(type, body, world))) }),
    }),
  ),
  {
    endpoint: `POST ${MICROPAY}/pay`,
    rules: { ...ORDER_RULES, ...CURRENCY, 'payer.auth_code': { maxLength: 32 } },
    handle({ body }, world) {
      const { auth_code = '' } = (body.payer ?? {}) as { auth_code?: string }
      return reply(world.micropay.pay(draft('MICROPAY', body, world), auth_code))
    },
  },
  {
    endpoint: `GET ${ROOT}/id/{transaction_id}`,
    handle: (call, world) => reply(byTransaction(call, subMerchantOf(call.query, 'query', world), world)),
  },
  {
    endpoint: `GET ${ROOT}/out-trade-no/{out_trade_no}`,
    handle: (call, world) => reply(byNumber(call, subMerchantOf(call.query, 'query', world), world)),
  },
  ...(
    [
      ['id/{transaction_id}', byTransaction],
      ['out-trade-no/{out_trade_no}', byNumber],
    ] as const
  ).flatMap(([path, find]): Route[] => [
    {
      endpoint: `POST ${ROOT}/${path}/close`,
      handle(call, world) {
        const order = find(call, subMerchantOf(call.body, 'body', world), world)
        if (order.trade_state !== 'CLOSED') world.orders.close(orderKey(order))
        return { status: 204 }
      },
    },
    {
      endpoint: `POST ${MICROPAY}/${path}/reverse`,
      handle(call, world) {
        const order = find(call, subMerchantOf(call.body, 'body', world), world)
        if (order.trade_type !== 'MICROPAY') throw new Rejection('ORDER_UNKNOWN', order.out_trade_no)
        world.orders.reverse(orderKey(order))
        return { status: 204 }
      },
    },
  ]),
]

const reply = (order: Order): Reply => ({ status: 200, body: overseasTransaction(order) })

function byTransaction({ path }: Call, sub_mchid: string | undefined, { orders }: World): Order {
  return ownOrder(orders.findByTransaction(path.transaction_id!), sub_mchid, true)
}

function byNumber({ path }: Call, sub_mchid: string | undefined, world: World): Order {
  return orderByNumber(path.out_trade_no!, sub_mchid, world, true)
}

/**
 * Checks who asks: a merchant with `mchid`, or an institution (机构) with `sp_mchid` and `sub_mchid`.
 *
 * @returns the sub-merchant, where there is one
 */
export function subMerchantOf(given: Fields, location: 'body' | 'query', world: World): string | undefined {
  const { mchid, sp_mchid, sub_mchid } = given as Partial<Record<string, string>>
  if (!sub_mchid) {
    requireMerchant(mchid, location, world)
    return undefined
  }
  requireMerchant(sp_mchid, location, world, 'sp_mchid')
  return sub_mchid
}

function draft(type: TradeType, fields: Fields, world: World): OrderDraft {
  const body = fields as unknown as OrderBody & { readonly trade_type: string }
  const isPartners = subMerchantOf(fields, 'body', world) !== undefined
  requireApplication(isPartners ? body.sp_appid : body.appid, world)
  if (body.trade_type !== type)
    throw paramError('参数错误，交易类型与接口不一致', {
      field: '/trade_type',
      issue: `trade_type is to be ${type}`,
      location: 'body',
      value: body.trade_type,
    })
  return { ...orderDraft(type, body, world), overseas: true }
}
