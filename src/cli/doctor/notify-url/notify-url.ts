import type { NodeEnvironment } from '../../../adapters/node.ts'
import { isLoopback } from '../../../core/base/local-host.ts'
import type { CheckProgress } from '../../checks.ts'
import { CommandError, type Option, usageError, type Values } from '../../command.ts'
import { readSimulatorUrl } from '../../simulator-url.ts'
import { checkAddress, checkCertificate } from './address.ts'
import { checkForged } from './forged.ts'
import { givenOrders, placedOrders } from './orders.ts'
import { rehearse } from './rehearsal.ts'
import { connectToSimulator } from './simulator-control.ts'

/** Seconds: WeChat Pay advises a first query within a minute. */
const DEFAULT_WAIT = 60

export const NOTIFY_URL_OPTIONS: readonly Option[] = [
  {
    name: 'notify-url',
    value: '<url>',
    description: 'Checks a shop instead: how it answers notifications at this address.',
  },
  { name: 'api', value: '<v3|v2>', description: 'The API of the forged notifications. Default: v3' },
  { name: 'yes', description: 'Sends them to a shop that is not on this machine.' },
  {
    name: 'simulator',
    value: '<url>',
    description: 'The shop runs against this simulator or its namespace (/ns/a): rehearses payments with both.',
  },
  { name: 'place-url', value: '<url>', description: 'Address of the shop that places an order with each POST.' },
  { name: 'place-body', value: '<json>', description: 'Its body. Default: {}' },
  {
    name: 'order',
    value: '<number>',
    isRepeatable: true,
    description: 'Instead of --place-url: an unpaid order that the shop has placed at the simulator; up to four.',
  },
  {
    name: 'check-url',
    value: '<url>',
    description: 'Address of the shop that shows an order, with {out_trade_no}, best with a count of payments.',
  },
  { name: 'paid', value: '<text>', description: 'A text that it has only if the order is paid. Default: any change' },
  {
    name: 'wait',
    value: '<seconds>',
    description: `Time in which the shop must query an order whose notification does not come. Default: ${DEFAULT_WAIT}`,
  },
]

export const NOTIFY_URL_HELP = `With --notify-url, forged notifications are sent, none of which a shop may accept. They have no genuine signature, no
order of the shop and nothing that it can decrypt; a shop that verifies nothing may still write a log line or a row.
With --simulator the shop must run against a simulator that nobody else uses:
  wechatpay-edge doctor --notify-url http://127.0.0.1:3000/notify --simulator http://127.0.0.1:8989 \\
    --place-url http://127.0.0.1:3000/orders --check-url http://127.0.0.1:3000/orders/{out_trade_no}`

/**
 * Checks a shop by the notifications that it accepts and refuses (接入质量检查清单).
 *
 * @param progress gets the results as the checks end
 * @throws {CommandError} the command line is wrong, or the simulator or the shop cannot be used as it says
 * @see https://pay.weixin.qq.com/docs/partner/development/practices/notification-considerations.html 回调通知注意事项
 */
export async function checkNotifyUrl(
  values: Values,
  environment: NodeEnvironment,
  { progress, stopped }: { readonly progress: CheckProgress; readonly stopped: AbortSignal },
): Promise<void> {
  const notifyUrl = urlOf(values, 'notify-url')!
  const simulatorUrl = typeof values.simulator === 'string' ? readSimulatorUrl(values.simulator) : undefined
  const placeUrl = urlOf(values, 'place-url')
  const checkUrl = values['check-url'] as string | undefined
  urlOf(values, 'check-url')
  const api = values.api ?? 'v3'
  if (api !== 'v3' && api !== 'v2') throw usageError('--api must be v3 or v2.')
  const wait = Number(values.wait ?? DEFAULT_WAIT)
  if (!(wait > 0)) throw usageError('--wait must be a number of seconds.')
  if (!simulatorUrl)
    for (const name of ['place-url', 'place-body', 'order', 'check-url', 'paid', 'wait'])
      if (values[name] !== undefined) throw usageError(`--${name} requires --simulator.`)
  if (simulatorUrl && values.api) throw usageError('--api is for forged notifications; an order has an API of its own.')
  if (checkUrl !== undefined && !checkUrl.includes('{out_trade_no}'))
    throw usageError('--check-url must contain {out_trade_no}.')
  const remote = [notifyUrl, placeUrl].find(url => url && !isLoopback(url.hostname))
  if (remote && !values.yes)
    throw usageError(
      `${remote.host} is not this machine. Notifications that it must refuse would be sent${simulatorUrl ? ', and orders placed' : ''}: add --yes if the shop is yours.`,
    )

  progress.ended.push(checkAddress(notifyUrl))
  progress.running = 'tls'
  const tls = await checkCertificate(notifyUrl)
  progress.ended.push(tls)
  if (tls.ok === false) return
  if (!simulatorUrl) {
    const publicKeyId = environment.WECHATPAY_PUBLIC_KEY_ID?.trim()
    return checkForged(notifyUrl, { api, publicKeyId, progress, stopped })
  }
  progress.running = 'order'
  const simulator = await connectToSimulator(simulatorUrl, stopped)
  const orders = placeUrl
    ? placedOrders({ url: placeUrl, body: String(values['place-body'] ?? '{}') }, simulator, stopped)
    : givenOrders((values.order as readonly string[] | undefined) ?? [])
  const paidText = values.paid as string | undefined
  const options = { notifyUrl, simulator, orders, checkUrl, paidText, wait: wait * 1000, progress, stopped }
  await rehearse(options)
}

/** @throws {CommandError} it is not an address */
function urlOf(values: Values, name: string): URL | undefined {
  const text = values[name] as string | undefined
  if (text === undefined) return undefined
  if (/^https?:\/\//i.test(text) && URL.canParse(text)) return new URL(text)
  throw new CommandError(`--${name} must be an address such as http://127.0.0.1:3000/notify.`, 2)
}
