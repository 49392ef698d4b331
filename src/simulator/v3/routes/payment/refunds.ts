import { orderKey } from '../../../accounts/orders/order.ts'
import { type Refund, refundKey } from '../../../accounts/refunds/refund.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError } from '../../refusal.ts'
import { requireApplication } from '../../request/merchant.ts'
import { advanceReturnBody, domesticRefundBody, ecommerceRefundBody } from '../../resources/refund.ts'
import type { Fields, Route, RouteResult } from '../../route.ts'

/** Root of merchants and partners. */
const DOMESTIC = '/v3/refund/domestic/refunds'
/** Root of e-commerce platforms (电商收付通), which have the same refunds. */
const ECOMMERCE = '/v3/ecommerce/refunds'

/** Rules of every refund. */
export const REFUND_RULES: Rules = {
  transaction_id: { maxLength: 32 },
  out_trade_no: { maxLength: 32 },
  out_refund_no: { pattern: /^[\w\-|*@]{1,64}$/ },
  reason: { maxLength: 80 },
  notify_url: { maxLength: 256 },
  'amount.refund': { minimum: 1 },
  'amount.total': { minimum: 1 },
}

const RULES: Rules = {
  ...REFUND_RULES,
  funds_account: { enum: ['AVAILABLE', 'UNSETTLED'] },
  'amount.from.account': { enum: ['AVAILABLE', 'UNAVAILABLE'] },
  'amount.from.amount': { minimum: 0 },
  'amount.currency': { enum: ['CNY'] },
}

/** Body of a request to refund, once it has been checked. */
interface RefundBody {
  readonly sub_mchid?: string
  readonly transaction_id?: string
  readonly out_trade_no?: string
  readonly out_refund_no: string
  readonly reason?: string
  readonly notify_url?: string
  readonly funds_account?: string
  readonly refund_account?: string
  readonly amount: { readonly total: number; readonly refund: number; readonly from?: readonly From[] }
}

interface From {
  readonly account: string
  readonly amount: number
}

export const refundRoutes: readonly Route[] = [
  {
    endpoint: `POST ${DOMESTIC}`,
    rules: RULES,
    handle: ({ body }, context) => domesticResult(applyRefund(body as unknown as RefundBody, context), context),
  },
  {
    endpoint: `GET ${DOMESTIC}/{out_refund_no}`,
    handle: ({ path, query }, context) =>
      domesticResult(queryRefund(path.out_refund_no!, query.sub_mchid, context), context),
  },
  {
    endpoint: `POST ${DOMESTIC}/{refund_id}/apply-abnormal-refund`,
    handle: ({ path, body }, context) => domesticResult(redirectRefund(path.refund_id!, body, context), context),
  },
  {
    endpoint: `POST ${ECOMMERCE}/apply`,
    rules: { ...RULES, funds_account: { enum: ['AVAILABLE', 'UNSETTLED', 'PREPAID'] } },
    handle({ body }, context) {
      requireApplication(body.sp_appid, context)
      requireSubMerchant(body.sub_mchid, '/sub_mchid', 'body')
      return ecommerceResult(applyRefund(body as unknown as RefundBody, context), context)
    },
  },
  {
    endpoint: `GET ${ECOMMERCE}/out-refund-no/{out_refund_no}`,
    handle({ path, query }, context) {
      requireSubMerchant(query.sub_mchid, 'sub_mchid', 'query')
      return ecommerceResult(queryRefund(path.out_refund_no!, query.sub_mchid, context), context)
    },
  },
  {
    endpoint: `GET ${ECOMMERCE}/id/{refund_id}`,
    handle({ path, query }, context) {
      requireSubMerchant(query.sub_mchid, 'sub_mchid', 'query')
      const { out_refund_no } = context.refunds.queryById(path.refund_id!)
      return ecommerceResult(queryRefund(out_refund_no, query.sub_mchid, context), context)
    },
  },
  {
    endpoint: `POST ${ECOMMERCE}/{refund_id}/apply-abnormal-refund`,
    handle: ({ path, body }, context) => ecommerceResult(redirectRefund(path.refund_id!, body, context), context),
  },
  {
    endpoint: `POST ${ECOMMERCE}/{refund_id}/return-advance`,
    handle: ({ path, body }, { advanceReturns }) => ({
      status: 200,
      body: advanceReturnBody(advanceReturns.request(path.refund_id!, String(body.sub_mchid))),
    }),
  },
  {
    endpoint: `GET ${ECOMMERCE}/{refund_id}/return-advance`,
    handle: ({ path, query }, { advanceReturns }) => ({
      status: 200,
      body: advanceReturnBody(advanceReturns.query(path.refund_id!, query.sub_mchid!)),
    }),
  },
]

