import { crossSiteHeader, isJsonType, isNavigation } from '../../core/base/cross-site.ts'
import type { GatewayContext } from '../context.ts'
import { Refusal } from '../problem.ts'

/**
 * Refuses requests that a page of another site made a browser send (CSRF), to which the browser or a proxy adds credentials: a cookie,
 * Cloudflare Access' assertion, a client certificate. A request with a bearer token is safe: sending `Authorization` requires a CORS
 * preflight, which this gateway never grants.
 *
 * Navigations to the gateway's own pages, `/admin/…`, `/healthz`, `/metrics`, are admitted: they change nothing, the other site cannot
 * read the response, and a login ends with one. Navigations to WeChat Pay's paths are refused.
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
    detail: `A page of another site made a browser send this request (${header}). Call from your server, from a page at the gateway's own origin (PUBLIC_URL, behind a proxy), or with "Authorization: Bearer <token>".`,
  })
}

/** Returns whether the content type of a request is multipart/form-data. */
export const isForm = ({ headers }: Request): boolean =>
  headers.get('content-type')?.toLowerCase().startsWith('multipart/form-data') ?? false

/**
 * Refuses content types that a page of another site can send without a CORS preflight, even with an empty body. Multipart forms are
 * admitted on WeChat Pay's paths, where the relay refuses those to endpoints that accept no file. A body without a content type is
 * refused when it is read.
 *
 * @throws {Refusal} 415 `CONTENT_TYPE_INVALID`
 */
export function refuseOtherTypes(request: Request, pathname: string): void {
  const type = request.headers.get('content-type')
  if (type === null || isJsonType(type) || ['GET', 'HEAD'].includes(request.method)) return
  if (!isForm(request) || !isRelayed(pathname)) throw notJson()
}

/** Returns whether a path is one of WeChat Pay's. */
const isRelayed = (pathname: string): boolean => /^\/(?:v2|v3|brand)\//.test(pathname)

/** Creates the refusal of a body whose content type is not JSON. */
export const notJson = (): Refusal =>
  new Refusal({
    status: 415,
    code: 'CONTENT_TYPE_INVALID',
    detail:
      'The content type is not application/json. Send JSON, also for APIv2, with the header "Content-Type: application/json" (curl -H content-type:application/json -d …); for an endpoint that accepts a file, send multipart/form-data.',
  })
