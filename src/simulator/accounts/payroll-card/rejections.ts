/** Reasons for which WeChat Pay refuses a call about payroll cards (微工卡). */
export const PAYROLL_REASONS = {
  AUTHENTICATION_UNKNOWN: 'There is no such authentication.',
  AUTHENTICATION_NUMBER_USED: 'Another authentication, of another user or merchant, has this number.',
  AUTHENTICATION_STATE: 'The authentication has a result; order another one, with another authenticate_number.',
  PAYROLL_RELATION_STATE: 'The state of the authorization does not allow this.',
} as const
