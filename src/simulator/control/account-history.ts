import { type Accounts, flowsInCny } from '../accounts/accounts.ts'
import type { AccountType, Balance } from '../accounts/funds.ts'

/** A movement of an account, with the balance after it. */
export interface AccountMovement {
  /** ms, by the simulated clock */
  readonly at: number
  /** 业务名称: 交易, 退款 … */
  readonly business: string
  /** In fen, negative where paid. */
  readonly amount: number
  /** In fen. */
  readonly balance: number
}

/** An account of a merchant in CNY, with its last movements. */
export interface AccountHistory {
  readonly type: AccountType
  readonly balance: Balance
  /** The oldest first. */
  readonly movements: readonly AccountMovement[]
}

const ACCOUNTS: readonly AccountType[] = ['BASIC', 'OPERATION', 'FEES']
const MAX_MOVEMENTS = 500

/**
 * Returns the accounts of a merchant with their movements.
 *
 * @param accounts records of all merchants, because another's may move this one's money
 */
export function accountHistories(mchid: string, accounts: readonly Accounts[]): AccountHistory[] {
  const flows = flowsInCny(...accounts).filter(flow => flow.mchid === mchid)
  return ACCOUNTS.map(type => {
    let sum = 0
    const movements = flows
      .filter(({ account }) => account === type)
      .map(({ at, business, amount }) => {
        sum += amount
        return { at, business, amount, balance: sum }
      })
    return { type, balance: accounts[0]!.funds.balance(mchid, type), movements: movements.slice(-MAX_MOVEMENTS) }
  })
}
