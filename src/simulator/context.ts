import { createLedgers, type Ledgers } from './accounts/accounts.ts'
import type { Happening } from './accounts/domain-event.ts'
import { OPENING_BALANCE } from './accounts/funds.ts'
import { createDownloads, type Downloads } from './bill/downloads.ts'
import type { Agenda } from './clock/scheduler.ts'
import type { MerchantAccount } from './keys/merchant.ts'
import type { Platform } from './keys/platform.ts'
import type { Announcement } from './notification/announcement.ts'
import { announcementOf } from './notification/event-notifications.ts'
import type { Random } from './state/random.ts'
import type { State } from './state/state.ts'
import { createNonces, type Nonces } from './v3/nonces.ts'
import { type Applyment, knownApplyments } from './v3/routes/apply4subject.ts'
import { knownVerifications, type Verification } from './v3/routes/merchant-identity.ts'
import { type Authentication, knownAuthentications } from './v3/routes/payroll-card.ts'

/** All that the simulator knows and remembers: what every route is handed. */
export interface World extends MerchantAccount, Ledgers {
  readonly platform: Platform
  /** ms, by the simulated clock: what happens in the books, and when it is due. */
  readonly now: () => number
  /**
   * ms, by the clock that signatures keep to: that on the wall, which nobody moves on, because whoever is at the other end
   * of the wire has no other; or the simulated one, where they share it.
   */
  readonly wall: () => number
  readonly crypto: Crypto
  /** The numbers that WeChat Pay gives out, repeatable by the seed. */
  readonly random: Random
  /** What is remembered: every ledger's records. */
  readonly state: State
  readonly agenda: Agenda
  /** Sends the merchant a notification, and again as the schedule has it. */
  readonly notify: (announcement: Announcement) => void
  readonly nonces: Nonces
  /** The bills that were asked for, by the token in their URL. */
  readonly downloads: Downloads
  /** By `authenticate_number`. */
  readonly authentications: Map<string, Authentication>
  /** By `verification_id`. */
  readonly verifications: ReadonlyMap<string, Verification>
  /** By `business_code`. */
  readonly applyments: Map<string, Applyment>
}

/** What a world stands on. */
export type Ground = MerchantAccount &
  Pick<World, 'platform' | 'wall' | 'crypto' | 'random' | 'state' | 'agenda' | 'notify'> & {
    readonly sharingNotifyUrl: string | undefined
  }

export function createWorld(ground: Ground): World {
  const { state, agenda, random, crypto, merchant, notify, sharingNotifyUrl } = ground
  const { now } = agenda
  const tell = (happening: Happening): void => {
    const announcement = announcementOf(happening, { mchid: merchant.mchid, sharingNotifyUrl })
    if (announcement) notify(announcement)
  }
  const ledgers = createLedgers({ now, random, state, agenda, tell })
  ledgers.funds.open(merchant.mchid, 'OPERATION', OPENING_BALANCE)
  return {
    ...ground,
    ...ledgers,
    now,
    nonces: createNonces(state.map('nonces')),
    downloads: createDownloads(now, crypto),
    authentications: kept(state.map('authentications'), knownAuthentications(merchant, now())),
    verifications: kept(state.map('verifications'), knownVerifications(now())),
    applyments: kept(state.map('applyments'), knownApplyments()),
  }
}

/** Adds to a map of the state's what every simulator knows; a state of an earlier version may lack some of it. */
function kept<T>(map: Map<string, T>, known: ReadonlyMap<string, T>): Map<string, T> {
  for (const [name, value] of known) if (!map.has(name)) map.set(name, value)
  return map
}
