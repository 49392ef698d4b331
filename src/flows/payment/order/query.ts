import { CallError } from '../../../core/base/errors.ts'
import { isFinalTradeState } from '../../../core/base/trade-states.ts'
import { credentialsOf, type Wechatpay } from '../../../core/client/client.ts'
import type { CallOptions, Reply } from '../../../definitions/call.ts'
import type {
  V2PayOrderQueryRequest,
  V2PayOrderqueryPostResponse,
  V3CombineTransactionsOutTradeNoCombineOutTradeNoGetResponse,
  V3GlobalTransactionsTransaction,
  V3PayPartnerTransactionsIdTransactionIdGetResponse,
  V3PayPartnerTransactionsOutTradeNoOutTradeNoGetResponse,
  V3Transaction,
} from '../../../definitions/generated/types.ts'
import { requireMatch } from '../../response-match.ts'
import { QUERY_OPTIONS } from '../../retries.ts'
import { isOverseas, type OverseasParties, overseasMerchants, withTransactionId } from './overseas.ts'

type ByNumber = { readonly out_trade_no: string } | { readonly transaction_id: string }

/** Identifies a merchant's own order (普通商户). `mchid`: default the client's. */
export type MerchantOrderName = ByNumber & { readonly mchid?: string }
/** Identifies a sub-merchant's order (服务商模式). */
export type PartnerOrderName = ByNumber & { readonly sp_mchid: string; readonly sub_mchid: string }
/** Identifies a combined order (合单). */
export interface CombinedOrderName {
  readonly combine_out_trade_no: string
}
/** Identifies an overseas order (境外支付, `/v3/global/transactions/…`), by its `merchant_category_code`. */
export type OverseasOrderName = ByNumber & OverseasParties
/** Identifies an APIv2 order. */
export type V2OrderName = V2PayOrderQueryRequest

/** Identifies an order; its fields determine the API version and mode. */
export type OrderName = MerchantOrderName | PartnerOrderName | CombinedOrderName | OverseasOrderName | V2OrderName

export type CombinedOrder = V3CombineTransactionsOutTradeNoCombineOutTradeNoGetResponse
export type PartnerOrder =
  | V3PayPartnerTransactionsOutTradeNoOutTradeNoGetResponse
  | V3PayPartnerTransactionsIdTransactionIdGetResponse
/** An overseas order as WeChat Pay returns it; its `id` is the `transaction_id` of other orders. */
export type OverseasOrder = V3GlobalTransactionsTransaction

/** The response to the query of an order. */
export type OrderOf<Name> = Name extends { readonly mch_id: string }
  ? V2PayOrderqueryPostResponse
  : Name extends { readonly combine_out_trade_no: string }
    ? CombinedOrder
    : Name extends { readonly merchant_category_code: string }
      ? OverseasOrder
      : Name extends { readonly sp_mchid: string }
        ? PartnerOrder
        : V3Transaction

export type AnyOrder = V2PayOrderqueryPostResponse | CombinedOrder | OverseasOrder | PartnerOrder | V3Transaction

/**
 * Queries an order (查询订单) of any kind.
 *
 * @throws {ResponseMismatchError} the response is about another order
 */
export async function queryOrder<Name extends OrderName>(
  client: Wechatpay,
  name: Name,
  options: CallOptions,
): Promise<OrderOf<Name>> {
  const identity = orderIdentity(name, credentialsOf(client).account.mchid)
  const reply = await sendQuery(client, name, { ...options, ...QUERY_OPTIONS })
  requireMatch(identity, isOverseas(name) ? { ...reply, data: withTransactionId(reply.data) } : reply)
  return reply.data as OrderOf<Name>
}

