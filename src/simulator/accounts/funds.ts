import { dateOf } from '../clock/time.ts'
import type { AccountsContext } from './context.ts'
import { Rejection, type RejectionReason } from './rejection.ts'

/** 基本账户, 运营账户, 手续费账户. */
export type AccountType = 'BASIC' | 'OPERATION' | 'FEES'

/** A movement of an account (资金流水). */
export interface FundFlow {
  /** ms */
  readonly at: number
  /** Merchant that owns the account. */
  readonly mchid: string
  readonly account: AccountType
  /** 业务名称, 业务类型. */
  readonly business: string
  /** 微信支付业务单号. */
  readonly number: string
  /** 业务凭证号: the merchant's own number. */
  readonly voucher: string
  /** Amount received, or paid where negative, in the smallest unit of the currency. */
  readonly amount: number
  /** Default `CNY`. */
  readonly currency?: string | undefined
  readonly remark?: string | undefined
}

/** Returns the service fee (手续费) of an amount: 0.6 %. */
export const feeOf = (amount: number): number => Math.round((amount * 6) / 1000)

/**
 * A part of an account's money: what can be spent; what was paid today and is settled on the next day (T+1); what is frozen
 * for profit sharing.
 */
export type Pool = 'available' | 'unsettled' | 'frozen'

export interface Balance {
  readonly available: number
  /** 不可用余额: not settled yet, or frozen. */
  readonly pending: number
}

/** Balance of the operation account in a fresh simulator: a million yuan, in fen. */
export const OPENING_BALANCE = 1_000_000_00

/** A merchant's account. The unsettled amount of an earlier day counts as settled. */
interface Account {
  readonly balance: number
  readonly frozen: number
  readonly unsettled: number
  /** Day on which `unsettled` was paid. */
  readonly day: string
}

/** Money that was paid in from outside (充值), or out where negative (提现). */
interface Deposit {
  readonly at: number
  readonly mchid: string
  readonly account: AccountType
  /** In fen. */
  readonly amount: number
}

/**
 * Accounts of the merchants, with a balance per currency, in its smallest unit. The default currency is CNY. Each kind of
 * record reports the movements that it causes, see `flows()` there.
 */
export interface Funds {
  balance(mchid: string, type: AccountType, currency?: string): Balance
  poolBalance(mchid: string, type: AccountType, pool: Pool, currency?: string): number
  /**
   * Returns the balance of an account in CNY at the end of a day (日终余额), when what was paid on it is settled: only frozen
   * money is pending.
   *
   * @param date `2018-06-08`
   */
  closingBalance(mchid: string, type: AccountType, date: string): Balance
  /** Adds an amount to a pool, or subtracts it where negative. */
  move(mchid: string, type: AccountType, pool: Pool, amount: number, currency?: string): void
  /** @throws {Rejection} the pool has less than the amount */
  requireFunds(
    mchid: string,
    type: AccountType,
    pool: Pool,
    amount: number,
    reason: RejectionReason,
    currency?: string,
  ): void
  /**
   * Pays a transfer out of the operation account.
   *
   * @throws {Rejection} `TRANSFER_FUNDS`
   */
  payTransfer(mchid: string, amount: number): void
  /** Pays an amount of CNY in from outside, or out where negative. */
  deposit(mchid: string, type: AccountType, amount: number): void
  /** Deposits the opening balance, unless the account has been used before. */
  openAccount(mchid: string, type: AccountType, amount: number): void
  flows(): Iterable<FundFlow>
}

export function createFunds({ state, now }: AccountsContext): Funds {
  const accounts = state.map<Account>('funds')
  const deposits = state.map<Deposit>('deposits')
  /** The accounts as they were at the end of each earlier day with a movement, the oldest first. */
  const closings = state.map<readonly Account[]>('closings')
  const accountKey = (mchid: string, type: AccountType, currency = 'CNY') =>
    currency === 'CNY' ? `${mchid}/${type}` : `${mchid}/${type}/${currency}`
  const findAccount = (key: string): Account => {
    const today = dateOf(now())
    const account = accounts.get(key) ?? { balance: 0, frozen: 0, unsettled: 0, day: today }
    return account.day === today ? account : { ...account, unsettled: 0, day: today }
  }
  const pools = ({ balance, frozen, unsettled }: Account): Readonly<Record<Pool, number>> => ({
    available: balance - frozen - unsettled,
    unsettled,
    frozen,
  })
  const poolBalance: Funds['poolBalance'] = (mchid, type, pool, currency) =>
    pools(findAccount(accountKey(mchid, type, currency)))[pool]
  const move: Funds['move'] = (mchid, type, pool, amount, currency) => {
    const key = accountKey(mchid, type, currency)
    const { balance, frozen, unsettled, day } = findAccount(key)
    const last = accounts.get(key)
    if (last && last.day !== day) closings.set(key, [...(closings.get(key) ?? []), last])
    accounts.set(key, {
      balance: balance + amount,
      frozen: pool === 'frozen' ? frozen + amount : frozen,
      unsettled: pool === 'unsettled' ? unsettled + amount : unsettled,
      day,
    })
  }
  const requireFunds: Funds['requireFunds'] = (mchid, type, pool, amount, reason, currency = 'CNY') => {
    const balance = poolBalance(mchid, type, pool, currency)
    if (balance < amount)
      throw new Rejection(
        reason,
        `${type} of ${mchid}: ${amount} required, ${balance} ${pool}, in the smallest unit of ${currency}`,
      )
  }
  const deposit: Funds['deposit'] = (mchid, type, amount) => {
    if (amount < 0) requireFunds(mchid, type, 'available', -amount, 'ACCOUNT_SHORT')
    move(mchid, type, 'available', amount)
    deposits.set(String(deposits.size), { at: now(), mchid, account: type, amount })
  }
  return {
    balance(mchid, type, currency) {
      const { available, unsettled, frozen } = pools(findAccount(accountKey(mchid, type, currency)))
      return { available, pending: unsettled + frozen }
    },
    poolBalance,
    closingBalance(mchid, type, date) {
      const key = accountKey(mchid, type)
      const days = [...(closings.get(key) ?? []), accounts.get(key)]
      const { balance = 0, frozen = 0 } = days.findLast(account => account && account.day <= date) ?? {}
      return { available: balance - frozen, pending: frozen }
    },
    move,
    requireFunds,
    payTransfer(mchid, amount) {
      requireFunds(mchid, 'OPERATION', 'available', amount, 'TRANSFER_FUNDS')
      move(mchid, 'OPERATION', 'available', -amount)
    },
    deposit,
    openAccount(mchid, type, amount) {
      if (!accounts.has(accountKey(mchid, type))) deposit(mchid, type, amount)
    },
    *flows() {
      for (const [count, { at, mchid, account, amount }] of deposits)
        yield {
          at,
          mchid,
          account,
          amount,
          business: amount < 0 ? '提现' : '充值',
          number: `1010000${count.padStart(15, '0')}`,
          voucher: '',
        }
    },
  }
}
