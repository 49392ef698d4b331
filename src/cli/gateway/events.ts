import { type Command, usageError } from '../command.ts'
import { jsonText, type Terminal } from '../terminal.ts'
import { CONNECTION_HELP, CONNECTION_OPTIONS, connect } from './connection.ts'
import { dateTime, type EventRow, eventColumn, lineOf } from './event-row.ts'

/** A page of the admin API's list. */
export interface EventPage {
  readonly events: readonly EventRow[]
  readonly next: number | null
}

const LIMIT = 20

export const events: Command = {
  name: 'events',
  operands: '[number]',
  description: `Lists the events that a gateway has recorded, the newest first; with a number, those that contain it: out_trade_no,
transaction_id, out_refund_no, refund_id, or the number of anything else.`,
  options: [
    { name: 'event', value: '<name>', description: 'Only events of this name, such as REFUND.SUCCESS.' },
    { name: 'limit', value: '<count>', description: `Events to list, up to 500. Default: ${LIMIT}.` },
    { name: 'before', value: '<id>', description: 'Continues a list: the id that its last line names.' },
    ...CONNECTION_OPTIONS,
  ],
  epilogue: `For example:
  wechatpay-edge events 1217752501201407033233368018
  wechatpay-edge events --event REFUND.ABNORMAL --limit 100
The first column is the id of an event; wechatpay-edge replay <id> delivers it again.
${CONNECTION_HELP}`,

  async run(values, terminal, args) {
    const [number, ...more] = args
    if (more.length > 0) throw usageError(`Give one number; ${JSON.stringify(more[0])} is a second one.`)
    const gateway = await connect(values, terminal)
    const { event, limit = String(LIMIT), before } = values as Record<string, string | undefined>
    const page = await gateway.get<EventPage>('/events', { number, event, limit, before })
    if (values.json) return terminal.print(jsonText(page))
    printEvents(page, number, terminal)
  },
}

function printEvents({ events: rows, next }: EventPage, number: string | undefined, { print, warn }: Terminal): void {
  for (const { seq, received_at, event, numbers, source } of rows) {
    const texts = Object.entries(numbers).map(([name, value]) => `${name} ${value}`)
    print(
      lineOf(
        seq,
        dateTime(received_at),
        eventColumn(event),
        ...texts,
        source === 'query' ? 'found by query' : undefined,
      ),
    )
  }
  if (next !== null) warn(`There may be more: --before ${next}`)
  else if (rows.length === 0)
    warn(number === undefined ? 'No such event is recorded.' : 'No event with this number is recorded.')
}
