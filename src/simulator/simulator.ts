import type { Control } from './control/control.ts'
import type { SimulatorExamples } from './examples.ts'
import type { FaultControl } from './fault/faults.ts'
import type { Exchange } from './http/journal.ts'
import type { SimulatedBrand } from './keys/brand.ts'
import type { SimulatedMerchant } from './keys/merchant.ts'
import type { KeySwitch } from './keys/platform.ts'
import type { MerchantOptions } from './merchants/merchant-options.ts'
import type { MerchantView } from './merchants/merchant-view.ts'
import type { NotificationControl } from './notification/control.ts'
import type { Notification } from './notification/notification.ts'
import type { SimulatorObserver } from './timeline/record.ts'

export interface Simulator extends Control {
  /** Options to configure the client with. Of several merchants, those of the first. */
  readonly merchant: SimulatedMerchant
  /** The options of each merchant, the first one's first. */
  readonly merchants: readonly SimulatedMerchant[]
  /**
   * Returns the simulator as one of its merchants sees it: its keys, and its orders, refunds, transfers … with the methods that act on
   * them. The same methods of the simulator itself act for the first merchant.
   *
   * @throws {RangeError} there is no such merchant
   * @example
   * ```ts
   * const { merchant, mtlsFetch, pay } = simulator.as('1900000112')
   * ```
   */
  as(mchid: string): MerchantView
  /**
   * Creates a merchant with keys of its own. It stays after {@link Simulator.reset}, without its records.
   *
   * @throws {TypeError} the options are wrong
   * @throws {RangeError} there is a merchant or a brand with this id, or there are 200 merchants
   * @example
   * ```ts
   * const { merchant } = await simulator.addMerchant({ mchid: '1900000113' })
   * const wxpay = new Wechatpay({ ...merchant, fetch: simulator.fetch })
   * ```
   */
  addMerchant(options: MerchantOptions): Promise<MerchantView>
  /**
   * The option `brand` to configure the client with, if the simulator was created with a `brandId`.
   *
   * @example
   * ```ts
   * const { merchant, brand, fetch } = await createSimulator({ brandId: '40000' })
   * const wxpay = new Wechatpay({ ...merchant, brand: brand!, fetch })
   * ```
   */
  readonly brand: SimulatedBrand | undefined
  /**
   * The sub-merchants (特约商户) that the options bind to the first merchant; empty for a direct merchant; undefined if it
   * may call for any.
   */
  readonly subMchids: readonly string[] | undefined
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
  /** The last 200 authenticated exchanges and the last 200 others, the newest last. */
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
  /** Returns the time of the next scheduled work, ms; undefined if none is scheduled. */
  nextAt(): number | undefined
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
  /**
   * Returns to the state in which the simulator started: the same merchants and keys, and no records since. With a seed, the numbers
   * that WeChat Pay assigns repeat; without one they go on, so that a program which records ids takes none for a duplicate. The
   * journal is empty afterwards. A test suite calls it between tests, because it is faster than a new simulator.
   *
   * A request that is being handled meanwhile has no effect, and a notification that is under way is not repeated.
   *
   * @example
   * ```ts
   * beforeEach(() => simulator.reset())
   * ```
   */
  reset(): Promise<void>
  /**
   * Saves the state under a name, in memory. Saving again under the same name replaces it.
   *
   * @throws {RangeError} 100 other states are saved
   * @example
   * ```ts
   * simulator.save('paid')
   * await simulator.restore('paid')
   * ```
   */
  save(name: string): void
  /**
   * Returns to a saved state, as {@link Simulator.reset} does to the first one.
   *
   * @throws {RangeError} no state is saved under this name
   */
  restore(name: string): Promise<void>
  /** Returns the names of the saved states. */
  savedStates(): string[]
  /**
   * Creates a simulator with the same merchants and keys, and no records: with orders, clock, faults and notifications of its own.
   * Its options are those of this one.
   *
   * @param name with a seed, another name gives other numbers
   * @example
   * ```ts
   * const mine = await simulator.fork('worker-1')
   * ```
   */
  fork(name: string): Promise<Simulator>
  /** Returns the whole state, keys included, as text for the option `state`. */
  snapshot(): string
  /**
   * Calls an observer with each request, each attempt to deliver a notification, and each call of a method that acts for the shopper,
   * the bank or the clock: with headers and bodies, and the records that it changed. Its result is ignored, and an error that it throws or
   * rejects with is reported to {@link SimulatorOptions.onError}.
   *
   * @returns a function that removes the observer
   * @example
   * ```ts
   * const stop = simulator.observe(record => record.kind === 'request' && console.log(record.exchange.path))
   * ```
   */
  observe(observer: SimulatorObserver): () => void
  /** Counts changes of the state: while it stays the same, {@link Simulator.snapshot} returns the same text. */
  readonly changes: number
}
