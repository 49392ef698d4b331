/** WeChat Pay itself, in memory: `createSimulator()`. */
import { type Agenda, createAgenda } from './clock/scheduler.ts'
import { createWorld } from './context.ts'
import { type Control, createControl } from './control/control.ts'
import { examples, type SimulatorExamples } from './examples.ts'
import { createFaults, type FaultControl } from './fault/faults.ts'
import type { Foundry } from './foundry.ts'
import { createJournal, type Exchange } from './http/journal.ts'
import { createServe } from './http/serve.ts'
import { createAuthority } from './keys/authority.ts'
import { createMint, createSeededMint } from './keys/key-source.ts'
import { createMerchant, type SimulatedMerchant } from './keys/merchant.ts'
import { createPlatform, type KeySwitch, type PlatformMode } from './keys/platform.ts'
import type { NotificationControl } from './notification/control.ts'
import type { Notification, Try } from './notification/notification.ts'
import { createNotifications } from './notification/notifications.ts'
import { originOf } from './state/identity.ts'
import { createRandom } from './state/random.ts'
import { createState, StateError } from './state/state.ts'

export { Rejection, type RejectionReason } from './accounts/rejection.ts'
export type {
  AccountType,
  ApplymentResult,
  Balance,
  CombinedOrder,
  Control,
  MicropayResult,
  Order,
  OrderName,
  OrderNumber,
  Payer,
  Refund,
  RefundResult,
  RefundStatus,
  TradeState,
  TradeType,
  Transfer,
  TransferState,
} from './control/control.ts'
export { createSimulatorMount, isControlPath, type SimulatorMountOptions } from './control/mount.ts'
export type { SimulatorExamples } from './examples.ts'
export { ConnectionCut } from './fault/connection-cut.ts'
export type { FaultControl, FaultRecord } from './fault/faults.ts'
export type { FaultEffect, FaultKind, FaultRule, FaultScope } from './fault/rule.ts'
export type { Exchange } from './http/journal.ts'
export type { SimulatedMerchant } from './keys/merchant.ts'
export type { KeySwitch, KeySwitchStage, PlatformMode } from './keys/platform.ts'
export type { Demand, NotificationControl, Sent } from './notification/control.ts'
export type { Notification, Try } from './notification/notification.ts'
export { StateError, type StateErrorReason } from './state/state.ts'

export interface SimulatorOptions {
  /** Which keys WeChat Pay signs with. Default `public-key`, what a merchant gets who joins today. */
  platform?: PlatformMode | undefined
  mchid?: string | undefined
  appid?: string | undefined
  /**
   * The same seed, the same numbers, replies and keys: those are then built in and known to everybody. Default: another
   * simulator each time.
   */
  seed?: string | undefined
  /**
   * What {@link Simulator.snapshot} gave: the simulator goes on from there. What else is asked for must be as it was.
   */
  state?: string | undefined
  /**
   * The clock on the wall, ms, that the simulator's runs beside. Default `Date.now`.
   */
  now?: (() => number) | undefined
  /**
   * Which clock signatures keep to, those of requests, of answers and of notifications:
   *
   * - `wall`: the one that nobody moves on. Default: every program has it, so that an SDK over HTTP goes on after
   *   {@link Simulator.advance}.
   * - `simulated`: that of the books. One clock for all, for a client, and a gateway, whose option `now` is
   *   {@link Simulator.now}.
   *
   * @example
   * ```ts
   * const { merchant, fetch, now } = await createSimulator({ signatureClock: 'simulated' })
   * const wxpay = new Wechatpay({ ...merchant, fetch, now })
   * ```
   */
  signatureClock?: 'wall' | 'simulated' | undefined
  /** Whether what falls due begins by itself, with timers, as a server wants it. They keep no process alive. Default false. */
  live?: boolean | undefined
  /**
   * Where the merchant is notified of shares that it receives or returns (分账动账通知): a setting of the merchant platform, as
   * no call names a `notify_url`. They come as WeChat Pay sends them, with the `event_type` `TRANSACTION.SUCCESS`. Default: it
   * is not notified.
   */
  sharingNotifyUrl?: string | undefined
  /** Sends notifications. Default `globalThis.fetch`. */
  deliver?: typeof fetch | undefined
  /** Is told of every request, when its answer is decided. */
  onExchange?: ((exchange: Exchange) => void) | undefined
  /** Is told of every try to deliver a notification. */
  onNotification?: ((notification: Notification, tried: Try) => void) | undefined
  /**
   * Is told of what fails when it falls due, a fault of the simulator's own or of one of these functions. Without it,
   * {@link Simulator.settled} and {@link Simulator.advance} reject with it, as they do anyway.
   */
  onError?: ((error: unknown) => void) | undefined
  /** Default `globalThis.crypto`. */
  crypto?: Crypto | undefined
}

