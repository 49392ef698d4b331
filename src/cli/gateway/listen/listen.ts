import type { NotificationError } from '../../../core/index.ts'
import type { Command } from '../../command.ts'
import { singleLine, type Terminal } from '../../terminal.ts'
import {
  CONNECTION_HELP,
  CONNECTION_OPTIONS,
  connect,
  type GatewayConnection,
  readConnectionEnvironment,
} from '../connection.ts'
import { EVENT_PATTERN_OPTION, readEventPatterns } from '../event-option.ts'
import type { EventRow } from '../event-row.ts'
import { followEvents } from '../event-source.ts'
import { readSince, SINCE_OPTION } from '../start-time.ts'
import { createForwarder } from './forwarder.ts'
import { type Journal, openJournal } from './journal.ts'
import { createListenReport, type ListenReport } from './report.ts'
import { listenToSimulator } from './simulated.ts'
import { createSecret, createTarget, type ForwardOutcome, readTargetUrl, type Target } from './target.ts'

const STATE_FILE = 'wechatpay-edge-listen.state'

export const listen: Command = {
  name: 'listen',
  description: `Forwards the events of a deployed gateway to a program on this machine, as they are recorded and as the gateway itself
would send them: signed (Standard Webhooks), in the order of each order or refund, again until they are accepted.
The next run continues where this one ends, even if it is killed.`,
  options: [
    {
      name: 'forward-to',
      value: '<url>',
      description: 'Address of your program: http://localhost:3000/events, or 3000/events.',
    },
    {
      name: 'simulator',
      value: '<url>',
      description:
        'Forwards the notifications of a simulator, or its namespace (/ns/{name}), instead, wherever\ntheir notify_url points, as WeChat Pay would send them.',
    },
    EVENT_PATTERN_OPTION,
    {
      ...SINCE_OPTION,
      description: `${SINCE_OPTION.description}\nDefault: where the last run ended; at the first run, only new events.`,
    },
    {
      name: 'state',
      value: '<file>',
      description: `Remembers what was forwarded. Default: ${STATE_FILE} in the current folder.`,
    },
    ...CONNECTION_OPTIONS,
  ],
  epilogue: `For example:
  export WECHATPAY_GATEWAY_URL=https://pay.example.com WECHATPAY_ADMIN_TOKEN=wxe_…
  wechatpay-edge listen --forward-to http://localhost:3000/events
  wechatpay-edge listen --simulator http://127.0.0.1:8989 --forward-to http://localhost:3000/notify
Your program verifies the signature with WEBHOOK_SECRET. If that is set here too, the command signs with it;
otherwise it creates a secret, keeps it in the state file, and prints it. The deployed gateway's secret is not needed.
Events are real: they contain names and amounts, and your program sees them in addition to the gateway's own endpoints.
${CONNECTION_HELP}`,

  async run(values, terminal) {
    const isSimulated = values.simulator !== undefined
    const route = isSimulated ? 'notify' : 'events'
    const url = readTargetUrl(values['forward-to'] as string | undefined, `http://localhost:3000/${route}`)
    const patterns = readEventPatterns(values)
    if (isSimulated) return listenToSimulator(url, values, terminal)
    const since = readSince(values.since as string | undefined, Date.now())
    const { WEBHOOK_SECRET } = await readConnectionEnvironment(values)
    const gateway = await connect(values, terminal)
    const file = (values.state as string | undefined) ?? STATE_FILE
    const given = WEBHOOK_SECRET?.split(',')[0]?.trim() || undefined
    const journal = await openJournal(
      file,
      { gateway: gateway.url, mchid: gateway.mchid, secret: given },
      { createSecret, forget: since !== undefined },
    )
    try {
      const target = createTarget(url, journal.head.secret!)
      if (target.isRemote) terminal.warn(`${url.host} is not this machine: events with names and amounts leave it.`)
      const report = createListenReport(terminal, { json: Boolean(values.json) })
      const { resumeAfter } = journal
      const onOpen = (): void =>
        report.started({
          gateway: gateway.url,
          mchid: gateway.mchid,
          target: url.href,
          state: file,
          secret: given === undefined ? journal.head.secret : undefined,
          resumeAfter,
          since,
        })
      await forwardAll({ gateway, target, journal, report, since, patterns, onOpen }, terminal)
    } finally {
      journal.close()
    }
  },
}

interface StreamedEvent extends EventRow {
  readonly body: string
}

/** An event on its way, with its `id` in the stream. */
interface EventOnItsWay {
  readonly id: string
  readonly subject: string | null
  readonly body: string
  readonly row: StreamedEvent
}

interface Forwarding {
  readonly gateway: GatewayConnection
  readonly target: Target
  readonly journal: Journal
  readonly report: ListenReport
  readonly since: number | undefined
  readonly patterns: readonly string[] | undefined
  /** Called when the gateway streams its events. */
  readonly onOpen: () => void
}

/** Returns whether a target refuses an event by its signature, as a route for notifications of WeChat Pay does. */
const refusesFormat = ({ status, response = '' }: ForwardOutcome): boolean =>
  status === 401 || response.includes('SIGNATURE_MISSING' satisfies NotificationError['code'])

async function forwardAll(forwarding: Forwarding, { warn, stopped }: Terminal): Promise<void> {
  const { gateway, target, journal, report, since, patterns, onOpen } = forwarding
  const ended = new AbortController()
  let isFormatSaid = false
  const forwarder = createForwarder<EventOnItsWay>({
    send: ({ row, body }, attempt) => target.send({ id: row.webhook_id, body, attempt }),
    onAttempt({ row }, attempt, outcome, retryAfter) {
      report.attempt(row, attempt, outcome, retryAfter)
      if (isFormatSaid || !refusesFormat(outcome)) return
      isFormatSaid = true
      warn(
        `${target.url.href} does not accept the signature. Its route must verify the gateway's format (Standard Webhooks, with WEBHOOK_SECRET), not WeChat Pay's, which the handler of /notify expects. See docs/gateway.md, Receive events.`,
      )
    },
    onForwarded: ({ id, row }) => journal.end(id, row.webhook_id),
    onTarget: ({ isReachable, waiting, reason }) =>
      warn(
        isReachable
          ? `${target.url.host} can be reached again; ${waiting === 1 ? '1 event is' : `${waiting} events are`} forwarded now.`
          : singleLine(`${target.url.host} cannot be reached: ${reason} Events wait until it can. Start your program.`),
      ),
    signal: AbortSignal.any([stopped, ended.signal]),
  })
  try {
    const messages = followEvents(gateway, {
      events: patterns,
      since,
      lastId: journal.resumeAfter,
      hasBody: true,
      signal: stopped,
      onOpen,
      onConnection: ({ isLost, reason }) =>
        warn(isLost ? `${reason} Connecting again.` : 'Connected to the gateway again.'),
    })
    for await (const { event, id, data } of messages) {
      if (id === undefined) continue
      journal.begin(id)
      if (event !== undefined) {
        journal.end(id)
        continue
      }
      const row = JSON.parse(data) as StreamedEvent
      if (journal.isForwarded(row.webhook_id)) {
        journal.end(id, row.webhook_id)
        continue
      }
      await forwarder.offer({ id, subject: row.subject, body: row.body, row })
    }
  } finally {
    ended.abort()
    await forwarder.close()
  }
}
