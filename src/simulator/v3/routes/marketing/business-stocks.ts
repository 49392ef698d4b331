import type { BusinessStock, BusinessStockText } from '../../../accounts/business-coupons/business-coupon.ts'
import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { rfc3339 } from '../../../clock/time.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError, V3Refusal } from '../../refusal.ts'
import { requireMerchant } from '../../request/merchant.ts'
import { pageOfList } from '../../request/page.ts'
import { businessCouponBody, businessStockBody, storedCodeBody } from '../../resources/business-coupon.ts'
import type { Fields, Route, RouteInput, RouteResult } from '../../route.ts'

const ROOT = '/v3/marketing/busifavor'
const STOCK = `${ROOT}/stocks/{stock_id}` as const
const CODES = `${STOCK}/couponcodes` as const

const STOCK_RULES: Rules = {
  out_request_no: { pattern: /^[\w\-|*@]{1,128}$/ },
  'stock_send_rule.max_coupons': { minimum: 1 },
  'stock_send_rule.max_coupons_per_user': { minimum: 1 },
  'coupon_use_rule.fixed_normal_coupon.discount_amount': { minimum: 1 },
  'coupon_use_rule.coupon_available_time.available_day_after_receive': { minimum: 1 },
}
const CALLBACK_RULES: Rules = { notify_url: { maxLength: 256, pattern: /^https?:\/\// } }
const CODE_LIMIT = { usual: 20, max: 200 }

/** The stocks of 商家券, their uploaded codes, and where the merchant is notified. */
export const businessStockRoutes: readonly Route[] = [
  {
    endpoint: `POST ${ROOT}/stocks`,
    rules: STOCK_RULES,
    handle({ body }, { businessCoupons, merchant }) {
      const { out_request_no, ...text } = body
      const { stock_id, createdAt } = businessCoupons.stocks.create({
        mchid: merchant.mchid,
        out_request_no: String(out_request_no),
        text: text as unknown as BusinessStockText,
        fingerprint: fingerprintOf(body),
      })
      return { status: 200, body: { stock_id, create_time: rfc3339(createdAt) } }
    },
  },
  {
    endpoint: `GET ${STOCK}`,
    handle({ path }, context) {
      const { stocks, codes } = context.businessCoupons
      const stock = stocks.require(path.stock_id!)
      return { status: 200, body: businessStockBody(stock, codes.ofStock(stock.stock_id), context.now()) }
    },
  },
  {
    endpoint: `PATCH ${STOCK}`,
    handle({ path, body }, { businessCoupons }) {
      const { out_request_no: _, ...text } = body
      businessCoupons.stocks.modify(path.stock_id!, text as Partial<BusinessStockText>)
      return { status: 204 }
    },
  },
  { endpoint: `PATCH ${STOCK}/budget`, handle: changeBudget },
  {
    endpoint: `POST ${CODES}`,
    handle({ path, body }, context) {
      const { stock_id } = requireUploadStock(path.stock_id!, context)
      const uploaded = body.coupon_code_list as string[]
      const { success_codes, fail_codes, exist_codes, duplicate_codes } = context.businessCoupons.codes.upload(
        stock_id,
        uploaded,
      )
      return {
        status: 200,
        body: {
          stock_id,
          total_count: new Set(uploaded).size,
          success_count: success_codes.length,
          success_codes,
          success_time: rfc3339(context.now()),
          fail_count: fail_codes.length,
          fail_codes,
          exist_codes,
          duplicate_codes,
        },
      }
    },
  },
  {
    endpoint: `GET ${CODES}`,
    handle({ path, query }, context) {
      const { stock_id } = requireUploadStock(path.stock_id!, context)
      const found = context.businessCoupons.codes
        .ofStock(stock_id)
        .filter(
          ({ dispatched }) => query.status === undefined || (query.status === 'DISPATCHED') === Boolean(dispatched),
        )
      const { items, ...page } = pageOfList(found, query, CODE_LIMIT)
      return { status: 200, body: { stock_id, ...page, data: items.map(storedCodeBody) } }
    },
  },
  {
    endpoint: `GET ${CODES}/{coupon_code}`,
    handle({ path }, context) {
      const stock = requireUploadStock(path.stock_id!, context)
      const name = { stock_id: stock.stock_id, coupon_code: path.coupon_code! }
      const stored = context.businessCoupons.codes.find(name.stock_id, name.coupon_code)
      if (!stored) throw new Rejection('BUSINESS_CODE_UNKNOWN', name.coupon_code)
      const coupon = context.businessCoupons.find(name)
      return {
        status: 200,
        body: {
          code_information: storedCodeBody(stored),
          coupon_information: coupon ? businessCouponBody(coupon, stock) : textOf(stock),
        },
      }
    },
  },
  {
    endpoint: `DELETE ${CODES}/{coupon_code}`,
    handle({ path }, context) {
      const { stock_id } = requireUploadStock(path.stock_id!, context)
      context.businessCoupons.codes.remove(stock_id, path.coupon_code!)
      return { status: 200, body: { stock_id, delete_time: rfc3339(context.now()) } }
    },
  },
  {
    endpoint: `POST ${ROOT}/callbacks`,
    rules: CALLBACK_RULES,
    handle({ body }, context) {
      const mchid = requireOwnMerchant(body.mchid, 'body', context)
      context.businessCoupons.setNotifyUrl(String(body.notify_url))
      return { status: 200, body: { update_time: rfc3339(context.now()), notify_url: body.notify_url, mchid } }
    },
  },
  {
    endpoint: `GET ${ROOT}/callbacks`,
    handle({ query }, context) {
      const mchid = requireOwnMerchant(query.mchid, 'query', context)
      const notify_url = context.businessCoupons.notifyUrl()
      if (notify_url === undefined) throw new V3Refusal(404, 'RESOURCE_NOT_EXISTS', '查询的资源不存在')
      return { status: 200, body: { notify_url, mchid } }
    },
  },
]

/** The parts of a stock that a coupon of it has too. */
const textOf = ({ text }: BusinessStock): Fields => {
  const { stock_name, belong_merchant, comment, goods_name, stock_type, coupon_use_rule } = text
  return { stock_name, belong_merchant, comment, goods_name, stock_type, coupon_use_rule }
}

/** Requires a stock whose codes the merchant uploads. */
function requireUploadStock(stock_id: string, { businessCoupons }: SimulatorContext): BusinessStock {
  const stock = businessCoupons.stocks.require(stock_id)
  if (stock.text.coupon_code_mode !== 'MERCHANT_UPLOAD')
    throw new Rejection('BUSINESS_CODE_MODE', stock.text.coupon_code_mode)
  return stock
}

/** Requires that the merchant named is the caller, who is the default. */
function requireOwnMerchant(given: unknown, location: 'body' | 'query', context: SimulatorContext): string {
  const { mchid } = context.merchant
  requireMerchant(given ?? mchid, location, context)
  return mchid
}

function changeBudget({ path, body }: RouteInput, { businessCoupons }: SimulatorContext): RouteResult {
  const { target_max_coupons, target_max_coupons_by_day, current_max_coupons, current_max_coupons_by_day } =
    body as Readonly<Record<string, number | undefined>>
  if ((target_max_coupons === undefined) === (target_max_coupons_by_day === undefined))
    throw paramError('参数错误，目标批次最大发放个数与目标单天发放上限个数须二选一', {
      field: '/target_max_coupons',
      issue: 'exactly one of target_max_coupons and target_max_coupons_by_day is required',
      location: 'body',
    })
  const { text } = businessCoupons.stocks.changeBudget(
    path.stock_id!,
    target_max_coupons === undefined
      ? { limit: 'max_coupons_by_day', target: target_max_coupons_by_day!, current: current_max_coupons_by_day }
      : { limit: 'max_coupons', target: target_max_coupons, current: current_max_coupons },
  )
  const { max_coupons, max_coupons_by_day } = text.stock_send_rule
  return { status: 200, body: { max_coupons, max_coupons_by_day } }
}
