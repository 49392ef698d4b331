import type { Command } from '../command.ts'
import { jsonText } from '../terminal.ts'
import { CONNECTION_HELP, CONNECTION_OPTIONS, connect, type GatewayConnection } from './connection.ts'
import { dateTime, lineOf } from './event-row.ts'

interface DeadLetter {
  readonly id: number
  readonly seq: number
  readonly endpoint: string
  readonly subject: string | null
  readonly attempt_count: number
  readonly ended_at: number | null
}

interface Attempt {
  readonly status: number | null
  readonly error: string | null
  readonly detail: string | null
}

const LIMIT = 20
/** Dead letters whose attempts are read at once. */
const CONCURRENCY = 8

export const dead: Command = {
  name: 'dead',
  description: `Lists the deliveries that a gateway has given up after their last attempt, the newest first,
each with the reason why its last attempt failed.`,
  options: [
    { name: 'limit', value: '<count>', description: `Deliveries to list, up to 500. Default: ${LIMIT}.` },
    { name: 'before', value: '<id>', description: 'Continues a list: the id that its last line names.' },
    ...CONNECTION_OPTIONS,
  ],
  epilogue: `Fix the endpoint first; then wechatpay-edge replay --dead delivers all of them again, the oldest first.
${CONNECTION_HELP}`,

  async run(values, terminal) {
    const { print, warn } = terminal
    const gateway = await connect(values, terminal)
    const { limit = String(LIMIT), before } = values as Record<string, string | undefined>
    const page = await gateway.get<{ deliveries: DeadLetter[]; next: number | null }>('/deliveries', {
      state: 'dead',
      limit,
      before,
    })
    const attempts: (Attempt | undefined)[] = []
    for (let at = 0; at < page.deliveries.length; at += CONCURRENCY)
      attempts.push(
        ...(await Promise.all(page.deliveries.slice(at, at + CONCURRENCY).map(row => lastAttempt(gateway, row)))),
      )
    const rows = page.deliveries.map((row, at) => ({ ...row, lastAttempt: attempts[at] ?? null }))
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

async function lastAttempt(gateway: GatewayConnection, { id }: DeadLetter): Promise<Attempt | undefined> {
  const { attempts } = await gateway.get<{ attempts: Attempt[] }>(`/deliveries/${id}`)
  return attempts.at(-1)
}
