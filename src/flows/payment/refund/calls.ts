import { CallError } from '../../../core/base/errors.ts'
import { refundStateOf } from '../../../core/base/refund-states.ts'
import { credentialsOf, type Wechatpay } from '../../../core/client/client.ts'
import type { CallOptions } from '../../../definitions/call.ts'
import type {
  V2SecapiPayRefundPostRequest,
  V2SecapiPayRefundPostResponse,
  V3EcommerceRefundsApplyPostRequest,
  V3EcommerceRefundsApplyPostResponse,
  V3GlobalRefundsPostRequest,
  V3GlobalRefundsPostResponse,
  V3Refund,
  V3RefundDomesticRefundsPostRequest,
} from '../../../definitions/generated/types.ts'
import { requireAmount, requireMerchantNumber } from '../../checks.ts'
import { isAbsent } from '../../error-kind.ts'
import { findMismatch, requireMatch } from '../../response-match.ts'
import { onceOnly, QUERY_OPTIONS } from '../../retries.ts'
import { isOverseas, type OverseasParties, overseasMerchants, withTransactionId } from '../order/overseas.ts'
import { type AnyOrder, currencyOf, type OrderName, queryOrder, totalOf, tradeStateOf } from '../order/query.ts'
import {
  type AnyRefund,
  type EcommerceRefund,
  type OverseasRefund,
  queryRefund,
  type RefundName,
  refundedAmount,
} from './query.ts'
import { queryV2Refunds, type V2Refund } from './v2-list.ts'

/** Request for a refund in APIv3. Missing `total` and `currency` are taken from the order. */
export type V3RefundRequest = Omit<V3RefundDomesticRefundsPostRequest, 'amount'> & {
  amount: Omit<V3RefundDomesticRefundsPostRequest['amount'], 'total' | 'currency'> & {
    /** 原订单金额 in fen; checked against the order. */
    total?: number
    /** Default: `CNY` */
    currency?: string
  }
}

/**
 * Request for a refund of an e-commerce platform (电商收付通, `/v3/ecommerce/refunds/apply`), marked by its `sp_appid`.
 * Missing `total` and `currency` are taken from the order.
 */
export type EcommerceRefundRequest = Omit<V3EcommerceRefundsApplyPostRequest, 'amount' | 'sub_mchid'> & {
  sub_mchid: string
  amount: Omit<V3EcommerceRefundsApplyPostRequest['amount'], 'total'> & {
    /** 原订单金额 in fen; checked against the order. */
    total?: number
  }
}

/** Request for a refund in APIv2. A missing `total_fee` is taken from the order. */
export type V2RefundRequest = Omit<V2SecapiPayRefundPostRequest, 'total_fee'> & {
  /** 订单金额 in the smallest unit of its currency (fen, cents, yen); checked against the order. */
  total_fee?: number | bigint
}

/**
 * Request for a refund of an overseas order (`/v3/global/refunds`), marked by the order's `merchant_category_code`,
 * which is not sent. Missing `total` and `currency` are taken from the order.
 */
export type OverseasRefundRequest = Omit<V3GlobalRefundsPostRequest, 'amount' | 'mchid' | 'sp_mchid' | 'sub_mchid'> &
  OverseasParties & {
    /** In the smallest unit of the order's currency, such as cents for HKD and yen for JPY. */
    amount: {
      refund: number
      /** 原订单金额; checked against the order. */
      total?: number
      /** The order's currency; checked against it. */
      currency?: string
    }
  }

export type RefundRequest = V3RefundRequest | EcommerceRefundRequest | OverseasRefundRequest | V2RefundRequest

/** WeChat Pay's data of an accepted refund: the response to the request, or to a query. */
export type RefundResponse<Request> = Request extends { mch_id: string }
  ? V2SecapiPayRefundPostResponse | Extract<AnyRefund, V2Refund>
  : Request extends { merchant_category_code: string }
    ? V3GlobalRefundsPostResponse | OverseasRefund
    : Request extends { sp_appid: string }
      ? V3EcommerceRefundsApplyPostResponse | EcommerceRefund
      : V3Refund

