import { createStore } from '../store.ts'

/** Whether an operator is signed in. */
export type SessionState =
  | { readonly kind: 'unknown' }
  /** `expiresAt` and `csrf` are null if not a session but a proxy identifies the operator. */
  | {
      readonly kind: 'signed-in'
      readonly caller: string
      readonly expiresAt: number | null
      readonly csrf: string | null
    }
  /** `hasEnded`: there was a session. */
  | { readonly kind: 'signed-out'; readonly hasEnded: boolean }
  /** The gateway does not say who is signed in; `isFinal`: it knows the operator, who may not see the console. */
  | { readonly kind: 'refused'; readonly error: GatewayError; readonly isFinal: boolean }
  /** The proxy before the gateway wants the operator to log in at an identity provider. */
  | { readonly kind: 'access-ended' }

/** The session of this page. */
export const session = createStore<SessionState>({ kind: 'unknown' })
/**
 * The caller whose data the page shows. A session that expires leaves it, so that the operator continues where it stopped; one that is signed
 * out, or that another caller begins, does not.
 */
export const viewer = createStore<string | undefined>(undefined)
session.subscribe(() => {
  const state = session.get()
  if (state.kind === 'signed-in') viewer.set(state.caller)
  if (state.kind === 'refused' && state.isFinal) viewer.set(undefined)
})
/** Whether the gateway has responded to the last request. */
export const isReachable = createStore(true)

/** An error response of the gateway, or none at all. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError'
  /** 0: the gateway has not responded. */
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

const PATH = '/admin/session'

/** Asks who is signed in. If the gateway does not respond, nobody knows. */
export async function readSession(): Promise<void> {
  try {
    const response = await request('GET', PATH)
    session.set({ kind: 'signed-in', ...(await response.json()) })
  } catch (error) {
    if (error instanceof GatewayError && error.status >= 400 && error.status !== 401)
      session.set({ kind: 'refused', error, isFinal: error.status === 403 })
  }
}

/**
 * Signs in with a token.
 *
 * @throws {GatewayError}
 */
export async function signIn(token: string): Promise<void> {
  const response = await send('POST', PATH, { token })
  if (!response.ok) throw await errorOf(response)
  session.set({ kind: 'signed-in', ...(await response.json()) })
  channel?.postMessage(SIGNED_IN)
}

/** The page has asked for the end of its session: that the gateway refuses any other request meanwhile is no news. */
let isSigningOut = false

/**
 * Signs out.
 *
 * @throws {GatewayError} the session lasts
 */
export async function signOut(): Promise<void> {
  isSigningOut = true
  try {
    await request('DELETE', PATH)
    session.set({ kind: 'signed-out', hasEnded: false })
  } catch (error) {
    // The session had ended before.
    if (!(error instanceof GatewayError && error.status === 401)) throw error
  } finally {
    isSigningOut = false
  }
  viewer.set(undefined)
  channel?.postMessage(SIGNED_OUT)
}

const SIGNED_IN = 'signed-in'
const SIGNED_OUT = 'signed-out'

/**
 * Tells the other pages of the browser, which share the session, that it begins or ends; undefined where nothing does. A page follows
 * whatever it shows: it may come back to a view of the gateway.
 */
const channel = typeof BroadcastChannel === 'undefined' ? undefined : new BroadcastChannel('wechatpay-edge-session')
channel?.addEventListener('message', ({ data }) => {
  // A page that a proxy signs in has no session.
  const state = session.get()
  if (state.kind === 'signed-in' && state.csrf === null) return
  if (data === SIGNED_IN) return void readSession()
  if (state.kind === 'signed-in') session.set({ kind: 'signed-out', hasEnded: false })
  viewer.set(undefined)
})

/**
 * Sends a request to the gateway, with the token that proves that this page sends it.
 *
 * @throws {GatewayError}
 */
export async function request(method: string, path: string, input?: object, init: RequestInit = {}): Promise<Response> {
  const begun = session.get()
  const response = await send(method, path, input, init)
  if (response.ok) return response
  if (response.type === 'opaqueredirect') {
    session.set({ kind: 'access-ended' })
    throw new GatewayError(401, 'ACCESS_ENDED', '')
  }
  const error = await errorOf(response)
  // A request of an earlier session says nothing about the present one.
  const isNews = session.get() === begun && (!isSigningOut || (path === PATH && method === 'DELETE'))
  if (error.status === 401 && isNews)
    session.set({
      kind: 'signed-out',
      hasEnded: error.code === 'SESSION_EXPIRED' || session.get().kind === 'signed-in',
    })
  throw error
}

async function send(method: string, path: string, input?: object, init: RequestInit = {}): Promise<Response> {
  const current = session.get()
  const csrf = current.kind === 'signed-in' ? current.csrf : null
  try {
    const response = await fetch(path, {
      ...init,
      method,
      // An identity provider before the gateway redirects to its login, which a script cannot follow.
      redirect: 'manual',
      headers: {
        ...(input && { 'Content-Type': 'application/json' }),
        ...(csrf !== null && method !== 'GET' && { 'Wechatpay-Edge-Csrf': csrf }),
        ...(init.headers as Record<string, string>),
      },
      ...(input && { body: JSON.stringify(input) }),
    })
    isReachable.set(true)
    return response
  } catch (error) {
    if (!init.signal?.aborted) isReachable.set(false)
    throw new GatewayError(0, 'UNREACHABLE', String(error))
  }
}

async function errorOf(response: Response): Promise<GatewayError> {
  const text = await response.text().catch(() => '')
  try {
    const { code, detail } = JSON.parse(text)
    return new GatewayError(response.status, String(code), String(detail))
  } catch {
    return new GatewayError(response.status, 'UNKNOWN', `HTTP ${response.status}`)
  }
}
