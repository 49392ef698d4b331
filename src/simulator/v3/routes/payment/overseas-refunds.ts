import { WECHAT_PAY_CURRENCIES } from '../../../../core/base/currencies.ts'
import { type Order, orderKey } from '../../../accounts/orders/order.ts'
import { type Refund, refundKey } from '../../../accounts/refunds/refund.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { rfc3339 } from '../../../clock/time.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError } from '../../refusal.ts'
import { requireOrderByNumber, requireOwnOrder } from '../../request/merchant.ts'
import { overseasRefundAmount, overseasRefundBody } from '../../resources/refund.ts'
import type { Route, RouteInput, RouteResult } from '../../route.ts'
import { requireParties } from './overseas.ts'
import { REFUND_RULES } from './refunds.ts'

const ROOT = '/v3/global/refunds'

const RULES: Rules = { ...REFUND_RULES, 'amount.currency': { enum: WECHAT_PAY_CURRENCIES } }

/** Body of a request to refund, once it has been checked. */
interface RefundBody {
  readonly transaction_id?: string
  readonly out_trade_no?: string
  readonly out_refund_no: string
  readonly reason?: string
  readonly notify_url?: string
  readonly amount?: { readonly total: number; readonly refund: number; readonly currency: string }
}

/** Refunds of 境外支付, in the currency of the order. */
export const overseasRefundRoutes: readonly Route[] = [
  { endpoint: `POST ${ROOT}`, rules: RULES, handle: applyRefund },
  {
    endpoint: `GET ${ROOT}`,
    rules: { offset: { minimum: 0 }, count: { minimum: 1 } },
    handle: listRefunds,
  },
  {
    endpoint: `GET ${ROOT}/id/{refund_id}`,
    handle({ path, query }, context) {
      const sub_mchid = requireParties(query, 'query', context)
      return queryResult(context.refunds.queryById(path.refund_id!), sub_mchid, context)
    },
  },
  {
    endpoint: `GET ${ROOT}/out-refund-no/{out_refund_no}`,
    handle({ path, query }, context) {
      const sub_mchid = requireParties(query, 'query', context)
      const key = refundKey({ out_refund_no: path.out_refund_no!, sub_mchid })
      return queryResult(context.refunds.query(key), sub_mchid, context)
    },
  },
]

function applyRefund({ body }: RouteInput, context: SimulatorContext): RouteResult {
  const sub_mchid = requireParties(body, 'body', context)
  const { out_trade_no, transaction_id, out_refund_no, reason, notify_url, amount } = body as unknown as RefundBody
  const order = requireOrder({ out_trade_no, transaction_id }, sub_mchid, 'body', context)
  const { total, currency } = order.amount
  if (amount && amount.currency !== currency)
    throw paramError('参数错误，退款币种与订单币种不一致', {
      field: '/amount/currency',
      issue: `the order is in ${currency}`,
      location: 'body',
      value: amount.currency,
    })
  const refund = context.refunds.apply({
    api: 'v3',
    overseas: true,
    sub_mchid,
    out_refund_no,
    reason,
    notify_url,
    source: 'UNSETTLED',
    out_trade_no: out_trade_no || undefined,
    transaction_id: transaction_id || undefined,
    total: amount?.total ?? total,
    refund: amount?.refund ?? total,
  })
  return {
    status: 200,
    body: {
      id: refund.refund_id,
      out_refund_no,
      create_time: rfc3339(refund.createdAt),
      amount: overseasRefundAmount(refund, order),
    },
  }
}

function listRefunds({ query }: RouteInput, context: SimulatorContext): RouteResult {
  const sub_mchid = requireParties(query, 'query', context)
  const order = requireOrder(query, sub_mchid, 'query', context)
  const refunds = context.refunds.queryOfOrder(orderKey(order))
  const offset = Number(query.offset)
  const page = refunds.slice(offset, offset + Number(query.count))
  const { transaction_id, out_trade_no, mchid, amount } = order
  return {
    status: 200,
    body: {
      id: transaction_id,
      out_trade_no,
      ...(sub_mchid === undefined ? { mchid } : { sp_mchid: mchid, sub_mchid }),
      amount: { ...amount, payer_total: amount.total, payer_currency: amount.currency },
      data: page.map(refund => overseasRefundBody(refund, order)),
      total_num: refunds.length,
      current_total_num: page.length,
    },
  }
}

function queryResult(refund: Refund, sub_mchid: string | undefined, { orders }: SimulatorContext): RouteResult {
  if (!refund.overseas || refund.sub_mchid !== sub_mchid) throw new Rejection('REFUND_UNKNOWN')
  const { transaction_id, out_trade_no } = refund
  const order = orders.find(orderKey(refund))!
  return { status: 200, body: { ...overseasRefundBody(refund, order), transaction_id, out_trade_no } }
}

function requireOrder(
  { out_trade_no, transaction_id }: { out_trade_no?: string | undefined; transaction_id?: string | undefined },
  sub_mchid: string | undefined,
  location: 'body' | 'query',
  context: SimulatorContext,
): Order {
  if (transaction_id) return requireOwnOrder(context.orders.findByTransaction(transaction_id), sub_mchid, true)
  if (out_trade_no) return requireOrderByNumber(out_trade_no, sub_mchid, context, true)
  throw paramError('参数错误，transaction_id和out_trade_no必须二选一', {
    field: location === 'body' ? '/out_trade_no' : 'out_trade_no',
    issue: 'one of transaction_id and out_trade_no is required',
    location,
  })
}
