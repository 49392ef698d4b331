import { base64, utf8 } from '../../core/base/bytes.ts'
import { HOUR } from '../../core/base/time.ts'
import { equal } from '../../core/crypto/digest.ts'
import { findByHash, hashedTokensOf } from '../caller/authenticate.ts'
import type { Caller } from '../caller/caller.ts'
import { hashOf } from '../caller/token.ts'
import { readSessionCookies, SESSION_VALUE } from './session-cookie.ts'
import type { SessionKeys } from './session-keys.ts'

/** Milliseconds after which an operator must sign in again. */
export const SESSION_AGE: number = HOUR
/** Sessions that this process remembers as ended. Each is forgotten when it would have expired. */
const MAX_ENDED = 10_000

/** An operator who has signed in with a token. */
export interface Session {
  readonly caller: Caller
  readonly id: string
  /** Milliseconds since 1970. */
  readonly expiresAt: number
  /** Must accompany each request that changes something, in a header that pages of other sites cannot send. */
  readonly csrf: string
}

/** A session, and the value of its cookie. */
export interface OpenedSession {
  readonly session: Session
  readonly value: string
}

export interface Sessions {
  /**
   * Opens a session.
   *
   * @param token a bearer token of the configuration
   * @returns undefined if no caller has the token
   */
  open(token: string): Promise<OpenedSession | undefined>
  /**
   * Finds the session of a request by its cookie.
   *
   * @returns `ended`: there is a cookie, but its session has expired, was ended, or belongs to a token that is no longer valid
   */
  find(request: Pick<Request, 'headers' | 'url'>): Promise<Session | 'ended' | undefined>
  /** Ends a session in this process. In others, and after a restart, it lasts until it expires, which is why it is short. */
  end(session: Session): void
  /**
   * Calls a function when a session is ended, at once if it has been. It is not called when the session expires.
   *
   * @returns a function that ends the subscription
   */
  onEnd(session: Session, callback: () => void): () => void
}

/**
 * Creates the sessions of a gateway's callers. Nothing is stored: the cookie has all, authenticated by a key of the caller's token.
 *
 * @param publicUrl the address of the gateway in browsers, if its requests may have another
 */
export function createSessions(
  callers: readonly Caller[],
  keyOf: SessionKeys,
  { now, publicUrl }: { readonly now: () => number; readonly publicUrl: string | undefined },
): Sessions {
  const tokens = hashedTokensOf(callers)
  const ended = new Map<string, number>()
  const callbacks = new Map<string, Set<() => void>>()

  async function sessionOf(value: string): Promise<Session | undefined> {
    const [, content, name, seconds, id, mac] = SESSION_VALUE.exec(value) ?? []
    const expiresAt = Number(seconds) * 1000
    if (content === undefined || expiresAt <= now() || ended.has(id!)) return undefined
    for (const { hash, caller } of tokens) {
      if (encodeName(caller) !== name) continue
      const key = await keyOf(hash)
      if (equal(await authenticate(key, 'session', content), mac!))
        return { caller, id: id!, expiresAt, csrf: await authenticate(key, 'csrf', content) }
    }
    return undefined
  }

  return {
    async open(token) {
      const hash = await hashOf(token)
      const caller = findByHash(tokens, hash)
      if (!caller) return undefined
      const id = base64Url(crypto.getRandomValues(new Uint8Array(16)))
      const seconds = Math.floor((now() + SESSION_AGE) / 1000)
      const content = `1.${encodeName(caller)}.${seconds}.${id}`
      const key = await keyOf(hash)
      const [mac, csrf] = [await authenticate(key, 'session', content), await authenticate(key, 'csrf', content)]
      return { session: { caller, id, expiresAt: seconds * 1000, csrf }, value: `${content}.${mac}` }
    },
    async find(request) {
      const values = readSessionCookies(request, publicUrl)
      for (const value of values) {
        const session = await sessionOf(value)
        if (session) return session
      }
      return values.length > 0 ? 'ended' : undefined
    },
    end({ id, expiresAt }) {
      for (const [old, until] of ended) if (until <= now() || ended.size >= MAX_ENDED) ended.delete(old)
      ended.set(id, expiresAt)
      const called = callbacks.get(id) ?? []
      callbacks.delete(id)
      for (const callback of called) callback()
    },
    onEnd({ id }, callback) {
      if (ended.has(id)) callback()
      const own = callbacks.get(id) ?? new Set()
      if (!ended.has(id)) callbacks.set(id, own.add(callback))
      return () => {
        own.delete(callback)
        if (own.size === 0 && callbacks.get(id) === own) callbacks.delete(id)
      }
    },
  }
}

const encodeName = ({ name }: Caller): string => base64Url(utf8(name))

/** Authenticates the content of a cookie for one purpose. */
async function authenticate(key: CryptoKey, purpose: 'session' | 'csrf', content: string): Promise<string> {
  return base64Url(new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8(`${purpose} ${content}`))))
}

const base64Url = (bytes: Uint8Array): string =>
  base64(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '')
