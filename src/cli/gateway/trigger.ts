import { nearestName } from '../../core/base/nearest-name.ts'
import type { Api } from '../../definitions/call.ts'
import { eventNames } from '../../definitions/generated/event-names.ts'
import { definitionOf } from '../../simulator/catalogue/notification.ts'
import type { Shape } from '../../simulator/catalogue/shape.ts'
import { type Command, CommandError, usageError, type Values } from '../command.ts'
import { JSON_OPTION } from '../merchant.ts'
import { readFields } from '../request/data.ts'
import { excerptOf, jsonText } from '../terminal.ts'
import { clockTime, eventColumn, lineOf } from './event-row.ts'
import { connectToSimulator, SIMULATOR_OPTION, type SimulatorControl } from './simulator-control.ts'

/** A notification that the simulator has sent. */
interface SentNotification {
  readonly id: string
  readonly event: string
  readonly state: string
  readonly attempts: readonly { readonly status?: number; readonly error?: string }[]
  readonly responseBody?: string
}

const V2 = /^v2\//

export const trigger: Command = {
  name: 'trigger',
  operands: '[event]',
  description: `Makes a simulator send a notification of any documented event, signed and encrypted as WeChat Pay does, with a sample of
its definition as the resource. No order is changed: to pay one, use POST /simulator/pay.`,
  options: [
    {
      name: 'to',
      value: '<url>',
      description: 'The notify_url. Default: the address of the gateway, if --simulator is its demo (npm start).',
    },
    {
      name: 'data',
      short: 'd',
      value: '<key=value>',
      isRepeatable: true,
      description: 'A field that replaces one of the sample, typed by its definition; key:=json for any JSON.',
    },
    { name: 'list', description: 'Lists the documented events, those of APIv2 with v2/ before them.' },
    SIMULATOR_OPTION,
    JSON_OPTION,
  ],
  epilogue: `For example:
  wechatpay-edge trigger TRANSACTION.SUCCESS --to http://127.0.0.1:3000/notify -d out_trade_no=T100001
  wechatpay-edge trigger v2/refund-processed --to http://127.0.0.1:8787/notify/1900000109
A gateway asks WeChat Pay about payments and refunds of APIv2 before it believes them, and finds no order for a sample.
A real gateway is refused: only WeChat Pay itself can sign notifications for it.`,

  async run(values, { print, stopped }, args) {
    if (values.list) return print(values.json ? jsonText(eventNames) : eventNames.join('\n'))
    const [name, ...more] = args
    if (name === undefined) throw usageError('No event is given. wechatpay-edge trigger --list names them.')
    if (more.length > 0) throw usageError(`Give one event; ${JSON.stringify(more[0])} is a second one.`)
    const { api, event, shape } = requireEvent(name)
    const data = values.data as string[] | undefined
    const fields = data && (await readFields(data, shape, api === 'v2'))
    const simulator = await connectToSimulator(values, stopped)
    const url = targetOf(values, simulator)
    const sent = await simulator.post<SentNotification>('/notifications', {
      url,
      event,
      api,
      once: true,
      ...(data && { fields }),
    })
    const { status, error } = sent.attempts.at(-1) ?? {}
    print(
      values.json
        ? jsonText({ ...sent, url })
        : lineOf(clockTime(Date.now()), eventColumn(event), url, status ?? error, sent.state),
    )
    if (sent.state === 'delivered') return
    const refusal = excerptOf(sent.responseBody ?? '')
    const outcome = `${status ?? error}${refusal ? `: ${refusal}` : ''}`
    throw new CommandError(
      `${url} has not accepted the notification (${outcome}). WeChat Pay would send it again; correct the program, and trigger it again.`,
    )
  },
}

/** @throws {CommandError} the event is not documented */
function requireEvent(name: string): { readonly api: Api; readonly event: string; readonly shape: Shape } {
  const event = name.replace(V2, '')
  const apis = V2.test(name) ? (['v2'] as const) : (['v3', 'brand', 'v2'] as const)
  for (const api of apis) {
    const definition = definitionOf({ api, event })
    if (definition) return { api, event, shape: definition.shape }
  }
  const near = nearestName(name, eventNames)
  throw usageError(
    `${JSON.stringify(name)} is not a documented event. ${near ? `Is ${near} meant?` : 'wechatpay-edge trigger --list names them.'}`,
  )
}

/** @throws {CommandError} */
function targetOf({ to }: Values, { url, mchid, isDemo }: SimulatorControl): string {
  if (typeof to !== 'string') {
    if (isDemo) return `${url}/notify/${mchid}`
    throw usageError('--to is missing. Give the notify_url of your program: --to http://127.0.0.1:3000/notify')
  }
  if (URL.canParse(to) && /^https?:$/.test(new URL(to).protocol)) return to
  throw usageError(`--to must be an address such as http://127.0.0.1:3000/notify, not ${JSON.stringify(to)}.`)
}
