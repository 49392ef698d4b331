import { CommandError } from '../command.ts'
import { jsonText, type Terminal } from '../terminal.ts'
import type { GatewayConnection } from './connection.ts'
import { findSeq } from './event-id.ts'
import { dateTime, type EventRow, lineOf } from './event-row.ts'

/** A delivery as the admin API shows it in lists. */
export interface Delivery {
  readonly id: number
  readonly seq: number
  readonly endpoint: string
  readonly subject: string | null
  readonly state: string
  readonly attempt_count: number
  readonly ended_at: number | null
}

/** An attempt to deliver an event. */
export interface Attempt {
  readonly at: number
  readonly ms: number
  readonly status: number | null
  readonly error: string | null
  readonly detail: string | null
}

/** An event with its content and deliveries. */
interface StoredEvent extends EventRow {
  readonly resource: unknown
  readonly deliveries: readonly Delivery[]
}

/** Deliveries whose attempts are read at once. */
const CONCURRENCY = 8

/** Reads the attempts of each delivery, the oldest first. */
export async function readAttempts(
  gateway: GatewayConnection,
  deliveries: readonly Delivery[],
): Promise<(readonly Attempt[])[]> {
  const read = async ({ id }: Delivery) => (await gateway.get<{ attempts: Attempt[] }>(`/deliveries/${id}`)).attempts
  const attempts: (readonly Attempt[])[] = []
  for (let at = 0; at < deliveries.length; at += CONCURRENCY)
    attempts.push(...(await Promise.all(deliveries.slice(at, at + CONCURRENCY).map(read))))
  return attempts
}

/**
 * Prints the deliveries of an event that were given up, with every attempt. As `events` does, it shows the numbers in the content of the
 * event and nothing else of it.
 *
 * @param id of the event, or its webhook-id
 * @throws {CommandError} there is no such event, or no delivery of it was given up
 * @throws {GatewayError}
 */
export async function printDeadLetter(
  gateway: GatewayConnection,
  id: string,
  { print }: Pick<Terminal, 'print'>,
  json: boolean,
): Promise<void> {
  const seq = await findSeq(gateway, id)
  const { resource: _, deliveries, ...event } = await gateway.get<StoredEvent>(`/events/${seq}`)
  const dead = deliveries.filter(({ state }) => state === 'dead')
  if (dead.length === 0) throw noDeadLetter(seq, deliveries)
  const attempts = await readAttempts(gateway, dead)
  if (json) {
    const rows = dead.map((delivery, at) => ({ ...delivery, attempts: attempts[at]! }))
    return print(jsonText({ event, deliveries: rows }))
  }
  const numbers = Object.entries(event.numbers).map(([name, value]) => `${name} ${value}`)
  print(lineOf(`event ${seq}`, event.event, dateTime(event.received_at), event.webhook_id))
  if (numbers.length > 0) print(lineOf('', ...numbers))
  for (const [at, { endpoint, ended_at }] of dead.entries()) {
    print(lineOf(`to ${endpoint}`, ended_at === null ? 'given up' : `given up ${dateTime(ended_at)}`))
    for (const [index, attempt] of attempts[at]!.entries()) print(lineOf('', index + 1, ...columnsOf(attempt)))
  }
  const others = deliveries.length - dead.length
  print(`Fix the endpoint, then deliver the event again: wechatpay-edge replay ${seq}`)
  if (others > 0) print('That delivers it to all endpoints that subscribe to it. They recognise it by its webhook-id.')
}

const columnsOf = ({ at, ms, status, error, detail }: Attempt): readonly (string | undefined)[] => [
  dateTime(at),
  status === null ? 'no status' : `status ${status}`,
  `${ms} ms`,
  error ?? undefined,
  detail ?? undefined,
]

function noDeadLetter(seq: number, deliveries: readonly Delivery[]): CommandError {
  const states = deliveries.map(({ endpoint, state }) => `${state} to ${endpoint}`)
  return new CommandError(
    `No delivery of event ${seq} was given up: ${states.join(', ') || 'no endpoint subscribed to it'}. wechatpay-edge dead lists those that were.`,
  )
}