const domesticResult = (refund: Refund, { orders }: SimulatorContext): RouteResult => ({
  status: 200,
  body: domesticRefundBody(refund, orders.find(orderKey(refund))!),
})
const ecommerceResult = (refund: Refund, { orders }: SimulatorContext): RouteResult => ({
  status: 200,
  body: ecommerceRefundBody(refund, orders.find(orderKey(refund))!),
})

function applyRefund(body: RefundBody, { refunds, merchant }: SimulatorContext): Refund {
  const { sub_mchid, out_trade_no, transaction_id, out_refund_no, reason, notify_url, amount, funds_account } = body
  if (!out_trade_no && !transaction_id)
    throw paramError('参数错误，transaction_id和out_trade_no必须二选一', {
      field: '/out_trade_no',
      issue: 'one of transaction_id and out_trade_no is required',
      location: 'body',
    })
  return refunds.apply({
    api: 'v3',
    sub_mchid,
    out_refund_no,
    reason,
    notify_url,
    total: amount.total,
    refund: amount.refund,
    out_trade_no: out_trade_no || undefined,
    transaction_id: transaction_id || undefined,
    source: funds_account === 'AVAILABLE' ? 'AVAILABLE' : 'UNSETTLED',
    available: amountFromAvailable(amount),
    advancer: body.refund_account === 'REFUND_SOURCE_PARTNER_ADVANCE' ? merchant.mchid : undefined,
  })
}

function queryRefund(out_refund_no: string, sub_mchid: unknown, { refunds }: SimulatorContext): Refund {
  const key = refundKey({ out_refund_no, sub_mchid: sub_mchid as string | undefined })
  return refunds.query(refundKey(requireOwnRefund(refunds.find(key), sub_mchid)))
}

function redirectRefund(refund_id: string, body: Fields, { refunds }: SimulatorContext): Refund {
  if (body.type === 'USER_BANK_CARD') requireCard(body)
  const key = refundKey(body as { out_refund_no: string; sub_mchid?: string })
  return refunds.redirect(refund_id, refundKey(requireOwnRefund(refunds.find(key), body.sub_mchid)))
}

function requireSubMerchant(sub_mchid: unknown, field: string, location: 'body' | 'query'): void {
  if (!sub_mchid) throw paramError('参数错误，二级商户号必填', { field, issue: 'sub_mchid is required', location })
}

function requireOwnRefund(refund: Refund | undefined, sub_mchid: unknown): Refund {
  if (!refund || refund.sub_mchid !== sub_mchid || refund.overseas) throw new Rejection('REFUND_UNKNOWN')
  return refund
}

/** Returns the part of a refund that the available balance pays, if the merchant names the accounts. */
function amountFromAvailable({ from, refund }: RefundBody['amount']): number | undefined {
  if (!from || from.length === 0) return undefined
  const sum = (list: readonly From[]) => list.reduce((total, { amount }) => total + amount, 0)
  if (sum(from) !== refund)
    throw paramError('参数错误，出资金额之和与退款金额不一致', {
      field: '/amount/from',
      issue: 'the amounts do not add up to the refund',
      location: 'body',
    })
  return sum(from.filter(({ account }) => account === 'AVAILABLE'))
}

/** Requires all fields of a shopper's card. */
function requireCard(body: Fields): void {
  const missing = ['bank_type', 'bank_account', 'real_name'].find(name => !body[name])
  if (missing)
    throw paramError(`参数错误，退款至用户银行卡时${missing}必填`, {
      field: `/${missing}`,
      issue: 'required for USER_BANK_CARD',
      location: 'body',
    })
}
