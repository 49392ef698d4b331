import { type Accounts, createAccounts } from './accounts/accounts.ts'
import type { DomainEvent } from './accounts/domain-event.ts'
import { OPENING_BALANCE } from './accounts/funds.ts'
import { createPayrollCards, type PayrollCards } from './accounts/payroll-card/payroll-cards.ts'
import { type Applyments, createApplyments } from './accounts/verification/applyments.ts'
import {
  createIdentityVerifications,
  type IdentityVerifications,
} from './accounts/verification/identity-verifications.ts'
import { createDownloads, type Downloads } from './bill/downloads.ts'
import type { Scheduler } from './clock/scheduler.ts'
import type { BrandAccount } from './keys/brand.ts'
import type { MerchantAccount } from './keys/merchant.ts'
import type { Platform } from './keys/platform.ts'
import { notificationOf, receiverOf } from './notification/event-notifications.ts'
import type { NotificationDraft } from './notification/notification.ts'
import type { Random } from './state/random.ts'
import type { State } from './state/state.ts'
import { createNonces, type Nonces } from './v3/request/nonces.ts'

/** Dependencies of the routes: keys, accounts, clocks, state. */
export interface SimulatorContext extends MerchantAccount, Accounts {
  readonly platform: Platform
  /** The keys that take the place of the merchant's in the brand API, if there is a brand. */
  readonly brandKeys: BrandAccount['keys'] | undefined
  /** Returns the time of the simulated clock, ms, for accounts and scheduled work. */
  readonly now: () => number
  /** Returns the time for signatures, ms: that of the real clock, or of the simulated one if the client shares it. */
  readonly signatureNow: () => number
  readonly crypto: Crypto
  /** Source of the numbers that WeChat Pay assigns. */
  readonly random: Random
  readonly state: State
  readonly scheduler: Scheduler
  /** URL of the merchant's own for notifications of profit sharing (分账动账通知). */
  readonly sharingNotifyUrl: string | undefined
  /** Sends the merchant a notification, and retries it on schedule. */
  readonly notify: (draft: NotificationDraft) => void
  /** Whether to refuse undefined members of a body at every endpoint. */
  readonly strict: boolean
  /** All merchants of the simulator. */
  readonly world: World
  /** The sub-merchants that a service provider may call for; undefined: any. Those that it has onboarded (进件) are among them. */
  readonly boundSubMerchants: SubMerchantBinding | undefined
  readonly nonces: Nonces
  /** Files to download, by the token in their URL. */
  readonly downloads: Downloads
  readonly payrollCards: PayrollCards
  readonly verifications: IdentityVerifications
  readonly applyments: Applyments
}

/** The sub-merchants of a service provider (特约商户). */
export interface SubMerchantBinding {
  readonly isEmpty: () => boolean
  readonly has: (sub_mchid: string) => boolean
}

/** All merchants of a simulator, as the records and notifications of one see them. */
export interface World {
  /** Returns the context of a merchant; undefined if it is none of the simulator's. */
  contextOf(mchid: string | undefined): SimulatorContext | undefined
  /** Returns the contexts of all merchants, the first one's first. */
  contexts(): readonly SimulatorContext[]
}

/** Parts of a {@link SimulatorContext} that exist before it. */
export type ContextDependencies = MerchantAccount &
  Pick<
    SimulatorContext,
    | 'platform'
    | 'brandKeys'
    | 'signatureNow'
    | 'crypto'
    | 'random'
    | 'state'
    | 'scheduler'
    | 'notify'
    | 'strict'
    | 'world'
    | 'sharingNotifyUrl'
  > & {
    /** The sub-merchants of the options; undefined: the merchant may call for any. */
    readonly subMchids: readonly string[] | undefined
  }

export function createContext(dependencies: ContextDependencies): SimulatorContext {
  const { state, scheduler, random, crypto, merchant, notify, world } = dependencies
  const { now } = scheduler
  const { mchid } = merchant
  const emit = (event: DomainEvent): void => {
    const receiver = receiverOf(event, mchid)
    const { sharingNotifyUrl } = (receiver === mchid ? dependencies : world.contextOf(receiver)) ?? {}
    const draft = notificationOf(event, { mchid, receiver, sharingNotifyUrl })
    if (draft) notify({ ...draft, mchid: receiver })
  }
  const accounts = createAccounts({ now, random, state, scheduler, emit })
  accounts.funds.openAccount(merchant.mchid, 'OPERATION', OPENING_BALANCE)
  return {
    ...dependencies,
    ...accounts,
    boundSubMerchants: bindingOf(dependencies.subMchids, accounts),
    now,
    nonces: createNonces(state.map('nonces')),
    downloads: createDownloads(now, crypto),
    payrollCards: createPayrollCards({ state, now }, merchant),
    verifications: createIdentityVerifications({ state, now }),
    applyments: createApplyments({ state, random }),
  }
}

function bindingOf(
  subMchids: readonly string[] | undefined,
  { subApplyments }: Pick<Accounts, 'subApplyments'>,
): SubMerchantBinding | undefined {
  if (!subMchids) return undefined
  const named = new Set(subMchids)
  return {
    isEmpty: () => named.size === 0 && ![...subApplyments.all()].some(({ sub_mchid }) => sub_mchid !== undefined),
    has: sub_mchid => named.has(sub_mchid) || subApplyments.findByMerchant(sub_mchid) !== undefined,
  }
}
