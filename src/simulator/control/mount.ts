import { stringifyJson } from '../../core/codec/json.ts'
import { Rejection } from '../accounts/rejection.ts'
import type { Simulator } from '../index.ts'
import { ACTIONS, type Action } from './actions.ts'
import { refuseForeignPage } from './foreign-page.ts'
import { checkInput, type Given, Refused, readInput } from './input.ts'

/** The path that the control surface is at and below. WeChat Pay has none that begins like it. */
export const MOUNT = '/simulator'

/** Whether a path belongs to the control surface. */
export const isControlPath = (path: string): boolean => path === MOUNT || path.startsWith(`${MOUNT}/`)

export interface SimulatorMountOptions {
  /**
   * Public names under which it is reached: `['simulator.example.com']`. An address, `localhost`, a single label (`simulator`)
   * and special-use names (`.test`, `.internal`, …) need not be named. Default: none.
   */
  readonly hosts?: readonly string[]
}

/**
 * Makes the control surface of a simulator over HTTP, `fetch`-shaped: for SDKs in other languages, for a terminal, for the
 * Worker. JSON both ways, with its content type; an error is `{ code, message }`. `GET /simulator` lists what there is. It
 * gives out no private key and neither of the API keys. It asks nobody for a token, and refuses other sites' web pages.
 *
 * @example
 * ```ts
 * const mount = createSimulatorMount(simulator)
 * serve(request => (isControlPath(new URL(request.url).pathname) ? mount(request) : simulator.fetch(request)))
 * ```
 */
export function createSimulatorMount(
  simulator: Simulator,
  { hosts = [] }: SimulatorMountOptions = {},
): (request: Request) => Promise<Response> {
  return async request => {
    let given: Given = {}
    try {
      refuseForeignPage(request, hosts)
      const path = new URL(request.url).pathname.slice(MOUNT.length)
      const { action, parameter } = find(request.method, path)
      given = await readInput(request)
      if (action.takes) checkInput(given, action.takes)
      const result = await action.act(simulator, given, parameter)
      return result === undefined ? new Response(null, { status: 204 }) : json(200, result)
    } catch (error) {
      const { status, code, message } = asRefused(error, given)
      return json(status, { code, message })
    }
  }
}

/** @throws {Refused} */
function find(method: string, path: string): { action: Action; parameter: string } {
  const segments = path.split('/')
  const fitting = ACTIONS.filter(action => fits(action.path.split('/'), segments))
  const action = fitting.find(action => action.method === method)
  if (action) return { action, parameter: parameterOf(action.path.split('/'), segments) }
  if (fitting.length === 0)
    throw new Refused(404, 'NOT_FOUND', `There is no ${MOUNT}${path}. GET ${MOUNT} lists what there is.`)
  const methods = fitting.map(action => action.method).join(', ')
  throw new Refused(405, 'METHOD_NOT_ALLOWED', `${MOUNT}${path} takes ${methods}.`)
}

const isPlaceholder = (segment: string): boolean => segment.startsWith('{')

const fits = (template: readonly string[], segments: readonly string[]): boolean =>
  template.length === segments.length &&
  template.every((segment, at) => (isPlaceholder(segment) ? segments[at] !== '' : segment === segments[at]))

/**
 * What stands for the placeholder, of which no path has more than one.
 *
 * @throws {Refused}
 */
function parameterOf(template: readonly string[], segments: readonly string[]): string {
  try {
    return decodeURIComponent(segments[template.findIndex(isPlaceholder)] ?? '')
  } catch {
    throw new Refused(400, 'PARAM_ERROR', 'The path is not percent-encoded UTF-8.')
  }
}

/** A `TypeError` or `RangeError` of the simulator's says what it cannot take. */
function asRefused(error: unknown, given: Given): Refused {
  if (error instanceof Refused) return error
  if (error instanceof Rejection) return new Refused(409, error.reason, naming(error.message, given))
  if (error instanceof TypeError || error instanceof RangeError) return new Refused(400, 'PARAM_ERROR', error.message)
  return new Refused(500, 'SYSTEM_ERROR', error instanceof Error ? error.message : String(error))
}

/** The message with the numbers that were given, those that it names already left out. */
function naming(message: string, given: Given): string {
  const missing = Object.entries(given).filter(([name, value]) => /_(no|id)$/.test(name) && !message.includes(value))
  return missing.length === 0 ? message : `${message} (${missing.map(pair => pair.join(' ')).join(', ')})`
}

const json = (status: number, value: unknown): Response =>
  new Response(stringifyJson(value), {
    status,
    headers: { 'Content-Type': 'application/json; charset=utf-8', 'Cache-Control': 'no-store' },
  })
