import { crossSiteHeader, isNavigation } from '../../core/base/cross-site.ts'
import { CONTROL_PATH, type MerchantFiles } from '../control/action.ts'
import { isPagePath } from '../control/console.ts'
import { problemOfHost } from '../control/foreign-page.ts'
import { createSimulatorMount, isControlPath, type SimulatorMountOptions } from '../control/mount.ts'
import { recordTarget, splitTarget, targetOf } from '../http/request-url.ts'
import { ownerOfCertificate } from '../merchants/certificate-owner.ts'
import type { MerchantView } from '../merchants/merchant-view.ts'
import type { Simulator } from '../simulator.ts'
import { NAMESPACE, NAMESPACE_RULE, NamespaceError, type NamespaceList, normalizeName, readAddress } from './address.ts'

/** Requests of a simulator and of its namespaces. */
export interface NamespaceServer {
  /**
   * Responds to a request for WeChat Pay's paths or for the control API, in the namespace that it names.
   *
   * @param certificate client certificate that the connection has proved, as DER. It counts if it is that of a merchant of the namespace
   */
  fetch(request: Request, certificate?: Uint8Array): Promise<Response>
  readonly namespaces: NamespaceList
}

export interface NamespaceServerOptions extends Omit<SimulatorMountOptions, 'merchantFiles' | 'namespaces' | 'signal'> {
  /**
   * Returns the files of a merchant, its private key among them, for `GET /simulator/folder`. Default: keys are not given out.
   *
   * @param prefix beginning of the path of its requests: `/ns/a`, or nothing without a namespace
   */
  readonly merchantFiles?: (merchant: MerchantView, prefix: string) => MerchantFiles | Promise<MerchantFiles>
  /** Names of the namespaces, and no others. Default: each is created by the first request that names it. */
  readonly names?: readonly string[] | undefined
}

/** Namespaces that requests may create: each takes memory, and anybody who reaches the port can name one. */
const MAX_NAMESPACES = 1000
/** Header and parameter by which a stream of the timeline continues. */
const LAST_EVENT_ID = 'last-event-id'
/** Header, and parameter of the control API, of a request that creates no namespace if its value is `no`. */
const CREATE = 'simulator-namespace-create'
/** A namespace keeps less of what happened than the simulator itself, because there are many. */
const TIMELINE = { maxEntries: 200, maxBytes: 256 * 1024 }

interface Served {
  readonly simulator: Simulator
  readonly mount: (request: Request) => Promise<Response>
  /** Ends the streams of its timeline. */
  end(): void
}

/**
 * Serves a simulator and its namespaces, so that tests that run at the same time do not meet: each namespace has the merchants and the
 * keys of the simulator, and orders, clock, faults and notifications of its own.
 *
 * A request names its namespace by the path `/ns/{name}/v3/…`, by the header `Simulator-Namespace`, or by the host name
 * `{name}.ns.localhost`. The signature may be over the path with the prefix or without it, as the SDK has it.
 *
 * @example
 * ```ts
 * const server = createNamespaceServer(await createSimulator({ live: true }))
 * serve(request => server.fetch(request))
 * ```
 */
export function createNamespaceServer(
  simulator: Simulator,
  { names: given, merchantFiles, ...mountOptions }: NamespaceServerOptions = {},
): NamespaceServer {
  const names = given?.map(normalizeName)
  const served = new Map<string, Promise<Served>>()
  const requireAllowed = (name: string): void => {
    if (!NAMESPACE.test(name))
      throw new NamespaceError(
        400,
        'PARAM_ERROR',
        `The name of a namespace must be ${NAMESPACE_RULE}, not ${JSON.stringify(name.slice(0, 80))}.`,
      )
    if (names && !names.includes(name))
      throw new NamespaceError(
        404,
        'NAMESPACE_UNKNOWN',
        `There is no namespace ${name}; the simulator was started with ${names.join(', ') || 'none'}.`,
      )
    if (!served.has(name) && served.size >= MAX_NAMESPACES)
      throw new NamespaceError(
        503,
        'TOO_MANY_NAMESPACES',
        `${MAX_NAMESPACES} namespaces exist; remove some: DELETE /simulator/namespaces/{name}.`,
      )
  }
  const serve = (target: Simulator, prefix: string, more: SimulatorMountOptions): Served => {
    const ending = new AbortController()
    const options = { ...mountOptions, ...more, signal: ending.signal }
    const mount = createSimulatorMount(
      target,
      merchantFiles ? { ...options, merchantFiles: merchant => merchantFiles(merchant, prefix) } : options,
    )
    return { simulator: target, mount, end: () => ending.abort() }
  }
  const start = async (name: string): Promise<Served> =>
    serve(await simulator.fork(name), `/ns/${name}`, { timeline: TIMELINE })
  const find = (name: string): Promise<Served> => {
    requireAllowed(name)
    const found = served.get(name) ?? start(name)
    served.set(name, found)
    // A failure is reported to this request, and the next one tries again.
    found.catch(() => served.delete(name))
    return found
  }
  const servedFor = (name: string, path: string): Served | Promise<Served> => {
    if (served.has(name) || !isPartOfPage(path)) return find(name)
    requireAllowed(name)
    return base
  }
  const namespaces: NamespaceList = {
    list: () => [...served.keys()],
    async create(name) {
      await find(normalizeName(name))
    },
    async remove(requested) {
      const name = normalizeName(requested)
      const found = served.get(name)
      if (!found) throw new NamespaceError(404, 'NAMESPACE_UNKNOWN', `There is no namespace ${name}.`)
      served.delete(name)
      const { simulator: removed, end } = await found
      // Before the reset, which would be news to an open page: it would read more, and so bring the namespace back.
      end()
      // Nothing is sent any longer, and nothing is scheduled.
      await removed.reset()
      removed.notify.hold()
    },
  }
  const base = serve(simulator, '', { namespaces })
  return {
    namespaces,
    async fetch(request, certificate) {
      const { name, prefix, target } = readAddress(request, targetOf(request))
      const path = target.replace(/\?.*$/s, '')
      if (opensRoot(request, target)) return redirectToConsole(prefix)
      try {
        if (name !== undefined && !served.has(name)) {
          refuseCrossSite(request)
          refuseToCreate(request, target, name)
          // A fixed list bounds what a request can create, so an SDK may create these under any host name.
          if (!names) refuseForeignHost(request, mountOptions.hosts ?? [])
        }
        const inner = prefix === '' ? request : withoutPrefix(request, prefix, target)
        const { simulator: addressed, mount } = name === undefined ? base : await servedFor(name, path)
        if (isControlPath(path)) return await mount(inner)
        return await fetchWith(addressed, certificate)(inner)
      } catch (error) {
        if (!(error instanceof NamespaceError)) throw error
        const { status, code, message } = error
        return Response.json({ code, message }, { status, headers: { 'Cache-Control': 'no-store' } })
      }
    },
  }
}

