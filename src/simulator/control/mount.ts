import { stringifyJson } from '../../core/codec/json.ts'
import { Rejection } from '../accounts/rejection.ts'
import { NamespaceError, type NamespaceList } from '../namespaces/address.ts'
import { isParameterError } from '../parameter-error.ts'
import type { Simulator } from '../simulator.ts'
import { createTimeline, type TimelineLimits } from '../timeline/timeline.ts'
import { REJECTIONS } from '../v3/refusal.ts'
import { type Action, type ActionContext, CONTROL_PATH } from './action.ts'
import { ACTIONS } from './actions.ts'
import { isForOtherSites, isPagePath, servePage } from './console.ts'
import { refuseForeignPage, refuseUnknownHost } from './foreign-page.ts'
import { ControlError, checkInput, type Input, readInput } from './input.ts'
import { withoutInternals } from './without-internals.ts'

/** Returns whether a path belongs to the control API or to its web pages: the console at `/console/`, and the cashier of H5 payments. */
export const isControlPath = (path: string): boolean =>
  path === CONTROL_PATH || path.startsWith(`${CONTROL_PATH}/`) || isPagePath(path)

export interface SimulatorMountOptions {
  /**
   * Host names by which the simulator is reached: `['simulator.example.com', 'simulator']`. IP addresses and `localhost` with its
   * subdomains are always allowed. Default: none.
   */
  readonly hosts?: readonly string[]
  /** A gateway without tokens serves `/admin/` of the same origin, so the console shows its views too. Default: false. */
  readonly hasGateway?: boolean
  /** Limits of the timeline. Default: 10,000 entries, 32 MB. */
  readonly timeline?: TimelineLimits
  /** The namespaces beside this simulator, which the control API lists, creates and removes. Default: none. */
  readonly namespaces?: NamespaceList
  /** Returns the files of a merchant, its private key among them, for `GET /simulator/folder`. Default: keys are not given out. */
  readonly merchantFiles?: ActionContext['merchantFiles']
  /** Ends the streams of `GET /simulator/events` when it is aborted. Default: they last until their client leaves. */
  readonly signal?: AbortSignal
}

/**
 * Creates the control API of a simulator, a `fetch`-shaped function: for SDKs in other languages, for a terminal, for the
 * Worker. It reads and writes JSON, with its content type; an error is `{ code, message }`, with
 * `message_zh`, the message in Chinese of the simulated API, if that refuses. `GET /simulator` lists the
 * actions. It gives out private keys and API keys to the console's own page only, and with the option `merchantFiles`. It needs no token,
 * but refuses web pages of other sites.
 * `GET /console/` is a web page on it. From its creation on it keeps a timeline of what happens in the simulator: the last 10,000
 * entries, of at most 36 MB.
 *
 * @example
 * ```ts
 * const mount = createSimulatorMount(simulator)
 * serve(request => (isControlPath(new URL(request.url).pathname) ? mount(request) : simulator.fetch(request)))
 * ```
 */
export function createSimulatorMount(
  simulator: Simulator,
  { hosts = [], hasGateway = false, merchantFiles, namespaces, signal, timeline: limits }: SimulatorMountOptions = {},
): (request: Request) => Promise<Response> {
  const timeline = createTimeline(Date.now().toString(36) + Math.random().toString(36).slice(2, 6), limits)
  simulator.observe(timeline.add)
  const streams = new Set<object>()
  return async request => {
    let input: Input = {}
    try {
      const { pathname } = new URL(request.url)
      if (isForOtherSites(pathname)) refuseUnknownHost(request, hosts)
      else refuseForeignPage(request, hosts)
      if (isPagePath(pathname)) return await servePage(request, hasGateway ? ['simulator', 'gateway'] : ['simulator'])
      const { target, path } = asMerchant(simulator, pathname.slice(CONTROL_PATH.length))
      const { action, pathParameter } = findAction(request.method, path)
      input = await readInput(request)
      if (action.parameters) checkInput(input, action.parameters)
      const result = await action.run(target, input, pathParameter, {
        request,
        timeline,
        streams,
        signal,
        merchantFiles,
        namespaces,
      })
      if (result instanceof Response) return result
      return result === undefined ? new Response(null, { status: 204 }) : jsonResponse(200, withoutInternals(result))
    } catch (error) {
      const { status, code, message, messageZh: message_zh } = asControlError(error, input)
      return jsonResponse(status, { code, message, ...(message_zh !== undefined && { message_zh }) })
    }
  }
}

