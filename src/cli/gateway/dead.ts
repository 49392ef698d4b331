import { type Command, usageError } from '../command.ts'
import { jsonText } from '../terminal.ts'
import { CONNECTION_HELP, CONNECTION_OPTIONS, connect } from './connection.ts'
import { type Delivery, printDeadLetter, readAttempts } from './dead-letter.ts'
import { dateTime, lineOf } from './event-row.ts'

const LIMIT = 20

export const dead: Command = {
  name: 'dead',
  operands: '[event]',
  description: `Lists the deliveries that a gateway has given up after their last attempt, the newest first,
each with the reason why its last attempt failed; with the id of an event, those of the event with every attempt.`,
  options: [
    { name: 'limit', value: '<count>', description: `Deliveries to list, up to 500. Default: ${LIMIT}.` },
    { name: 'before', value: '<id>', description: 'Continues a list: the id that its last line names.' },
    ...CONNECTION_OPTIONS,
  ],
  epilogue: `For example:
  wechatpay-edge dead
  wechatpay-edge dead 42                             # an event of the list, or its webhook-id: evt_019b76da8a00f3c1…
Fix the endpoint first; then wechatpay-edge replay --dead delivers all of them again, the oldest first.
${CONNECTION_HELP}`,

  async run(values, terminal, [id, ...more]) {
    if (more.length > 0) throw usageError(`Give one event; ${JSON.stringify(more[0])} is a second one.`)
    const { print, warn } = terminal
    const { limit = String(LIMIT), before } = values as Record<string, string | undefined>
    if (id !== undefined && (values.limit ?? before) !== undefined)
      throw usageError('--limit and --before are for the list. Leave them out, or the id of the event.')
    const gateway = await connect(values, terminal)
    if (id !== undefined) return printDeadLetter(gateway, id, terminal, Boolean(values.json))
    const page = await gateway.get<{ deliveries: Delivery[]; next: number | null }>('/deliveries', {
      state: 'dead',
      limit,
      before,
    })
    const attempts = await readAttempts(gateway, page.deliveries)
    const rows = page.deliveries.map((row, at) => ({ ...row, lastAttempt: attempts[at]!.at(-1) ?? null }))
    if (values.json) return print(jsonText({ deliveries: rows, next: page.next }))
    for (const { seq, endpoint, subject, attempt_count, ended_at, lastAttempt: last } of rows)
      print(
        lineOf(
          ended_at === null ? '' : dateTime(ended_at),
          `event ${seq}`,
          `to ${endpoint}`,
          subject?.replace('/', ' ') ?? '',
          `${attempt_count} attempts`,
          last?.detail ?? last?.error ?? undefined,
        ),
      )
    if (page.next !== null) warn(`There may be more: --before ${page.next}`)
    else if (rows.length === 0) warn('There are no dead letters.')
  },
}
