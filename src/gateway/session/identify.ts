import { equal } from '../../core/crypto/digest.ts'
import type { Caller } from '../caller/caller.ts'
import type { GatewayContext } from '../context.ts'
import { Refusal } from '../problem.ts'
import { SESSION_SCOPE } from './session-cookie.ts'
import type { Session } from './sessions.ts'

/** The header of a request that changes something, with the token that `GET /admin/session` has returned. */
export const CSRF_HEADER = 'Wechatpay-Edge-Csrf'

/** The sessions of requests that have one, for the audit trail and for signing out. */
const sessions = new WeakMap<Request, Session>()

/** Returns the session by which a request was admitted. */
export const sessionOf = (request: Request): Session | undefined => sessions.get(request)

/**
 * Identifies the caller of a request: under `/admin/` by the cookie of a session, if the request has no `Authorization`, and by its
 * credentials otherwise.
 *
 * @throws {Refusal} 401 `SESSION_EXPIRED`; 403 `CSRF_TOKEN_INVALID`; and those of {@link GatewayContext.authenticate}
 */
export async function identifyCaller(
  request: Request,
  pathname: string,
  { authenticate, sessions: known }: Pick<GatewayContext, 'authenticate' | 'sessions'>,
): Promise<Caller> {
  const { headers } = request
  if (headers.has('authorization') || !pathname.startsWith(`${SESSION_SCOPE}/`)) return authenticate(request)
  const session = await known.find(request)
  if (session === undefined) return authenticate(request)
  if (session === 'ended')
    return authenticate(request).catch(error => {
      throw error instanceof Refusal && error.problem.code === 'UNAUTHENTICATED' ? expired() : error
    })
  requireCsrfToken(request, session)
  sessions.set(request, session)
  return session.caller
}

const expired = (): Refusal =>
  new Refusal({
    status: 401,
    code: 'SESSION_EXPIRED',
    detail: 'The session has ended. Sign in again at /console/.',
  })

/**
 * Refuses a request that changes something, unless a script of the console has sent it: a browser adds the cookie to requests of other
 * pages of the same site too.
 */
function requireCsrfToken({ method, headers }: Request, { csrf }: Session): void {
  if (method === 'GET' || method === 'HEAD') return
  // Browsers send Origin with these methods; that it is this gateway's was checked before.
  if (headers.has('origin') && equal(headers.get(CSRF_HEADER) ?? '', csrf)) return
  throw new Refusal({
    status: 403,
    code: 'CSRF_TOKEN_INVALID',
    detail: `A request with the cookie of a session must have Origin and ${CSRF_HEADER}, with the "csrf" of GET /admin/session. A program sends "Authorization: Bearer <token>" instead.`,
  })
}