const MERCHANT = /^\/merchants\/(\d{1,20})(\/.*|)$/

/**
 * Returns the simulator that an action applies to: below `/merchants/{mchid}` as that merchant sees it, otherwise as the first.
 *
 * @throws {ControlError} there is no such merchant
 */
function asMerchant(simulator: Simulator, path: string): { target: Simulator; path: string } {
  const [, mchid, rest = ''] = MERCHANT.exec(path) ?? []
  if (mchid === undefined) return { target: simulator, path }
  if (!simulator.merchants.some(merchant => merchant.mchid === mchid))
    throw new ControlError(
      404,
      'MERCHANT_UNKNOWN',
      `There is no merchant ${mchid}; POST ${CONTROL_PATH}/merchants creates it.`,
    )
  // Inherits what concerns all merchants, whose getters are not read before an action needs them.
  const target = Object.create(simulator, Object.getOwnPropertyDescriptors(simulator.as(mchid))) as Simulator
  return { target, path: rest }
}

/** @throws {ControlError} */
function findAction(method: string, path: string): { action: Action; pathParameter: string } {
  const segments = path.split('/')
  const matching = ACTIONS.filter(candidate => matches(candidate.path.split('/'), segments))
  const action = matching.find(candidate => candidate.method === method)
  if (action) return { action, pathParameter: pathParameterOf(action.path.split('/'), segments) }
  if (matching.length === 0)
    throw new ControlError(
      404,
      'NOT_FOUND',
      `There is no action ${CONTROL_PATH}${path}; GET ${CONTROL_PATH} lists the actions.`,
    )
  const methods = matching.map(candidate => candidate.method).join(', ')
  throw new ControlError(405, 'METHOD_NOT_ALLOWED', `${CONTROL_PATH}${path} accepts ${methods}.`)
}

const isPlaceholder = (segment: string): boolean => segment.startsWith('{')

const matches = (template: readonly string[], segments: readonly string[]): boolean =>
  template.length === segments.length &&
  template.every((segment, at) => (isPlaceholder(segment) ? segments[at] !== '' : segment === segments[at]))

/**
 * Returns the value of the placeholder; a path has one at most.
 *
 * @throws {ControlError}
 */
function pathParameterOf(template: readonly string[], segments: readonly string[]): string {
  try {
    return decodeURIComponent(segments[template.findIndex(isPlaceholder)] ?? '')
  } catch {
    throw new ControlError(400, 'PARAM_ERROR', 'The path is malformed; encode it as percent-encoded UTF-8.')
  }
}

/** Converts an error. One that is neither a refusal nor about a parameter is a mistake of the simulator or of an observer. */
function asControlError(error: unknown, input: Input): ControlError {
  if (error instanceof ControlError) return error
  if (error instanceof NamespaceError) return new ControlError(error.status, error.code, error.message)
  if (error instanceof Rejection) {
    const [, , messageZh] = REJECTIONS[error.reason]
    // The code is a member of its own.
    const message = error.message.slice(`${error.reason}: `.length)
    return new ControlError(409, error.reason, withNumbers(message, input), messageZh)
  }
  if (isParameterError(error)) return new ControlError(400, 'PARAM_ERROR', error.message)
  return new ControlError(500, 'SYSTEM_ERROR', error instanceof Error ? error.message : String(error))
}

/** Adds the numbers of the input that the message does not mention. */
function withNumbers(message: string, input: Input): string {
  const missing = Object.entries(input).filter(([name, value]) => /_(no|id)$/.test(name) && !message.includes(value))
  return missing.length === 0 ? message : `${message} (${missing.map(pair => pair.join(' ')).join(', ')})`
}

const jsonResponse = (status: number, value: unknown): Response =>
  new Response(stringifyJson(value), {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
  })
