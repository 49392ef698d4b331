/** Reasons for which WeChat Pay refuses a call about the authorization of transfers (免确认收款授权). */
export const AUTHORIZATION_REASONS = {
  AUTHORIZATION_NUMBER_USED: 'Another authorization, with other parameters, has this number.',
  AUTHORIZATION_UNKNOWN: 'There is no such authorization.',
  AUTHORIZATION_STATE: 'The state of the authorization does not allow this.',
} as const
