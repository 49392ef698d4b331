import type { Context } from 'hono'
import { isJsonType } from '../../core/base/cross-site.ts'
import { parseJson } from '../../core/index.ts'
import type { AppEnv } from '../app-context.ts'
import { decodeJson } from '../body/decode-json.ts'
import { readBody } from '../body/read-body.ts'
import type { Caller } from '../caller/caller.ts'
import { notJson, refuseCrossSite } from '../caller/cross-site.ts'
import type { GatewayContext } from '../context.ts'
import { fieldsOf } from '../fields.ts'
import { Refusal } from '../problem.ts'
import { identifyCaller, sessionOf } from './identify.ts'
import { expireStrangeCookies, needsHttps, writeSessionCookie } from './session-cookie.ts'
import { SESSION_AGE } from './sessions.ts'

/** Path of the session: POST signs in, GET describes it, DELETE signs out. */
export const SESSION_PATH = '/admin/session'
const MAX_BYTES = 4 * 1024
/** Wrong tokens that are told apart within {@link WINDOW}. */
const MAX_FAILURES = 10
/** Milliseconds. */
const WINDOW = 60_000

/**
 * Creates `POST /admin/session`, which opens a session with a token and needs no credentials: `{ "token": "…" }`. The cookie is
 * HttpOnly and SameSite=Strict, and Secure unless the page is at a local address.
 */
export function createSignIn(context: GatewayContext): (c: Context<AppEnv>) => Promise<Response> {
  const limit = createFailureLimit(context.now)
  return async c => {
    const request = c.req.raw
    refuseCrossSite(request, SESSION_PATH, context)
    const origin = requireOrigin(request)
    const token = await readToken(request)
    const opened = await context.sessions.open(token)
    if (!opened) throw limit.refuse(/^sha256:/i.test(token))
    const { session, value } = opened
    const { caller, expiresAt, csrf } = session
    c.set('caller', caller.name)
    requireOperator(caller, context)
    context.log.info('signed in', { requestId: c.get('requestId'), caller: caller.name })
    c.header('Set-Cookie', writeSessionCookie(origin, value, SESSION_AGE / 1000))
    for (const text of expireStrangeCookies(origin, request.headers)) c.header('Set-Cookie', text, { append: true })
    return c.json({ caller: caller.name, expiresAt, csrf })
  }
}

/**
 * Creates `DELETE /admin/session`, which ends the session of a request. It needs nothing but the session and its CSRF token: whoever may
 * only look, or has made too many calls, signs out too.
 */
export function createSignOut(context: GatewayContext): (c: Context<AppEnv>) => Promise<Response> {
  const { sessions, log } = context
  return async c => {
    const request = c.req.raw
    refuseCrossSite(request, SESSION_PATH, context)
    c.set('caller', (await identifyCaller(request, SESSION_PATH, context)).name)
    const session = sessionOf(request)
    if (!session)
      throw new Refusal({
        status: 404,
        code: 'NOT_FOUND',
        detail: 'The request has no session. A token or a JWT is not signed out here.',
      })
    // A request that is refused because of its body must have done nothing.
    await readBody(request, MAX_BYTES)
    sessions.end(session)
    log.info('signed out', { requestId: c.get('requestId'), caller: session.caller.name })
    c.header('Set-Cookie', writeSessionCookie(requireOrigin(request), '', 0))
    return c.body(null, 204)
  }
}

/** Describes the session of an admitted request: `GET /admin/session`. */
export function describeSession(c: Context<AppEnv>): Response {
  const session = sessionOf(c.req.raw)
  return c.json({
    caller: c.get('caller'),
    expiresAt: session?.expiresAt ?? null,
    csrf: session?.csrf ?? null,
  })
}

/** Returns the origin of the page that signs in. Only a browser needs a cookie, and it names the origin. */
function requireOrigin({ headers }: Request): string {
  const origin = headers.get('origin')
  if (origin === null || !URL.canParse(origin))
    throw new Refusal({
      status: 403,
      code: 'CROSS_SITE',
      detail: 'Only a page at the address of the gateway signs in. A program sends "Authorization: Bearer <token>".',
    })
  if (needsHttps(origin))
    throw new Refusal({
      status: 403,
      code: 'HTTPS_REQUIRED',
      detail:
        'A session at this address could be read on its way. Open the console over https, or at 127.0.0.1 through a tunnel: ssh -L 8787:127.0.0.1:8787 host',
    })
  return origin
}

async function readToken(request: Request): Promise<string> {
  const text = decodeJson(await readBody(request, MAX_BYTES))
  if (!isJsonType(request.headers.get('content-type'))) throw notJson()
  const { token } = fieldsOf(tryParse(text))
  if (typeof token === 'string' && token.trim() !== '') return token.trim()
  throw new Refusal({ status: 400, code: 'BODY_INVALID', detail: 'The body must be {"token":"…"}.' })
}

function tryParse(text: string): unknown {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

/** Refuses a caller that may not see the console, such as a service with its own token. */
function requireOperator(caller: Caller, { allows }: GatewayContext): void {
  if (!caller.merchants && allows(caller, 'GET', SESSION_PATH)) return
  throw new Refusal({
    status: 403,
    code: 'FORBIDDEN',
    detail: `${caller.name} may not open the console. Use the token of a caller for all merchants whose "allow" has "GET /admin/**", and "* /admin/**" to act.`,
  })
}

/**
 * Limits how many wrong tokens get an answer of their own. A right token is admitted even then: tokens are random, so that guessing is
 * hopeless, and a limit that stopped it too would let anybody lock the operators out.
 */
function createFailureLimit(now: () => number): { refuse(isHash: boolean): Refusal } {
  let since = 0
  let failures = 0
  return {
    refuse(isHash) {
      if (now() - since >= WINDOW || now() < since) {
        since = now()
        failures = 0
      }
      failures++
      if (failures > MAX_FAILURES)
        return new Refusal({
          status: 429,
          code: 'RATE_LIMITED',
          detail: 'Too many wrong tokens within a minute. Check the token, and try again later.',
          headers: { 'Retry-After': String(Math.ceil((since + WINDOW - now()) / 1000)) },
        })
      return new Refusal({
        status: 401,
        code: 'UNAUTHENTICATED',
        detail: isHash
          ? 'This is the hash of a token (sha256:…), which belongs into the configuration. Enter the token itself, which "wechatpay-edge token" printed with it.'
          : 'The token is unknown. Enter the whole token whose hash is in the configuration of the gateway (GATEWAY_ADMIN_TOKEN).',
      })
    },
  }
}
