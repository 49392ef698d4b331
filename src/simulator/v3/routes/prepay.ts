import { fingerprint } from '../../fingerprint.ts'
import type { Order, OrderDraft, Payer, TradeType } from '../../orders.ts'
import { codeUrl, mwebUrl } from '../../payment-url.ts'
import { requireMerchant } from '../merchant.ts'
import { Refusal } from '../refusal.ts'
import type { Route } from '../route.ts'
import { PREPAY_FIELDS } from './prepay-fields.ts'

/** `PREPAY_FIELDS` have been checked when a body is read as this. */
interface PrepayBody {
  appid: string
  mchid: string
  description: string
  out_trade_no: string
  notify_url: string
  attach?: string
  amount: { total: number; currency?: string }
  payer?: Payer
  scene_info?: { device_id?: string }
}

const KINDS: readonly [kind: keyof typeof PREPAY_FIELDS, type: TradeType, answer: (order: Order) => object][] = [
  ['jsapi', 'JSAPI', ({ prepay_id }) => ({ prepay_id })],
  ['app', 'APP', ({ prepay_id }) => ({ prepay_id })],
  ['h5', 'MWEB', order => ({ h5_url: mwebUrl(order) })],
  ['native', 'NATIVE', order => ({ code_url: codeUrl(order) })],
]

export const prepay: readonly Route[] = KINDS.map(
  ([kind, type, answer]): Route => ({
    method: 'POST',
    path: `/v3/pay/transactions/${kind}`,
    body: PREPAY_FIELDS[kind],
    sealed: ['payer.identity.number', 'payer.identity.name'],
    handle({ body }, world) {
      requireMerchant(body.mchid, 'body', world)
      if (body.appid !== world.merchant.appid)
        throw new Refusal(400, 'APPID_MCHID_NOT_MATCH', 'appid和mch_id不匹配，请检查后再试')
      return { status: 200, body: answer(world.orders.place(draft(type, body as unknown as PrepayBody))) }
    },
  }),
)

function draft(trade_type: TradeType, body: PrepayBody): OrderDraft {
  const { appid, mchid, description, out_trade_no, notify_url, attach, amount, payer = {}, scene_info } = body
  return {
    ...{ trade_type, appid, mchid, description, out_trade_no, notify_url, attach },
    amount: { total: amount.total, currency: amount.currency ?? 'CNY' },
    payer: { openid: payer.openid, identity: payer.identity },
    device_id: scene_info?.device_id,
    fingerprint: fingerprint([trade_type, body]),
  }
}
