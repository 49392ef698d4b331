import { type Command, CommandError, usageError, type Values } from '../command.ts'
import { jsonText, type Terminal } from '../terminal.ts'
import { CONNECTION_HELP, CONNECTION_OPTIONS, connect, type GatewayConnection, GatewayError } from './connection.ts'
import { findSeq } from './event-id.ts'
import { readEventName } from './event-option.ts'
import type { EventPage } from './events.ts'
import { readSince, SINCE_OPTION } from './start-time.ts'

const PAGE = '500'
/** Events that one command replays at most, because it keeps their ids. */
const MAX_EVENTS = 100_000

export const replay: Command = {
  name: 'replay',
  operands: '[id…]',
  description: `Makes a gateway deliver events again, to the endpoints that it has now, the oldest first.
Each keeps its webhook-id, by which an endpoint recognises an event that it has handled.`,
  options: [
    { name: 'dead', description: 'Replays all deliveries that were given up, instead of events.' },
    { ...SINCE_OPTION, description: SINCE_OPTION.description.replace('Begins with', 'Replays all') },
    { name: 'event', value: '<name>', description: 'With --since: only events of this name.' },
    ...CONNECTION_OPTIONS,
  ],
  epilogue: `For example:
  wechatpay-edge replay 42 43                        # ids as wechatpay-edge events lists them
  wechatpay-edge replay evt_019b76da8a00f3c1…        # the webhook-id that an endpoint has seen
  wechatpay-edge replay --dead
  wechatpay-edge replay --since 2h --event REFUND.SUCCESS
${CONNECTION_HELP}`,

  async run(values, terminal, ids) {
    const ways = [ids.length > 0, Boolean(values.dead), values.since !== undefined].filter(Boolean)
    if (ways.length !== 1) throw usageError('Give one of: the ids of events, --dead, --since.')
    if (values.event !== undefined && values.since === undefined) throw usageError('--event requires --since.')
    const event = readEventName(values)
    const since = readSince(values.since as string | undefined, Date.now())
    const gateway = await connect(values, terminal)
    const deliveries = values.dead
      ? await replayDead(gateway)
      : await resendAll(
          gateway,
          since === undefined ? await findAll(gateway, ids) : await eventsSince(gateway, since, event),
        )
    report(deliveries, values, terminal)
    if (deliveries.length > 0) await warnOfCircuits(gateway, terminal)
  },
}

function report(deliveries: readonly number[], { json }: Values, { print, warn }: Terminal): void {
  const { length } = deliveries
  if (json) print(jsonText({ deliveries }))
  else print(length === 1 ? 'One delivery is on its way.' : `${length} deliveries are on their way.`)
  if (length === 0) warn('Nothing was to be replayed, or no endpoint of the gateway subscribes to it.')
}

/** Says which endpoints have an open circuit, because deliveries to them wait for a probe. */
async function warnOfCircuits(gateway: GatewayConnection, { warn }: Terminal): Promise<void> {
  for (const { endpoint, retry_at } of await gateway.circuits())
    warn(
      `The circuit of ${endpoint} is open, because it could not be reached. Deliveries to it wait until a probe gets a response; the next is due at ${new Date(retry_at).toISOString()}.`,
    )
}

async function replayDead(gateway: GatewayConnection): Promise<number[]> {
  const deliveries: number[] = []
  for (;;) {
    const page = await gateway.post<{ deliveries: number[]; more: boolean }>('/dead/replay')
    deliveries.push(...page.deliveries)
    if (!page.more) return deliveries
  }
}

/** Finds events by their ids. All of them must exist before any is replayed. */
async function findAll(gateway: GatewayConnection, ids: readonly string[]): Promise<number[]> {
  const seqs: number[] = []
  for (const id of ids) seqs.push(await findSeq(gateway, id))
  return [...new Set(seqs)]
}

async function eventsSince(gateway: GatewayConnection, since: number, event?: string): Promise<number[]> {
  const seqs: number[] = []
  let before: string | undefined
  for (;;) {
    const query = { event, limit: PAGE, before }
    const { events, next } = await gateway.get<EventPage>('/events', query)
    const recent = events.filter(({ received_at }) => received_at >= since)
    seqs.push(...recent.map(({ seq }) => seq))
    if (seqs.length > MAX_EVENTS)
      throw new CommandError(`More than ${MAX_EVENTS} events were received since then. Give a later time with --since.`)
    if (next === null || recent.length < events.length) return seqs.reverse()
    before = String(next)
  }
}

/** Delivers events again, one after another, so that the events of an order stay in their order. */
async function resendAll(gateway: GatewayConnection, seqs: readonly number[]): Promise<number[]> {
  const deliveries: number[] = []
  for (const [at, seq] of seqs.entries()) {
    const resent = await gateway.post<{ deliveries: number[] }>(`/events/${seq}/resend`).catch(error => {
      if (at === 0 || !(error instanceof GatewayError)) throw error
      throw new GatewayError(
        error.code,
        `${at} of ${seqs.length} events were replayed, up to ${seqs[at - 1]}. ${error.message} Then replay the others: their ids begin with ${seq}.`,
        error.status,
      )
    })
    deliveries.push(...resent.deliveries)
  }
  return deliveries
}
