import { isJsonType } from '../../core/base/cross-site.ts'
import { parseJsonOr, stringifyJson } from '../../core/codec/json.ts'

/** An action of the control API as the documents write it: `POST /simulator/pay`. */
export type ControlAction = `${'GET' | 'POST' | 'DELETE'} /simulator${string}`

/** A simulator refuses an action of its control API. */
export class RemoteSimulatorError extends Error {
  override readonly name: string = 'RemoteSimulatorError'
  /** Status of the response. */
  readonly status: number
  /** The reason: `NOT_FOUND`, `PARAM_ERROR`, …; empty if the response has none. */
  readonly code: string

  constructor(message: string, status: number, code: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/**
 * Sends a request to the control API of a simulator.
 *
 * @param url base URL of the simulator or of a namespace, without a slash at its end
 * @returns the response, whose status is 2xx
 * @throws {RemoteSimulatorError} the simulator refuses it
 */
export async function requestControl(
  url: string,
  action: ControlAction,
  input: object | undefined,
  send: typeof fetch,
): Promise<Response> {
  const [method, path] = action.split(' ') as [string, string]
  const body = method === 'POST' && {
    headers: { 'Content-Type': 'application/json' },
    body: stringifyJson(input ?? {}),
  }
  const response = await send(url + path, { method, ...body }).catch((error: Error) => {
    throw new Error(`${url} does not respond (${reasonOf(error)}); see whether a simulator runs there`, {
      cause: error,
    })
  })
  if (response.ok) return response
  const text = await response.text()
  const { code, message } = Object(parseJsonOr(text, undefined)) as { code?: unknown; message?: unknown }
  if (isJsonType(response.headers.get('content-type')) && typeof code === 'string')
    throw new RemoteSimulatorError(`${action}: ${response.status} ${code}: ${message}`, response.status, code)
  throw noSimulator(url, action, response.status)
}

/** Creates the error of a response that no simulator gives. */
export const noSimulator = (url: string, action: ControlAction, status: number): RemoteSimulatorError =>
  new RemoteSimulatorError(
    `${action}: ${url} responds with ${status} and is no simulator; give the address that wechatpay-edge simulator prints`,
    status,
    '',
  )

/** Returns the reason of a failure: the message `fetch failed` says little without its cause. */
const reasonOf = ({ message, cause }: Error): string => (cause instanceof Error ? cause.message || message : message)
