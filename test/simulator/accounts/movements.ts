import { expect } from 'vitest'
import { allFlows } from '../../../src/simulator/accounts/accounts.ts'
import type { AccountType } from '../../../src/simulator/accounts/funds.ts'
import type { TestAccounts } from './account-records.ts'

/**
 * Expects that each account has what its movements add up to, and that no part of it is negative.
 */
export function expectBalancesToBeMovements(accounts: TestAccounts, owners: readonly string[]): void {
  const moved = new Map<string, number>()
  for (const { mchid, account, amount } of allFlows(accounts)) {
    const key = `${mchid}/${account}`
    moved.set(key, (moved.get(key) ?? 0) + amount)
  }
  for (const mchid of owners)
    for (const type of ['BASIC', 'OPERATION', 'FEES'] satisfies AccountType[]) {
      const { available, pending } = accounts.funds.balance(mchid, type)
      expect([mchid, type, available + pending]).toEqual([mchid, type, moved.get(`${mchid}/${type}`) ?? 0])
      for (const pool of ['available', 'frozen', 'unsettled'] as const)
        expect(accounts.funds.poolBalance(mchid, type, pool)).toBeGreaterThanOrEqual(0)
    }
}
