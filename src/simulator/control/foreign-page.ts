import { crossSiteHeader, isJsonType, isNavigation } from '../../core/base/cross-site.ts'
import { isLocalHost } from '../../core/base/local-host.ts'
import { MISSING_HOST } from '../http/request-url.ts'
import { ControlError, notJsonError } from './input.ts'

/**
 * Refuses requests that another site's page made a browser on this machine send: the control API has no token, moves
 * simulated money, and sends notifications to any address. It refuses pages of other sites (`Sec-Fetch-Site`, `Origin`),
 * bodies that a page may send without a preflight (forms, `text/plain`), and pages whose host name resolves to this machine
 * (DNS rebinding), which would share its origin.
 *
 * @param hosts host names that the control API may be reached under
 * @throws {ControlError} 403 `HOST_UNKNOWN`, `CROSS_SITE`; 415 `CONTENT_TYPE_INVALID`
 */
export function refuseForeignPage(request: Request, hosts: readonly string[]): void {
  refuseUnknownHost(request, hosts)
  const header = crossSiteHeader(request)
  if (header !== undefined && !isNavigation(request))
    throw new ControlError(403, 'CROSS_SITE', `A page of another site made a browser send this request (${header}).`)
  const type = request.headers.get('content-type')
  if (request.method !== 'GET' && type !== null && !isJsonType(type)) throw notJsonError()
}

/**
 * Refuses host names that a web page may have made resolve to this machine (DNS rebinding).
 *
 * @throws {ControlError} 403 `HOST_UNKNOWN`
 */
export function refuseUnknownHost(request: Request, hosts: readonly string[]): void {
  const problem = problemOfHost(request, hosts)
  if (problem !== undefined) throw new ControlError(403, 'HOST_UNKNOWN', problem)
}

/**
 * Returns why the host name of a request is not allowed; undefined if it is.
 *
 * @param hosts host names that are allowed besides addresses and `localhost`
 * @param option what allows a name
 */
export function problemOfHost(
  { url }: Pick<Request, 'url'>,
  hosts: readonly string[],
  option = '--allow-host, createSimulatorMount(simulator, { hosts })',
): string | undefined {
  const { hostname } = new URL(url)
  if (isLocalHost(hostname) || hosts.some(host => host.toLowerCase() === hostname)) return undefined
  if (hostname === MISSING_HOST)
    return 'The request has no header Host, by which pages of other sites are told apart. Send it, such as Host: 127.0.0.1.'
  return `The host name ${hostname} is not allowed, because a web page may have made it resolve to this machine. Use an IP address or localhost, or allow the name: ${option}.`
}
