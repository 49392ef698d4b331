/** Reasons for which WeChat Pay refuses a call about parking (微信支付分停车服务). */
export const PARKING_REASONS = {
  PLATE_UNKNOWN: 'Nobody has opened the service for this plate.',
  PLATE_STATE: 'The state of the service of the plate does not allow this.',
  PLATE_OVERDUE: 'The user who had this plate owes a fee; repay it first (repay-parking-fee).',
  PARKING_UNKNOWN: 'There is no such parking.',
  PARKING_NUMBER_USED: 'Another parking, with other parameters, has this out_parking_no.',
  PARKING_BLOCKED: 'The service is not available for this parking; collect the fee at the exit.',
  PARKING_PLATE: 'The plate is not the one of the parking.',
  PARKING_PAID: 'The fee of this parking has been deducted; refund it in full before you deduct another.',
  PARKING_NOT_ADVANCED: 'The user does not owe the fee of this order: it is not advanced, or repaid, or returned.',
} as const
