/**
 * A row of any bill: text and amounts under the official titles of their columns. Amounts are in the smallest unit of
 * their currency (货币种类, 标价币种, …), such as yen for `JPY`; in fen if the bill names no currency.
 */
export type BillRow = Readonly<Record<string, string | number>>

/**
 * The summary below the rows of a bill: the number of rows and their sums, in the smallest unit of the rows' currency.
 * A sum over several currencies is NaN; it is still checked against the rows.
 */
export type BillSummary = Readonly<Record<string, string | number>>

/** A payment in the trade bill `SUCCESS` (支付账单). Amounts are in fen (分). */
export type PaymentRow = {
  /** UTC+8: `2018-06-08 10:34:56` */
  readonly 交易时间: string
  readonly 公众账号ID: string
  readonly 商户号: string
  /** Sub-merchant id; `0` if there is none. */
  readonly 特约商户号: string
  readonly 设备号: string
  /** transaction_id */
  readonly 微信订单号: string
  /** out_trade_no */
  readonly 商户订单号: string
  /** openid */
  readonly 用户标识: string
  /** `JSAPI`, `NATIVE`, `APP`, `MWEB`, `MICROPAY`, `FACE`, … */
  readonly 交易类型: string
  /** `SUCCESS`, `REFUND`, `REVOKED` */
  readonly 交易状态: string
  readonly 付款银行: string
  /** `CNY`; overseas `HKD`, `JPY`, … Amounts are in its smallest unit. */
  readonly 货币种类: string
  readonly 应结订单金额: number
  readonly 代金券金额: number
  /** As printed in the bill, which replaces commas and line breaks. */
  readonly 商品名称: string
  /** attach */
  readonly 商户数据包: string
  /** Negative if returned with a refund. */
  readonly 手续费: number
  /** `0.60%` */
  readonly 费率: string
  readonly 订单金额: number
  readonly 费率备注: string
}

/** A payment, a refund or a reversal in the trade bill `ALL` (交易账单). Amounts are in fen (分). */
export type TradeRow = PaymentRow & {
  /** refund_id; `0` in a payment */
  readonly 微信退款单号: string
  /** out_refund_no; `0` in a payment */
  readonly 商户退款单号: string
  readonly 退款金额: number
  readonly 充值券退款金额: number
  /** `ORIGINAL`, `BALANCE`, … */
  readonly 退款类型: string
  /** `SUCCESS`, `PROCESSING`, `FAIL`, `CHANGE`: the state when the bill was created */
  readonly 退款状态: string
  readonly 申请退款金额: number
}

/** A refund in the trade bill `REFUND` (退款账单). Amounts are in fen (分). */
export type RefundRow = TradeRow & {
  readonly 退款申请时间: string
  /** Empty until the refund has succeeded. */
  readonly 退款成功时间: string
}

/**
 * A payment or a refund in an overseas statement (境外对账单, `/v3/global/statements`). Each amount is in the smallest unit
 * of the currency in the preceding column; 手续费 is text, because no public document gives its currency.
 *
 * No function of this package downloads it: the call responds with the file itself, and its hash is in the header
 * `Wechatpay-Statement-Sha1`, whose signature no official source describes. `client.v3.global.statements.get` therefore
 * returns it unverified. Save it, or download the statement from the merchant platform, and read it with `parseBill`.
 */
export type StatementRow = {
  readonly 交易时间: string
  readonly 公众账号ID: string
  readonly 商户号: string
  readonly 子商户号: string
  readonly 设备号: string
  readonly 微信订单号: string
  readonly 商户订单号: string
  readonly 用户标识: string
  readonly 交易类型: string
  readonly 交易状态: string
  readonly 付款银行: string
  readonly 充值券币种: string
  readonly 充值券金额: number
  readonly 优惠券币种: string
  readonly 优惠券金额: number
  readonly 微信退款单号: string
  readonly 商户退款单号: string
  readonly 退款类型: string
  readonly 退款状态: string
  readonly 商品名称: string
  readonly 商户数据包: string
  readonly 手续费: string
  readonly 费率: string
  readonly 标价币种: string
  readonly '订单金额(标价币种)': number
  readonly 用户支付币种: string
  readonly 用户支付金额: number
  readonly 结算币种: string
  readonly 应结订单金额: number
  readonly 支付汇率: string
  readonly 退款汇率: string
  readonly 申请退款金额: number
  readonly 用户退款币种: string
  readonly 用户退款金额: number
  readonly 退款结算币种: string
  readonly 退款应结订单金额: number
  readonly 充值券退款金额: number
  readonly 优惠券退款金额: number
}

/** Row type of a trade bill by its `bill_type`; `BillRow` for types that the official pages do not describe. */
export type TradeRowOf<Type> = Type extends 'ALL'
  ? TradeRow
  : Type extends 'SUCCESS'
    ? PaymentRow
    : Type extends 'REFUND'
      ? RefundRow
      : BillRow

/** The summary of a trade bill. Sums of refunds exist only in bills that include refunds. */
export type TradeSummary = {
  readonly 总交易单数: number
  readonly 应结订单总金额: number
  readonly 退款总金额?: number
  readonly 充值券退款总金额?: number
  readonly 手续费总金额: number
  readonly 订单总金额: number
  readonly 申请退款总金额?: number
}

type FundFlowColumns = {
  readonly 记账时间: string
  readonly 微信支付业务单号: string
  readonly 资金流水单号: string
  readonly 业务名称: string
  readonly 业务类型: string
  readonly 收支类型: '收入' | '支出' | (string & {})
  readonly 资金变更提交申请人: string
  readonly 备注: string
  readonly 业务凭证号: string
}

/** An entry of the fund flow bill (资金账单). Amounts are in fen (分), in spite of their titles. */
export type FundFlowRow = FundFlowColumns & {
  readonly '收支金额(元)': number
  readonly '账户结余(元)': number
}

/** The same in APIv2, whose titles have full-width brackets. */
export type FundFlowRowV2 = FundFlowColumns & {
  readonly '收支金额（元）': number
  readonly '账户结余（元）': number
}

/** The summary of a fund flow bill. */
export type FundFlowSummary = {
  readonly 资金流水总笔数: number
  readonly 收入笔数: number
  readonly 收入金额: number
  readonly 支出笔数: number
  readonly 支出金额: number
}

/**
 * A share or the return of a share in the profit sharing bill (分账账单), which lists successful ones only. Amounts are in
 * fen (分).
 *
 * The official page does not list the columns; these are taken from a merchant's program that reads real files.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012529628
 */
export type ProfitSharingRow = {
  readonly 分账时间: string
  readonly 分账发起方: string
  readonly 分账方: string
  readonly 微信订单号: string
  readonly '微信分账/回退单号': string
  readonly 分账明细单号: string
  readonly '商户分账/回退单号': string
  readonly 订单金额: number
  readonly 分账接收方: string
  readonly 金额: number
  readonly 业务类型: string
  readonly 处理状态: string
  readonly 备注: string
}

/**
 * The summary of a profit sharing bill. Unconfirmed: no public source lists its titles. Values of other titles are
 * text.
 */
export type ProfitSharingSummary = {
  readonly 总笔数: number
  readonly 分账总金额: number
  readonly 分账回退总金额: number
}
