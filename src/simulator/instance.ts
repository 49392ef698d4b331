import { createScheduler, type Scheduler } from './clock/scheduler.ts'
import { examples } from './examples.ts'
import type { Failures } from './failures.ts'
import { createFaults } from './fault/faults.ts'
import type { Journal } from './http/journal.ts'
import { createServe } from './http/serve.ts'
import { createAuthority, type KeyContext } from './keys/authority.ts'
import type { KeyPair } from './keys/key-pair.ts'
import { createRandomKeySource, createSeededKeySource } from './keys/key-source.ts'
import { createMerchantView, type MerchantView } from './merchants/merchant-view.ts'
import { createMerchants } from './merchants/merchants.ts'
import { createShopper } from './merchants/shopper.ts'
import { createNotifications } from './notification/notifications.ts'
import type { SimulatorOptions } from './options.ts'
import { ParameterRangeError } from './parameter-error.ts'
import type { Simulator } from './simulator.ts'
import { restoreIdentity, type SimulatorIdentity } from './state/identity.ts'
import { createRandom } from './state/random.ts'
import { createState, replaceMap } from './state/state.ts'
import type { Observers } from './timeline/record.ts'

/** A simulator with one state, which another instance can replace. */
export interface Instance {
  readonly simulator: Omit<Simulator, 'reset' | 'save' | 'restore' | 'savedStates' | 'observe' | 'fork'>
  readonly identity: Omit<SimulatorIdentity, 'seed' | 'seeded'>
  /**
   * Returns a snapshot whose numbers go on from those of this instance: whoever records ids would take a repeated one for a duplicate.
   * With a seed, the snapshot stays as it is, and its numbers repeat.
   */
  readonly continueNumbers: (snapshot: string) => string
  readonly scheduler: Scheduler
}

/** The parts of a simulator that outlast its instances. */
export interface InstanceDependencies {
  readonly journal: Journal
  readonly observers: Observers
  readonly failures: Failures
}

/**
 * Creates an instance from the options, with the ids of the first merchant among them.
 *
 * @param keyPairs key pairs that are being generated already; those that become keys of the instance are removed
 */
export async function createInstance(
  options: SimulatorOptions,
  { journal, observers, failures }: InstanceDependencies,
  keyPairs: Promise<KeyPair>[],
): Promise<Instance> {
  const { now: wallClock = Date.now, live = false, deliver, onNotification } = options
  const { crypto = globalThis.crypto, sharingNotifyUrl, strict = false } = options
  const state = createState(options.state)
  const { seed, seeded, ...identity } = restoreIdentity(options, state, crypto)
  const scheduler = createScheduler(state, options.clock ?? wallClock, live, failures)
  const position = state.map<number>('random')
  const random = createRandom(seed, position)
  const keySource = seeded ? createSeededKeySource(seed, crypto) : createRandomKeySource(crypto, keyPairs)
  const authority = createAuthority(state, keySource, crypto)
  const keyContext: KeyContext = { state, keySource, now: wallClock, crypto, authority }
  const signatureNow = options.signatureClock === 'simulated' ? scheduler.now : wallClock

  const merchants = await createMerchants({ ...identity, sharingNotifyUrl }, options.merchants, {
    state,
    scheduler,
    random,
    keyContext,
    signatureNow,
    crypto,
    strict,
    notify: draft => notifications.notify(draft),
  })
  // Not before all merchants are there: a timer may send at once what an earlier instance has left to send.
  const notifications = createNotifications({
    state,
    scheduler,
    random,
    observers,
    messageContextOf: mchid => (mchid === undefined ? merchants.all[0] : merchants.find(mchid))?.context,
    deliver,
    onAttempt: failures.isolate(onNotification),
  })
  const canRotate = merchants.all.some(({ context }) => context.platform.certificates.length > 0)
  const faults = createFaults(state, seed, canRotate)
  const serve = createServe(merchants, faults, journal, observers)
  const views = new Map<string, MerchantView>()
  const viewOf = (mchid: string): MerchantView => {
    const member = merchants.find(mchid)
    if (!member)
      throw new ParameterRangeError(`There is no merchant ${JSON.stringify(mchid)}; create it with addMerchant.`)
    const view = views.get(mchid) ?? createMerchantView(member, serve, observers)
    views.set(mchid, view)
    return view
  }

  const { mchid } = identity
  const firstView = viewOf(mchid)
  const simulator: Instance['simulator'] = {
    ...firstView,
    ...createShopper(() => merchants.all.map(({ merchant }) => viewOf(merchant.mchid))),
    get certificates() {
      return firstView.certificates
    },
    get keySwitch() {
      return firstView.keySwitch
    },
    get merchants() {
      return merchants.all.map(({ merchant }) => merchant)
    },
    as: viewOf,
    async addMerchant(merchant) {
      await merchants.add(merchant)
      return viewOf(merchant.mchid)
    },
    authorityCertificate: async () => (await authority()).ownCertificate(wallClock()),
    examples,
    journal: journal.entries,
    now: scheduler.now,
    nextAt: scheduler.nextTaskAt,
    async advance(ms) {
      await scheduler.advance(ms)
      if (observers.present)
        observers.report({ kind: 'action', at: scheduler.now(), name: 'advance', parameters: [ms], changes: [] })
    },
    settled: scheduler.settled,
    get notifications() {
      return notifications.list()
    },
    notify: notifications.control,
    faults: faults.control,
    snapshot: state.snapshot,
    get changes() {
      return state.changes
    },
  }
  const continueNumbers: Instance['continueNumbers'] = snapshot =>
    seeded ? snapshot : replaceMap(snapshot, 'random', position)
  return { simulator, scheduler, identity, continueNumbers }
}
