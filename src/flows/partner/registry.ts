import { ConfigurationError, TransportError } from '../../core/base/errors.ts'
import { credentialsOf, Wechatpay } from '../../core/client/client.ts'
import { observe } from '../../core/client/observe.ts'
import type { WechatpayOptions } from '../../core/options/options.ts'
import { refuseUnknownOptions, requirePositive } from '../checks.ts'
import { MCHID, requireParameter } from '../parameter.ts'

/** Options of {@link createClientRegistry}. */
export interface RegistryOptions {
  /**
   * Maximum number of clients to keep; the one that was used least recently is dropped. As many again may wait for a
   * first message that they verify. Default: 100
   */
  max?: number | undefined
  /** Returns milliseconds since 1970. Default: `Date.now` */
  now?: (() => number) | undefined
}

/** Clients by mchid, each created when it is first needed. */
export interface ClientRegistry {
  /**
   * Returns the client of a merchant (商户号).
   *
   * @throws {CallError} `PARAMETER_INVALID`: not a mchid; nothing was loaded
   * @throws {ConfigurationError} `OPTION_MISSING`: there is no such merchant; `OPTION_INVALID`: its options are another
   * merchant's; or what is wrong with them
   */
  client(mchid: string): Promise<Wechatpay>
  /**
   * Returns the client that is to verify a message which names a merchant. Anybody can send such a message, so that it
   * displaces no client in use until one is verified, a number that is no merchant's is not loaded again for a minute,
   * and at most 100 clients are loaded at once, and ten per second. {@link ClientRegistry.client} has no such limits.
   *
   * @throws {CallError} `PARAMETER_INVALID`: not a mchid; nothing was loaded
   * @throws {ConfigurationError} as `client`
   * @throws {TransportError} `ABORTED`: too many messages name merchants whose clients are not loaded
   */
  candidate(mchid: string): Promise<Wechatpay>
  /** Drops the client of a merchant, for example after its keys have changed. */
  delete(mchid: string): void
  /** The number of clients that are kept. */
  readonly size: number
}

const OPTIONS: readonly (keyof RegistryOptions)[] = ['max', 'now']
const DEFAULT_MAX = 100
/** Milliseconds for which a client stays that a message named: as long as it downloads no certificates again. */
const CANDIDATE_TTL = 60_000
/** Milliseconds during which a message that names no merchant loads nothing. */
const MISS_TTL = 60_000
const MAX_MISSES = 1_000
/** Number of loads that unverified messages may cause at once, and how many are returned per millisecond. */
const LOADS = 100
const LOADS_PER_MILLISECOND = 10 / 1_000

/**
 * Creates a registry of the clients of many merchants (商户号) with keys of their own, such as the numbers of a service
 * provider (服务商). A client is created when it is first needed, once for concurrent calls, and kept while it is among
 * those used most recently.
 *
 * A client is returned only if its options name the merchant that was asked for, because any other would pay from the
 * wrong account. Failures are not kept, but for {@link ClientRegistry.candidate}, which is for notifications. `load`
 * gets only digits, so that a number from a request cannot name a file.
 *
 * @param load loads the options of a merchant; undefined if there is no such merchant
 * @param options see {@link RegistryOptions}
 * @throws {CallError} `OPTION_UNKNOWN`
 * @throws {ConfigurationError} `OPTION_INVALID`
 * @example
 * ```ts
 * const clients = createClientRegistry(async mchid => secrets.get(mchid), { max: 500 })
 * const wxpay = await clients.client('1900000109')
 * const handler = createNotificationHandler(request => clients.candidate(mchidOfPath(request.url)), { … })
 * ```
 */
