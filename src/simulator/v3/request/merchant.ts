import { type Order, orderKey } from '../../accounts/orders/order.ts'
import { Rejection } from '../../accounts/rejection.ts'
import type { SimulatorContext } from '../../context.ts'
import { paramError, V3Refusal } from '../refusal.ts'

/** The service's message for a body; the one for a query is not known. */
const MISMATCHES = {
  body: 'http header中的mchid与post payload中的mchid不匹配',
  query: '参数错误，商户号与签名的商户号不一致',
}
type Location = keyof typeof MISMATCHES

/** Requires that a parameter names the merchant who signed the request. */
export function requireMerchant(
  given: unknown,
  location: Location,
  { merchant }: SimulatorContext,
  name = 'mchid',
): void {
  if (given !== merchant.mchid)
    throw paramError(MISMATCHES[location], {
      field: location === 'body' ? `/${name}` : name,
      issue: `${name} is not the one that signed the request`,
      location,
      value: given,
    })
}

/** Requires an appid that is bound to the merchant. */
export function requireApplication(given: unknown, { merchant }: SimulatorContext): void {
  if (given !== merchant.appid) throw new V3Refusal(400, 'APPID_MCHID_NOT_MATCH', 'appid和mch_id不匹配，请检查后再试')
}

/** A kind of caller, which has its own paths and parameter names: a merchant, or a service provider (服务商). */
export interface Party {
  readonly path: '/v3/pay/transactions' | '/v3/pay/partner/transactions'
  readonly mchid: 'mchid' | 'sp_mchid'
  readonly appid: 'appid' | 'sp_appid'
}

export const PARTIES: readonly Party[] = [
  { path: '/v3/pay/transactions', mchid: 'mchid', appid: 'appid' },
  { path: '/v3/pay/partner/transactions', mchid: 'sp_mchid', appid: 'sp_appid' },
]

/** Requires an order of the caller, or of its sub-merchant, that was placed under the same paths. */
export function requireOwnOrder(order: Order | undefined, sub_mchid: unknown, overseas?: true): Order {
  if (!order || order.sub_mchid !== sub_mchid || order.combine_out_trade_no !== undefined)
    throw new Rejection('ORDER_UNKNOWN')
  if (order.overseas !== overseas) throw new Rejection('ORDER_UNKNOWN')
  return order
}

/** Requires an order by the merchant's number, see {@link requireOwnOrder}. */
export function requireOrderByNumber(
  out_trade_no: string,
  sub_mchid: unknown,
  { orders }: SimulatorContext,
  overseas?: true,
): Order {
  const key = orderKey({ out_trade_no, sub_mchid: sub_mchid as string | undefined })
  return requireOwnOrder(orders.find(key), sub_mchid, overseas)
}