/** The properties of an order that a refund depends on. */
export interface RefundedOrder {
  readonly trade_state: string
  /** In the smallest unit of its currency; undefined if the response has none. */
  readonly total: number | undefined
  /** Undefined if the response has none, which means CNY. */
  readonly currency: string | undefined
}

/** Calls of a refund, for either API. */
export interface RefundCalls {
  readonly out_refund_no: string
  /** The amount to refund, in the smallest unit of its currency (fen, cents, yen). */
  readonly amount: number
  /** The currency that the caller gave. */
  readonly currency: string | undefined
  /** The order's amount that the caller gave. */
  readonly total: number | undefined
  /** Names of the fields, for errors. */
  readonly fields: { readonly amount: string; readonly total: string; readonly currency: string }
  order(signal: AbortSignal | undefined): Promise<RefundedOrder>
  /**
   * Returns the amount of other refunds of the order, processing ones included, in the smallest unit of its currency.
   */
  refunded(earlier: readonly string[], signal: AbortSignal | undefined): Promise<number>
  /** Returns the refund if it exists. */
  find(signal: AbortSignal | undefined): Promise<AnyRefund | undefined>
  /** Sends the refund once. @param order the order to refund; its amount is known */
  apply(order: RefundedOrder & { total: number }, signal: AbortSignal | undefined): Promise<object>
}

/** @throws {CallError} `BODY_INVALID` */
export function refundCalls(
  client: Wechatpay,
  request: RefundRequest,
  options: CallOptions,
  combine_out_trade_no?: string,
): RefundCalls {
  const { out_trade_no, transaction_id } = request
  requireMerchantNumber(request.out_refund_no, 'out_refund_no', 64)
  if (!out_trade_no && !transaction_id)
    throw new CallError('BODY_INVALID', 'out_trade_no', 'give out_trade_no or transaction_id')
  if (isOverseas(request)) {
    if (combine_out_trade_no === undefined) return overseasCalls(client, request, options)
    throw new CallError('BODY_INVALID', 'combine_out_trade_no', 'overseas, WeChat Pay has no combined orders (合单)')
  }
  if ('sp_appid' in request && !request.sub_mchid)
    throw new CallError('BODY_INVALID', 'sub_mchid', 'give the sub-merchant (二级商户) of an e-commerce platform')
  if (!('mch_id' in request)) return v3Calls(client, request, options, combine_out_trade_no)
  if (combine_out_trade_no !== undefined)
    throw new CallError('BODY_INVALID', 'combine_out_trade_no', 'use APIv3 to refund combined orders')
  return v2Calls(client, request, options)
}

const refundedOrderOf = (order: AnyOrder): RefundedOrder => ({
  trade_state: tradeStateOf(order),
  total: totalOf(order),
  currency: currencyOf(order),
})

/**
 * Queries an order within a combined one (合单), which WeChat Pay finds only by the number of the combined order.
 *
 * @throws {CallError} the combined order has no such order
 */
async function querySubOrder(
  client: Wechatpay,
  combine_out_trade_no: string,
  identity: object,
  options: CallOptions,
): Promise<RefundedOrder> {
  const { sub_orders = [] } = await queryOrder(client, { combine_out_trade_no }, options)
  const part = sub_orders.find(order => findMismatch(identity, order) === undefined)
  if (!part)
    throw new CallError('BODY_INVALID', 'out_trade_no', `not an order of the combined order ${combine_out_trade_no}`)
  const { trade_state = '', amount } = part
  return { trade_state, total: totalOf({ amount: { total: amount?.total_amount } }), currency: amount?.currency }
}

const withSignal = (options: CallOptions, signal: AbortSignal | undefined): CallOptions =>
  signal ? { ...options, signal } : options

