import { encrypt } from '../../../../core/crypto/rsa.ts'
import type { Receiver } from '../../../accounts/profit-sharing/receivers.ts'
import { MAX_RATIO } from '../../../accounts/profit-sharing/sharable-order.ts'
import type { Share, SharingOrder } from '../../../accounts/profit-sharing/sharing-order.ts'
import type { SharingReturn } from '../../../accounts/profit-sharing/sharing-return.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { rfc3339 } from '../../../clock/time.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError } from '../../refusal.ts'
import { requireApplication } from '../../request/merchant.ts'
import type { Fields, Route, RouteResult } from '../../route.ts'

/** Format of the merchant's own numbers. */
const NUMBER = { pattern: /^[\w\-|*@]{1,64}$/ }
const RULES: Rules = {
  out_order_no: NUMBER,
  'receivers.amount': { minimum: 1 },
  'receivers.description': { maxLength: 80 },
  description: { maxLength: 80 },
}
/** Documented. */
const MAX_RECEIVERS = 50

/** Body of a request to share an order, once it has been checked. */
interface SharingBody {
  readonly sub_mchid?: string
  readonly transaction_id: string
  readonly out_order_no: string
  readonly receivers?: readonly Share[]
  readonly unfreeze_unsplit: boolean
}

/** 分账. */
export const profitSharingRoutes: readonly Route[] = [
  {
    endpoint: 'POST /v3/profitsharing/receivers/add',
    rules: { account: { maxLength: 64 }, custom_relation: { maxLength: 10 } },
    async handle({ body }, context) {
      requireApplication(body.appid, context)
      const { type, account, name, relation_type, custom_relation } = body as unknown as Receiver
      if (type === 'MERCHANT_ID' && !name) throw missing('name', 'type is MERCHANT_ID')
      if (relation_type === 'CUSTOM' && !custom_relation) throw missing('custom_relation', 'relation_type is CUSTOM')
      context.profitSharing.receivers.add(payerOf(body, context), {
        type,
        account,
        name,
        relation_type,
        custom_relation,
      })
      const encryptedName = name && (await encrypt(name, context.encryptionKey, context.crypto))
      return {
        status: 200,
        body: { sub_mchid: body.sub_mchid, type, account, name: encryptedName, relation_type, custom_relation },
      }
    },
  },
  {
    endpoint: 'POST /v3/profitsharing/receivers/delete',
    handle({ body }, context) {
      requireApplication(body.appid, context)
      const { type, account } = body as unknown as Receiver
      context.profitSharing.receivers.remove(payerOf(body, context), { type, account })
      return { status: 200, body: { sub_mchid: body.sub_mchid, type, account } }
    },
  },
  {
    endpoint: 'POST /v3/profitsharing/orders',
    rules: RULES,
    handle({ body }, context) {
      if (body.appid !== undefined) requireApplication(body.appid, context)
      const {
        sub_mchid,
        transaction_id,
        out_order_no,
        unfreeze_unsplit,
        receivers = [],
      } = body as unknown as SharingBody
      if (receivers.length > MAX_RECEIVERS)
        throw paramError(`参数错误，分账接收方最多${MAX_RECEIVERS}个`, {
          field: '/receivers',
          issue: `more than ${MAX_RECEIVERS} receivers`,
          location: 'body',
          value: receivers.length,
        })
      return sharingResult(
        context.profitSharing.orders.share({ sub_mchid, transaction_id, out_order_no, unfreeze_unsplit, receivers }),
      )
    },
  },
  {
    endpoint: 'POST /v3/profitsharing/orders/unfreeze',
    rules: RULES,
    handle({ body }, { profitSharing }) {
      const { sub_mchid, transaction_id, out_order_no, description } = body as Record<string, string>
      return sharingResult(
        profitSharing.orders.unfreeze({
          sub_mchid,
          transaction_id: transaction_id!,
          out_order_no: out_order_no!,
          description: description!,
        }),
      )
    },
  },
  {
    endpoint: 'GET /v3/profitsharing/orders/{out_order_no}',
    handle: ({ path, query }, { profitSharing }) =>
      sharingResult(
        profitSharing.orders.query({
          out_order_no: path.out_order_no!,
          transaction_id: query.transaction_id!,
          sub_mchid: query.sub_mchid,
        }),
      ),
  },
  {
    endpoint: 'POST /v3/profitsharing/return-orders',
    rules: { out_return_no: NUMBER, amount: { minimum: 1 }, description: { maxLength: 80 } },
    handle({ body }, { profitSharing }) {
      const { sub_mchid, order_id, out_order_no, out_return_no, return_mchid, description } = body as Record<
        string,
        string
      >
      if (!order_id && !out_order_no) throw missing('out_order_no', 'order_id is not given')
      return returnResult(
        profitSharing.returns.apply({
          sub_mchid,
          order_id,
          out_order_no,
          out_return_no: out_return_no!,
          return_mchid: return_mchid!,
          description: description!,
          amount: body.amount as number,
        }),
      )
    },
  },
  {
    endpoint: 'GET /v3/profitsharing/return-orders/{out_return_no}',
    handle: ({ path, query }, { profitSharing }) =>
      returnResult(profitSharing.returns.query(path.out_return_no!, { out_order_no: query.out_order_no })),
  },
  {
    endpoint: 'GET /v3/profitsharing/transactions/{transaction_id}/amounts',
    handle: ({ path: { transaction_id } }, { profitSharing }) => ({
      status: 200,
      body: { transaction_id, unsplit_amount: profitSharing.unsplitAmount(transaction_id!) },
    }),
  },
  {
    endpoint: 'GET /v3/profitsharing/merchant-configs/{sub_mchid}',
    handle: ({ path: { sub_mchid } }) => ({ status: 200, body: { sub_mchid, max_ratio: MAX_RATIO } }),
  },
]

/** Returns the merchant that owns the receivers: a service provider keeps them per sub-merchant. */
const payerOf = ({ sub_mchid }: Fields, { merchant }: SimulatorContext): string =>
  (sub_mchid ?? merchant.mchid) as string

const missing = (name: string, why: string) =>
  paramError(`参数错误，${name}必填`, { field: `/${name}`, issue: `required when ${why}`, location: 'body' })

function sharingResult({
  sub_mchid,
  transaction_id,
  out_order_no,
  order_id,
  state,
  receivers,
  createdAt,
  finishedAt = createdAt,
}: SharingOrder): RouteResult {
  const times = { create_time: rfc3339(createdAt), finish_time: rfc3339(finishedAt) }
  return {
    status: 200,
    body: {
      sub_mchid,
      transaction_id,
      out_order_no,
      order_id,
      state,
      receivers: receivers.map(share => ({ ...share, ...times })),
    },
  }
}

const returnResult = (sharingReturn: SharingReturn): RouteResult => ({
  status: 200,
  body: {
    sub_mchid: sharingReturn.sub_mchid,
    order_id: sharingReturn.order_id,
    out_order_no: sharingReturn.out_order_no,
    out_return_no: sharingReturn.out_return_no,
    return_id: sharingReturn.return_id,
    return_mchid: sharingReturn.return_mchid,
    amount: sharingReturn.amount,
    description: sharingReturn.description,
    result: sharingReturn.result,
    fail_reason: sharingReturn.fail_reason,
    create_time: rfc3339(sharingReturn.createdAt),
    finish_time: rfc3339(sharingReturn.finishedAt ?? sharingReturn.createdAt),
  },
})
