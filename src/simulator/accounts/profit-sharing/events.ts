/** An amount that a merchant received of a sharing (分账), or returned of it (分账回退). */
export interface SharedAmount {
  /** Merchant that shares. */
  readonly mchid: string
  readonly sub_mchid?: string | undefined
  readonly transaction_id: string
  /** 微信分账/回退单号 */
  readonly order_id: string
  /** 商户分账/回退单号 */
  readonly out_order_no: string
  /** Merchant that receives or returns the amount. */
  readonly account: string
  readonly amount: number
  readonly description: string
  /** ms */
  readonly at: number
}

export interface SharingEvent {
  readonly type: 'share-received' | 'share-returned'
  readonly share: SharedAmount
}
