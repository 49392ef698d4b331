import { ConfigurationError, type ServiceError, TransportError } from '../../core/base/errors.ts'
import { refuseUnknownOptions, requirePositive } from '../checks.ts'
import { isRateLimited } from '../error-kind.ts'
import { rates as documentedRates } from '../generated/rates.ts'
import { type Wait, waitWithTimer } from '../wait.ts'

/** Options of {@link createPacer}. */
export interface PacerOptions {
  /** Calls per second, by endpoint as the definitions name it: `POST /v3/refund/domestic/refunds`. */
  rates: Readonly<Record<string, number>>
  /** Calls that may be made at once after a pause, in seconds of the rate. Default: 1 */
  burst?: number | undefined
  /** Returns the time, ms. Default: `Date.now` */
  now?: (() => number) | undefined
  /** Waits for a turn. Default: a timer */
  wait?: Wait | undefined
}

/** Lets calls through at the rate that WeChat Pay allows. */
export interface Pacer {
  /**
   * Makes a call when it is its turn. Calls of an endpoint keep their order.
   *
   * @param endpoint a key of the rates
   * @param call makes the call, or a flow that makes it
   * @throws {ConfigurationError} `OPTION_INVALID`: the rates have no such endpoint
   * @throws {TransportError} `ABORTED` before its turn; nothing was sent
   */
  run<T>(endpoint: string, call: () => Promise<T>, options?: { signal?: AbortSignal | undefined }): Promise<T>
  /**
   * Wraps the `fetch` of a client, so that repetitions by the client and by flows count too, and each 429 slows down the
   * endpoint at once. It never waits, because the time limits of the client would run.
   */
  observe(fetch: typeof globalThis.fetch): typeof globalThis.fetch
  /** Returns whether the rates have an endpoint. */
  has(endpoint: string): boolean
  /**
   * Returns the calls per second that an endpoint has at the moment.
   *
   * @throws {ConfigurationError} `OPTION_INVALID`: the rates have no such endpoint
   */
  rate(endpoint: string): number
}

/**
 * Rates that WeChat Pay documents, in calls per second for a merchant (商户号). Share them among all processes of a
 * merchant.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012716434
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4015901167
 * @see https://pay.weixin.qq.com/doc/v3/partner/4012649457
 */
export const DOCUMENTED_RATES: Readonly<Record<string, number>> = documentedRates

const OPTIONS: readonly (keyof PacerOptions)[] = ['rates', 'burst', 'now', 'wait']
/** A rate is halved at each 429, to no less than this part of it. */
const MIN_PART = 1 / 16
/** Part of its rate that an endpoint regains per second without a 429. */
const RECOVERY = 1 / 30

/** A token bucket: a call takes a token, and tokens come in at the rate. */
interface Bucket {
  readonly matches: (method: string, path: string) => boolean
  readonly fullRate: number
  rate: number
  tokens: number
  /** ms */
  refilledAt: number
  /** Calls that have had their turn and were not seen by `observe` yet, at most {@link running}. */
  unseen: number
  running: number
  /** The turn of the last call in line. */
  last: Promise<unknown>
}

/**
 * Creates a pacer: calls of an endpoint wait in line for a token, and tokens come in at its rate (频率限制). `FREQUENCY_LIMITED`
 * or HTTP 429 empties the bucket and halves the rate, which recovers within half a minute; WeChat Pay did nothing, so that
 * the client or the flow can repeat the call, at the new pace.
 *
 * Pass `observe(fetch)` to the client as its `fetch`, so that what the client and flows repeat is counted as well;
 * otherwise each `run` counts as one call. A pacer holds for one process and one merchant.
 *
 * @param options see {@link PacerOptions}
 * @throws {CallError} `OPTION_UNKNOWN`
 * @throws {ConfigurationError} `OPTION_INVALID`
 * @example
 * ```ts
 * const pacer = createPacer({ rates: DOCUMENTED_RATES })
 * const wxpay = new Wechatpay({ ...options, fetch: pacer.observe(fetch) })
 * await Promise.all(refunds.map(each => pacer.run('POST /v3/refund/domestic/refunds', () => refund(wxpay, each))))
 * ```
 */
