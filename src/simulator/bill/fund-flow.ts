import { md5 } from '../../core/crypto/digest.ts'
import { type Accounts, allFlows } from '../accounts/accounts.ts'
import type { AccountType, FundFlow } from '../accounts/funds.ts'
import { dateOf, dateTime } from '../clock/time.ts'
import { type Column, sum, writeTable, yuan } from './table.ts'

interface Row {
  readonly flow: FundFlow
  /** Balance of the account after the movement. */
  readonly balance: number
}

/** Columns of the bill; the two API versions write the unit in different brackets. */
const columns = (unit: string): readonly Column<Row>[] => [
  ['记账时间', ({ flow }) => dateTime(flow.at)],
  ['微信支付业务单号', ({ flow }) => flow.number],
  ['资金流水单号', ({ flow }) => flowNumber(flow)],
  ['业务名称', ({ flow }) => flow.business],
  ['业务类型', ({ flow }) => flow.business],
  ['收支类型', ({ flow }) => (flow.amount < 0 ? '支出' : '收入')],
  [`收支金额${unit}`, ({ flow }) => yuan(Math.abs(flow.amount))],
  [`账户结余${unit}`, ({ balance }) => yuan(balance)],
  ['资金变更提交申请人', () => 'system'],
  ['备注', ({ flow }) => flow.remark ?? ''],
  ['业务凭证号', ({ flow }) => flow.voucher],
]

/** Derives the number of a movement, which has no record of its own, from its properties. */
const flowNumber = ({ mchid, at, number, business }: FundFlow): string => {
  const digits = Number.parseInt(md5(`${mchid}/${number}/${business}/${at}`).slice(0, 12), 16)
  return `${mchid}${dateOf(at).replaceAll('-', '')}${String(digits % 1e10).padStart(10, '0')}`
}

/**
 * Writes the movements of an account on a day (资金账单).
 *
 * @param date `2018-06-08`
 * @returns the text, or undefined when nothing moved on that day
 */
export function fundFlowBill(
  date: string,
  mchid: string,
  account: AccountType,
  accounts: Accounts,
  api: 'v3' | 'v2',
): string | undefined {
  return bill(
    date,
    flow => flow.mchid === mchid && flow.account === account,
    accounts,
    api === 'v3' ? '(元)' : '（元）',
  )
}

/**
 * Writes the movements of all accounts of all sub-merchants on a day (二级商户资金账单).
 *
 * @param date `2018-06-08`
 * @param mchid number of the platform, whose own accounts are not included
 * @returns the text, or undefined when nothing moved on that day
 */
export function subMerchantsFundFlowBill(date: string, mchid: string, accounts: Accounts): string | undefined {
  return bill(date, flow => flow.mchid !== mchid, accounts, '(元)')
}

function bill(
  date: string,
  isWanted: (flow: FundFlow) => boolean,
  accounts: Accounts,
  unit: string,
): string | undefined {
  const balances = new Map<string, number>()
  const rows: Row[] = []
  for (const flow of allFlows(accounts)) {
    // The bill has no column for a currency, and its balances are in yuan.
    if (!isWanted(flow) || (flow.currency ?? 'CNY') !== 'CNY') continue
    const account = `${flow.mchid}/${flow.account}`
    const balance = (balances.get(account) ?? 0) + flow.amount
    balances.set(account, balance)
    if (dateOf(flow.at) === date) rows.push({ flow, balance })
  }
  if (rows.length === 0) return undefined
  const incoming = rows.filter(({ flow }) => flow.amount >= 0)
  const outgoing = rows.filter(({ flow }) => flow.amount < 0)
  return writeTable(columns(unit), rows, [
    ['资金流水总笔数', String(rows.length)],
    ['收入笔数', String(incoming.length)],
    ['收入金额', yuan(sum(incoming, ({ flow }) => flow.amount))],
    ['支出笔数', String(outgoing.length)],
    ['支出金额', yuan(-sum(outgoing, ({ flow }) => flow.amount))],
  ])
}