/**
 * Returns whether a path is of a script or another file that a page loads, perhaps late. It is the same for all namespaces, and only the
 * page itself creates one.
 */
const isPartOfPage = (path: string): boolean => isPagePath(path) && /\.(?!html$)\w+$/.test(path)

/** Returns whether a browser opens the root. WeChat Pay has nothing there, and SDKs do not navigate. */
const opensRoot = (request: Request, target: string): boolean =>
  target === '/' && isNavigation(request) && (request.headers.get('accept') ?? '').includes('text/html')

const redirectToConsole = (prefix: string): Response =>
  new Response(null, { status: 302, headers: { Location: `${prefix}/console/`, 'Cache-Control': 'no-store' } })

/**
 * Returns the function that responds to requests with a client certificate. Its owner is looked up each time: a namespace may have other
 * merchants than the simulator, and a saved state may not have a merchant that was created later.
 */
function fetchWith(simulator: Simulator, certificate: Uint8Array | undefined): typeof fetch {
  const owner = certificate && ownerOfCertificate(certificate, simulator.merchants)
  return owner === undefined ? simulator.fetch : simulator.as(owner).mtlsFetch
}

/**
 * Refuses to create a namespace for a request that a page of another site made a browser send.
 *
 * @throws {NamespaceError}
 */
function refuseCrossSite(request: Request): void {
  const header = crossSiteHeader(request)
  if (header !== undefined)
    throw new NamespaceError(403, 'CROSS_SITE', `A page of another site made a browser send this request (${header}).`)
}

/**
 * Refuses to create a namespace for a request that wants none, as those of an open page of the console, and for a stream that continues: its
 * namespace was removed, and would come back.
 *
 * @throws {NamespaceError}
 */
function refuseToCreate({ headers }: Request, target: string, name: string): void {
  const { path, query } = splitTarget(target)
  const isControl = path.startsWith(`${CONTROL_PATH}/`)
  if ((headers.get(CREATE) ?? (isControl ? query.get(CREATE) : null)) === 'no')
    throw new NamespaceError(
      404,
      'NAMESPACE_UNKNOWN',
      `There is no namespace ${name}, and the request creates none (${CREATE}: no). POST ${CONTROL_PATH}/namespaces creates it, as does any request without that header.`,
    )
  if (isControl && path.endsWith('/events') && (headers.get(LAST_EVENT_ID) ?? query.get(LAST_EVENT_ID)))
    throw new NamespaceError(
      404,
      'NAMESPACE_UNKNOWN',
      `There is no namespace ${name} any longer, whose stream could continue. Open a stream without ${LAST_EVENT_ID}, which creates it.`,
    )
}

/**
 * Refuses to create a namespace under a host name that a web page may have made resolve to this machine (DNS rebinding).
 *
 * @param hosts host names that the control API may be reached under
 * @throws {NamespaceError}
 */
function refuseForeignHost(request: Request, hosts: readonly string[]): void {
  const problem = problemOfHost(request, hosts)
  if (problem !== undefined) throw new NamespaceError(403, 'HOST_UNKNOWN', problem)
}

/** Returns the request as its namespace sees it. The prefix stays known, for the signature and for URLs in responses. */
function withoutPrefix(request: Request, prefix: string, target: string): Request {
  const url = new URL(request.url)
  url.pathname = url.pathname.slice(prefix.length) || '/'
  return recordTarget(target, new Request(url, request), prefix)
}