export function createPacer(options: PacerOptions): Pacer {
  refuseUnknownOptions(options, OPTIONS)
  const { rates, burst = 1, now = Date.now, wait = waitWithTimer } = options
  requirePositive(burst, 'burst', 'seconds')
  const buckets = new Map<string, Bucket>()
  for (const [endpoint, rate] of Object.entries(rates)) {
    requirePositive(rate, `rates.${endpoint}`, 'calls per second')
    const tokens = Math.max(1, rate * burst)
    buckets.set(endpoint, {
      matches: readEndpoint(endpoint),
      fullRate: rate,
      rate,
      tokens,
      refilledAt: now(),
      unseen: 0,
      running: 0,
      last: Promise.resolve(),
    })
  }
  let isObserving = false

  const requireBucket = (endpoint: string): Bucket => {
    const bucket = buckets.get(endpoint)
    if (bucket) return bucket
    throw new ConfigurationError('OPTION_INVALID', 'rates', `there is none for ${endpoint}: add it`)
  }
  const refill = (bucket: Bucket): void => {
    const seconds = Math.max(0, now() - bucket.refilledAt) / 1000
    bucket.tokens = Math.min(Math.max(1, bucket.rate * burst), bucket.tokens + bucket.rate * seconds)
    bucket.rate = Math.min(bucket.fullRate, bucket.rate + bucket.fullRate * RECOVERY * seconds)
    bucket.refilledAt = now()
  }
  const slowDown = (bucket: Bucket): void => {
    refill(bucket)
    bucket.tokens = Math.min(0, bucket.tokens)
    bucket.rate = Math.max(bucket.fullRate * MIN_PART, bucket.rate / 2)
  }
  const waitForToken = async (bucket: Bucket, signal: AbortSignal | undefined): Promise<void> => {
    for (;;) {
      if (signal?.aborted) throw aborted(signal)
      refill(bucket)
      const missing = 1 - (bucket.tokens - bucket.unseen)
      if (missing <= 0) return
      await wait(Math.ceil((missing / bucket.rate) * 1000), signal).catch(error => {
        throw signal?.aborted ? aborted(signal) : error
      })
    }
  }

  return {
    async run(endpoint, call, { signal } = {}) {
      const bucket = requireBucket(endpoint)
      const turn = bucket.last.then(async () => {
        await waitForToken(bucket, signal)
        bucket.running++
        if (isObserving) bucket.unseen++
        else bucket.tokens--
      })
      // One that gives up lets the next one pass.
      bucket.last = turn.catch(() => {})
      await turn
      try {
        return await call()
      } catch (error) {
        if (isRateLimited(error) && !(isObserving && (error as ServiceError).status === 429)) slowDown(bucket)
        throw error
      } finally {
        bucket.running--
        bucket.unseen = Math.min(bucket.unseen, bucket.running)
      }
    },
    observe(fetch) {
      isObserving = true
      return async (input, init) => {
        const { method, path } = readTarget(input, init)
        const bucket = [...buckets.values()].find(({ matches }) => matches(method, path))
        if (bucket) {
          refill(bucket)
          bucket.tokens--
          bucket.unseen = Math.max(0, bucket.unseen - 1)
        }
        const response = await fetch(input, init)
        if (bucket && response.status === 429) slowDown(bucket)
        return response
      }
    },
    has: endpoint => buckets.has(endpoint),
    rate(endpoint) {
      const bucket = requireBucket(endpoint)
      refill(bucket)
      return bucket.rate
    },
  }
}

const aborted = ({ reason }: AbortSignal): TransportError =>
  new TransportError('ABORTED', 'The call was aborted before its turn; nothing was sent.', false, reason)

/** @throws {ConfigurationError} `OPTION_INVALID` */
function readEndpoint(endpoint: string): Bucket['matches'] {
  const [, method, template] = /^([A-Z]+) (\/\S*)$/.exec(endpoint) ?? []
  if (template === undefined)
    throw new ConfigurationError('OPTION_INVALID', `rates.${endpoint}`, 'name the endpoint as POST /v3/…')
  const parts = template.split('/')
  return (asked, path) => {
    const given = path.split('/')
    const fits = (part: string, at: number) => part === given[at] || (/^\{\w+\}$/.test(part) && given[at] !== '')
    return asked === method && given.length === parts.length && parts.every(fits)
  }
}

function readTarget(input: RequestInfo | URL, init?: RequestInit): { method: string; path: string } {
  const isRequest = typeof input === 'object' && 'url' in input
  const url = new URL(isRequest ? input.url : String(input))
  return { method: (init?.method ?? (isRequest ? input.method : 'GET')).toUpperCase(), path: url.pathname }
}
