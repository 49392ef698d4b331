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
  readonly fen: number
  /** Default `CNY`. */
  readonly currency?: string | undefined
  readonly remark?: string | undefined
}

/** Returns the service fee (手续费) of an amount: 0.6 %, in fen. */
export const fee = (fen: number): number => Math.round((fen * 6) / 1000)

/**
 * Which part of an account: what may be spent; what was paid today, which is settled on the next day (T+1); what is
 * frozen until it is shared.
 */
export type Pool = 'available' | 'unsettled' | 'frozen'

export interface Balance {
  readonly available: number
  /** 不可用余额: not settled yet, or frozen. */
  readonly pending: number
}

/** What a fresh simulator's merchant has on the operation account: a million yuan, in fen. */
export const OPENING_BALANCE = 1_000_000_00

/** A merchant's account. What was unsettled on an earlier day is settled now. */
interface Account {
  readonly balance: number
  readonly frozen: number
  readonly unsettled: number
  /** Of what is unsettled. */
  readonly day: string
}

/** Money that came from outside (充值), or went there (提现) where negative. */
interface Deposit {
  readonly at: number
  readonly mchid: string
  readonly account: AccountType
  readonly fen: number
}

/**
 * The merchants' accounts, each with a balance per currency, in its smallest unit: fen for CNY, the default. Each movement is told by the ledger that made it, see `flows()` there.
 */
export interface Funds {
  balance(mchid: string, type: AccountType, currency?: string): Balance
  poolBalance(mchid: string, type: AccountType, pool: Pool, currency?: string): number
  /** Adds to a pool, or takes from it. */
  move(mchid: string, type: AccountType, pool: Pool, fen: number, currency?: string): void
  /** @throws {Rejection} when a pool has less than so much */
  requireFunds(
    mchid: string,
    type: AccountType,
    pool: Pool,
    fen: number,
    reason: RejectionReason,
    currency?: string,
  ): void
  /** Pays in from outside, or out where negative. */
  deposit(mchid: string, type: AccountType, fen: number): void
  /** Pays in unless the account has been used before: what a fresh simulator has to begin with. */
  openAccount(mchid: string, type: AccountType, fen: number): void
  flows(): Iterable<FundFlow>
}

export function createFunds({ state, now }: AccountsContext): Funds {
  const accounts = state.map<Account>('funds')
  const deposits = state.map<Deposit>('deposits')
  const key = (mchid: string, type: AccountType, currency = 'CNY') =>
    currency === 'CNY' ? `${mchid}/${type}` : `${mchid}/${type}/${currency}`
  const account = (mchid: string, type: AccountType, currency?: string): Account => {
    const today = dateOf(now())
    const known = accounts.get(key(mchid, type, currency)) ?? { balance: 0, frozen: 0, unsettled: 0, day: today }
    return known.day === today ? known : { ...known, unsettled: 0, day: today }
  }
  const pools = ({ balance, frozen, unsettled }: Account): Readonly<Record<Pool, number>> => ({
    available: balance - frozen - unsettled,
    unsettled,
    frozen,
  })
  const amount: Funds['poolBalance'] = (mchid, type, pool, currency) => pools(account(mchid, type, currency))[pool]
  const move: Funds['move'] = (mchid, type, pool, fen, currency) => {
    const before = account(mchid, type, currency)
    const { frozen, unsettled } = before
    accounts.set(key(mchid, type, currency), {
      ...before,
      balance: before.balance + fen,
      frozen: pool === 'frozen' ? frozen + fen : frozen,
      unsettled: pool === 'unsettled' ? unsettled + fen : unsettled,
    })
  }
  const require: Funds['requireFunds'] = (mchid, type, pool, fen, reason, currency = 'CNY') => {
    const has = amount(mchid, type, pool, currency)
    if (has < fen)
      throw new Rejection(
        reason,
        `${fen} (the smallest unit of ${currency}) asked of ${type} of ${mchid}, ${has} are ${pool}`,
      )
  }
  const deposit: Funds['deposit'] = (mchid, type, fen) => {
    if (fen < 0) require(mchid, type, 'available', -fen, 'ACCOUNT_SHORT')
    move(mchid, type, 'available', fen)
    deposits.set(String(deposits.size), { at: now(), mchid, account: type, fen })
  }
  return {
    balance(mchid, type, currency) {
      const { available, unsettled, frozen } = pools(account(mchid, type, currency))
      return { available, pending: unsettled + frozen }
    },
    poolBalance: amount,
    move,
    requireFunds: require,
    deposit,
    openAccount(mchid, type, fen) {
      if (!accounts.has(key(mchid, type))) deposit(mchid, type, fen)
    },
    *flows() {
      for (const [count, { at, mchid, account, fen }] of deposits)
        yield {
          at,
          mchid,
          account,
          fen,
          business: fen < 0 ? '提现' : '充值',
          number: `1010000${count.padStart(15, '0')}`,
          voucher: '',
        }
    },
  }
}
