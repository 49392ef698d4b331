import { crossSiteHeader, isJsonType, isNavigation } from '../../core/cross-site.ts'
import type { GatewayContext } from '../context.ts'
import { Refusal } from '../problem.ts'

/**
 * Refuses what a page of another site made a browser send, along with the credentials that the browser or a proxy adds to any
 * request: a cookie, Cloudflare Access' assertion, a client certificate. A bearer token is none of these: a page that sends
 * `Authorization` has to ask first (a CORS preflight), which this gateway never grants.
 *
 * A link that somebody follows to a page of the gateway's own, `/admin/…`, `/healthz`, `/metrics`, is let through: it changes
 * nothing, the other site does not see the answer, and a login ends with one. What is signed for WeChat Pay is not.
 *
 * @throws {Refusal} 403 `CROSS_SITE`
 */
export function refuseCrossSite(
  request: Request,
  pathname: string,
  { publicUrl }: Pick<GatewayContext, 'publicUrl'>,
): void {
  if (/^bearer /i.test(request.headers.get('authorization') ?? '')) return
  const header = crossSiteHeader(request, publicUrl === undefined ? [] : [new URL(publicUrl).origin])
  if (header === undefined || (isNavigation(request) && !isRelayed(pathname))) return
  throw new Refusal({
    status: 403,
    code: 'CROSS_SITE',
    detail: `A page of another site made a browser send this (${header}). Call from your server, from a page at the gateway's own origin (PUBLIC_URL, behind a proxy), or with "Authorization: Bearer <token>".`,
  })
}

/** Whether a request says that its body is a form with a file. */
export const isForm = ({ headers }: Request): boolean =>
  headers.get('content-type')?.toLowerCase().startsWith('multipart/form-data') ?? false

/**
 * Refuses content types that a page of another site can send without asking first, even of an empty body. A form with a file
 * passes where calls are relayed, which know the endpoints that take one; a body without a type is refused when it is read.
 *
 * @throws {Refusal} 415 `CONTENT_TYPE_INVALID`
 */
export function refuseOtherTypes(request: Request, pathname: string): void {
  const type = request.headers.get('content-type')
  if (type === null || isJsonType(type) || ['GET', 'HEAD'].includes(request.method)) return
  if (!isForm(request) || !isRelayed(pathname)) throw notJson()
}

/** Whether a call goes on to WeChat Pay as it is. */
const isRelayed = (pathname: string): boolean => /^\/v[23]\//.test(pathname)

/** The body is not JSON, and not said to be. */
export const notJson = (): Refusal =>
  new Refusal({
    status: 415,
    code: 'CONTENT_TYPE_INVALID',
    detail:
      'Send JSON, for APIv2 too, with the header "Content-Type: application/json" (curl -H content-type:application/json -d …); multipart/form-data where the endpoint takes a file.',
  })
