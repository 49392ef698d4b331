import type { Rule, Rules } from '../../catalogue/rules.ts'

/** The service's rule for a merchant's own numbers. */
const OUT_TRADE_NO: Rule = { pattern: /^[\w\-|*]{6,32}$/ }
export const NOTIFY_URL: Rule = { pattern: /^https?:\/\/\S{1,250}$/ }
const MCHID: Rule = { maxLength: 32 }

/** Rules of every order. */
export const ORDER_RULES: Rules = {
  appid: MCHID,
  mchid: MCHID,
  sp_appid: MCHID,
  sp_mchid: MCHID,
  sub_appid: MCHID,
  sub_mchid: MCHID,
  description: { maxLength: 127 },
  out_trade_no: OUT_TRADE_NO,
  attach: { maxLength: 128 },
  goods_tag: { maxLength: 32 },
  'amount.total': { minimum: 1 },
  'amount.currency': { enum: ['CNY'] },
  'detail.cost_price': { minimum: 0 },
  'detail.invoice_id': { maxLength: 32 },
  'detail.goods_detail.merchant_goods_id': { maxLength: 32 },
  'detail.goods_detail.wechatpay_goods_id': { maxLength: 32 },
  'detail.goods_detail.goods_name': { maxLength: 256 },
  'detail.goods_detail.quantity': { minimum: 1 },
  'detail.goods_detail.unit_price': { minimum: 0 },
  'scene_info.payer_client_ip': { maxLength: 45 },
  'scene_info.device_id': { maxLength: 32 },
  'scene_info.store_info.id': { maxLength: 32 },
  'scene_info.store_info.name': { maxLength: 256 },
  'scene_info.store_info.area_code': { maxLength: 32 },
  'scene_info.store_info.address': { maxLength: 512 },
}

/** Rules of an order that gets a prepay_id. */
export const PREPAY_RULES: Rules = {
  ...ORDER_RULES,
  notify_url: NOTIFY_URL,
  'payer.openid': { maxLength: 128 },
  'payer.sp_openid': { maxLength: 128 },
  'payer.sub_openid': { maxLength: 128 },
  'scene_info.h5_info.type': { maxLength: 32 },
}