export interface Simulator extends Control {
  /** Exactly what the client is configured with. */
  readonly merchant: SimulatedMerchant
  /** WeChat Pay's platform certificates (平台证书), PEM by serial, the newest last; none in public-key mode. */
  readonly certificates: Readonly<Record<string, string>>
  /**
   * Makes the certificate of the authority that has issued the merchant's certificate, as PEM. An HTTPS server in front of the
   * simulator verifies client certificates with it, and names it when it asks for one: Java and Go send none otherwise.
   *
   * @example
   * ```ts
   * createServer({ cert, key, ca: await simulator.authorityCertificate(), requestCert: true }, listener)
   * ```
   */
  authorityCertificate(): Promise<string>
  /** Numbers that a fresh simulator already knows. */
  readonly examples: SimulatorExamples
  /**
   * A request without client certificate. Any host: the path decides.
   *
   * @throws {ConnectionCut} where a fault has it so
   */
  readonly fetch: typeof fetch
  /** A request that presented the merchant's client certificate (mTLS). */
  readonly mtlsFetch: typeof fetch
  /** The last 200 exchanges, the newest last. */
  readonly journal: readonly Exchange[]
  /**
   * Adds a newer platform certificate, which signs from now on; the older ones stay listed.
   *
   * @returns the serial of the new one
   * @throws {TypeError} in public-key mode
   */
  rotate(): Promise<string>
  /** How far the switch from platform certificates to the public key has come. */
  readonly keySwitch: KeySwitch
  /**
   * Moves that switch to any stage, forward or back. With `platform: 'both'` it begins started, at a share of 0.5.
   *
   * @throws {TypeError} the simulator was created with another `platform`
   * @throws {RangeError} a share that is not from 0 to 1
   * @example
   * ```ts
   * const simulator = await createSimulator({ platform: 'both' })
   * simulator.setKeySwitch({ stage: 'stopped', share: 0 }) // 停止更换
   * ```
   */
  setKeySwitch(keySwitch: KeySwitch): void
  /** The simulated clock, ms: when what is in the books happened. */
  now(): number
  /**
   * Moves the simulated clock on; what falls due on the way is done, each at its time, and its notifications delivered.
   *
   * @throws {RangeError} back, or not a number
   */
  advance(ms: number): Promise<void>
  /** Does what is due now, and waits until its notifications have been delivered. */
  settled(): Promise<void>
  /** The oldest first; of those that are through, the last 10,000. */
  readonly notifications: readonly Notification[]
  /** What a test does with notifications, beyond waiting for them. */
  readonly notify: NotificationControl
  /** Faults on demand. */
  readonly faults: FaultControl
  /** All that the simulator remembers, its keys too, to go on from: the option `state`. */
  snapshot(): string
  /** Grows with whatever changes what {@link snapshot} gives. */
  readonly changes: number
}

/**
 * Makes a WeChat Pay of its own keys, certificates and books, with one merchant. It verifies every request's signature,
 * signs its answers, keeps orders and refunds in memory, notifies, and refuses in the documented words.
 *
 * Time passes when the clock is moved on: what is due by it begins with the next request or call of a
 * function here; only `settled()` and `advance()` wait until notifications have been delivered.
 *
 * @example
 * ```ts
 * const simulator = await createSimulator()
 * const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
 * ```
 * @throws {StateError} `state` is none to go on from
 */
export async function createSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  try {
    return await create(options)
  } catch (error) {
    if (options.state === undefined || error instanceof StateError) throw error
    throw new StateError('NOT_A_SNAPSHOT', 'something in it is damaged', error)
  }
}

async function create(options: SimulatorOptions): Promise<Simulator> {
  const { now: wall = Date.now, live = false, deliver, onExchange, onNotification, onError } = options
  const { platform: mode, mchid: number, appid: app, crypto = globalThis.crypto } = options
  const state = createState(options.state)
  const origin = originOf({ mchid: number, appid: app, platform: mode, seed: options.seed }, state, crypto)
  const { mchid, appid, seed, seeded } = origin
  const agenda = createAgenda(state, wall, live, onError)
  const random = createRandom(seed, state.map('random'))
  const mint = seeded ? createSeededMint(seed, crypto) : createMint(crypto)
  const foundry: Foundry = { ...{ state, mint, wall, crypto }, authority: createAuthority(state, mint, crypto) }
  const [account, platform] = await Promise.all([
    createMerchant({ mchid, appid }, foundry),
    createPlatform({ mode: origin.platform, mchid }, foundry),
  ])

  const signatureClock = options.signatureClock === 'simulated' ? agenda.now : wall
  const ground = { ...account, ...{ platform, wall: signatureClock, crypto, random, state, agenda } }
  const notifications = createNotifications({ ...ground, deliver, onTry: onNotification })
  const world = createWorld({
    ...ground,
    notify: notifications.notify,
    sharingNotifyUrl: options.sharingNotifyUrl,
  })
  const faults = createFaults(state, seed, origin.platform !== 'public-key')
  const journal = createJournal(onExchange)
  const serve = createServe(world, faults, journal)

  const { publicKey } = platform
  return {
    merchant: { ...account.merchant, platformKeys: publicKey ? { [publicKey.id]: publicKey.pem } : {} },
    get certificates() {
      return Object.fromEntries(platform.certificates.map(({ id, pem }) => [id, pem]))
    },
    authorityCertificate: async () => (await foundry.authority()).issueOwn(wall()),
    examples,
    fetch: (input, init) => serve(false, input, init),
    mtlsFetch: (input, init) => serve(true, input, init),
    ...inTime(createControl(world, account.merchant), agenda),
    journal: journal.entries,
    rotate: () => platform.rotate(),
    get keySwitch() {
      return platform.keySwitch
    },
    setKeySwitch: platform.setKeySwitch,
    now: agenda.now,
    advance: agenda.advance,
    settled: agenda.settled,
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

/** What is due by the clock has happened before anybody looks, or acts. */
function inTime(control: Control, agenda: Agenda): Control {
  const entries = Object.entries(control as unknown as Record<string, (...given: unknown[]) => unknown>)
  const timely = entries.map(([name, act]) => [
    name,
    (...given: unknown[]) => {
      agenda.run()
      return act(...given)
    },
  ])
  return Object.fromEntries(timely) as Control
}
