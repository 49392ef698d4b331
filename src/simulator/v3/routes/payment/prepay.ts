import { fingerprintOf } from '../../../accounts/fingerprint.ts'
import type { Order, OrderDraft, Payer, TradeType } from '../../../accounts/orders/order.ts'
import { codeUrl, mwebUrl } from '../../../accounts/orders/order-presentation.ts'
import type { SimulatorContext } from '../../../context.ts'
import { paramError } from '../../refusal.ts'
import { PARTIES, type Party, requireApplication, requireMerchant } from '../../request/merchant.ts'
import { PREPAY_RULES } from '../../request/prepay-rules.ts'
import type { Fields, Route } from '../../route.ts'

/** Body of a request to place an order, once it has been checked. */
export interface OrderBody {
  readonly appid?: string
  readonly sp_appid?: string
  readonly sub_appid?: string
  readonly sub_mchid?: string
  readonly description: string
  readonly out_trade_no: string
  readonly time_expire?: string
  readonly attach?: string
  readonly goods_tag?: string
  readonly notify_url?: string
  readonly amount: { readonly total: number; readonly currency?: string }
  readonly payer?: { readonly openid?: string; readonly sp_openid?: string } & Pick<Payer, 'sub_openid' | 'identity'>
  readonly scene_info?: { readonly device_id?: string }
  readonly settle_info?: { readonly profit_sharing?: boolean }
}

const prepayId = ({ prepay_id }: Order) => ({ prepay_id })

type Kind = readonly [path: string, type: TradeType, bodyOf: (order: Order, origin: string) => object]
const KINDS: readonly Kind[] = [
  ['jsapi', 'JSAPI', prepayId],
  ['app', 'APP', prepayId],
  ['h5', 'MWEB', (order, origin) => ({ h5_url: mwebUrl(order, origin) })],
  ['native', 'NATIVE', order => ({ code_url: codeUrl(order) })],
  // The order is the same without a contract, which the simulator does not record.
  ['jsapi-with-contract', 'JSAPI', prepayId],
  ['app-with-contract', 'APP', prepayId],
]
const PARTNER_KINDS: readonly Kind[] = [...KINDS, ['miniprogram', 'JSAPI', prepayId]]

export const prepayRoutes: readonly Route[] = PARTIES.flatMap(party =>
  (party.mchid === 'mchid' ? KINDS : PARTNER_KINDS).map(
    ([kind, type, bodyOf]): Route => ({
      endpoint: `POST ${party.path}/${kind}`,
      rules: PREPAY_RULES,
      handle({ body, origin }, context) {
        requireParty(body, party, context)
        if (type === 'JSAPI') requirePayer(body)
        return {
          status: 200,
          body: bodyOf(context.orders.place(orderDraft(type, body as unknown as OrderBody, context)), origin),
        }
      },
    }),
  ),
)

/** Requires that the body names the caller and its own appid, and an appid for each openid. */
export function requireParty(body: Fields, { mchid, appid }: Party, context: SimulatorContext): void {
  requireMerchant(body[mchid], 'body', context, mchid)
  if (body[appid] !== undefined) requireApplication(body[appid], context)
  const { payer = {}, sub_appid } = body as unknown as OrderBody
  if (payer.sub_openid && !sub_appid)
    throw paramError('参数错误，传入sub_openid时sub_appid必填', {
      field: '/sub_appid',
      issue: 'required with payer.sub_openid',
      location: 'body',
    })
}

function requirePayer(body: Fields): void {
  const { payer = {} } = body as unknown as OrderBody
  if (!payer.openid && !payer.sp_openid && !payer.sub_openid)
    throw paramError('参数错误，sp_openid和sub_openid必须二选一', {
      field: '/payer/sp_openid',
      issue: 'one of sp_openid and sub_openid is required',
      location: 'body',
    })
}

export function orderDraft(trade_type: TradeType, body: OrderBody, { merchant }: SimulatorContext): OrderDraft {
  const { sub_appid, sub_mchid, description, out_trade_no, notify_url, attach, amount } = body
  const { payer = {}, scene_info, settle_info, time_expire } = body
  return {
    api: 'v3',
    trade_type,
    appid: merchant.appid,
    mchid: merchant.mchid,
    sub_appid,
    sub_mchid,
    description,
    out_trade_no,
    notify_url,
    attach,
    goods_tag: body.goods_tag,
    amount: { total: amount.total, currency: amount.currency ?? 'CNY' },
    payer: { openid: payer.openid ?? payer.sp_openid, sub_openid: payer.sub_openid, identity: payer.identity },
    device_id: scene_info?.device_id,
    time_expire: time_expire === undefined ? undefined : Date.parse(time_expire),
    profit_sharing: settle_info?.profit_sharing,
    fingerprint: fingerprintOf([trade_type, body]),
  }
}