export function createClientRegistry(
  load: (mchid: string) => Promise<WechatpayOptions | undefined> | WechatpayOptions | undefined,
  options: RegistryOptions = {},
): ClientRegistry {
  refuseUnknownOptions(options, OPTIONS)
  const max = requirePositive(options.max ?? DEFAULT_MAX, 'max', 'clients')
  const now = options.now ?? Date.now
  const budget = createLoadBudget(now)
  /** In the order of use, the oldest first. */
  const clients = new Map<string, Wechatpay>()
  /**
   * Clients that nobody used yet and no message was verified with, in the order in which messages named them. Kept apart, so that
   * whoever sends messages displaces no client in use; and for a while, because a client remembers that a download of certificates
   * brought nothing.
   */
  const candidates = new Map<string, { readonly client: Wechatpay; readonly namedAt: number }>()
  /** When the numbers that are no merchant's may be loaded again. */
  const misses = new Map<string, number>()
  const loading = new Map<string, Promise<Wechatpay>>()
  const observed = new WeakSet<Wechatpay>()

  const find = (mchid: string): Wechatpay | undefined => clients.get(mchid) ?? candidates.get(mchid)?.client

  async function create(mchid: string): Promise<Wechatpay> {
    const loaded = await load(mchid)
    if (loaded === undefined) {
      misses.delete(mchid)
      misses.set(mchid, now() + MISS_TTL)
      dropOldest(misses, MAX_MISSES)
      throw missingError(mchid)
    }
    const client = new Wechatpay(loaded)
    if (credentialsOf(client).account.mchid !== mchid)
      throw new ConfigurationError(
        'OPTION_INVALID',
        `${mchid}.mchid`,
        'the options are those of another merchant: load those of this one',
      )
    return client
  }

  async function createOnce(mchid: string): Promise<Wechatpay> {
    const created = loading.get(mchid) ?? create(mchid)
    loading.set(mchid, created)
    try {
      const client = await created
      // Deleted meanwhile, its options may be old.
      if (loading.get(mchid) === created) {
        misses.delete(mchid)
        candidates.set(mchid, { client, namedAt: now() })
      }
      return client
    } finally {
      if (loading.get(mchid) === created) loading.delete(mchid)
    }
  }

  /** Keeps a client as the one that was used last, unless it was deleted. */
  const keep = (mchid: string, client: Wechatpay): void => {
    if (find(mchid) !== client) return
    candidates.delete(mchid)
    clients.delete(mchid)
    clients.set(mchid, client)
    dropOldest(clients, max)
  }

  /** Keeps a client as the one that was used last once it has verified a message. */
  function keepWhenVerified(mchid: string, client: Wechatpay): void {
    if (observed.has(client)) return
    observed.add(client)
    const stop = observe(client, {
      notification({ verifiedBy }) {
        if (verifiedBy === undefined) return
        stop()
        observed.delete(client)
        keep(mchid, client)
      },
    })
  }

  /** Loads the client that an unverified message names, within the bounds of what strangers may cause. */
  function createCandidate(mchid: string): Promise<Wechatpay> {
    if (loading.has(mchid)) return createOnce(mchid)
    if (now() < (misses.get(mchid) ?? 0)) throw missingError(mchid)
    for (const [other, { namedAt }] of candidates) {
      if (candidates.size + loading.size < max || now() < namedAt + CANDIDATE_TTL) break
      candidates.delete(other)
    }
    if (candidates.size + loading.size >= max || !budget.take())
      throw new TransportError(
        'ABORTED',
        'Too many messages name merchants whose clients are not loaded. WeChat Pay repeats this one.',
        false,
      )
    return createOnce(mchid)
  }

  return {
    async client(mchid) {
      requireParameter(mchid, 'mchid', MCHID)
      const client = find(mchid) ?? (await createOnce(mchid))
      keep(mchid, client)
      return client
    },
    async candidate(mchid) {
      requireParameter(mchid, 'mchid', MCHID)
      const client = find(mchid) ?? (await createCandidate(mchid))
      if (candidates.delete(mchid)) candidates.set(mchid, { client, namedAt: now() })
      keepWhenVerified(mchid, client)
      return client
    },
    delete(mchid) {
      clients.delete(mchid)
      candidates.delete(mchid)
      misses.delete(mchid)
      loading.delete(mchid)
    },
    get size() {
      return clients.size + candidates.size
    },
  }
}

/** Creates a token bucket of {@link LOADS} loads. */
function createLoadBudget(now: () => number): { take(): boolean } {
  let [left, since] = [LOADS, now()]
  return {
    take() {
      left = Math.min(LOADS, left + Math.max(0, now() - since) * LOADS_PER_MILLISECOND)
      since = now()
      if (left < 1) return false
      left--
      return true
    },
  }
}

function dropOldest(entries: Map<string, unknown>, max: number): void {
  for (const oldest of entries.keys()) {
    if (entries.size <= max) break
    entries.delete(oldest)
  }
}

const missingError = (mchid: string): ConfigurationError =>
  new ConfigurationError(
    'OPTION_MISSING',
    mchid,
    'there is no merchant with this number (商户号): add it to what load reads',
  )