/** Turns an error that proves absence into undefined. */
const undefinedIfAbsent = <T>(query: Promise<T>): Promise<T | undefined> =>
  query.catch(error => {
    if (isAbsent(error)) return undefined
    throw error
  })

/** Returns whether a refund reduces what remains of the order; only closed ones do not. */
const hasTakenMoney = (refund: object): boolean => refundStateOf(refund) !== 'CLOSED'

function v3Calls(
  client: Wechatpay,
  request: V3RefundRequest | EcommerceRefundRequest,
  options: CallOptions,
  combine_out_trade_no: string | undefined,
): RefundCalls {
  const { out_refund_no, out_trade_no, transaction_id, sub_mchid, amount } = request
  const number = out_trade_no ? { out_trade_no } : { transaction_id: transaction_id! }
  const { mchid } = credentialsOf(client).account
  const order: OrderName = sub_mchid ? { ...number, sp_mchid: mchid, sub_mchid } : { ...number, mchid }
  const part = { ...number, mchid, sub_mchid }
  const find = (out_refund_no: string, signal: AbortSignal | undefined) =>
    undefinedIfAbsent(queryRefund(client, refundNameOf(request, out_refund_no), withSignal(options, signal)))
  return {
    out_refund_no,
    ...readV3Amount(amount),
    order: async signal =>
      combine_out_trade_no === undefined
        ? refundedOrderOf(await queryOrder(client, order, withSignal(options, signal)))
        : await querySubOrder(client, combine_out_trade_no, part, withSignal(options, signal)),
    async refunded(earlier, signal) {
      const others = [...new Set(earlier)].filter(number => number !== out_refund_no)
      const refunds = await Promise.all(others.map(number => find(number, signal)))
      return refunds.reduce((sum, refund) => sum + (refund && hasTakenMoney(refund) ? refundedAmount(refund) : 0), 0)
    },
    find: signal => find(out_refund_no, signal),
    async apply({ total, currency = 'CNY' }, signal) {
      const once = onceOnly(options, signal)
      if ('sp_appid' in request) {
        const body = { ...request, amount: { currency, ...request.amount, total } }
        // The response may omit the number of the order.
        return requireMatch({ out_refund_no }, await client.v3.ecommerce.refunds.apply.post(body, once), true)
      }
      const body = { ...request, amount: { currency, ...request.amount, total } }
      return requireMatch({ out_refund_no, ...number }, await client.v3.refund.domestic.refunds.post(body, once), true)
    },
  }
}

/** @throws {CallError} `BODY_INVALID`: the refunded amount or the total is not a valid amount */
const readV3Amount = (
  amount: OverseasRefundRequest['amount'],
): Pick<RefundCalls, 'amount' | 'total' | 'currency' | 'fields'> => ({
  amount: requireAmount(amount?.refund, 'amount.refund'),
  total: amount.total === undefined ? undefined : requireAmount(amount.total, 'amount.total'),
  currency: amount.currency,
  fields: { amount: 'amount.refund', total: 'amount.total', currency: 'amount.currency' },
})

/** Refunds per call, as in WeChat Pay's example. */
const PAGE_SIZE = 10

