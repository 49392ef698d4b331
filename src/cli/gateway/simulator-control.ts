import { stringifyJson } from '../../core/codec/json.ts'
import { CONTROL_PATH } from '../../simulator/control/action.ts'
import { CommandError, type Option, type Values } from '../command.ts'
import { readSimulatorUrl, SIMULATOR_URL } from '../simulator-url.ts'

/** Milliseconds: longer than the simulator waits for the merchant's response (src/simulator/notification/send.ts). */
const TIMEOUT = 30_000

export const SIMULATOR_OPTION: Option = {
  name: 'simulator',
  value: '<url>',
  description: `Address of a running wechatpay-edge simulator, or its namespace (/ns/{name}).\nDefault: ${SIMULATOR_URL}.`,
}

/** The control API of a simulator, or of the demo of the gateway. */
export interface SimulatorControl {
  readonly url: string
  readonly mchid: string
  /** A gateway answers at the same address: the demo. */
  readonly isDemo: boolean
  get<T>(path: string): Promise<T>
  post<T>(path: string, body: object): Promise<T>
}

/**
 * Connects to the simulator of the command line.
 *
 * @throws {CommandError} it cannot be reached; or the address is that of a real gateway, or of another service, or none
 */
export async function connectToSimulator(values: Values, stopped: AbortSignal): Promise<SimulatorControl> {
  const url = readSimulatorUrl((values.simulator as string | undefined) ?? SIMULATOR_URL)
  const request = async (path: string, init: RequestInit = {}): Promise<unknown> => {
    const signal = AbortSignal.any([stopped, AbortSignal.timeout(TIMEOUT)])
    const response = await fetch(url + CONTROL_PATH + path, { ...init, signal, redirect: 'manual' }).catch(error => {
      throw sendError(url, error)
    })
    const body = await response.json().catch(() => undefined)
    if (response.ok && body !== undefined) return body
    throw responseError(url, response, body)
  }
  const { mchid } = Object(await request('')) as { mchid?: unknown }
  if (typeof mchid !== 'string') throw notSimulator(url)
  return {
    url,
    mchid,
    isDemo: await hasGateway(url, stopped),
    get: async <T>(path: string) => (await request(path)) as T,
    post: async <T>(path: string, body: object) => {
      const headers = { 'Content-Type': 'application/json' }
      return (await request(path, { method: 'POST', headers, body: stringifyJson(body) })) as T
    },
  }
}

async function hasGateway(url: string, signal: AbortSignal): Promise<boolean> {
  const response = await fetch(`${url}/notify`, { signal, redirect: 'manual' })
  await response.body?.cancel()
  return response.headers.has('wechatpay-edge-error')
}

function sendError(url: string, error: unknown): CommandError {
  const { name, cause } = error as Error
  if (name === 'AbortError') return new CommandError('Stopped.')
  // A port that fetch blocks has a message only: bad port.
  const { message = name, code = message } = Object(cause) as { code?: string; message?: string }
  return new CommandError(
    `The simulator at ${url} cannot be reached (${code}). Start it with wechatpay-edge simulator, or give its address with --simulator.`,
    1,
    { code: 'SIMULATOR_UNREACHABLE' },
  )
}

function responseError(url: string, response: Response, body: unknown): CommandError {
  if (response.headers.has('wechatpay-edge-error'))
    return new CommandError(
      `${url} is a gateway before the real WeChat Pay, and only WeChat Pay can sign notifications for it. Start wechatpay-edge simulator, and a gateway with its keys.`,
      1,
      { code: 'GATEWAY_IS_REAL' },
    )
  const { code, message } = Object(body) as { code?: unknown; message?: unknown }
  if (typeof code !== 'string' || typeof message !== 'string') return notSimulator(url)
  return new CommandError(`The simulator refuses: ${message}`, 1, { code })
}

const notSimulator = (url: string): CommandError =>
  new CommandError(
    `${url} is not a simulator. Give the address that wechatpay-edge simulator prints: --simulator <url>.`,
    1,
    {
      code: 'SIMULATOR_UNKNOWN',
    },
  )
