import { md5 } from '../../core/crypto/digest.ts'
import type { Api } from '../../definitions/call.ts'
import { type Accounts, flowsInCny } from '../accounts/accounts.ts'
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
 * @param accounts records of all merchants, because another's may move this one's money
 * @returns the text, or undefined when nothing moved on that day
 */
export function fundFlowBill(
  date: string,
  mchid: string,
  account: AccountType,
  accounts: readonly Accounts[],
  api: Api,
): string | undefined {
  const isWanted = (flow: FundFlow): boolean => flow.mchid === mchid && flow.account === account
  return bill(date, isWanted, accounts, api === 'v3' ? '(元)' : '（元）')
}

/**
 * Writes the movements of all accounts of all sub-merchants on a day (二级商户资金账单).
 *
 * @param date `2018-06-08`
 * @param isSubMerchant whether the bill includes a merchant: not the platform itself, nor merchants of others
 * @param accounts records of all merchants
 * @returns the text, or undefined when nothing moved on that day
 */
export const subMerchantsFundFlowBill = (
  date: string,
  isSubMerchant: (mchid: string) => boolean,
  accounts: readonly Accounts[],
): string | undefined => bill(date, ({ mchid }) => isSubMerchant(mchid), accounts, '(元)')

function bill(
  date: string,
  isWanted: (flow: FundFlow) => boolean,
  accounts: readonly Accounts[],
  unit: string,
): string | undefined {
  const balances = new Map<string, number>()
  const rows: Row[] = []
  for (const flow of flowsInCny(...accounts)) {
    if (!isWanted(flow)) continue
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