/** Returns the fields that a response or a notification about the order must have. */
export function orderIdentity(name: OrderName, mchid: string): Readonly<Record<string, unknown>> {
  if ('mch_id' in name) {
    const { mch_id, out_trade_no, transaction_id, sub_mch_id } = name
    return { mch_id, out_trade_no, transaction_id, sub_mch_id }
  }
  if ('combine_out_trade_no' in name) return { ...name, combine_mchid: mchid }
  if (isOverseas(name)) {
    const { out_trade_no, transaction_id } = name as Partial<Record<'out_trade_no' | 'transaction_id', string>>
    return { out_trade_no, transaction_id, ...overseasMerchants(name, mchid) }
  }
  return 'sp_mchid' in name ? { ...name } : { ...name, mchid: name.mchid ?? mchid }
}

async function sendQuery(client: Wechatpay, name: OrderName, options: CallOptions): Promise<Reply<AnyOrder>> {
  if ('mch_id' in name) return client.v2.pay.orderquery.post(name, options)
  if ('combine_out_trade_no' in name) {
    const { combine_out_trade_no } = name
    return client.v3.combineTransactions.outTradeNo._combine_out_trade_no_.get({ ...options, combine_out_trade_no })
  }
  if (isOverseas(name)) {
    const { id, outTradeNo } = client.v3.global.transactions
    const params = overseasMerchants(name, credentialsOf(client).account.mchid)
    return 'out_trade_no' in name
      ? outTradeNo._out_trade_no_.get({ ...options, out_trade_no: name.out_trade_no, params })
      : id._transaction_id_.get({ ...options, transaction_id: name.transaction_id, params })
  }
  if ('sp_mchid' in name) {
    const { sp_mchid, sub_mchid } = name
    const { id, outTradeNo } = client.v3.pay.partner.transactions
    const params = { sp_mchid, sub_mchid }
    return 'out_trade_no' in name
      ? outTradeNo._out_trade_no_.get({ ...options, out_trade_no: name.out_trade_no, params })
      : id._transaction_id_.get({ ...options, transaction_id: name.transaction_id, params })
  }
  const { id, outTradeNo } = client.v3.pay.transactions
  const params = { mchid: name.mchid ?? credentialsOf(client).account.mchid }
  return 'out_trade_no' in name
    ? outTradeNo._out_trade_no_.get({ ...options, out_trade_no: name.out_trade_no, params })
    : id._transaction_id_.get({ ...options, transaction_id: name.transaction_id, params })
}

/** Returns 交易状态; for a combined order the first state that is not final, otherwise the first that is not `SUCCESS`. */
export function tradeStateOf(order: AnyOrder): string {
  if (!('combine_out_trade_no' in order)) return order.trade_state ?? ''
  const states = (order.sub_orders ?? []).map(({ trade_state = '' }) => trade_state)
  if (states.length === 0) return ''
  return states.find(state => !isFinalTradeState(state)) ?? states.find(state => state !== 'SUCCESS') ?? 'SUCCESS'
}

/**
 * Returns the order's amount in the smallest unit of its currency (fen, cents, yen); undefined if the response has
 * none.
 */
export function totalOf(order: object): number | undefined {
  const { total_fee, amount } = order as { total_fee?: string; amount?: { total?: number } }
  const total = Number(total_fee ?? amount?.total)
  return Number.isSafeInteger(total) && total > 0 ? total : undefined
}

/** Returns the order's currency (标价币种); undefined if the response has none. */
export function currencyOf(order: object): string | undefined {
  const { fee_type, amount } = order as { fee_type?: string; amount?: { currency?: string } }
  return fee_type || amount?.currency || undefined
}

/** @throws {CallError} `BODY_INVALID` */
export function requireOrderName(name: OrderName): void {
  const { out_trade_no, transaction_id, combine_out_trade_no, sp_mchid, sub_mchid } = name as Record<string, unknown>
  if (!out_trade_no && !transaction_id && !combine_out_trade_no)
    throw new CallError('BODY_INVALID', 'out_trade_no', 'give out_trade_no, transaction_id or combine_out_trade_no')
  if (!('mch_id' in name) && !sp_mchid !== !sub_mchid)
    throw new CallError('BODY_INVALID', 'sub_mchid', "give both sp_mchid and sub_mchid for a sub-merchant's order")
}
