import {
  createLocalJWKSet,
  createRemoteJWKSet,
  customFetch,
  errors,
  type JWKSCacheInput,
  type JWTVerifyGetKey,
  jwksCache,
} from 'jose'
import { boundWaits } from '../../core/bounded-waits.ts'
import { readBounded } from '../../core/read-bounded.ts'
import { singleFlight } from '../../core/single-flight.ts'
import { within } from '../../core/transport.ts'
import { VERSION } from '../../core/version.ts'
import { Refusal } from '../problem.ts'

/** Bytes of an issuer's keys. A key has 1 KB, with its certificate 3; issuers have fewer than a dozen. */
const MAX_BYTES = 2 ** 18
/** Milliseconds for all of it. */
const TIMEOUT = 5_000
/** Milliseconds after a failure in which nothing is fetched; doubled by each further one. */
const FIRST_PAUSE = 1_000
const MAX_PAUSE = 60_000
/** Requests that may wait for the keys at once: anybody can make a token that names an unknown key. */
const MAX_WAITING = 1_000

/**
 * Makes what finds an issuer's key (JWKS) for a token. Keys are kept for 10 minutes; a token that names an unknown key has
 * them fetched again, every 30 seconds at the most.
 *
 * A token whose key is known waits for nothing. Of the others at most 1,000 wait for a download at once.
 *
 * Whoever can show any token decides how often this is asked, so a source that fails is left alone for 1 s, then for 2, 4, …
 * up to 60 s. Those who ask at the same time wait for one fetch, and no more than 256 KiB of an answer are read.
 *
 * @param url of the keys
 * @param now milliseconds since 1970
 * @throws {Refusal} by what it returns: 503 `AUTHENTICATION_UNAVAILABLE` with `Retry-After` while the keys cannot be downloaded,
 * or too many wait for them
 * @throws {Error} by what it returns: the keys were downloaded, and none of them can verify the token
 */
export function createKeySet(url: string, fetch: typeof globalThis.fetch, now: () => number): JWTVerifyGetKey {
  let failures = 0
  let failedAt = Number.NEGATIVE_INFINITY

  /** @returns milliseconds until the keys may be fetched; a clock that was set back ends the pause */
  function pauseLeft(): number {
    const passed = now() - failedAt
    const pause = Math.min(FIRST_PAUSE * 2 ** (failures - 1), MAX_PAUSE)
    return failures > 0 && passed >= 0 ? Math.max(0, pause - passed) : 0
  }

  const fetched = singleFlight(async () => {
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

  /** Holds the keys that were downloaded last. */
  const cache: JWKSCacheInput = {}
  const remote = createRemoteJWKSet(new URL(url), {
    [jwksCache]: cache,
    [customFetch]: async () => {
      if (pauseLeft() > 0) throw new DownloadFailed('The source of the keys is left alone.')
      const text = await fetched().catch(cause => {
        throw new DownloadFailed('The keys could not be downloaded.', { cause })
      })
      return new Response(text)
    },
  })

  const admit = boundWaits(MAX_WAITING)
  let known: { readonly keys: object; readonly find: JWTVerifyGetKey } | undefined

  /** Finds the key among those that were downloaded. @returns undefined if it may be among newer ones */
  async function findKnown(...[header, token]: Parameters<JWTVerifyGetKey>) {
    const keys = remote.fresh ? cache.jwks : undefined
    if (!keys) return undefined
    if (known?.keys !== keys) known = { keys, find: createLocalJWKSet(keys) }
    try {
      return await known.find(header, token)
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined
      throw error
    }
  }

  return async (header, token) => {
    const found = await findKnown(header, token)
    if (found) return found
    const finding = admit(() => remote(header, token))
    if (!finding)
      throw unavailable('Too many requests wait for the keys of their tokens. Nothing was called: repeat.', FIRST_PAUSE)
    try {
      return await finding
    } catch (cause) {
      // A key that the runtime cannot import, or that is no key of the token's, does not improve by repeating.
      if (!(cause instanceof DownloadFailed)) throw cause
      const detail = `The keys of the token's issuer cannot be fetched from ${new URL(url).host} now. Nothing was called: repeat.`
      throw unavailable(detail, pauseLeft())
    }
  }
}

/** @param pause milliseconds */
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
  const text = await within({ timeout: TIMEOUT, changes: false }, async signal => {
    const headers = { accept: 'application/json, application/jwk-set+json', 'user-agent': `wechatpay-edge/${VERSION}` }
    const response = await fetch(url, { headers, redirect: 'manual', signal })
    if (response.status !== 200) throw new Error(`HTTP ${response.status}`)
    const bytes = await readBounded(response.body, MAX_BYTES)
    if (!bytes) throw new RangeError(`more than ${MAX_BYTES} bytes`)
    return new TextDecoder().decode(bytes)
  })
  // A page in their place is a failure too.
  const { keys } = Object(JSON.parse(text)) as { keys?: unknown }
  if (!Array.isArray(keys) || !keys.every(key => key instanceof Object)) throw new TypeError('no list of keys')
  return text
}

/** The issuer's keys are not here, which is no fault of the token. */
class DownloadFailed extends Error {
  override readonly name: string = 'DownloadFailed'
}
