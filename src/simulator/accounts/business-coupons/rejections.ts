/** Reasons for which WeChat Pay refuses a call about business coupons (商家券). */
export const BUSINESS_COUPON_REASONS = {
  BUSINESS_STOCK_UNKNOWN: 'There is no such stock of business coupons.',
  BUSINESS_STOCK_NUMBER_USED: 'Another stock, with other parameters, has this out_request_no.',
  BUSINESS_STOCK_RULES: 'The stock lacks the rule of its stock_type, or ends before it begins, or has ended.',
  BUSINESS_STOCK_INACTIVE: 'The stock is not running, or its time has not come or is over.',
  BUSINESS_STOCK_BUDGET: 'All coupons of the stock have been sent, or all of the day.',
  BUSINESS_STOCK_USER_LIMIT: 'The shopper already has as many coupons of the stock as one shopper may get.',
  BUSINESS_BUDGET_CHANGED:
    'The current limit is not the one that the call names, or more has been sent than the new one allows.',
  BUSINESS_CODE_MODE: 'The coupon_code_mode of the stock does not allow this.',
  BUSINESS_CODES_FULL: 'A call uploads 200 codes at most.',
  BUSINESS_CODE_UNKNOWN: 'The stock has no such code.',
  BUSINESS_CODE_USED: 'The code is in use.',
  BUSINESS_CODES_OVER: 'All uploaded codes have been given out.',
  BUSINESS_COUPON_UNKNOWN: 'There is no such business coupon.',
  BUSINESS_COUPON_USER: 'The coupon belongs to another shopper.',
  BUSINESS_COUPON_NUMBER_USED: 'Another coupon, with other parameters, has this out_request_no.',
  BUSINESS_COUPON_USED: 'The coupon has been used by another request.',
  BUSINESS_COUPON_TIME: 'The coupon is not valid yet, no longer, or not at this time of the week.',
  BUSINESS_COUPON_STATE: 'The state of the coupon does not allow this.',
  BUSINESS_COUPON_ORDER: 'The coupon is associated with another order, or with none.',
} as const
