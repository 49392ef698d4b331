/** Reasons for which WeChat Pay refuses a withdrawal (提现) or a subsidy (补差). */
export const ECOMMERCE_REASONS = {
  WITHDRAWAL_NUMBER_USED: 'Another withdrawal, with other parameters, has this number.',
  WITHDRAWAL_FUNDS: 'The account has less money than the withdrawal.',
  WITHDRAWAL_UNKNOWN: 'There is no such withdrawal.',
  WITHDRAWAL_STATE: 'The state of the withdrawal does not allow this.',
  SUBSIDY_ORDER: 'The order is not a paid order of this sub-merchant whose money is to be shared.',
  SUBSIDY_SHARED: 'The order has been shared, or its sharing is finished or its subsidy canceled.',
  SUBSIDY_TOO_MUCH: 'The subsidies of an order exceed its total.',
  SUBSIDY_NUMBER_USED: 'Another subsidy, with other parameters, has this number.',
  SUBSIDY_FUNDS: 'The operation account of the platform has less money than the subsidy.',
  SUBSIDY_EXISTS: 'The order has a subsidy, so it cannot be canceled.',
  SUBSIDY_NOT_REFUNDED: 'The order has no such refund, so its subsidy is neither returned nor canceled.',
  SUBSIDY_RETURN_TOO_MUCH: 'The return exceeds what is left of the subsidy.',
} as const
