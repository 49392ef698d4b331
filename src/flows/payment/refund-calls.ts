import { partiesOf, type Wechatpay } from '../../core/client.ts'
import type { CallOptions } from '../../core/endpoints/call.ts'
import type {
  V2SecapiPayRefundPostRequest,
  V2SecapiPayRefundPostResponse,
  V3Refund,
  V3RefundDomesticRefundsPostRequest,
} from '../../core/endpoints/generated/types.ts'
import { CallError } from '../../core/errors.ts'
import { requireMatch } from '../correlation.ts'
import { requireFen, requireNumber } from './checks.ts'
import { type AnyOrder, type OrderName, queryOrder, totalOf, tradeStateOf } from './order-query.ts'
import { queryV2Refunds, type V2Refund } from './refund-list-v2.ts'
import { type AnyRefund, queryRefund, refundedFen, refundStateOf } from './refund-query.ts'
import { isAbsent } from './service-code.ts'

/** A refund in APIv3. `total` and `currency` are filled in from the order where they are left out. */
export type V3RefundRequest = Omit<V3RefundDomesticRefundsPostRequest, 'amount'> & {
  amount: Omit<V3RefundDomesticRefundsPostRequest['amount'], 'total' | 'currency'> & {
    /** 原订单金额, fen; checked against the order. */
    total?: number
    /** Default `CNY`. */
    currency?: string
  }
}

/** A refund in APIv2. `total_fee` is filled in from the order where it is left out. */
export type V2RefundRequest = Omit<V2SecapiPayRefundPostRequest, 'total_fee'> & {
  /** 订单金额, fen; checked against the order. */
  total_fee?: number | bigint
}

export type RefundRequest = V3RefundRequest | V2RefundRequest

/** What WeChat Pay says of an accepted refund: the answer to the application, or to a query. */
export type RefundAnswer<Request> = Request extends { mch_id: string }
  ? V2SecapiPayRefundPostResponse | Extract<AnyRefund, V2Refund>
  : V3Refund

/** An order as far as a refund has to know it. */
export interface RefundedOrder {
  readonly trade_state: string
  /** In fen; undefined where the answer does not say. */
  readonly total: number | undefined
}

/** The calls of a refund, in either API. */
export interface RefundCalls {
  readonly out_refund_no: string
  /** What is to be refunded, in fen. */
  readonly fen: number
  /** What the order costs, as the caller has it. */
  readonly total: number | undefined
  /** The names of the fields, for errors. */
  readonly fields: { readonly fen: string; readonly total: string }
  order(): Promise<RefundedOrder>
  /** What has been refunded of the order, or is being, in fen; without this refund. */
  refunded(earlier: readonly string[]): Promise<number>
  /** The refund, if it is there. */
  find(signal: AbortSignal | undefined): Promise<AnyRefund | undefined>
  /** Once. @param total of the order, in fen */
  apply(total: number, signal: AbortSignal | undefined): Promise<object>
}

/** @throws {CallError} `BODY_INVALID` */
export function refundCalls(client: Wechatpay, request: RefundRequest, options: CallOptions): RefundCalls {
  const { out_trade_no, transaction_id } = request
  requireNumber(request.out_refund_no, 'out_refund_no', 64)
  if (!out_trade_no && !transaction_id)
    throw new CallError('BODY_INVALID', 'out_trade_no', 'out_trade_no or transaction_id has to name the order')
  return 'mch_id' in request ? v2Calls(client, request, options) : v3Calls(client, request, options)
}

const factsOf = (order: AnyOrder): RefundedOrder => ({ trade_state: tradeStateOf(order), total: totalOf(order) })

/** @returns undefined when there is none */
const orAbsent = <T>(query: Promise<T>): Promise<T | undefined> =>
  query.catch(error => {
    if (isAbsent(error)) return undefined
    throw error
  })

const standing = (refund: object): boolean => refundStateOf(refund) !== 'CLOSED'

function v3Calls(client: Wechatpay, request: V3RefundRequest, options: CallOptions): RefundCalls {
  const { out_refund_no, out_trade_no, transaction_id, sub_mchid, amount } = request
  const number = out_trade_no ? { out_trade_no } : { transaction_id: transaction_id! }
  const { mchid } = partiesOf(client).account
  const order: OrderName = sub_mchid ? { ...number, sp_mchid: mchid, sub_mchid } : { ...number, mchid }
  const find = (out_refund_no: string, more: CallOptions = {}) =>
    orAbsent(queryRefund(client, { out_refund_no, ...(sub_mchid && { sub_mchid }) }, { ...options, ...more }))
  return {
    out_refund_no,
    fen: requireFen(amount?.refund, 'amount.refund'),
    total: amount.total === undefined ? undefined : requireFen(amount.total, 'amount.total'),
    fields: { fen: 'amount.refund', total: 'amount.total' },
    order: async () => factsOf(await queryOrder(client, order, options)),
    async refunded(earlier) {
      const others = [...new Set(earlier)].filter(other => other !== out_refund_no)
      const refunds = await Promise.all(others.map(other => find(other)))
      return refunds.reduce((sum, refund) => sum + (refund && standing(refund) ? refundedFen(refund) : 0), 0)
    },
    find: signal => find(out_refund_no, signal && { signal }),
    async apply(total, signal) {
      const body = { ...request, amount: { currency: 'CNY', ...amount, total } }
      const reply = await client.v3.refund.domestic.refunds.post(body, onceOnly(options, signal))
      return requireMatch({ out_refund_no, ...number }, reply, true)
    },
  }
}

function v2Calls(client: Wechatpay, request: V2RefundRequest, options: CallOptions): RefundCalls {
  const { appid, mch_id, sub_appid, sub_mch_id, sign_type, out_trade_no, transaction_id, out_refund_no } = request
  const parties = {
    ...{ appid, mch_id },
    ...(sub_appid && { sub_appid }),
    ...(sub_mch_id && { sub_mch_id }),
    ...(sign_type && { sign_type }),
  }
  const order = { ...parties, ...(out_trade_no ? { out_trade_no } : { transaction_id: transaction_id! }) }
  return {
    out_refund_no,
    fen: requireFen(request.refund_fee, 'refund_fee'),
    total: request.total_fee === undefined ? undefined : requireFen(request.total_fee, 'total_fee'),
    fields: { fen: 'refund_fee', total: 'total_fee' },
    order: async () => factsOf(await queryOrder(client, order, options)),
    async refunded() {
      const refunds = (await orAbsent(queryV2Refunds(client, order, options))) ?? []
      const others = refunds.filter(refund => refund.out_refund_no !== out_refund_no && standing(refund))
      return others.reduce((sum, { refund_fee }) => sum + Number(refund_fee), 0)
    },
    find: signal =>
      orAbsent(queryRefund(client, { ...parties, out_refund_no }, { ...options, ...(signal && { signal }) })),
    async apply(total_fee, signal) {
      const reply = await client.v2.secapi.pay.refund.post({ ...request, total_fee }, onceOnly(options, signal))
      return requireMatch({ ...order, out_refund_no }, reply, true)
    },
  }
}

const onceOnly = (options: CallOptions, signal: AbortSignal | undefined): CallOptions => ({
  ...options,
  retry: false,
  ...(signal && { signal }),
})
