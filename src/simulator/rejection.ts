/** Why the shop refuses, whichever API version asks; each version has its own words for it. */
export type RejectionReason =
  | 'ORDER_UNKNOWN'
  | 'ORDER_PAID'
  | 'ORDER_CLOSED'
  | 'ORDER_NUMBER_USED'
  | 'REFUND_ORDER_UNKNOWN'
  | 'REFUND_ORDER_UNPAID'
  | 'REFUND_TOTAL_MISMATCH'
  | 'REFUND_NUMBER_USED'
  | 'REFUND_TOO_MUCH'
  | 'REFUNDED_WHOLLY'
  | 'REFUND_FUNDS'
  | 'REFUND_UNKNOWN'

export class Rejection extends Error {
  override readonly name: string = 'Rejection'
  readonly reason: RejectionReason

  constructor(reason: RejectionReason) {
    super(`The simulated WeChat Pay refuses: ${reason}.`)
    this.reason = reason
  }
}
