/** Reasons for which WeChat Pay refuses a call about payments by medical insurance (医保支付). */
export const MEDICAL_REASONS = {
  MEDICAL_ORDER_UNKNOWN: 'There is no such order by medical insurance.',
  MEDICAL_NUMBER_USED: 'Another order by medical insurance has this number.',
  MEDICAL_CASH_FIELDS: 'A CASH_ONLY order needs prepay_id and wechat_pay_cash_fee, and has nothing of the insurance.',
  MEDICAL_INSURANCE_FIELDS:
    'An order with an insurance part lacks its fields, or has those of a cash part without one.',
  MEDICAL_TOTAL: 'total_fee is not the sum of its parts.',
  MEDICAL_CASH:
    'wechat_pay_cash_fee is not the cash part plus the additions less the reductions, or not the total of the order.',
  MEDICAL_PREPAY: 'The prepay_id is not that of an unpaid order with the same out_trade_no.',
  MEDICAL_CASH_REFUNDED:
    'Cash of the order has been refunded or shared, so it cannot be reversed; refund the rest before the settlement to fail the order.',
  MEDICAL_REFUND: 'A part of the refund exceeds what the insurance paid of it, or the total exceeds its parts.',
  MEDICAL_STATE: 'The state of the order does not allow this.',
} as const
