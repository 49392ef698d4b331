import { language } from '../settings.ts'
import { useStore } from '../store.ts'

const en = {
  merchant: 'Merchant',
  folder: 'Download the keys',
  folderHelp: 'A tar archive with the files that the merchant downloads from the merchant platform.',
  types: { BASIC: 'Basic account', OPERATION: 'Operation account', FEES: 'Fees account' },
  available: 'Available',
  pending: 'Not settled, or frozen',
  noMovements: 'Nothing has moved.',
  chart: (name: string, from: string, to: string, count: number) =>
    `Balance of the ${name.toLowerCase()} over simulated time: from ${from} to ${to}, ${count} movements`,
  movements: 'Last movements',
  states: 'States',
  diagram: (state: string) => `States; the current one is ${state}`,
}

export type AccountWords = typeof en

const zh: AccountWords = {
  merchant: '商户',
  folder: '下载密钥',
  folderHelp: 'tar 文件，内容与商户从商户平台下载的相同。',
  types: { BASIC: '基本账户', OPERATION: '运营账户', FEES: '手续费账户' },
  available: '可用余额',
  pending: '不可用余额',
  noMovements: '没有资金变动。',
  chart: (name, from, to, count) => `${name}的余额随模拟时间的变化：从 ${from} 到 ${to}，共 ${count} 笔`,
  movements: '最近的变动',
  states: '状态图',
  diagram: state => `状态图，当前状态为 ${state}`,
}

export const useAccountWords = (): AccountWords => (useStore(language) === 'zh' ? zh : en)
