import type { BusinessCoupon } from '../../../accounts/business-coupons/business-coupon.ts'
import type { BusinessCouponName } from '../../../accounts/business-coupons/business-coupons.ts'
import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { rfc3339 } from '../../../clock/time.ts'
import type { SimulatorContext } from '../../../context.ts'
import { requireApplication } from '../../request/merchant.ts'
import { pageOfList } from '../../request/page.ts'
import { businessCouponBody } from '../../resources/business-coupon.ts'
import type { Fields, Route, RouteInput, RouteResult } from '../../route.ts'

const ROOT = '/v3/marketing/busifavor'
const ACTIONS = `${ROOT}/coupons` as const
const USER = `${ROOT}/users/{openid}/coupons` as const

const REQUEST_NO = { pattern: /^[\w\-|*@]{1,128}$/ }
const RULES: Rules = {
  out_request_no: REQUEST_NO,
  use_request_no: REQUEST_NO,
  return_request_no: REQUEST_NO,
  deactivate_request_no: REQUEST_NO,
  // Some pages limit the code to 15 or 20 characters. WeChat Pay's own codes have 22, a merchant's has up to 32.
  coupon_code: { minLength: 1, maxLength: 32 },
}
const COUPON_LIMIT = { usual: 20, max: 50 }

/** The coupons of 商家券. */
export const businessCouponRoutes: readonly Route[] = [
  {
    endpoint: `POST ${ACTIONS}/send`,
    rules: RULES,
    handle({ body }, context) {
      requireApplication(body.appid, context)
      const { stock_id, openid, out_request_no, coupon_code: given } = body as Readonly<Record<string, string>>
      const coupon = context.businessCoupons.send({
        stock_id: stock_id!,
        openid: openid!,
        sender: context.merchant.mchid,
        send_request_no: out_request_no!,
        coupon_code: given,
        channel: 'BUSICOUPON_SEND_CHANNEL_API',
        fingerprint: fingerprintOf({ stock_id, openid, given }),
      })
      const sent = { stock_id, out_request_no, coupon_code: coupon.coupon_code }
      return { status: 200, body: { send_coupon_result: sent, ...sent } }
    },
  },
  {
    endpoint: `POST ${ACTIONS}/use`,
    rules: RULES,
    handle({ body }, context) {
      requireApplication(body.appid, context)
      const openid = body.openid as string | undefined
      const coupon = context.businessCoupons.use(nameOf(body), String(body.use_request_no), openid)
      const { stock_id, use } = coupon
      return { status: 200, body: { stock_id, openid: coupon.openid, wechatpay_use_time: rfc3339(use!.at) } }
    },
  },
  {
    endpoint: `POST ${ACTIONS}/return`,
    rules: RULES,
    handle({ body }, { businessCoupons }) {
      const { returned } = businessCoupons.takeBack(nameOf(body), String(body.return_request_no))
      return { status: 200, body: { wechatpay_return_time: rfc3339(returned!.at) } }
    },
  },
  {
    endpoint: `POST ${ACTIONS}/deactivate`,
    rules: RULES,
    handle({ body }, { businessCoupons }) {
      const reason = body.deactivate_reason as string | undefined
      const { deactivated } = businessCoupons.deactivate(nameOf(body), String(body.deactivate_request_no), reason)
      return { status: 200, body: { wechatpay_deactivate_time: rfc3339(deactivated!.at) } }
    },
  },
  {
    endpoint: `POST ${ACTIONS}/associate`,
    rules: RULES,
    handle({ body }, { businessCoupons, now }) {
      businessCoupons.associate(nameOf(body), String(body.out_trade_no))
      return { status: 200, body: { wechatpay_associate_time: rfc3339(now()) } }
    },
  },
  {
    endpoint: `POST ${ACTIONS}/disassociate`,
    rules: RULES,
    handle({ body }, { businessCoupons, now }) {
      businessCoupons.disassociate(nameOf(body), String(body.out_trade_no))
      return { status: 200, body: { wechatpay_disassociate_time: rfc3339(now()) } }
    },
  },
  { endpoint: `GET ${USER}`, handle: listCoupons },
  {
    endpoint: `GET ${USER}/{coupon_code}/appids/{appid}`,
    handle({ path }, context) {
      requireApplication(path.appid, context)
      const coupon = findOwn(path.openid!, path.coupon_code!, context)
      if (!coupon) throw new Rejection('BUSINESS_COUPON_UNKNOWN', path.coupon_code)
      return { status: 200, body: bodyOf(coupon, context) }
    },
  },
]

const nameOf = ({ coupon_code, stock_id }: Fields): BusinessCouponName => ({
  coupon_code: String(coupon_code),
  stock_id: stock_id as string | undefined,
})

const bodyOf = (coupon: BusinessCoupon, { businessCoupons }: SimulatorContext): object =>
  businessCouponBody(coupon, businessCoupons.stocks.require(coupon.stock_id))

/** Finds a shopper's coupon by its code, which coupons of several stocks may have if the merchant chooses the codes. */
function findOwn(openid: string, code: string, { businessCoupons }: SimulatorContext): BusinessCoupon | undefined {
  for (const coupon of businessCoupons.all()) if (coupon.openid === openid && coupon.coupon_code === code) return coupon
  return undefined
}

function listCoupons({ path, query }: RouteInput, context: SimulatorContext): RouteResult {
  requireApplication(query.appid, context)
  const isWanted = (given: string | undefined, own: string) => given === undefined || given === own
  const found = [...context.businessCoupons.all()].filter(coupon => {
    const { mchid, text } = context.businessCoupons.stocks.require(coupon.stock_id)
    return (
      coupon.openid === path.openid &&
      isWanted(query.stock_id, coupon.stock_id) &&
      isWanted(query.coupon_state, coupon.state) &&
      isWanted(query.creator_merchant, mchid) &&
      isWanted(query.belong_merchant, text.belong_merchant) &&
      isWanted(query.sender_merchant, coupon.sender)
    )
  })
  const { items, ...page } = pageOfList(found, query, COUPON_LIMIT)
  return { status: 200, body: { ...page, data: items.map(coupon => bodyOf(coupon, context)) } }
}
