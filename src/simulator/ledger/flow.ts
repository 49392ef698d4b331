import type { AccountType } from '../accounts/funds.ts'

/** A movement of an account (资金流水). */
export interface Flow {
  /** ms */
  readonly at: number
  /** Whose account. */
  readonly mchid: string
  readonly account: AccountType
  /** 业务名称, 业务类型. */
  readonly business: string
  /** 微信支付业务单号. */
  readonly number: string
  /** 业务凭证号: the merchant's own number. */
  readonly voucher: string
  /** What came in, or went out where negative. */
  readonly fen: number
  /** Default `CNY`; `fen` is in its smallest unit. */
  readonly currency?: string | undefined
  readonly remark?: string | undefined
}