function overseasCalls(client: Wechatpay, request: OverseasRefundRequest, options: CallOptions): RefundCalls {
  const { merchant_category_code, ...body } = request
  const { out_refund_no, out_trade_no, transaction_id, amount } = request
  const number = out_trade_no ? { out_trade_no } : { transaction_id: transaction_id! }
  const merchants = overseasMerchants(request, credentialsOf(client).account.mchid)
  const order: OrderName = { ...number, ...merchants, merchant_category_code }
  const endpoint = client.v3.global.refunds
  return {
    out_refund_no,
    ...readV3Amount(amount),
    async order(signal) {
      const found = await queryOrder(client, order, withSignal(options, signal))
      const { currency = amount.currency, ...rest } = refundedOrderOf(found)
      if (currency !== undefined) return { ...rest, currency }
      const advice = 'give the currency of the order, which its query does not return'
      throw new CallError('BODY_INVALID', 'amount.currency', advice)
    },
    async refunded(_, signal) {
      const queryOptions = { ...withSignal(options, signal), ...QUERY_OPTIONS }
      let sum = 0
      for (let offset = 0; ; offset += PAGE_SIZE) {
        const params = { ...number, ...merchants, offset, count: PAGE_SIZE }
        const reply = await undefinedIfAbsent(endpoint.get({ ...queryOptions, params }))
        if (!reply) return sum
        requireMatch({ ...number, ...merchants }, { ...reply, data: withTransactionId(reply.data) })
        const { data = [], total_num } = reply.data
        for (const refund of data)
          if (refund.out_refund_no !== out_refund_no && hasTakenMoney(refund)) sum += refund.amount.refund
        if (data.length === 0 || offset + data.length >= total_num) return sum
      }
    },
    find: signal =>
      undefinedIfAbsent(
        queryRefund(client, { out_refund_no, ...merchants, merchant_category_code }, withSignal(options, signal)),
      ),
    async apply({ total, currency = amount.currency! }, signal) {
      const refund = { ...body, ...merchants, amount: { currency, ...amount, total } }
      // The response does not contain the number of the order.
      return requireMatch({ out_refund_no }, await endpoint.post(refund, onceOnly(options, signal)), true)
    },
  }
}

/** Returns the name of a refund of the same kind. */
export function refundNameOf(
  { sub_mchid, ...more }: { readonly sub_mchid?: string; readonly sp_appid?: string },
  out_refund_no: string,
): RefundName {
  if (more.sp_appid !== undefined && sub_mchid !== undefined)
    return { out_refund_no, sp_appid: more.sp_appid, sub_mchid }
  return { out_refund_no, ...(sub_mchid !== undefined && { sub_mchid }) }
}

function v2Calls(client: Wechatpay, request: V2RefundRequest, options: CallOptions): RefundCalls {
  const { appid, mch_id, sub_appid, sub_mch_id, sign_type, out_trade_no, transaction_id, out_refund_no } = request
  const parties = {
    appid,
    mch_id,
    ...(sub_appid && { sub_appid }),
    ...(sub_mch_id && { sub_mch_id }),
    ...(sign_type && { sign_type }),
  }
  const order = { ...parties, ...(out_trade_no ? { out_trade_no } : { transaction_id: transaction_id! }) }
  return {
    out_refund_no,
    amount: requireAmount(request.refund_fee, 'refund_fee'),
    total: request.total_fee === undefined ? undefined : requireAmount(request.total_fee, 'total_fee'),
    currency: request.refund_fee_type || undefined,
    fields: { amount: 'refund_fee', total: 'total_fee', currency: 'refund_fee_type' },
    order: async signal => refundedOrderOf(await queryOrder(client, order, withSignal(options, signal))),
    async refunded(_, signal) {
      const refunds = (await undefinedIfAbsent(queryV2Refunds(client, order, withSignal(options, signal)))) ?? []
      const others = refunds.filter(refund => refund.out_refund_no !== out_refund_no && hasTakenMoney(refund))
      return others.reduce((sum, { refund_fee }) => sum + Number(refund_fee), 0)
    },
    find: signal => undefinedIfAbsent(queryRefund(client, { ...parties, out_refund_no }, withSignal(options, signal))),
    async apply({ total, currency }, signal) {
      // WeChat Pay assumes CNY.
      const foreign = currency !== undefined && currency !== 'CNY' ? { refund_fee_type: currency } : {}
      const body = { ...foreign, ...request, total_fee: total }
      const reply = await client.v2.secapi.pay.refund.post(body, onceOnly(options, signal))
      return requireMatch({ ...order, out_refund_no }, reply, true)
    },
  }
}
