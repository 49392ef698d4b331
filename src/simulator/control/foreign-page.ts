import { crossSiteHeader, isJsonType, isNavigation } from '../../core/cross-site.ts'
import { isLocalHost } from '../../core/local-host.ts'
import { notJson, Refused } from './input.ts'

/**
 * Refuses what a stranger's web page made a browser on this machine send: the control surface asks nobody for a token, moves
 * simulated money, and has notifications sent to any address. Three doors are closed: another site's page (`Sec-Fetch-Site`,
 * `Origin`), a body that a page may send without asking first (forms, `text/plain`), and a page whose own name is made to
 * resolve to this machine (DNS rebinding), which is then of one origin with it.
 *
 * @param hosts names under which the control surface is meant to be reached
 * @throws {Refused} 403 `HOST_UNKNOWN`, `CROSS_SITE`; 415 `CONTENT_TYPE_INVALID`
 */
export function refuseForeignPage(request: Request, hosts: readonly string[]): void {
  const { hostname } = new URL(request.url)
  if (!isLocalHost(hostname) && !hosts.some(host => host.toLowerCase() === hostname))
    throw new Refused(
      403,
      'HOST_UNKNOWN',
      `${hostname} is a name that a web page may have made resolve to this machine. Use an address or localhost, or allow it: --allow-host, createSimulatorMount(simulator, { hosts }).`,
    )
  const header = crossSiteHeader(request)
  if (header !== undefined && !isNavigation(request))
    throw new Refused(403, 'CROSS_SITE', `A page of another site made a browser send this (${header}).`)
  const type = request.headers.get('content-type')
  if (request.method !== 'GET' && type !== null && !isJsonType(type)) throw notJson()
}
