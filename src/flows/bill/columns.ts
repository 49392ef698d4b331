/** The columns that are in yuan, by their official titles; those of the formats before 2018 too. */
export const AMOUNTS: ReadonlySet<string> = new Set([
  '应结订单金额',
  '代金券金额',
  '退款金额',
  '充值券退款金额',
  '手续费',
  '订单金额',
  '申请退款金额',
  // 早期格式
  '总金额',
  '企业红包金额',
  '企业红包退款金额',
  '代金券或立减优惠金额',
  '代金券或立减优惠退款金额',
  // 资金账单: APIv3, APIv2
  '收支金额(元)',
  '收支金额（元）',
  '账户结余(元)',
  '账户结余（元）',
  // 分账账单
  '分账金额',
])

/** What a title of the summary counts or adds up. */
export interface Sum {
  /** The column that it adds up, under either of its titles; without one it counts rows. */
  readonly of?: readonly string[]
  /** Only of rows that have this in that column. */
  readonly where?: readonly [column: string, value: string]
}

const MOVED = ['收支金额(元)', '收支金额（元）']

/** The titles of summaries. What is not among them is text. */
export const SUMS: Readonly<Record<string, Sum>> = {
  总交易单数: {},
  应结订单总金额: { of: ['应结订单金额'] },
  退款总金额: { of: ['退款金额'] },
  充值券退款总金额: { of: ['充值券退款金额'] },
  手续费总金额: { of: ['手续费'] },
  订单总金额: { of: ['订单金额'] },
  申请退款总金额: { of: ['申请退款金额'] },
  // 早期格式
  总交易额: { of: ['总金额'] },
  总退款金额: { of: ['退款金额'] },
  总企业红包退款金额: { of: ['企业红包退款金额'] },
  总代金券或立减优惠退款金额: { of: ['代金券或立减优惠退款金额'] },
  // 资金账单
  资金流水总笔数: {},
  收入笔数: { where: ['收支类型', '收入'] },
  收入金额: { of: MOVED, where: ['收支类型', '收入'] },
  支出笔数: { where: ['收支类型', '支出'] },
  支出金额: { of: MOVED, where: ['收支类型', '支出'] },
  // 分账账单
  总笔数: {},
  分账总金额: { of: ['分账金额'], where: ['业务类型', '分账'] },
  分账回退总金额: { of: ['分账金额'], where: ['业务类型', '分账回退'] },
}
