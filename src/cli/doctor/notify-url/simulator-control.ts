import { CONTROL_PATH } from '../../../simulator/control/action.ts'
import type { Exchange, Notification, NotificationRequest, Order, SentNotification } from '../../../simulator/index.ts'
import { CommandError } from '../../command.ts'

/** The control API of a running simulator, as far as the rehearsal needs it. */
export interface SimulatorControl {
  journal(): Promise<Exchange[]>
  order(out_trade_no: string): Promise<Order>
  pay(order: Order): Promise<void>
  /** Resolves once notifications that are due have been delivered. */
  settle(): Promise<void>
  notifications(): Promise<Notification[]>
  send(request: NotificationRequest): Promise<SentNotification>
  repeat(id: string): Promise<Notification['attempts'][number]>
  hold(): Promise<void>
  release(): Promise<void>
}

/** Time limit of an action: it waits for the shop, which has five seconds per notification. */
const TIMEOUT = 30_000

/**
 * Connects to a simulator, or to a namespace of it.
 *
 * @param url without a slash at its end
 * @throws {CommandError} nothing answers there, or it is not a simulator
 */
export async function connectToSimulator(url: string, stopped: AbortSignal): Promise<SimulatorControl> {
  // biome-ignore lint/suspicious/noExplicitAny: the simulator is part of this package, and says what it returns
  const act = async (method: string, path: string, input?: object, stop: AbortSignal = stopped): Promise<any> => {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT)])
    const headers = { 'Content-Type': 'application/json' }
    const response = await fetch(`${url}${CONTROL_PATH}${path}`, {
      method,
      signal,
      redirect: 'error',
      ...(input && { headers, body: JSON.stringify(input) }),
    }).catch(error => {
      stop.throwIfAborted()
      const code = (error.cause as NodeJS.ErrnoException | undefined)?.code ?? error.name
      throw new CommandError(`The simulator at ${url} does not answer (${code}). Start it: wechatpay-edge simulator`)
    })
    const result = response.status === 204 ? undefined : await response.json().catch(() => undefined)
    if (!response.ok)
      throw new CommandError(
        `The simulator at ${url} refused ${method} ${path}: ${Object(result).message ?? response.status}`,
      )
    return result
  }
  /** Acts to the end, also after Ctrl-C: an action that is cut off may happen after the one that undoes it. */
  const actWhole = (path: string, input: object) => act('POST', path, input, new AbortController().signal)
  const description = await act('GET', '')
  if (!Array.isArray(Object(description).actions))
    throw new CommandError(`${url} is not a simulator. Give the address that wechatpay-edge simulator prints.`)
  return {
    journal: () => act('GET', '/journal'),
    order: number => act('GET', `/orders/${encodeURIComponent(number)}`),
    async pay({ out_trade_no, sub_mchid }) {
      await actWhole('/pay', { out_trade_no, ...(sub_mchid !== undefined && { sub_mchid }) })
    },
    settle: () => act('POST', '/settle', {}),
    notifications: () => act('GET', '/notifications'),
    send: request => act('POST', '/notifications', request),
    repeat: id => act('POST', `/notifications/${id}/repeat`, {}),
    hold: () => actWhole('/notifications/hold', {}),
    release: () => actWhole('/notifications/release', {}),
  }
}
