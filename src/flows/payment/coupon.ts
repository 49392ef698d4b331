import { CallError } from '../../core/base/errors.ts'
import { credentialsOf, type Wechatpay } from '../../core/client/client.ts'
import { stringifyQuery } from '../../core/codec/query.ts'
import { signFields } from '../../core/protocol/v2.ts'
import { MCHID, optionalParameter, type ParameterFormat, presentFields, requireParameter } from '../parameter.ts'

/** A coupon (商家券, 代金券) to offer. */
export interface Coupon {
  /** 批次号 */
  stock_id: string
  /** 发券凭证: unique per coupon sent; 1 to 128 letters, digits, `_`, `-` */
  out_request_no: string
  /** 券code: required if the merchant supplies the codes of the stock (`MERCHANT_API`), and forbidden otherwise. */
  coupon_code?: string | undefined
  /** Start of the validity, for 商家券. RFC 3339: `2015-05-20T13:29:35+08:00` */
  customize_send_time?: string | undefined
}

/** A coupon for the mini program plug-in. */
export interface PluginCoupon extends Coupon {
  /** 制券商户号: required for 代金券. */
  create_coupon_merchant?: string | undefined
}

/** Coupons, and the merchant that sends them. */
export interface CouponOffer<Kind extends Coupon = Coupon> {
  /** 1 to 10 coupons. */
  coupons: readonly Kind[]
  /** 发券商户号, whose APIv2 key signs; the partner for partners (服务商). Default: the client's mchid */
  send_coupon_merchant?: string | undefined
}

/** Properties of the component `<send-coupon>`. */
export interface PluginCouponOffer {
  send_coupon_params: PluginCoupon[]
  send_coupon_merchant: string
  /** HMAC-SHA256, upper-case hex. */
  sign: string
}

/** Parameters of `wx.addCard`. */
export interface CardOffer {
  /** `cardExt` is JSON text; the first one contains the signature of all. */
  cardList: { cardId: string; cardExt: string }[]
}

/** A coupon that the user receives on a WeChat Pay page. */
export interface PageCoupon extends Omit<Coupon, 'customize_send_time'> {
  /** The user's openid, under an appid bound to the merchant. */
  open_id: string
  /** 发券商户号, whose APIv2 key signs. Default: the client's mchid */
  send_coupon_merchant?: string | undefined
}

const MAX_COUPONS = 10

type Formats = Readonly<Record<string, ParameterFormat>>
const COUPON = {
  stock_id: [/^\w{1,20}$/, '批次号, 1 to 20 digits, as text'],
  out_request_no: [/^[\w-]{1,128}$/, '1 to 128 letters, digits, _ or -'],
  coupon_code: [/^[\x21-\x7e]{1,128}$/, '券code, 1 to 128 characters of ASCII'],
  customize_send_time: [
    /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
    'a time of RFC 3339, 2015-05-20T13:29:35+08:00',
  ],
} satisfies Formats
const PLUGIN_COUPON: Formats = { ...COUPON, create_coupon_merchant: MCHID }
const PAGE_COUPON: Formats = {
  stock_id: COUPON.stock_id,
  out_request_no: COUPON.out_request_no,
  send_coupon_merchant: MCHID,
  open_id: [/^[\w-]{1,128}$/, 'the openid'],
  coupon_code: COUPON.coupon_code,
}
const REQUIRED_FIELDS: readonly string[] = ['stock_id', 'out_request_no', 'open_id']

/**
 * Creates the properties of `<send-coupon>` to offer coupons in a mini program (小程序发券插件).
 *
 * The signature, also for {@link offerCouponsByJsapi}, covers each field of the coupon with index n under its name
 * followed by n (`stock_id0`, `out_request_no0`, `stock_id1` …), and `send_coupon_merchant`; it is then computed like
 * that of any APIv2 message, with HMAC-SHA256 and the APIv2 key. Nothing is sent.
 *
 * @param client the merchant's or partner's client
 * @param offer the coupons
 * @throws {CallError} `PARAMETER_INVALID`: names the field, such as `coupons[1].stock_id`
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
 * Creates the parameters of `wx.addCard` to offer coupons in a web page or mini program (JSAPI发券, 商家券). Signed like
 * {@link offerCouponsByMiniProgram}; only the first card contains the signature and the merchant, as in merchants'
 * programs. Nothing is sent.
 *
 * @param client the merchant's or partner's client
 * @param offer the coupons
 * @throws {CallError} `PARAMETER_INVALID`: names the field, such as `coupons[1].stock_id`
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
 * Creates the URL to which a web page within WeChat redirects the user to receive a coupon (H5发券, 商家券). The parameters
 * are signed under their own names with HMAC-SHA256 and the APIv2 key. Nothing is sent.
 *
 * @param client the merchant's client
 * @param coupon the coupon
 * @throws {CallError} `PARAMETER_INVALID`: names the field
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
  // Without the fragment WeChat shows the error 268435461.
  return `https://action.weixin.qq.com/busifavor/getcouponinfo?${stringifyQuery({ ...fields, sign })}#wechat_pay&wechat_redirect`
}

async function signOffer<Kind extends Coupon>(
  client: Wechatpay,
  { coupons, send_coupon_merchant }: CouponOffer<Kind>,
  formats: Formats,
): Promise<{ coupons: Kind[]; merchant: string; sign: string }> {
  const { account } = credentialsOf(client)
  const merchant = requireParameter(send_coupon_merchant ?? account.mchid, 'send_coupon_merchant', MCHID)
  if (!Array.isArray(coupons) || coupons.length < 1 || coupons.length > MAX_COUPONS)
    throw new CallError('PARAMETER_INVALID', 'coupons', `give a list of 1 to ${MAX_COUPONS}`)
  const read = coupons.map((coupon: object, at) => readFields(Object(coupon), formats, `coupons[${at}].`))
  const twice = read.findIndex(({ out_request_no }, at) =>
    read.slice(0, at).some(earlier => earlier.out_request_no === out_request_no),
  )
  if (twice > 0)
    throw new CallError(
      'PARAMETER_INVALID',
      `coupons[${twice}].out_request_no`,
      'occurs twice. Give each coupon its own',
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

/** Omits absent fields, which are not signed, and rejects unknown ones, which WeChat would ignore. */
function readFields(fields: object, formats: Formats, within = ''): Record<string, string> {
  const unknown = Object.keys(fields).find(name => !Object.hasOwn(formats, name))
  if (unknown !== undefined) throw new CallError('PARAMETER_INVALID', within + unknown, 'not a field of such a coupon')
  const read = (name: string) => (REQUIRED_FIELDS.includes(name) ? requireParameter : optionalParameter)
  return presentFields(
    Object.fromEntries(
      Object.entries(formats).map(([name, format]) => [
        name,
        read(name)((fields as Record<string, unknown>)[name], within + name, format),
      ]),
    ),
  )
}
