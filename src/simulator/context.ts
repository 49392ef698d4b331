import { type Accounts, createAccounts } from './accounts/accounts.ts'
import type { DomainEvent } from './accounts/domain-event.ts'
import { OPENING_BALANCE } from './accounts/funds.ts'
import { type Applyments, createApplyments } from './accounts/verification/applyments.ts'
import {
  createIdentityVerifications,
  type IdentityVerifications,
} from './accounts/verification/identity-verifications.ts'
import {
  createPayrollAuthentications,
  type PayrollAuthentications,
} from './accounts/verification/payroll-authentications.ts'
import { createDownloads, type Downloads } from './bill/downloads.ts'
import type { Scheduler } from './clock/scheduler.ts'
import type { MerchantAccount } from './keys/merchant.ts'
import type { Platform } from './keys/platform.ts'
import { notificationOf } from './notification/event-notifications.ts'
import type { NotificationDraft } from './notification/notification.ts'
import type { Random } from './state/random.ts'
import type { State } from './state/state.ts'
import { createNonces, type Nonces } from './v3/request/nonces.ts'

/** Dependencies of the routes: keys, accounts, clocks, state. */
export interface SimulatorContext extends MerchantAccount, Accounts {
  readonly platform: Platform
  /** Returns the time of the simulated clock, ms, for accounts and scheduled work. */
  readonly now: () => number
  /** Returns the time for signatures, ms: that of the real clock, or of the simulated one if the client shares it. */
  readonly signatureNow: () => number
  readonly crypto: Crypto
  /** Source of the numbers that WeChat Pay assigns. */
  readonly random: Random
  readonly state: State
  readonly scheduler: Scheduler
  /** Sends the merchant a notification, and retries it on schedule. */
  readonly notify: (draft: NotificationDraft) => void
  /** Whether to refuse undefined members of a body at every endpoint. */
  readonly strict: boolean
  readonly nonces: Nonces
  /** Files to download, by the token in their URL. */
  readonly downloads: Downloads
  readonly authentications: PayrollAuthentications
  readonly verifications: IdentityVerifications
  readonly applyments: Applyments
}

/** Parts of a {@link SimulatorContext} that exist before it. */
export type ContextDependencies = MerchantAccount &
  Pick<
    SimulatorContext,
    'platform' | 'signatureNow' | 'crypto' | 'random' | 'state' | 'scheduler' | 'notify' | 'strict'
  > & {
    readonly sharingNotifyUrl: string | undefined
  }

export function createContext(dependencies: ContextDependencies): SimulatorContext {
  const { state, scheduler, random, crypto, merchant, notify, sharingNotifyUrl } = dependencies
  const { now } = scheduler
  const emit = (event: DomainEvent): void => {
    const draft = notificationOf(event, { mchid: merchant.mchid, sharingNotifyUrl })
    if (draft) notify(draft)
  }
  const accounts = createAccounts({ now, random, state, scheduler, emit })
  accounts.funds.openAccount(merchant.mchid, 'OPERATION', OPENING_BALANCE)
  return {
    ...dependencies,
    ...accounts,
    now,
    nonces: createNonces(state.map('nonces')),
    downloads: createDownloads(now, crypto),
    authentications: createPayrollAuthentications({ state, now }, merchant),
    verifications: createIdentityVerifications({ state, now }),
    applyments: createApplyments({ state, random }),
  }
}
