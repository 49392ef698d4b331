/** Reasons for which WeChat Pay refuses a call about coupons (代金券). */
export const COUPON_REASONS = {
  COUPON_STOCK_UNKNOWN: 'There is no such stock of coupons.',
  COUPON_STOCK_FOREIGN: 'The stock belongs to another merchant than the caller, or than stock_creator_mchid.',
  COUPON_STOCK_NUMBER_USED: 'Another stock, with other parameters, has this out_request_no.',
  COUPON_STOCK_STATE: 'The state of the stock does not allow this.',
  COUPON_STOCK_RULES: 'A stock of the type NORMAL needs fixed_normal_coupon with an amount of at least 1 fen.',
  COUPON_STOCK_BUDGET: 'max_amount is not max_coupons times the amount of a coupon.',
  COUPON_STOCK_OVER: 'The stock ends before it begins, or has ended.',
  COUPON_STOCK_FUNDS: 'The operation account has less money than the budget of the stock.',
  COUPON_STOCK_INACTIVE: 'The stock is not running, or its time has not come or is over.',
  COUPON_BUDGET: 'All coupons of the stock have been sent, or all of the day.',
  COUPON_USER_LIMIT: 'The shopper already has as many coupons of the stock as one shopper may get.',
  COUPON_NUMBER_USED: 'Another coupon, with other parameters, has this out_request_no.',
  COUPON_UNKNOWN: 'There is no such coupon.',
  COUPON_STATE: 'The coupon has been used or has expired.',
  COUPON_NOT_USABLE: 'The order does not satisfy the rules of the coupon.',
} as const
