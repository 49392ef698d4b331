/** Reasons for which WeChat Pay refuses a call about the permission of a service (免确认预授权). */
export const PERMISSION_REASONS = {
  PERMISSION_UNKNOWN: 'There is no such permission.',
  PERMISSION_CODE_USED: 'Another permission, with other parameters, has this authorization_code.',
  PERMISSION_STATE: 'The user has not granted the permission, or no longer.',
  PERMISSION_GRANTED: 'The user has granted or revoked the permission already.',
} as const
