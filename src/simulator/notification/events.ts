/** `summary` (回调摘要) as the service writes it. */
const SUMMARIES: Readonly<Record<string, string>> = {
  'TRANSACTION.SUCCESS': '支付成功',
  'REFUND.SUCCESS': '退款成功',
  'REFUND.ABNORMAL': '退款异常',
  'REFUND.CLOSED': '退款关闭',
  'PROFITSHARING.SUCCESS': '分账',
  'PROFITSHARING.RETURN': '分账回退',
  'MCHTRANSFER.BILL.FINISHED': '商家转账单据终态通知',
  'COMPLAINT.CREATE': '产生新投诉',
  'COMPLAINT.STATE_CHANGE': '投诉状态变化',
}

/** `original_type` where it is not the event's first word. */
const ORIGINAL_TYPES: readonly [event: RegExp, type: string][] = [
  [/^MCHTRANSFER\./, 'mch_payment'],
  [/^MCHWITHDRAW\./, 'mch_withdraw'],
  [/^ABNORMAL_FUND_PROCESSING\./, 'abnormal_fund_processing'],
  [/\.USER_CARD\./, 'user_card'],
  [/^BRAND_MEMBER_CARD_SP\.SYNC_USER_POINT$/, 'sync_user_point'],
  [/^BRAND_MEMBER_CARD_SP\.POINT_EXCHANGE_COUPON$/, 'point_coupon'],
  [/^SECURITY_ECHO\./, 'security'],
  [/^PRODUCT_COUPON_SP\./, 'product_coupon'],
  [/^APPLYMENT_STATE\./, 'applyment'],
  [/^BLOCKRECORD\./, 'block_record'],
  // As the definition spells it.
  [/^BLOCKSUBMISSION\./, 'block_submisison_record'],
  [/^MANAGERECORD\./, 'manage_record'],
]

export const summaryOf = (event: string): string => SUMMARIES[event] ?? event

export const originalTypeOf = (event: string): string =>
  ORIGINAL_TYPES.find(([pattern]) => pattern.test(event))?.[1] ?? event.split('.')[0]!.toLowerCase()

/** Ask the merchant something and expect the answer in the body; the shopper is waiting, so they come once. */
const QUESTIONS = new Set([
  'PARKING_FEE.QUERY_TRANS_INFO',
  'CROSS_BORDER_PAY.GET_MCH_INFO',
  'ENTRUST.TERMINATE_INQUIRY',
  'ENTRUST.TERMINATE_RETENTION',
])

export const isQuestion = (event: string): boolean => QUESTIONS.has(event)
