/** Why WeChat Pay or the shopper refuses, whichever API version asks; each version has its own words for it. */
const REASONS = {
  ORDER_UNKNOWN: 'There is no such order.',
  ORDER_AMBIGUOUS: 'Several merchants have an order of this number: name the sub-merchant too (sub_mchid).',
  REFUND_AMBIGUOUS: 'Several merchants have a refund of this number: name the sub-merchant too (sub_mchid).',
  ORDER_PAID: 'The order is paid.',
  ORDER_CLOSED: 'The order is closed, by the merchant or because its time ran out.',
  ORDER_REVOKED: 'The order has been reversed.',
  ORDER_FAILED: 'The payment of this order failed; it takes another order.',
  ORDER_PAYING: 'The shopper is about to pay: such an order is reversed, not closed.',
  ORDER_COMBINED: 'The order is part of a combined one, and only the whole can be paid or closed.',
  ORDER_NUMBER_USED: 'The number belongs to an order with other parameters.',
  PREPAY_EXPIRED: 'The prepay_id is older than two hours: place the order once more with the same parameters.',
  AUTH_CODE_INVALID: 'This is no payment code: 18 digits that begin with 10 to 15.',
  AUTH_CODE_USED: 'The payment code has been used.',
  AUTH_CODE_EXPIRED: 'The payment code is older than a minute.',
  MICROPAY_FAILED: 'The payment by code failed.',
  REVERSE_LATE: 'An order can be reversed for seven days.',
  REVERSE_REFUNDED: 'The order has refunds or has been shared, so it cannot be reversed.',
  REFUND_ORDER_UNKNOWN: 'There is no such order to refund.',
  REFUND_ORDER_UNPAID: 'The order to refund is not paid.',
  REFUND_OVERDUE: 'The order was paid more than a year ago.',
  REFUND_TOTAL_MISMATCH: 'The total is not the total of the order.',
  REFUND_NUMBER_USED: 'The number belongs to a refund with other parameters.',
  REFUND_TOO_MUCH: 'The refund is more than what is left of the order.',
  REFUND_TOO_MANY: 'An order has 50 refunds at most.',
  REFUND_SHARED: 'The rest of the order has been shared; what was shared has to be returned first.',
  REFUNDED_WHOLLY: 'The order has been refunded wholly.',
  REFUND_FUNDS: 'The account has less than the refund takes.',
  REFUND_UNKNOWN: 'There is no such refund.',
  REFUND_SETTLED: 'The refund is not being processed: it has its result.',
  REFUND_NOT_ABNORMAL: 'The refund is not ABNORMAL.',
  SHARING_ORDER_UNKNOWN: 'There is no such paid order to share.',
  SHARING_NOT_MARKED: 'The order was placed without profit_sharing.',
  SHARING_FINISHED: 'The sharing of this order is finished, nothing is frozen any more.',
  SHARING_NUMBER_USED: 'The number belongs to a sharing with other parameters.',
  SHARING_NO_RELATION: 'The receiver has not been added.',
  SHARING_NAME: 'The name is not the one that the receiver was added with.',
  SHARING_RATIO: 'More than the highest ratio of the order is shared.',
  SHARING_TOO_MUCH: 'More is shared than is frozen.',
  SHARING_TOO_MANY: 'An order is shared 50 times at most.',
  SHARING_UNKNOWN: 'There is no such sharing.',
  RETURN_NUMBER_USED: 'The number belongs to a return with other parameters.',
  RETURN_RECEIVER: 'The merchant has received nothing from this sharing.',
  RETURN_TOO_MUCH: 'More is to be returned than the receiver has got.',
  RETURN_UNKNOWN: 'There is no such return.',
  TRANSFER_NUMBER_USED: 'The number belongs to a transfer with other parameters.',
  TRANSFER_FUNDS: 'The operation account has less than the transfer takes.',
  TRANSFER_STATE: 'The transfer is not in a state that allows it.',
  TRANSFER_UNKNOWN: 'There is no such transfer.',
  APPLYMENT_UNKNOWN: 'There is no such applyment.',
  APPLYMENT_ENDED: 'The applyment has passed or was canceled.',
  ACCOUNT_SHORT: 'The account has less than is to be taken away.',
} as const

export type RejectionReason = keyof typeof REASONS

export class Rejection extends Error {
  override readonly name: string = 'Rejection'
  readonly reason: RejectionReason

  /** @param about what is refused: the number of an order, of a refund … */
  constructor(reason: RejectionReason, about?: string) {
    super(`The simulated WeChat Pay refuses: ${reason}. ${REASONS[reason]}${about === undefined ? '' : ` (${about})`}`)
    this.reason = reason
  }
}
