import { parseJson } from '../../../core/codec/json.ts'
import type { Receiver } from '../../accounts/profit-sharing/receivers.ts'
import { MAX_RATIO } from '../../accounts/profit-sharing/sharable-order.ts'
import type { Share, SharingOrder } from '../../accounts/profit-sharing/sharing-order.ts'
import type { SharingReturn } from '../../accounts/profit-sharing/sharing-return.ts'
import { compactTime } from '../../clock/time.ts'
import type { SimulatorContext } from '../../context.ts'
import { ResultRefusal } from '../refusal.ts'
import type { Route, RouteInput } from '../route.ts'
import { NUMBER } from './pay.ts'

const MAX_RECEIVERS = 50
const RULES = { transaction_id: NUMBER, out_order_no: NUMBER, description: { maxLength: 80 } }

/** 分账, on the same accounts as APIv3's. */
export const profitSharingRoutes: readonly Route[] = [
  {
    endpoint: 'POST /pay/profitsharingaddreceiver',
    handle(params, context) {
      const receiver = receiverOf(params)
      if (receiver.type === 'MERCHANT_ID' && !receiver.name)
        throw new ResultRefusal('PARAM_ERROR', '分账接收方全称未设置')
      context.profitSharing.receivers.add(payerOf(params, context), receiver)
      return { ...parties(params), receiver: JSON.stringify(receiver) }
    },
  },
  {
    endpoint: 'POST /pay/profitsharingremovereceiver',
    handle(params, context) {
      const { type, account } = receiverOf(params)
      context.profitSharing.receivers.remove(payerOf(params, context), { type, account })
      return { ...parties(params), receiver: JSON.stringify({ type, account }) }
    },
  },
  // Shares an order once: the rest goes to the payee.
  {
    endpoint: 'POST /secapi/pay/profitsharing',
    rules: RULES,
    handle: (params, context) => share(params, true, context),
  },
  {
    endpoint: 'POST /secapi/pay/multiprofitsharing',
    rules: RULES,
    handle: (params, context) => share(params, false, context),
  },
  {
    endpoint: 'POST /secapi/pay/profitsharingfinish',
    rules: RULES,
    handle(params, { profitSharing }) {
      const { transaction_id, out_order_no, order_id } = profitSharing.orders.unfreeze({
        ...requestOf(params),
        description: params.description!,
      })
      return { ...parties(params), transaction_id, out_order_no, order_id }
    },
  },
  {
    endpoint: 'POST /pay/profitsharingquery',
    rules: RULES,
    handle: (params, { profitSharing }) => sharingFields(profitSharing.orders.query(requestOf(params)), params),
  },
  {
    endpoint: 'POST /pay/profitsharingorderamountquery',
    rules: RULES,
    handle: ({ transaction_id }, { profitSharing }) => ({
      transaction_id,
      unsplit_amount: profitSharing.unsplitAmount(transaction_id!),
    }),
  },
  {
    endpoint: 'POST /pay/profitsharingmerchantratioquery',
    handle: ({ sub_mch_id }) => ({ sub_mch_id, max_ratio: MAX_RATIO }),
  },
  {
    endpoint: 'POST /secapi/pay/profitsharingreturn',
    rules: { order_id: NUMBER, out_order_no: NUMBER, out_return_no: NUMBER, return_amount: { minimum: 1 } },
    handle(params, { profitSharing }) {
      const { order_id, out_order_no, out_return_no, return_account, description, sub_mch_id } = params
      requireSharing(params)
      const sharingReturn = profitSharing.returns.apply({
        order_id: order_id || undefined,
        out_order_no: out_order_no || undefined,
        out_return_no: out_return_no!,
        sub_mchid: sub_mch_id || undefined,
        return_mchid: return_account!,
        description: description!,
        amount: Number(params.return_amount),
      })
      return returnFields(sharingReturn, params)
    },
  },
  {
    endpoint: 'POST /pay/profitsharingreturnquery',
    rules: { order_id: NUMBER, out_order_no: NUMBER, out_return_no: NUMBER },
    handle(params, { profitSharing }) {
      const { order_id, out_order_no, out_return_no } = params
      requireSharing(params)
      return returnFields(profitSharing.returns.query(out_return_no!, { order_id, out_order_no }), params)
    },
  },
]

/** Returns the merchant that owns the receivers: a service provider keeps them per sub-merchant. */
const payerOf = ({ sub_mch_id }: RouteInput, { merchant }: SimulatorContext): string => sub_mch_id || merchant.mchid

const parties = ({ sub_appid, sub_mch_id }: RouteInput) => ({ sub_appid, sub_mch_id })

/** Reads the receiver; the definition has been checked, including the JSON inside. */
const receiverOf = ({ receiver }: RouteInput): Receiver => {
  const { type, account, name, relation_type, custom_relation } = parseJson(receiver!) as unknown as Receiver
  return { type, account, name, relation_type, custom_relation }
}

const requestOf = ({ transaction_id, out_order_no, sub_mch_id }: RouteInput) => ({
  transaction_id: transaction_id!,
  out_order_no: out_order_no!,
  sub_mchid: sub_mch_id || undefined,
})

function requireSharing({ order_id, out_order_no }: RouteInput): void {
  if (!order_id && !out_order_no) throw new ResultRefusal('LACK_PARAMS', '缺少参数order_id或out_order_no')
}

function share(params: RouteInput, unfreeze_unsplit: boolean, { profitSharing }: SimulatorContext) {
  const receivers = parseJson(params.receivers!) as unknown as readonly Share[]
  if (receivers.length === 0 || receivers.length > MAX_RECEIVERS || receivers.some(({ amount }) => amount < 1))
    throw new ResultRefusal('PARAM_ERROR', 'receivers参数格式错误')
  return sharingFields(profitSharing.orders.share({ ...requestOf(params), receivers, unfreeze_unsplit }), params)
}

function sharingFields(
  { transaction_id, out_order_no, order_id, state, receivers, ...times }: SharingOrder,
  params: RouteInput,
) {
  const finish_time = compactTime(times.finishedAt ?? times.createdAt)
  return {
    ...parties(params),
    transaction_id,
    out_order_no,
    order_id,
    status: state,
    receivers: JSON.stringify(receivers.map(receiver => ({ ...receiver, finish_time }))),
  }
}

function returnFields(sharingReturn: SharingReturn, params: RouteInput) {
  const { finishedAt } = sharingReturn
  return {
    ...parties(params),
    order_id: sharingReturn.order_id,
    out_order_no: sharingReturn.out_order_no,
    out_return_no: sharingReturn.out_return_no,
    return_no: sharingReturn.return_id,
    return_account_type: 'MERCHANT_ID',
    return_account: sharingReturn.return_mchid,
    return_amount: sharingReturn.amount,
    description: sharingReturn.description,
    result: sharingReturn.result,
    fail_reason: sharingReturn.fail_reason,
    finish_time: finishedAt === undefined ? undefined : compactTime(finishedAt),
  }
}
