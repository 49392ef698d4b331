import type { Next } from 'hono'
import type { AppContext } from '../app-context.ts'
import type { Caller } from '../caller/caller.ts'
import type { GatewayContext } from '../context.ts'
import { sessionOf } from '../session/identify.ts'
import { unrecorded } from '../unrecorded.ts'

/** Matches the merchant of a page about one merchant. */
const MERCHANT = /^\/admin\/merchants\/([^/]+)\//
/** Characters of a session's id that the audit trail shows: enough to tell the sessions of one caller apart, and no use as a cookie. */
const SHOWN = 8

/**
 * Records what an operator does in the audit trail of the caller: before it is done, who does it, and afterwards its outcome. Several
 * persons may have the same token, so the session is recorded too.
 *
 * @throws {Refusal} 503 `LEDGER_UNAVAILABLE`, `LEDGER_NEWER`, `LEDGER_INCOMPLETE`: it could not be recorded, and was not done
 */
export async function auditAction(c: AppContext, caller: Caller, context: GatewayContext, next: Next): Promise<void> {
  const { method, path } = c.req
  if (method === 'GET' || method === 'HEAD') return next()
  const ledger = context.callerLedgerOf(caller.name)
  const id = c.get('requestId')
  const mchid = MERCHANT.exec(path)?.[1] ?? ''
  const session = sessionOf(c.req.raw)
  await ledger
    .beginCall({
      id,
      caller: caller.name,
      mchid: Object.hasOwn(context.merchants, mchid) ? mchid : '',
      method,
      path: path.slice(0, MAX_PATH),
      numbers: session ? { session: session.id.slice(0, SHOWN) } : {},
      amount: null,
      key: null,
      hash: null,
    })
    .catch(error => {
      context.log.warn('audit trail failed', { requestId: id, reason: error })
      throw unrecorded(error, 'The ledger did not record who does this, so nothing was done. Try again.')
    })
  await next()
  const { status, headers } = c.res
  await ledger
    .endCall(id, {
      status,
      code: headers.get('Wechatpay-Edge-Error'),
      wechatpayRequestId: null,
      inDoubt: false,
      response: null,
    })
    .catch(error => context.log.warn('audit trail failed', { requestId: id, reason: error }))
}

/** Characters of a path that are recorded. No page has a longer one. */
const MAX_PATH = 200
