import type { MerchantAccount } from './merchant.ts'
import { createOrders, type Orders } from './orders.ts'
import type { Platform } from './platform.ts'
import { createRefunds, type Refunds } from './refunds.ts'
import { createNonces, type Nonces } from './v3/nonces.ts'
import { type Applyment, knownApplyments } from './v3/routes/apply4subject.ts'
import type { Bill } from './v3/routes/bills.ts'
import { knownVerifications, type Verification } from './v3/routes/merchant-identity.ts'
import { type Authentication, knownAuthentications } from './v3/routes/payroll-card.ts'

/** All that the simulator knows and remembers: what every route is handed. */
export interface World extends MerchantAccount {
  readonly platform: Platform
  /** ms */
  readonly now: () => number
  readonly crypto: Crypto
  readonly nonces: Nonces
  readonly orders: Orders
  readonly refunds: Refunds
  /** By the token in its download URL. */
  readonly bills: Map<string, Bill>
  /** By `authenticate_number`. */
  readonly authentications: Map<string, Authentication>
  /** By `verification_id`. */
  readonly verifications: ReadonlyMap<string, Verification>
  readonly applyments: readonly Applyment[]
}

export function createWorld(
  account: MerchantAccount,
  platform: Platform,
  { now, crypto }: Pick<World, 'now' | 'crypto'>,
): World {
  const orders = createOrders(now, crypto)
  return {
    ...account,
    ...{ platform, now, crypto, orders },
    nonces: createNonces(),
    refunds: createRefunds(orders, now, crypto),
    bills: new Map(),
    authentications: knownAuthentications(account.merchant, now()),
    verifications: knownVerifications(now()),
    applyments: knownApplyments(),
  }
}
