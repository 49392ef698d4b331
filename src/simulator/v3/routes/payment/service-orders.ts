import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import {
  type Completion,
  type Fees,
  type ServiceOrder,
  type ServiceOrderDraft,
  serviceOrderKey,
} from '../../../accounts/service-orders/service-orders.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import type { SimulatorContext } from '../../../context.ts'
import { requireApplication } from '../../request/merchant.ts'
import { serviceOrderBody } from '../../resources/service-order.ts'
import type { Fields, Route, RouteResult } from '../../route.ts'

const RULES: Rules = {
  out_order_no: { pattern: /^[\w\-|*]{1,32}$/ },
  service_introduction: { maxLength: 20 },
  reason: { maxLength: 50 },
  total_amount: { minimum: 0 },
}

/** A kind of caller: a merchant, who is answered with the order, or a service provider (服务商), who mostly is not. */
interface Party {
  readonly root: '/v3/payscore/serviceorder' | '/v3/payscore/partner/serviceorder'
  readonly isPartner: boolean
}

const PARTIES: readonly Party[] = [
  { root: '/v3/payscore/serviceorder', isPartner: false },
  { root: '/v3/payscore/partner/serviceorder', isPartner: true },
]

/** Returns the key of the order that a call names, which must belong to the service and, for merchants, to the appid. */
function requireKey(out_order_no: string, named: Fields, { serviceOrders }: SimulatorContext): string {
  const { sub_mchid, service_id, appid } = named as Record<string, string | undefined>
  const key = serviceOrderKey({ out_order_no, sub_mchid })
  const order = serviceOrders.find(key)
  const isOther = (given: string | undefined, own: string | undefined) => given !== undefined && given !== own
  if (!order || isOther(service_id, order.service_id) || isOther(appid, order.appid))
    throw new Rejection('SERVICE_ORDER_UNKNOWN', out_order_no)
  return key
}

function readDraft(body: Fields, { merchant }: SimulatorContext): ServiceOrderDraft {
  const { time_range, location, attach } = body
  const draft = body as unknown as ServiceOrderDraft
  return {
    out_order_no: draft.out_order_no,
    mchid: merchant.mchid,
    sub_mchid: draft.sub_mchid,
    appid: draft.appid,
    sub_appid: draft.sub_appid,
    service_id: draft.service_id,
    service_introduction: draft.service_introduction,
    risk_fund: draft.risk_fund,
    notify_url: draft.notify_url,
    openid: draft.openid,
    sub_openid: draft.sub_openid,
    repeated: { time_range, location, attach },
    isConfirmed: body.need_user_confirm === false,
    fingerprint: fingerprintOf(body),
  }
}

/** 微信支付分. */
export const serviceOrderRoutes: readonly Route[] = PARTIES.flatMap(({ root, isPartner }): Route[] => {
  const orderResult = (order: ServiceOrder): RouteResult =>
    isPartner ? { status: 204 } : { status: 200, body: serviceOrderBody(order) }
  return [
    {
      endpoint: `POST ${root}`,
      rules: RULES,
      handle({ body }, context) {
        requireApplication(body.appid, context)
        const order = context.serviceOrders.create(readDraft(body, context))
        return { status: 200, body: { ...serviceOrderBody(order), package: order.package } }
      },
    },
    {
      endpoint: `GET ${root}`,
      handle({ query }, context) {
        const key = requireKey(query.out_order_no ?? '', query, context)
        return { status: 200, body: serviceOrderBody(context.serviceOrders.require(key)) }
      },
    },
    {
      endpoint: `POST ${root}/{out_order_no}/complete`,
      rules: RULES,
      handle({ path, body }, context) {
        const key = requireKey(path.out_order_no!, body, context)
        return orderResult(context.serviceOrders.complete(key, readCompletion(body)))
      },
    },
    {
      endpoint: `POST ${root}/{out_order_no}/modify`,
      rules: RULES,
      handle({ path, body }, context) {
        const key = requireKey(path.out_order_no!, body, context)
        return orderResult(context.serviceOrders.modify(key, readFees(body)))
      },
    },
    {
      endpoint: `POST ${root}/{out_order_no}/cancel`,
      rules: RULES,
      handle({ path, body }, context) {
        const order = context.serviceOrders.cancel(requireKey(path.out_order_no!, body, context))
        const { appid, mchid, out_order_no, service_id, order_id } = order
        return isPartner ? { status: 204 } : { status: 200, body: { appid, mchid, out_order_no, service_id, order_id } }
      },
    },
    {
      endpoint: `POST ${root}/{out_order_no}/sync`,
      rules: RULES,
      handle: ({ path, body }, context) =>
        orderResult(context.serviceOrders.sync(requireKey(path.out_order_no!, body, context))),
    },
  ]
})

const readFees = ({ total_amount, post_payments, post_discounts }: Fields): Fees => ({
  total_amount: Number(total_amount),
  post_payments: post_payments as Fees['post_payments'],
  post_discounts: post_discounts as Fees['post_discounts'],
})

const readCompletion = (body: Fields): Completion => ({
  ...readFees(body),
  profit_sharing: body.profit_sharing === true,
})
