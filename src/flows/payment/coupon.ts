import { credentialsOf, type Wechatpay } from '../../core/client.ts'
import { stringifyQuery } from '../../core/codec/query.ts'
import { CallError } from '../../core/errors.ts'
import { signFields } from '../../core/protocol/v2.ts'
import { MCHID, optionalParameter, type ParameterFormat, presentFields, requireParameter } from './parameter.ts'

/** One coupon (商家券, 代金券) to be offered. */
export interface Coupon {
  /** 批次号 */
  stock_id: string
  /** 发券凭证: once for each coupon that is sent; 1 to 128 letters, digits, `_`, `-`. */
  out_request_no: string
  /** 券code: where the stock has codes of the merchant's (`MERCHANT_API`), and only there. */
  coupon_code?: string | undefined
  /** 商家券: from when its validity counts. RFC 3339, `2015-05-20T13:29:35+08:00`. */
  customize_send_time?: string | undefined
}

/** As the mini program's plug-in takes it. */
export interface PluginCoupon extends Coupon {
  /** 制券商户号: demanded for 代金券. */
  create_coupon_merchant?: string | undefined
}

/** Coupons, and who sends them. */
export interface CouponOffer<Kind extends Coupon = Coupon> {
  /** 1 to 10. */
  coupons: readonly Kind[]
  /** 发券商户号, whose APIv2 key signs; for partners (服务商) the partner. Default: the client's. */
  send_coupon_merchant?: string | undefined
}

/** What the component `<send-coupon>` takes. */
export interface PluginCouponOffer {
  send_coupon_params: PluginCoupon[]
  send_coupon_merchant: string
  /** HMAC-SHA256, upper-case hex. */
  sign: string
}

/** What `wx.addCard` takes. */
export interface CardOffer {
  /** `cardExt` is JSON in text; the first one bears the signature for all. */
  cardList: { cardId: string; cardExt: string }[]
}

/** One coupon on a page of WeChat Pay's. */
export interface PageCoupon extends Omit<Coupon, 'customize_send_time'> {
  /** Whose coupon it is to be, under an appid bound to the merchant. */
  open_id: string
  /** 发券商户号, whose APIv2 key signs. Default: the client's. */
  send_coupon_merchant?: string | undefined
}

const MOST = 10

type Shapes = Readonly<Record<string, ParameterFormat>>
const COUPON = {
  stock_id: [/^\w{1,20}$/, '批次号: 1 to 20 digits, as text'],
  out_request_no: [/^[\w-]{1,128}$/, '1 to 128 letters, digits, _ or -'],
  coupon_code: [/^[\x21-\x7e]{1,128}$/, '券code: 1 to 128 characters of ASCII'],
  customize_send_time: [
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
    'a time of RFC 3339, 2015-05-20T13:29:35+08:00',
  ],
} satisfies Shapes
const PLUGIN_COUPON: Shapes = { ...COUPON, create_coupon_merchant: MCHID }
const PAGE_COUPON: Shapes = {
  stock_id: COUPON.stock_id,
  out_request_no: COUPON.out_request_no,
  send_coupon_merchant: MCHID,
  open_id: [/^[\w-]{1,128}$/, 'the openid'],
  coupon_code: COUPON.coupon_code,
}
const DEMANDED: readonly string[] = ['stock_id', 'out_request_no', 'open_id']

/**
 * What a mini program's `<send-coupon>` takes to offer coupons (小程序发券插件).
 *
 * The rule of its signature, as with {@link offerCouponsByJsapi}: each field of the coupon at place n is signed under its name
 * with n behind it (`stock_id0`, `out_request_no0`, `stock_id1` …), next to `send_coupon_merchant`; then as any message of
 * APIv2, with HMAC-SHA256 and the APIv2 key. Nothing is sent.
 *
 * @throws {CallError} `PARAMETER_INVALID`, naming the field: `coupons[1].stock_id`
 * @throws {ConfigurationError} `apiv2Key` is missing
 * @see https://pay.weixin.qq.com/docs/partner/products/offer-coupons-by-mini-program/apilist.html
 * @example
 * ```ts
 * const offer = await offerCouponsByMiniProgram(wxpay, { coupons: [{ stock_id: '1583', out_request_no: 'mch_send_1' }] })
 * // <send-coupon send_coupon_params="{{…}}" sign="{{…}}" send_coupon_merchant="{{…}}">
 * ```
 */
export async function offerCouponsByMiniProgram(
  client: Wechatpay,
  offer: CouponOffer<PluginCoupon>,
): Promise<PluginCouponOffer> {
  const { coupons, merchant, sign } = await signOffer(client, offer, PLUGIN_COUPON)
  return { send_coupon_params: coupons, send_coupon_merchant: merchant, sign }
}

