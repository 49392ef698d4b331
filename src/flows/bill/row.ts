/**
 * A row of any bill: text by the official titles of the columns, amounts in the smallest unit of their currency (货币种类,
 * 标价币种, …): fen where the bill names none, yen where it names `JPY`.
 */
export type BillRow = Readonly<Record<string, string | number>>

/**
 * What stands under the rows of a bill: how many they are, and their sums in the smallest unit of the rows' currency. A sum of
 * several currencies is NaN: it proves that the rows are complete, and is no amount.
 */
export type BillSummary = Readonly<Record<string, string | number>>

/** A payment in the trade bill `SUCCESS` (支付账单). Amounts are in fen (分). */
export type PaymentRow = {
  /** UTC+8: `2018-06-08 10:34:56` */
  readonly 交易时间: string
  readonly 公众账号ID: string
  readonly 商户号: string
  /** `0` where there is none. */
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
  /** `CNY`; `HKD`, `JPY`, … abroad. Amounts are in its smallest unit. */
  readonly 货币种类: string
  readonly 应结订单金额: number
  readonly 代金券金额: number
  /** As the bill has it: commas and line breaks are written otherwise there. */
  readonly 商品名称: string
  /** attach */
  readonly 商户数据包: string
  /** Given back with a refund: negative. */
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
  /** `SUCCESS`, `PROCESSING`, `FAIL`, `CHANGE`: as it was when the bill was made */
  readonly 退款状态: string
  readonly 申请退款金额: number
}

/** A refund in the trade bill `REFUND` (退款账单). Amounts are in fen (分). */
export type RefundRow = TradeRow & {
  readonly 退款申请时间: string
  /** Empty while it has not succeeded. */
  readonly 退款成功时间: string
}

/**
 * A payment or a refund in an overseas statement (境外对账单, `/v3/global/statements`). Each amount is in the smallest unit of
 * the currency that is named before it; 手续费 is text, as nobody documents its currency.
 *
 * No function downloads it. The call itself answers with the file, and its hash comes in a header, `Wechatpay-Statement-Sha1`,
 * whose signature no official source at hand describes: what `client.v3.global.statements.get` returns is unproven. Save it, or
 * download the statement at the merchant platform, and read it with `parseBill`.
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

/** The columns of a trade bill, by its `bill_type`. Types that the official pages do not describe are plain rows. */
export type TradeRowOf<Type> = Type extends 'ALL'
  ? TradeRow
  : Type extends 'SUCCESS'
    ? PaymentRow
    : Type extends 'REFUND'
      ? RefundRow
      : BillRow

/** The summary of a trade bill. Sums of refunds stand in bills that have refunds. */
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

/** A movement of money in the fund flow bill (资金账单). Amounts are in fen (分), in spite of their titles. */
export type FundFlowRow = FundFlowColumns & {
  readonly '收支金额(元)': number
  readonly '账户结余(元)': number
}

/** The same in APIv2, which writes full-width brackets. */
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
 * A share or what was given back of one, in the profit sharing bill (分账账单). Amounts are in fen (分). Those that did not succeed
 * are not in it.
 *
 * The official page does not list the columns: they are those that a merchant's program reads from real files.
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

/** The summary of a profit sharing bill. Unconfirmed: no public source tells its titles. A title that is not here is text. */
export type ProfitSharingSummary = {
  readonly 总笔数: number
  readonly 分账总金额: number
  readonly 分账回退总金额: number
}
