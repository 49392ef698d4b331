/** Columns with the currency of a trade bill's amounts (货币种类) or of an overseas statement's order (境外对账单, 标价币种). */
export const CURRENCY_COLUMNS = ['货币种类', '标价币种'] as const

const IN_YUAN: readonly string[] = []

/**
 * Maps the official title of each amount column, including the formats before 2018, to the columns that may hold its
 * currency; the first of those that the bill has applies. An empty list means yuan.
 */
export const AMOUNT_COLUMNS: ReadonlyMap<string, readonly string[]> = new Map<string, readonly string[]>([
  ['应结订单金额', ['结算币种', ...CURRENCY_COLUMNS]],
  ['代金券金额', CURRENCY_COLUMNS],
  ['退款金额', CURRENCY_COLUMNS],
  ['充值券退款金额', ['充值券币种', ...CURRENCY_COLUMNS]],
  // No public document gives the currency of the fee in an overseas statement.
  ['手续费', ['货币种类']],
  ['订单金额', CURRENCY_COLUMNS],
  ['申请退款金额', CURRENCY_COLUMNS],
  // 早期格式
  ['总金额', CURRENCY_COLUMNS],
  ['企业红包金额', CURRENCY_COLUMNS],
  ['企业红包退款金额', CURRENCY_COLUMNS],
  ['代金券或立减优惠金额', CURRENCY_COLUMNS],
  ['代金券或立减优惠退款金额', CURRENCY_COLUMNS],
  // 境外对账单
  ['充值券金额', ['充值券币种']],
  ['优惠券金额', ['优惠券币种']],
  ['订单金额(标价币种)', ['标价币种']],
  ['订单金额（标价币种）', ['标价币种']],
  ['用户支付金额', ['用户支付币种']],
  ['用户退款金额', ['用户退款币种']],
  ['退款应结订单金额', ['退款结算币种']],
  ['优惠券退款金额', ['优惠券币种']],
  // 资金账单: APIv3, APIv2
  ['收支金额(元)', IN_YUAN],
  ['收支金额（元）', IN_YUAN],
  ['账户结余(元)', IN_YUAN],
  ['账户结余（元）', IN_YUAN],
  // 分账账单
  ['金额', IN_YUAN],
])

/** The computation of a summary title from the rows. */
export interface SummaryTitle {
  /** Titles of the column to add up; the bill has one of them. Without this the rows are counted. */
  readonly column?: readonly string[]
  /** Includes only rows with this value in this column. */
  readonly where?: readonly [column: string, value: string]
}

const FUND_FLOW_AMOUNT = ['收支金额(元)', '收支金额（元）']

/** Computation of each known summary title. Values of other titles are returned as text. */
export const SUMMARY_TITLES: Readonly<Record<string, SummaryTitle>> = {
  总交易单数: {},
  应结订单总金额: { column: ['应结订单金额'] },
  退款总金额: { column: ['退款金额'] },
  充值券退款总金额: { column: ['充值券退款金额'] },
  手续费总金额: { column: ['手续费'] },
  订单总金额: { column: ['订单金额'] },
  申请退款总金额: { column: ['申请退款金额'] },
  // 早期格式
  总交易额: { column: ['总金额'] },
  总退款金额: { column: ['退款金额'] },
  总企业红包退款金额: { column: ['企业红包退款金额'] },
  总代金券或立减优惠退款金额: { column: ['代金券或立减优惠退款金额'] },
  // 资金账单
  资金流水总笔数: {},
  收入笔数: { where: ['收支类型', '收入'] },
  收入金额: { column: FUND_FLOW_AMOUNT, where: ['收支类型', '收入'] },
  支出笔数: { where: ['收支类型', '支出'] },
  支出金额: { column: FUND_FLOW_AMOUNT, where: ['收支类型', '支出'] },
  // 分账账单. Unconfirmed: the official page mentions a summary, but no public source lists its titles.
  总笔数: {},
  分账总金额: { column: ['金额'], where: ['业务类型', '分账'] },
  分账回退总金额: { column: ['金额'], where: ['业务类型', '分账回退'] },
}
