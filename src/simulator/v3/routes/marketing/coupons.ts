import { utf8 } from '../../../../core/base/bytes.ts'
import { sha1 } from '../../../../core/crypto/digest.ts'
import type { CouponSendRule, CouponStock, CouponUseRule } from '../../../accounts/coupons/coupon-stock.ts'
import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import { Rejection } from '../../../accounts/rejection.ts'
import { couponRefundFlow, couponUseFlow } from '../../../bill/coupon-flow.ts'
import type { Rules } from '../../../catalogue/rules.ts'
import { rfc3339 } from '../../../clock/time.ts'
import type { SimulatorContext } from '../../../context.ts'
import { V3Refusal } from '../../refusal.ts'
import { requireApplication, requireMerchant } from '../../request/merchant.ts'
import { type PageQuery, pageOfList } from '../../request/page.ts'
import { couponBody, couponStockBody } from '../../resources/coupon.ts'
import type { Route, RouteInput, RouteResult } from '../../route.ts'

const ROOT = '/v3/marketing/favor'
const STOCK = `${ROOT}/stocks/{stock_id}` as const
const USER = `${ROOT}/users/{openid}/coupons` as const

const COUNT = { minimum: 1 }
const STOCK_RULES: Rules = {
  stock_name: { maxLength: 20 },
  out_request_no: { pattern: /^[\w|*-]{1,128}$/ },
  'stock_use_rule.max_coupons': COUNT,
  'stock_use_rule.max_amount': COUNT,
  'stock_use_rule.max_amount_by_day': { minimum: 0 },
  'stock_use_rule.max_coupons_per_user': COUNT,
  'coupon_use_rule.fixed_normal_coupon.coupon_amount': COUNT,
  'coupon_use_rule.fixed_normal_coupon.transaction_minimum': COUNT,
  'coupon_use_rule.coupon_available_time.available_time_after_receive': COUNT,
}
const CALLBACK_RULES: Rules = { notify_url: { maxLength: 256, pattern: /^https?:\/\// } }

/** Documented. */
const MAX_PER_USER = 60
/** Documented as 10 for stocks and 20 for coupons, merchants and items. */
const STOCK_LIMIT = { usual: 10, max: 10 }
const COUPON_LIMIT = { usual: 20, max: 20 }
const MEMBER_LIMIT = { usual: 50, max: 50 }

/** Body of a request to create a stock, once it has been checked. */
interface StockBody {
  readonly stock_name: string
  readonly available_begin_time: string
  readonly available_end_time: string
  readonly stock_use_rule: CouponSendRule
  readonly no_cash: boolean
  readonly stock_type: string
  readonly belong_merchant: string
  readonly pattern_info?: { readonly description: string }
  readonly coupon_use_rule: CouponUseRule
  readonly out_request_no: string
}

type Change = 'start' | 'pause' | 'restart' | 'stop'

/** Actions on a stock, and the body of each response. */
const CHANGES: readonly [action: Change, bodyOf: (stock: CouponStock) => object][] = [
  ['start', ({ stock_id, startedAt }) => ({ start_time: rfc3339(startedAt!), stock_id })],
  ['pause', ({ stock_id, pausedAt }) => ({ pause_time: rfc3339(pausedAt!), stock_id })],
  ['restart', ({ stock_id, restartedAt }) => ({ restart_time: rfc3339(restartedAt!), stock_id })],
  ['stop', ({ stock_id, stoppedAt }) => ({ stop_time: rfc3339(stoppedAt!), stock_id })],
]

/** 代金券. */
export const couponRoutes: readonly Route[] = [
  { endpoint: `POST ${ROOT}/coupon-stocks`, rules: STOCK_RULES, handle: createStock },
  ...CHANGES.map(
    ([action, bodyOf]): Route => ({
      endpoint: `POST ${STOCK}/${action}`,
      handle({ path, body }, context) {
        requireStock(path.stock_id!, body.stock_creator_mchid, context)
        return { status: 200, body: bodyOf(context.coupons.stocks[action](path.stock_id!)) }
      },
    }),
  ),
  { endpoint: `GET ${ROOT}/stocks`, handle: listStocks },
  {
    endpoint: `GET ${STOCK}`,
    handle: ({ path, query }, context) => ({
      status: 200,
      body: couponStockBody(requireStock(path.stock_id!, query.stock_creator_mchid, context)),
    }),
  },
  {
    endpoint: `GET ${STOCK}/merchants`,
    handle: ({ path, query }, context) =>
      listMembers(requireStock(path.stock_id!, query.stock_creator_mchid, context), 'available_merchants', query),
  },
  {
    endpoint: `GET ${STOCK}/items`,
    handle: ({ path, query }, context) =>
      listMembers(requireStock(path.stock_id!, query.stock_creator_mchid, context), 'available_items', query),
  },
  { endpoint: `GET ${STOCK}/use-flow`, handle: (input, context) => offerFlow(input, couponUseFlow, context) },
  { endpoint: `GET ${STOCK}/refund-flow`, handle: (input, context) => offerFlow(input, couponRefundFlow, context) },
  { endpoint: `POST ${USER}`, handle: sendCoupon },
  { endpoint: `GET ${USER}`, handle: listCoupons },
  {
    endpoint: `GET ${USER}/{coupon_id}`,
    handle({ path, query }, context) {
      requireApplication(query.appid, context)
      const coupon = context.coupons.require(path.coupon_id!)
      if (coupon.openid !== path.openid) throw new Rejection('COUPON_UNKNOWN', path.coupon_id)
      return { status: 200, body: couponBody(coupon, context.coupons.stocks.require(coupon.stock_id)) }
    },
  },
  {
    endpoint: `POST ${ROOT}/callbacks`,
    rules: CALLBACK_RULES,
    handle({ body }, context) {
      requireMerchant(body.mchid, 'body', context)
      context.coupons.setNotifyUrl(String(body.notify_url), body.switch !== false)
      return { status: 200, body: { update_time: rfc3339(context.now()), notify_url: body.notify_url } }
    },
  },
  {
    endpoint: `GET ${ROOT}/callbacks`,
    handle({ query }, context) {
      requireMerchant(query.mchid, 'query', context)
      const callback = context.coupons.callback()
      if (!callback) throw new V3Refusal(404, 'RESOURCE_NOT_EXISTS', '未设置消息通知地址')
      return { status: 200, body: { mchid: query.mchid, notify_url: callback.url } }
    },
  },
]

function createStock({ body: fields }: RouteInput, { coupons, merchant }: SimulatorContext): RouteResult {
  const body = fields as unknown as StockBody
  const { coupon_use_rule, stock_use_rule } = body
  if (body.stock_type !== 'NORMAL') throw new Rejection('COUPON_STOCK_RULES', body.stock_type)
  if (stock_use_rule.max_coupons_per_user > MAX_PER_USER)
    throw new Rejection('COUPON_STOCK_RULES', `max_coupons_per_user exceeds ${MAX_PER_USER}`)
  const { stock_id, createdAt } = coupons.stocks.create({
    mchid: merchant.mchid,
    appid: merchant.appid,
    out_request_no: body.out_request_no,
    stock_name: body.stock_name,
    description: body.pattern_info?.description ?? '',
    beginsAt: Date.parse(body.available_begin_time),
    endsAt: Date.parse(body.available_end_time),
    no_cash: body.no_cash,
    sendRule: stock_use_rule,
    useRule: coupon_use_rule,
    fingerprint: fingerprintOf(body),
  })
  return { status: 200, body: { stock_id, create_time: rfc3339(createdAt) } }
}

/** Requires a stock that the caller has created. */
function requireStock(stock_id: string, creator: unknown, { coupons, merchant }: SimulatorContext): CouponStock {
  const stock = coupons.stocks.require(stock_id)
  if (stock.mchid !== creator || stock.mchid !== merchant.mchid) throw new Rejection('COUPON_STOCK_FOREIGN', stock_id)
  return stock
}

function listStocks({ query }: RouteInput, { coupons }: SimulatorContext): RouteResult {
  const { stock_creator_mchid, status, create_start_time, create_end_time } = query
  const from = create_start_time === undefined ? -Infinity : Date.parse(create_start_time)
  const until = create_end_time === undefined ? Infinity : Date.parse(create_end_time)
  const found = [...coupons.stocks.all()].filter(
    stock =>
      stock.mchid === stock_creator_mchid &&
      (status === undefined || stock.status === status) &&
      stock.createdAt >= from &&
      stock.createdAt <= until,
  )
  const { items, ...page } = pageOfList(found, query, STOCK_LIMIT)
  return { status: 200, body: { ...page, data: items.map(couponStockBody) } }
}

function listMembers(
  { stock_id, useRule }: CouponStock,
  name: 'available_merchants' | 'available_items',
  query: PageQuery,
): RouteResult {
  const { items: data, ...page } = pageOfList(useRule[name] ?? [], query, MEMBER_LIMIT)
  return { status: 200, body: { ...page, data, stock_id } }
}

function sendCoupon({ path, body }: RouteInput, context: SimulatorContext): RouteResult {
  requireApplication(body.appid, context)
  const { stock_id, out_request_no, stock_creator_mchid } = body as Readonly<Record<string, string>>
  requireStock(stock_id!, stock_creator_mchid, context)
  const { coupon_id } = context.coupons.send({
    stock_id: stock_id!,
    openid: path.openid!,
    sender: context.merchant.mchid,
    out_request_no: out_request_no!,
    fingerprint: fingerprintOf([path.openid, body]),
  })
  return { status: 200, body: { coupon_id } }
}

function listCoupons({ path, query }: RouteInput, context: SimulatorContext): RouteResult {
  requireApplication(query.appid, context)
  const { stocks, all } = context.coupons
  const isWanted = (given: string | undefined, ...own: readonly (string | undefined)[]) =>
    given === undefined || own.includes(given)
  const found = [...all()].filter(coupon => {
    const { mchid, useRule } = stocks.require(coupon.stock_id)
    return (
      coupon.openid === path.openid &&
      isWanted(query.stock_id, coupon.stock_id) &&
      isWanted(query.status, coupon.status) &&
      isWanted(query.creator_mchid, mchid) &&
      isWanted(query.sender_mchid, coupon.sender) &&
      isWanted(query.available_mchid, ...(useRule.available_merchants ?? [])) &&
      query.business_type === undefined
    )
  })
  const { items, ...page } = pageOfList(found, query, COUPON_LIMIT)
  const data = items.map(coupon => couponBody(coupon, stocks.require(coupon.stock_id)))
  return { status: 200, body: { ...page, data } }
}

/** Offers a list of what happened to the coupons of a stock, as a file to download. */
async function offerFlow(
  { path, origin }: RouteInput,
  write: (stock_id: string, context: SimulatorContext) => string,
  context: SimulatorContext,
): Promise<RouteResult> {
  const { stock_id } = requireStock(path.stock_id!, context.merchant.mchid, context)
  const content = utf8(write(stock_id, context))
  const url = `${origin}/v3/billdownload/file?token=${context.downloads.add(content)}`
  return { status: 200, body: { url, hash_value: await sha1(content, context.crypto), hash_type: 'SHA1' } }
}