/**
 * What a page's, or a mini program's, `wx.addCard` takes to offer coupons (JSAPI发券, 商家券). Signed by the rule of
 * {@link offerCouponsByMiniProgram}; the first card alone bears the signature and the merchant, as in programs of merchants.
 * Nothing is sent.
 *
 * @throws {CallError} `PARAMETER_INVALID`, naming the field: `coupons[1].stock_id`
 * @throws {ConfigurationError} `apiv2Key` is missing
 * @see https://developers.weixin.qq.com/community/pay/doc/0002aeac904cc8ab4fac9f6db5e400
 * @example
 * ```ts
 * const { cardList } = await offerCouponsByJsapi(wxpay, { coupons: [{ stock_id: '1583', out_request_no: 'mch_send_1' }] })
 * // in the page: wx.addCard({ cardList, success() { … } })
 * ```
 */
export async function offerCouponsByJsapi(client: Wechatpay, offer: CouponOffer): Promise<CardOffer> {
  const { coupons, merchant, sign } = await signOffer(client, offer, COUPON)
  return {
    cardList: coupons.map(({ stock_id, ...ext }, at) => ({
      cardId: stock_id,
      cardExt: JSON.stringify(at === 0 ? { ...ext, send_coupon_merchant: merchant, sign } : ext),
    })),
  }
}

/**
 * Where a page within WeChat sends the shopper to receive a coupon (H5发券, 商家券). The parameters are signed under their own
 * names, with HMAC-SHA256 and the APIv2 key. Nothing is sent.
 *
 * @throws {CallError} `PARAMETER_INVALID`, naming the field
 * @throws {ConfigurationError} `apiv2Key` is missing
 * @see https://pay.weixin.qq.com/docs/merchant/apis/offer-coupons-by-h5/h5-coupon.html
 * @example
 * ```ts
 * const url = await offerCouponByH5(wxpay, { stock_id: '1583', out_request_no: '201911280000', open_id })
 * ```
 */
export async function offerCouponByH5(client: Wechatpay, coupon: PageCoupon): Promise<string> {
  const { account } = credentialsOf(client)
  const send_coupon_merchant = coupon.send_coupon_merchant ?? account.mchid
  const fields = readFields({ ...coupon, send_coupon_merchant }, PAGE_COUPON)
  const sign = await signFields(fields, 'HMAC-SHA256', account)
  // Without the fragment WeChat answers 268435461.
  return `https://action.weixin.qq.com/busifavor/getcouponinfo?${stringifyQuery({ ...fields, sign })}#wechat_pay&wechat_redirect`
}

async function signOffer<Kind extends Coupon>(
  client: Wechatpay,
  { coupons, send_coupon_merchant }: CouponOffer<Kind>,
  shapes: Shapes,
): Promise<{ coupons: Kind[]; merchant: string; sign: string }> {
  const { account } = credentialsOf(client)
  const merchant = requireParameter(send_coupon_merchant ?? account.mchid, 'send_coupon_merchant', MCHID)
  if (!Array.isArray(coupons) || coupons.length < 1 || coupons.length > MOST)
    throw new CallError('PARAMETER_INVALID', 'coupons', `give a list of 1 to ${MOST}`)
  const read = coupons.map((coupon: object, at) => readFields(Object(coupon), shapes, `coupons[${at}].`))
  const twice = read.findIndex(({ out_request_no }, at) =>
    read.slice(0, at).some(other => other.out_request_no === out_request_no),
  )
  if (twice > 0)
    throw new CallError(
      'PARAMETER_INVALID',
      `coupons[${twice}].out_request_no`,
      'stands in the list twice: give each its own',
    )
  const numbered = read.flatMap((fields, at) =>
    Object.entries(fields).map(([name, value]) => [name + at, value] as const),
  )
  const sign = await signFields(
    { ...Object.fromEntries(numbered), send_coupon_merchant: merchant },
    'HMAC-SHA256',
    account,
  )
  return { coupons: read as unknown as Kind[], merchant, sign }
}

/** What is absent is neither signed nor handed on; what WeChat does not know would be signed in vain. */
function readFields(fields: object, shapes: Shapes, within = ''): Record<string, string> {
  const unknown = Object.keys(fields).find(name => !Object.hasOwn(shapes, name))
  if (unknown !== undefined)
    throw new CallError('PARAMETER_INVALID', within + unknown, 'is not a field of such a coupon')
  const read = (name: string) => (DEMANDED.includes(name) ? requireParameter : optionalParameter)
  return presentFields(
    Object.fromEntries(
      Object.entries(shapes).map(([name, shape]) => [
        name,
        read(name)((fields as Record<string, unknown>)[name], within + name, shape),
      ]),
    ),
  )
}
