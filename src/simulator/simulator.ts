import { createScheduler, type Scheduler } from './clock/scheduler.ts'
import { createContext } from './context.ts'
import { type Control, createControl } from './control/control.ts'
import { examples, type SimulatorExamples } from './examples.ts'
import { createFaults, type FaultControl } from './fault/faults.ts'
import { createJournal, type Exchange } from './http/journal.ts'
import { createServe } from './http/serve.ts'
import { createAuthority, type KeyContext } from './keys/authority.ts'
import { createRandomKeySource, createSeededKeySource } from './keys/key-source.ts'
import { createMerchant, type SimulatedMerchant } from './keys/merchant.ts'
import { createPlatform, type KeySwitch, type PlatformMode } from './keys/platform.ts'
import type { NotificationControl } from './notification/control.ts'
import type { Notification, NotificationAttempt } from './notification/notification.ts'
import { createNotifications } from './notification/notifications.ts'
import { restoreIdentity } from './state/identity.ts'
import { createRandom } from './state/random.ts'
import { createState, StateError } from './state/state.ts'

export interface SimulatorOptions {
  /** Keys that WeChat Pay signs with. Default `public-key`, which new merchants get. */
  platform?: PlatformMode | undefined
  mchid?: string | undefined
  appid?: string | undefined
  /**
   * Makes numbers, replies and keys repeatable: they are the same for the same seed. The keys are built in and public.
   * Default: a random seed and fresh keys.
   */
  seed?: string | undefined
  /**
   * Snapshot to continue from, see {@link Simulator.snapshot}. The other options must be those of the simulator that
   * made it.
   */
  state?: string | undefined
  /** Real clock, ms, that the simulated clock runs beside. Default `Date.now`. */
  now?: (() => number) | undefined
  /**
   * Clock of the signatures of requests, responses and notifications:
   *
   * - `wall`: the real clock, {@link SimulatorOptions.now}. The default, so that an SDK that calls over HTTP still works after
   *   {@link Simulator.advance}.
   * - `simulated`: the simulated clock. For a client, or a gateway, whose option `now` is {@link Simulator.now}.
   *
   * @example
   * ```ts
   * const { merchant, fetch, now } = await createSimulator({ signatureClock: 'simulated' })
   * const wxpay = new Wechatpay({ ...merchant, fetch, now })
   * ```
   */
  signatureClock?: 'wall' | 'simulated' | undefined
  /** Starts scheduled work with timers, as a server needs it. The timers keep no process alive. Default false. */
  live?: boolean | undefined
  /**
   * URL to notify of shares that the merchant receives or returns (分账动账通知). It is a setting of the merchant platform, as
   * no call names a `notify_url` for it. They come as WeChat Pay sends them, with the `event_type` `TRANSACTION.SUCCESS`.
   * Default: no such notifications.
   */
  sharingNotifyUrl?: string | undefined
  /**
   * Refuses members of an APIv3 body that the definition does not have (请求中含有未在API文档中定义的参数) at every endpoint.
   * Otherwise only those do that the simulator keeps state for: payments, refunds, transfers, profit sharing and a few more.
   * Default false.
   */
  strict?: boolean | undefined
  /** Sends notifications. Default `globalThis.fetch`. */
  deliver?: typeof fetch | undefined
  /** Called with every request once its response is decided. */
  onExchange?: ((exchange: Exchange) => void) | undefined
  /** Called after every attempt to deliver a notification. */
  onNotification?: ((notification: Notification, attempt: NotificationAttempt) => void) | undefined
  /**
   * Called with the error of scheduled work that fails, in the simulator or in one of these callbacks.
   * {@link Simulator.settled} and {@link Simulator.advance} reject with it in any case.
   */
  onError?: ((error: unknown) => void) | undefined
  /** Default `globalThis.crypto`. */
  crypto?: Crypto | undefined
}

