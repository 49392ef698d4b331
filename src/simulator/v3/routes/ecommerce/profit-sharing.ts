import type { ReceiverType } from '../../../accounts/profit-sharing/receivers.ts'
import type { Share, SharingOrder } from '../../../accounts/profit-sharing/sharing-order.ts'
import type { SharingReturn } from '../../../accounts/profit-sharing/sharing-return.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { rfc3339 } from '../../../clock/time.ts'
import { paramError } from '../../refusal.ts'
import { requireApplication } from '../../request/merchant.ts'
import type { Route, RouteResult } from '../../route.ts'

const ROOT = '/v3/ecommerce/profitsharing'
const NUMBER = { pattern: /^[\w\-|*@]{1,64}$/ }
const RULES: Rules = {
  out_order_no: NUMBER,
  out_return_no: NUMBER,
  amount: { minimum: 1 },
  'receivers.amount': { minimum: 1 },
  'receivers.description': { maxLength: 80 },
  description: { maxLength: 80 },
}

/** A receiver as the platform names it, also in the older way (`receiver_mchid`). */
interface EcommerceShare {
  readonly type?: ReceiverType
  readonly receiver_account?: string
  readonly receiver_mchid?: string
  readonly receiver_name?: string
  readonly amount: number
  readonly description: string
}

/** 分账 of e-commerce platforms (电商收付通), which share the orders of their sub-merchants with receivers of their own. */
export const ecommerceSharingRoutes: readonly Route[] = [
  {
    endpoint: `POST ${ROOT}/receivers/add`,
    handle({ body }, { profitSharing, merchant }) {
      const { type, account, name, encrypted_name, relation_type } = body as Record<string, string>
      profitSharing.receivers.add(merchant.mchid, {
        type: type as ReceiverType,
        account: account!,
        name: name ?? encrypted_name,
        relation_type,
      })
      return { status: 200, body: { type, account } }
    },
  },
  {
    endpoint: `POST ${ROOT}/receivers/delete`,
    handle({ body }, context) {
      requireApplication(body.appid, context)
      const { type, account } = body as { type: ReceiverType; account: string }
      context.profitSharing.receivers.remove(context.merchant.mchid, { type, account })
      return { status: 200, body: { type, account } }
    },
  },
  {
    endpoint: `POST ${ROOT}/orders`,
    rules: RULES,
    handle({ body }, { profitSharing, merchant }) {
      const { sub_mchid, transaction_id, out_order_no } = body as Record<string, string>
      const receivers = (body.receivers as readonly EcommerceShare[]).map(readShare)
      return sharingResult(
        profitSharing.orders.share({
          sub_mchid,
          transaction_id: transaction_id!,
          out_order_no: out_order_no!,
          receivers,
          unfreeze_unsplit: body.finish === true,
          platform: merchant.mchid,
        }),
      )
    },
  },
  {
    endpoint: `GET ${ROOT}/orders`,
    handle: ({ query: { sub_mchid, transaction_id, out_order_no } }, { profitSharing }) =>
      sharingResult(
        profitSharing.orders.query({ sub_mchid, transaction_id: transaction_id!, out_order_no: out_order_no! }),
      ),
  },
  {
    endpoint: `POST ${ROOT}/finish-order`,
    rules: RULES,
    handle({ body }, { profitSharing }) {
      const { sub_mchid, transaction_id, out_order_no, description } = body as Record<string, string>
      const { order_id } = profitSharing.orders.unfreeze({
        sub_mchid,
        transaction_id: transaction_id!,
        out_order_no: out_order_no!,
        description: description!,
      })
      return { status: 200, body: { sub_mchid, transaction_id, out_order_no, order_id } }
    },
  },
  {
    endpoint: `GET ${ROOT}/orders/{transaction_id}/amounts`,
    handle: ({ path: { transaction_id } }, { profitSharing }) => ({
      status: 200,
      body: { transaction_id, unsplit_amount: profitSharing.unsplitAmount(transaction_id!) },
    }),
  },
  {
    endpoint: `POST ${ROOT}/returnorders`,
    rules: RULES,
    handle({ body }, { profitSharing }) {
      const { sub_mchid, order_id, out_order_no, out_return_no, return_mchid, description } = body as Record<
        string,
        string
      >
      requireSharingNumber(order_id, out_order_no, 'body')
      return returnResult(
        profitSharing.returns.apply({
          sub_mchid,
          order_id,
          out_order_no,
          out_return_no: out_return_no!,
          return_mchid: return_mchid!,
          description: description!,
          amount: Number(body.amount),
        }),
      )
    },
  },
  {
    endpoint: `GET ${ROOT}/returnorders`,
    handle({ query: { order_id, out_order_no, out_return_no } }, { profitSharing }) {
      requireSharingNumber(order_id, out_order_no, 'query')
      return returnResult(profitSharing.returns.query(out_return_no!, { order_id, out_order_no }))
    },
  },
]

function requireSharingNumber(order_id: unknown, out_order_no: unknown, location: 'body' | 'query'): void {
  if (!order_id && !out_order_no)
    throw paramError('参数错误，微信分账单号与商户分账单号必须二选一', {
      field: location === 'body' ? '/out_order_no' : 'out_order_no',
      issue: 'one of order_id and out_order_no is required',
      location,
    })
}

function readShare(share: EcommerceShare): Share {
  const { type = 'MERCHANT_ID', receiver_account, receiver_mchid, receiver_name: name, amount, description } = share
  return { type, account: receiver_account ?? receiver_mchid ?? '', amount, description, name }
}

function sharingResult(sharing: SharingOrder): RouteResult {
  const { sub_mchid, transaction_id, out_order_no, order_id, state, createdAt, finishedAt = createdAt } = sharing
  const receivers = sharing.receivers.map(({ type, account, amount, description, result, detail_id }) => ({
    ...(type === 'MERCHANT_ID' && { receiver_mchid: account }),
    type,
    receiver_account: account,
    amount,
    description,
    result,
    detail_id,
    finish_time: rfc3339(finishedAt),
  }))
  return { status: 200, body: { sub_mchid, transaction_id, out_order_no, order_id, status: state, receivers } }
}

const returnResult = (sharingReturn: SharingReturn): RouteResult => ({
  status: 200,
  body: {
    sub_mchid: sharingReturn.sub_mchid,
    order_id: sharingReturn.order_id,
    out_order_no: sharingReturn.out_order_no,
    out_return_no: sharingReturn.out_return_no,
    return_mchid: sharingReturn.return_mchid,
    amount: sharingReturn.amount,
    return_no: sharingReturn.return_id,
    result: sharingReturn.result,
    fail_reason: sharingReturn.fail_reason,
    finish_time: rfc3339(sharingReturn.finishedAt ?? sharingReturn.createdAt),
  },
})
