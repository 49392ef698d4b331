import { credentialsOf, type Wechatpay } from '../../core/client/client.ts'
import type { CallOptions, Reply } from '../../definitions/call.ts'
import type {
  V3PayscorePartnerServiceorderGetResponse,
  V3PayscoreServiceorderGetResponse,
} from '../../definitions/generated/types.ts'
import { APPID, MCHID, type ParameterFormat, requireParameter } from '../parameter.ts'
import { requireMatch } from '../response-match.ts'
import { QUERY_OPTIONS } from '../retries.ts'

/** Identifies a merchant's service order (支付分订单). The request that creates it is a valid name. */
export interface MerchantServiceOrderName {
  readonly out_order_no: string
  readonly service_id: string
  readonly appid: string
}

/** Identifies a sub-merchant's service order (服务商). The request that creates it is a valid name. */
export interface PartnerServiceOrderName {
  readonly out_order_no: string
  readonly service_id: string
  readonly sub_mchid: string
}

export type ServiceOrderName = MerchantServiceOrderName | PartnerServiceOrderName

export type MerchantServiceOrder = V3PayscoreServiceorderGetResponse
export type PartnerServiceOrder = V3PayscorePartnerServiceorderGetResponse
/** The response to the query of a service order. */
export type ServiceOrderOf<Name> = Name extends { readonly sub_mchid: string }
  ? PartnerServiceOrder
  : MerchantServiceOrder
export type AnyServiceOrder = MerchantServiceOrder | PartnerServiceOrder

export const OUT_ORDER_NO: ParameterFormat = [/^[\w\-|*]{1,32}$/, '1 to 32 letters, digits and _-|*']
export const SERVICE_ID: ParameterFormat = [/^\d{1,32}$/, 'the id of the service (服务ID): digits, as text']

export const isPartner = (name: ServiceOrderName): name is PartnerServiceOrderName =>
  (name as Partial<PartnerServiceOrderName>).sub_mchid !== undefined

/** @throws {CallError} `PARAMETER_INVALID` */
export function requireServiceOrderName(name: ServiceOrderName): void {
  requireParameter(name.out_order_no, 'out_order_no', OUT_ORDER_NO)
  requireParameter(name.service_id, 'service_id', SERVICE_ID)
  if (isPartner(name)) requireParameter(name.sub_mchid, 'sub_mchid', MCHID)
  else requireParameter(name.appid, 'appid', APPID)
}

/**
 * Queries a service order (查询支付分订单).
 *
 * @throws {ServiceError} for example because the order does not exist
 * @throws {ResponseMismatchError} the response is about another order
 */
export async function queryServiceOrder(
  client: Wechatpay,
  name: ServiceOrderName,
  options: CallOptions,
): Promise<AnyServiceOrder> {
  const reply = await sendQuery(client, name, { ...options, ...QUERY_OPTIONS })
  return requireMatch(serviceOrderIdentity(name, credentialsOf(client).account.mchid), reply)
}

const sendQuery = (
  { v3 }: Wechatpay,
  name: ServiceOrderName,
  options: CallOptions,
): Promise<Reply<AnyServiceOrder>> => {
  const { out_order_no, service_id } = name
  return isPartner(name)
    ? v3.payscore.partner.serviceorder.get({
        ...options,
        params: { out_order_no, service_id, sub_mchid: name.sub_mchid },
      })
    : v3.payscore.serviceorder.get({ ...options, params: { out_order_no, service_id, appid: name.appid } })
}

/** Returns the fields that a response or a notification about the order must have. */
export const serviceOrderIdentity = (name: ServiceOrderName, mchid: string): Readonly<Record<string, unknown>> => ({
  out_order_no: name.out_order_no,
  mchid,
  ...(isPartner(name) && { sub_mchid: name.sub_mchid }),
})

/** Returns whether the merchant has completed the order, whose amount is therefore due or paid. */
export const isCompleted = ({ state, state_description }: AnyServiceOrder): boolean =>
  state === 'DONE' || (state === 'DOING' && state_description === 'MCH_COMPLETE')

/** Returns whether the order is in use: the user has confirmed it, and the merchant has not completed it. */
export const isInUse = ({ state, state_description }: AnyServiceOrder): boolean =>
  state === 'DOING' && state_description !== 'MCH_COMPLETE'
