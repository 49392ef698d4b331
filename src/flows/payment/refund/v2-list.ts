import type { Wechatpay } from '../../../core/client/client.ts'
import type { CallOptions } from '../../../definitions/call.ts'
import type { V2PayRefundqueryPostResponse, V2RefundQueryRequest } from '../../../definitions/generated/types.ts'
import { requireMatch } from '../../response-match.ts'
import { QUERY_OPTIONS } from '../../retries.ts'

/**
 * A refund from the numbered fields of `pay/refundquery`. Values are text; amounts are in the smallest unit of their
 * currency (fen, cents, yen).
 */
export interface V2Refund {
  out_refund_no: string
  refund_id: string
  /** `PROCESSING`, `SUCCESS`, `REFUNDCLOSE`, `CHANGE` */
  refund_status: string
  refund_fee: string
  settlement_refund_fee?: string
  refund_channel?: string
  refund_account?: string
  /** "accout" is WeChat Pay's spelling. */
  refund_recv_accout?: string
  refund_success_time?: string
  coupon_refund_fee?: string
  coupon_refund_count?: string
  coupons: V2RefundCoupon[]
}

export interface V2RefundCoupon {
  coupon_refund_id?: string
  coupon_type?: string
  coupon_refund_fee?: string
}

const FIELDS: readonly Exclude<keyof V2Refund, 'coupons'>[] = [
  'out_refund_no',
  'refund_id',
  'refund_status',
  'refund_fee',
  'settlement_refund_fee',
  'refund_channel',
  'refund_account',
  'refund_recv_accout',
  'refund_success_time',
  'coupon_refund_fee',
  'coupon_refund_count',
]
const COUPON_FIELDS: readonly (keyof V2RefundCoupon)[] = ['coupon_refund_id', 'coupon_type', 'coupon_refund_fee']

/**
 * Reads the numbered fields of a response of `pay/refundquery`: `refund_fee_0` is the `refund_fee` of the first refund,
 * `coupon_type_0_1` the type of its second coupon.
 *
 * @param data the response
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011939577
 * @example
 * ```ts
 * const { data } = await wxpay.v2.pay.refundquery.post({ appid, mch_id, out_trade_no })
 * for (const { out_refund_no, refund_status } of readV2Refunds(data)) console.log(out_refund_no, refund_status)
 * ```
 */
export function readV2Refunds(data: object): V2Refund[] {
  const fields = data as Readonly<Record<string, string>>
  const refunds: V2Refund[] = []
  for (let n = 0; Object.hasOwn(fields, `out_refund_no_${n}`); n++) {
    const coupons: V2RefundCoupon[] = []
    const hasCoupon = (m: number) => COUPON_FIELDS.some(name => Object.hasOwn(fields, `${name}_${n}_${m}`))
    for (let m = 0; hasCoupon(m); m++) coupons.push(pick(fields, COUPON_FIELDS, `_${n}_${m}`))
    refunds.push({ ...pick(fields, FIELDS, `_${n}`), coupons } as V2Refund)
  }
  return refunds
}

const pick = (fields: Readonly<Record<string, string>>, names: readonly string[], suffix: string) =>
  Object.fromEntries(
    names.filter(name => Object.hasOwn(fields, name + suffix)).map(name => [name, fields[name + suffix]]),
  )

/** Queries all refunds of an order; a response has at most ten. */
export async function queryV2Refunds(
  client: Wechatpay,
  name: V2RefundQueryRequest,
  options: CallOptions,
): Promise<V2Refund[]> {
  const all: V2Refund[] = []
  for (;;) {
    const request = all.length > 0 ? { ...name, offset: all.length } : name
    const reply = await client.v2.pay.refundquery.post(request, { ...options, ...QUERY_OPTIONS })
    const { mch_id, sub_mch_id, out_trade_no, transaction_id } = reply.data
    requireMatch(name, { ...reply, data: { mch_id, sub_mch_id, out_trade_no, transaction_id } })
    const { data } = reply
    const page = readV2Refunds(data)
    all.push(...page)
    if (page.length === 0 || all.length >= totalOf(data, all.length)) return all
  }
}

const totalOf = ({ total_refund_count }: V2PayRefundqueryPostResponse, least: number): number =>
  total_refund_count === undefined ? least : Number(total_refund_count)
