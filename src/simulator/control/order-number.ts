/** Names an order by the merchant's number. */
export interface OrderNumber {
  readonly out_trade_no: string
  /** Required if several merchants use the number. */
  readonly sub_mchid?: string | undefined
}
