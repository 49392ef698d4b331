import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type FlattenedJWSInput,
  type JWKSCacheInput,
  type JWTHeaderParameters,
  type JWTVerifyGetKey,
  jwksCache,
} from 'jose'
import { boundWaits } from '../../core/base/bounded-waits.ts'
import { withinLimits } from '../../core/base/limits.ts'
import { readBounded } from '../../core/base/read-bounded.ts'
import { singleFlight } from '../../core/base/single-flight.ts'
import { VERSION } from '../../core/base/version.ts'
import { Refusal } from '../problem.ts'

/** Maximum size of a key set. A key has 1 KB, 3 KB with its certificate, and issuers have fewer than a dozen. */
const MAX_BYTES = 2 ** 18
/** Milliseconds for a whole download. */
const TIMEOUT = 5_000
/** Milliseconds without downloads after a failure; doubled by each further failure. */
const FIRST_PAUSE = 1_000
const MAX_PAUSE = 60_000
/** Requests that may wait for a download at once: anybody can create a token that names an unknown key. */
const MAX_WAITING = 1_000

/**
 * Creates a function that finds an issuer's key (JWKS) for a token. Keys are cached for 10 minutes; a token with an unknown key causes
 * another download, at most every 30 seconds. Tokens with a cached key never wait.
 *
 * Anybody can send tokens with unknown keys, so downloads are bounded: after a failure there is none for 1 s, then for 2, 4, … up to
 * 60 s; at most 1,000 requests wait, all for the same download; and at most 256 KiB are read.
 *
 * @param url of the keys
 * @param now milliseconds since 1970
 * @returns a function that throws a {@link Refusal} 503 `AUTHENTICATION_UNAVAILABLE` with `Retry-After` if the keys cannot be
 * downloaded or too many requests wait for them, and any other error if none of the downloaded keys can verify the token
 */
export function createKeySet(url: string, fetch: typeof globalThis.fetch, now: () => number): JWTVerifyGetKey {
  let failures = 0
  let failedAt = Number.NEGATIVE_INFINITY

  /** Returns the milliseconds until the keys may be downloaded. A clock that was set back ends the pause. */
  function remainingPause(): number {
    const passed = now() - failedAt
    const pause = Math.min(FIRST_PAUSE * 2 ** (failures - 1), MAX_PAUSE)
    return failures > 0 && passed >= 0 ? Math.max(0, pause - passed) : 0
  }

  const download = singleFlight(async () => {
    try {
      const text = await downloadKeys(url, fetch)
      failures = 0
      return text
    } catch (error) {
      failures++
      failedAt = now()
      throw error
    }
  })

  /** The keys of the last download. */
  const cache: JWKSCacheInput = {}
  const remote = createRemoteJWKSet(new URL(url), {
    [jwksCache]: cache,
    [customFetch]: async () => {
      if (remainingPause() > 0) throw new DownloadFailed('The download failed recently and is not repeated yet.')
      const text = await download().catch(cause => {
        throw new DownloadFailed('The keys could not be downloaded.', { cause })
      })
      return new Response(text)
    },
  })

  const admit = boundWaits(MAX_WAITING)
  let cached: { readonly keys: object; readonly find: JWTVerifyGetKey } | undefined

  /**
   * Finds the key in the cache.
   *
   * @returns undefined if a new download may contain it
   */
  const findCached = async (header: JWTHeaderParameters, token: FlattenedJWSInput) => {
    const keys = remote.fresh ? cache.jwks : undefined
    if (!keys) return undefined
    if (cached?.keys !== keys) cached = { keys, find: createLocalJWKSet(keys) }
    try {
      return await cached.find(header, token)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined
      throw error
    }
  }

  return async (header, token) => {
    const found = await findCached(header, token)
    if (found) return found
    const finding = admit(() => remote(header, token))
    if (!finding)
      throw unavailable(
        'Too many requests wait for the keys of their tokens. Nothing was called; repeat the request.',
        FIRST_PAUSE,
      )
    try {
      return await finding
    } catch (cause) {
      // Any other error is about the keys themselves, which a repetition does not change.
      if (!(cause instanceof DownloadFailed)) throw cause
      const { host } = new URL(url)
      throw unavailable(
        `The keys of the token's issuer cannot be downloaded from ${host}. Nothing was called; repeat the request.`,
        remainingPause(),
      )
    }
  }
}

/** @param pause milliseconds until the next try */
const unavailable = (detail: string, pause: number): Refusal =>
  new Refusal({
    status: 503,
    code: 'AUTHENTICATION_UNAVAILABLE',
    detail,
    mayHaveTakenEffect: false,
    headers: { 'Retry-After': String(Math.max(1, Math.ceil(pause / 1000))) },
  })

/** @returns JSON text with a list of keys */
async function downloadKeys(url: string, fetch: typeof globalThis.fetch): Promise<string> {
  const text = await withinLimits({ timeout: TIMEOUT, changes: false }, async signal => {
    const headers = { accept: 'application/json, application/jwk-set+json', 'user-agent': `wechatpay-edge/${VERSION}` }
    const response = await fetch(url, { headers, redirect: 'manual', signal })
    if (response.status !== 200) throw new Error(`HTTP ${response.status}`)
    const bytes = await readBounded(response.body, MAX_BYTES)
    if (!bytes) throw new RangeError(`more than ${MAX_BYTES} bytes`)
    return new TextDecoder().decode(bytes)
  })
  // The source may respond with another document, such as an error page.
  const { keys } = Object(JSON.parse(text)) as { keys?: unknown }
  if (!Array.isArray(keys) || !keys.every(key => key instanceof Object)) throw new TypeError('no list of keys')
  return text
}

/** The issuer's keys are not available, so the token cannot be verified. */
class DownloadFailed extends Error {
  override readonly name: string = 'DownloadFailed'
}
