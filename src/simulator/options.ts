import { nearestName } from '../core/base/nearest-name.ts'
import type { Exchange } from './http/journal.ts'
import type { PlatformMode } from './keys/platform.ts'
import { checkMerchantList, type MerchantOptions } from './merchants/merchant-options.ts'
import type { Notification, NotificationAttempt } from './notification/notification.ts'

export interface SimulatorOptions {
  /** Keys that WeChat Pay signs with. Default `public-key`, which new merchants get. */
  platform?: PlatformMode | undefined
  /** Merchant id (商户号). Default `1900000109`. */
  mchid?: string | undefined
  /** Application that is bound to the merchant. Default `wxd678efh567hg6787`. */
  appid?: string | undefined
  /** Gives the simulator a brand (品牌) with this id, digits, and keys of its own, see {@link Simulator.brand}. Default: none. */
  brandId?: string | undefined
  /**
   * Several merchants, each with keys of its own, instead of `mchid`, `appid` and `brandId`: direct merchants, service providers with
   * their sub-merchants, brands. The first is {@link Simulator.merchant}; {@link Simulator.as} acts for another.
   *
   * @example
   * ```ts
   * const simulator = await createSimulator({
   *   merchants: [{ mchid: '1900000109', subMchids: ['1900000111'] }, { mchid: '1900000111' }, { mchid: '1900000112', brandId: '40000' }],
   * })
   * simulator.as('1900000112').pay({ out_trade_no: '20260101' })
   * ```
   */
  merchants?: readonly MerchantOptions[] | undefined
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
   * Clock of the accounts and of scheduled work, ms, which {@link Simulator.advance} moves ahead of. Default: {@link SimulatorOptions.now}.
   * One that stands still makes all numbers repeat, together with a `seed`.
   *
   * @example
   * ```ts
   * const simulator = await createSimulator({ seed: 'shop', clock: () => Date.parse('2026-03-01T12:00:00+08:00') })
   * ```
   */
  clock?: (() => number) | undefined
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
   * Called with the error of scheduled work that fails, and with that of one of these callbacks or of an observer, which changes neither
   * a call nor a notification. {@link Simulator.settled} and {@link Simulator.advance} reject with it in any case.
   */
  onError?: ((error: unknown) => void) | undefined
  /** Default `globalThis.crypto`. */
  crypto?: Crypto | undefined
}

const OPTIONS: Readonly<Record<keyof SimulatorOptions, true>> = {
  platform: true,
  mchid: true,
  appid: true,
  brandId: true,
  merchants: true,
  seed: true,
  state: true,
  now: true,
  clock: true,
  signatureClock: true,
  live: true,
  sharingNotifyUrl: true,
  strict: true,
  deliver: true,
  onExchange: true,
  onNotification: true,
  onError: true,
  crypto: true,
}

/**
 * Refuses a name that resembles an option (`mchId`), because it would have no effect.
 *
 * @throws {TypeError}
 */
export function refuseMisspelled(options: object): void {
  for (const name of Object.keys(options)) {
    const near = Object.hasOwn(OPTIONS, name) ? undefined : nearestName(name, Object.keys(OPTIONS))
    if (near) throw new TypeError(`createSimulator has no option ${JSON.stringify(name)}. Write ${near}.`)
  }
}

/**
 * Returns the options with the ids of the first of several merchants in their place.
 *
 * @throws {TypeError} a merchant is wrong, or there is both a list and a single one
 */
export function withFirstMerchant(options: SimulatorOptions): SimulatorOptions {
  if (options.merchants === undefined) return options
  const [first] = checkMerchantList(options.merchants)
  const both = (['mchid', 'appid', 'brandId', 'sharingNotifyUrl'] as const).find(name => options[name] !== undefined)
  if (both !== undefined)
    throw new TypeError(
      `createSimulator accepts either merchants or ${both}. Move ${both} into the first of the merchants.`,
    )
  const { mchid, appid, brandId, platform = options.platform, sharingNotifyUrl } = first!
  return { ...options, mchid, appid, brandId, platform, sharingNotifyUrl }
}
