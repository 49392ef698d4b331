import { wait } from '../../../core/base/wait.ts'
import type { Api } from '../../../definitions/call.ts'
import { matchesEvent } from '../../../gateway/event/pattern.ts'
import { isAcknowledged } from '../../../simulator/notification/merchant-response.ts'
import { CommandError, usageError, type Values } from '../../command.ts'
import { singleLine, type Terminal } from '../../terminal.ts'
import { connectToSimulator, type SimulatorControl } from '../simulator-control.ts'
import { createForwarder } from './forwarder.ts'
import { createListenReport } from './report.ts'
import type { ForwardOutcome } from './target.ts'

/** A notification in the list of a simulator. */
interface SimulatedNotification {
  readonly id: string
  readonly api: Api
  readonly event: string
  readonly url: string
  readonly reference: string
}

interface NotificationAttempt {
  readonly status?: number
  readonly error?: string
  readonly responseBody?: string
}

/** Milliseconds between two reads of the simulator's list. */
const POLL_EVERY = 300
/** Notifications that are read at first; more are read if all of them are new. */
const PAGE = 20
/** Options that only the events of a gateway have. */
const GATEWAY_OPTIONS: readonly string[] = ['since', 'state', 'gateway', 'token-file', 'mchid']

/**
 * Forwards the notifications that a simulator sends from now on, until each is accepted. The simulator itself sends them once more, to the
 * target, so that signature and encryption are those of WeChat Pay.
 *
 * @throws {CommandError}
 */
export async function listenToSimulator(target: URL, values: Values, terminal: Terminal): Promise<void> {
  const superfluous = GATEWAY_OPTIONS.find(name => values[name] !== undefined)
  if (superfluous) throw usageError(`--${superfluous} is for the events of a gateway; omit it with --simulator.`)
  const { warn, stopped } = terminal
  const simulator = await connectToSimulator(values, stopped)
  const report = createListenReport(terminal, { json: Boolean(values.json) })
  const started = { target: target.href, state: undefined, secret: undefined, resumeAfter: undefined, since: undefined }
  const seen = new Set((await listOf(simulator)).map(({ id }) => id))
  report.started({ ...started, gateway: simulator.url, mchid: simulator.mchid })
  const forwarder = createForwarder<SimulatedNotification & { subject: string | null; body: string }>({
    send: notification => repeat(simulator, notification, target),
    onAttempt: (notification, attempt, outcome, retryAfter) =>
      report.attempt(
        { ...notification, seq: 0, webhook_id: notification.id, numbers: { out_trade_no: notification.reference } },
        attempt,
        outcome,
        retryAfter,
      ),
    onForwarded: () => {},
    onTarget: ({ isReachable, waiting, reason }) =>
      warn(
        isReachable
          ? `${target.host} can be reached again; ${waiting === 1 ? '1 notification is' : `${waiting} notifications are`} forwarded now.`
          : singleLine(
              `${target.host} cannot be reached: ${reason} Notifications wait until it can. Start your program.`,
            ),
      ),
    signal: stopped,
  })
  const sayDirect = createDirectNotice(target, warn)
  const patterns = ((values.event as readonly string[] | undefined) ?? ['*']).map(matchesEvent)
  while (!stopped.aborted) {
    await wait(POLL_EVERY, stopped)
    for (const notification of await readNew(simulator, seen).catch(whileRunning(stopped))) {
      const { id, url, event, reference } = notification
      seen.add(id)
      if (!patterns.some(matches => matches(event))) continue
      if (url === target.href) {
        sayDirect()
        continue
      }
      await forwarder.offer({ ...notification, subject: reference || null, body: '' })
    }
  }
  await forwarder.close()
}

/** Returns a function that says once why notifications for the target's own address are not forwarded. */
function createDirectNotice(target: URL, warn: Terminal['warn']): () => void {
  let isSaid = false
  return () => {
    if (!isSaid)
      warn(
        `The simulator itself sends a notification to ${target.href}, so it is not forwarded. Only those to other addresses are.`,
      )
    isSaid = true
  }
}

/** @param max reads only the last ones */
const listOf = (simulator: SimulatorControl, max?: number): Promise<SimulatedNotification[]> =>
  simulator.get(`/notifications${max === undefined ? '' : `?max=${max}`}`)

/**
 * Reads the notifications that have not been seen, the oldest first. It reads the last ones of the list, and more as long as the oldest
 * that it has read is new: each poll would otherwise read all that the simulator keeps, with their attempts.
 */
async function readNew(simulator: SimulatorControl, seen: ReadonlySet<string>): Promise<SimulatedNotification[]> {
  for (let max = PAGE; ; max *= 10) {
    const list = await listOf(simulator, max)
    if (list.length < max || seen.has(list[0]!.id)) return list.filter(({ id }) => !seen.has(id))
  }
}

/** Ignores the failure of a request that Ctrl-C has cancelled. */
const whileRunning =
  (stopped: AbortSignal) =>
  (error: unknown): [] => {
    if (stopped.aborted) return []
    throw error
  }

async function repeat(
  simulator: SimulatorControl,
  notification: SimulatedNotification,
  target: URL,
): Promise<ForwardOutcome> {
  const started = performance.now()
  try {
    const path = `/notifications/${encodeURIComponent(notification.id)}/repeat`
    const {
      status,
      error = '',
      responseBody: text = '',
    } = await simulator.post<NotificationAttempt>(path, { url: target.href })
    const ms = Math.round(performance.now() - started)
    if (status === undefined)
      return { ok: false, error: 'NETWORK_ERROR', detail: `No complete response: ${error}.`, ms }
    if (isAcknowledged(notification, { status, text })) return { ok: true, status, ms }
    const detail = `${target.host} has not acknowledged the notification (status ${status}).`
    return { ok: false, status, error: 'STATUS', detail, ms, response: text }
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
    const ms = Math.round(performance.now() - started)
    return { ok: false, status: 0, error: 'STATUS', detail: error.message, ms }
  }
}
