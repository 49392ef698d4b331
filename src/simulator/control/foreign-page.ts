import { crossSiteHeader, isJsonType, isNavigation } from '../../core/cross-site.ts'
import { isLocalHost } from '../../core/local-host.ts'
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
  const { hostname } = new URL(request.url)
  if (!isLocalHost(hostname) && !hosts.some(host => host.toLowerCase() === hostname))
    throw new ControlError(
      403,
      'HOST_UNKNOWN',
      `The host name ${hostname} is not allowed, because a web page may have made it resolve to this machine. Use an IP address or localhost, or allow the name: --allow-host, createSimulatorMount(simulator, { hosts }).`,
    )
  const header = crossSiteHeader(request)
  if (header !== undefined && !isNavigation(request))
    throw new ControlError(403, 'CROSS_SITE', `A page of another site made a browser send this request (${header}).`)
  const type = request.headers.get('content-type')
  if (request.method !== 'GET' && type !== null && !isJsonType(type)) throw notJsonError()
}