export interface Simulator extends Control {
  /** Options to configure the client with. */
  readonly merchant: SimulatedMerchant
  /** WeChat Pay's platform certificates (平台证书), PEM by serial, the newest last; empty in public-key mode. */
  readonly certificates: Readonly<Record<string, string>>
  /**
   * Issues the certificate of the authority that issued the merchant's certificate, as PEM. An HTTPS server in front of the
   * simulator needs it to verify client certificates, and to name it when it requests one: otherwise Java and Go send none.
   *
   * @example
   * ```ts
   * createServer({ cert, key, ca: await simulator.authorityCertificate(), requestCert: true }, listener)
   * ```
   */
  authorityCertificate(): Promise<string>
  /** Numbers of records that exist in a fresh simulator. */
  readonly examples: SimulatorExamples
  /**
   * Responds to a request without a client certificate. Any host will do, because only the path is used.
   *
   * @throws {ConnectionCut} when a fault rule cuts the connection
   */
  readonly fetch: typeof fetch
  /** Responds to a request that presented the merchant's client certificate (mTLS). */
  readonly mtlsFetch: typeof fetch
  /** The last 200 exchanges, the newest last. */
  readonly journal: readonly Exchange[]
  /**
   * Adds a platform certificate, which signs from now on; the older ones stay listed.
   *
   * @returns the serial of the new certificate
   * @throws {TypeError} in public-key mode
   */
  rotate(): Promise<string>
  /** Progress of the switch from platform certificates to the public key. */
  readonly keySwitch: KeySwitch
  /**
   * Moves that switch to any stage, forward or back. With `platform: 'both'` it starts as `started`, with a share of 0.5.
   *
   * @throws {TypeError} the simulator was created with another `platform`
   * @throws {RangeError} the share is not from 0 to 1
   * @example
   * ```ts
   * const simulator = await createSimulator({ platform: 'both' })
   * simulator.setKeySwitch({ stage: 'stopped', share: 0 }) // 停止更换
   * ```
   */
  setKeySwitch(keySwitch: KeySwitch): void
  /** Returns the time of the simulated clock, ms. */
  now(): number
  /**
   * Moves the simulated clock forward. Runs scheduled work on the way, each piece at its time, and delivers its
   * notifications.
   *
   * @throws {RangeError} `ms` is negative or not a number
   */
  advance(ms: number): Promise<void>
  /** Runs the work that is due now, and waits until its notifications have been delivered. */
  settled(): Promise<void>
  /** Notifications, the oldest first; of the finished ones, the last 10,000. */
  readonly notifications: readonly Notification[]
  /** Sends, holds, repeats and forges notifications. */
  readonly notify: NotificationControl
  /** Faults on demand. */
  readonly faults: FaultControl
  /** Returns the whole state, keys included, as text for the option `state`. */
  snapshot(): string
  /** Counts changes of the state: while it stays the same, {@link Simulator.snapshot} returns the same text. */
  readonly changes: number
}

/**
 * Creates a simulated WeChat Pay with its own keys, certificates and accounts, and one merchant. It verifies the signature of
 * every request, signs its responses, keeps orders and refunds in memory, sends notifications, and refuses with the
 * documented errors.
 *
 * The simulated clock keeps its distance to the real one until `advance()` moves it. Work that is due starts with the next
 * request or method call; only `settled()` and `advance()` wait until notifications have been delivered.
 *
 * @example
 * ```ts
 * const simulator = await createSimulator()
 * const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
 * ```
 * @throws {StateError} `state` cannot be continued from
 */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  try {
    return await create(options)
  } catch (error) {
    if (options.state === undefined || error instanceof StateError) throw error
    throw new StateError('NOT_A_SNAPSHOT', 'it is damaged; pass what snapshot() returned', error)
  }
}

async function create(options: SimulatorOptions): Promise<Simulator> {
  const { now: wallClock = Date.now, live = false, deliver, onExchange, onNotification, onError } = options
  const { crypto = globalThis.crypto, sharingNotifyUrl, strict = false } = options
  const state = createState(options.state)
  const identity = restoreIdentity(options, state, crypto)
  const { mchid, appid, seed, seeded } = identity
  const scheduler = createScheduler(state, wallClock, live, onError)
  const random = createRandom(seed, state.map('random'))
  const keySource = seeded ? createSeededKeySource(seed, crypto) : createRandomKeySource(crypto)
  const authority = createAuthority(state, keySource, crypto)
  const keyContext: KeyContext = { state, keySource, now: wallClock, crypto, authority }
  const [account, platform] = await Promise.all([
    createMerchant({ mchid, appid }, keyContext),
    createPlatform({ mode: identity.platform, mchid }, keyContext),
  ])

  const signatureNow = options.signatureClock === 'simulated' ? scheduler.now : wallClock
  const dependencies = { ...account, platform, signatureNow, crypto, random, state, scheduler }
  const notifications = createNotifications({ ...dependencies, deliver, onAttempt: onNotification })
  const context = createContext({ ...dependencies, notify: notifications.notify, sharingNotifyUrl, strict })
  const faults = createFaults(state, seed, identity.platform !== 'public-key')
  const journal = createJournal(onExchange)
  const serve = createServe(context, faults, journal)

  const { publicKey } = platform
  return {
    merchant: { ...account.merchant, platformKeys: publicKey ? { [publicKey.id]: publicKey.pem } : {} },
    get certificates() {
      return Object.fromEntries(platform.certificates.map(({ id, pem }) => [id, pem]))
    },
    authorityCertificate: async () => (await authority()).ownCertificate(wallClock()),
    examples,
    fetch: (input, init) => serve(false, input, init),
    mtlsFetch: (input, init) => serve(true, input, init),
    ...runDueWorkFirst(createControl(context, account.merchant), scheduler),
    journal: journal.entries,
    rotate: () => platform.rotate(),
    get keySwitch() {
      return platform.keySwitch
    },
    setKeySwitch: platform.setKeySwitch,
    now: scheduler.now,
    advance: scheduler.advance,
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
}

/** Wraps each method so that it first runs the work that is due. */
function runDueWorkFirst(control: Control, scheduler: Scheduler): Control {
  const methods = Object.entries(control as unknown as Record<string, (...parameters: unknown[]) => unknown>)
  const wrapped = methods.map(([name, method]) => [
    name,
    (...parameters: unknown[]) => {
      scheduler.run()
      return method(...parameters)
    },
  ])
  return Object.fromEntries(wrapped) as Control
}
