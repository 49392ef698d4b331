import { stringifyJson } from '../../core/codec/json.ts'
import { Rejection } from '../accounts/rejection.ts'
import type { Simulator } from '../simulator.ts'
import { ACTIONS, type Action, CONTROL_PATH } from './actions.ts'
import { refuseForeignPage } from './foreign-page.ts'
import { ControlError, checkInput, type Input, readInput } from './input.ts'

/** Returns whether a path belongs to the control API. */
export const isControlPath = (path: string): boolean => path === CONTROL_PATH || path.startsWith(`${CONTROL_PATH}/`)

export interface SimulatorMountOptions {
  /**
   * Public host names: `['simulator.example.com']`. IP addresses, `localhost`, single labels (`simulator`) and special-use
   * names (`.test`, `.internal`, …) are always allowed. Default: none.
   */
  readonly hosts?: readonly string[]
}

/**
 * Creates the control API of a simulator, a `fetch`-shaped function: for SDKs in other languages, for a terminal, for the
 * Worker. It reads and writes JSON, with its content type; an error is `{ code, message }`. `GET /simulator` lists the
 * actions. It gives out neither private keys nor API keys. It needs no token, but refuses web pages of other sites.
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
    let input: Input = {}
    try {
      refuseForeignPage(request, hosts)
      const path = new URL(request.url).pathname.slice(CONTROL_PATH.length)
      const { action, pathParameter } = findAction(request.method, path)
      input = await readInput(request)
      if (action.parameters) checkInput(input, action.parameters)
      const result = await action.run(simulator, input, pathParameter)
      return result === undefined ? new Response(null, { status: 204 }) : jsonResponse(200, result)
    } catch (error) {
      const { status, code, message } = asControlError(error, input)
      return jsonResponse(status, { code, message })
    }
  }
}

/** @throws {ControlError} */
function findAction(method: string, path: string): { action: Action; pathParameter: string } {
  const segments = path.split('/')
  const matching = ACTIONS.filter(action => matches(action.path.split('/'), segments))
  const action = matching.find(action => action.method === method)
  if (action) return { action, pathParameter: pathParameterOf(action.path.split('/'), segments) }
  if (matching.length === 0)
    throw new ControlError(
      404,
      'NOT_FOUND',
      `There is no action ${CONTROL_PATH}${path}; GET ${CONTROL_PATH} lists the actions.`,
    )
  const methods = matching.map(action => action.method).join(', ')
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

/** Converts an error. The simulator throws a `TypeError` or `RangeError` for parameters that it cannot accept. */
function asControlError(error: unknown, input: Input): ControlError {
  if (error instanceof ControlError) return error
  if (error instanceof Rejection) return new ControlError(409, error.reason, withNumbers(error.message, input))
  if (error instanceof TypeError || error instanceof RangeError)
    return new ControlError(400, 'PARAM_ERROR', error.message)
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
