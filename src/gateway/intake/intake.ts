import {
  acknowledge,
  type Notification,
  NotificationError,
  refuse,
  stringifyJson,
  type Wechatpay,
} from '../../core/index.ts'
import { expectNotification } from '../../core/notification/receive.ts'
import { isV3 } from '../../core/notification/received.ts'
import { confirmNotification } from '../../flows/notification/confirm.ts'
import { isQuestion } from '../../flows/notification/handlers.ts'
import { withoutSignature } from '../fields.ts'
import type { Ground } from '../ground.ts'
import type { NewEvent } from '../ledger/events.ts'
import type { NotificationOutcome } from '../operations/metrics.ts'
import { problemOf, Refusal } from '../problem.ts'
import { aboutOf } from './about.ts'
import { answerQuestion } from './question.ts'
import { replayed } from './replayed.ts'

/** Milliseconds of the five seconds in which WeChat Pay wants its answer: for the queries that confirm an event. */
const CONFIRM_WITHIN = 2_500
/** Milliseconds that the outbox gets of the five seconds in which WeChat Pay wants its answer. What it did not take by then the sweep gives it. */
const ENQUEUE_WITHIN = 2_000

const OUTCOMES: Readonly<Record<NotificationError['code'], NotificationOutcome>> = {
  SIGNATURE_MISSING: 'forged',
  SIGNATURE_INVALID: 'forged',
  SIGNATURE_STALE: 'stale',
  SIGNATURE_PROBE: 'probe',
  SIGNATURE_UNKNOWN_SERIAL: 'unknown_serial',
  SIGNATURE_PARTIAL: 'forged',
  NOTIFICATION_UNKNOWN: 'forged',
  MERCHANT_MISMATCH: 'other_merchant',
  BODY_TOO_LARGE: 'too_large',
  UNCONFIRMED: 'unconfirmed',
  NOT_JSON: 'unreadable',
  NOT_XML: 'unreadable',
  DECRYPTION_FAILED: 'unopened',
}

/**
 * Takes a notification in: its headers judged, its body read and verified, decrypted, confirmed where nothing proves it, written
 * down, handed to the outbox, and only then answered. Whatever fails on the way is answered as a failure, and WeChat Pay sends it
 * again; what is written down is never lost, and is there once.
 *
 * @param mchid whose address it came to
 */
export async function takeIn(request: Request, mchid: string, ground: Ground): Promise<Response> {
  const { counters, log } = ground
  const api = isV3(request.headers) ? 'v3' : 'v2'
  const counted = (outcome: NotificationOutcome, response: Response): Response => {
    counters.count('wechatpay_edge_notifications_total', { mchid, outcome })
    return response
  }
  try {
    const [notification, outcome, response] = await receive(request, api, mchid, ground)
    log.info('notification', { mchid, type: notification.event, id: notification.id, outcome })
    return counted(outcome, response)
  } catch (error) {
    const outcome = outcomeOf(error)
    const { code } = error instanceof NotificationError ? error : problemOf(error)
    log.warn('notification refused', { mchid, outcome, code, reason: error })
    if (error instanceof Refusal) return counted(outcome, refused(error, api))
    return counted(outcome, refuse(error, error instanceof NotificationError && api === 'v2' ? undefined : api))
  }
}

async function receive(
  request: Request,
  api: 'v2' | 'v3',
  mchid: string,
  ground: Ground,
): Promise<[Notification, NotificationOutcome, Response]> {
  const { merchants, readNotificationBody, trustUnconfirmedV2 } = ground
  const client = merchants[mchid]!
  const read = await expectNotification(client, request.headers)
  const { body, release } = await readNotificationBody[api](request)
  try {
    const received = await read(body)
    const notification = trustUnconfirmedV2
      ? received
      : await confirmNotification(client, received, { timeout: CONFIRM_WITHIN })
    const [outcome, response] = await accept(notification, nonceOf(notification, request), mchid, ground)
    return [notification, outcome, response]
  } finally {
    release()
  }
}

async function accept(
  notification: Notification,
  nonce: string | null,
  mchid: string,
  ground: Ground,
): Promise<[NotificationOutcome, Response]> {
  const { ledger, routes } = ground
  const to = routes(notification.event, mchid).map(({ name }) => name)
  const event: NewEvent = { ...eventOf(notification, mchid, ground.now), nonce, to }
  if (isQuestion(notification)) return ['answered', await answerQuestion(event, ground)]
  const { outcome, deliveries } = await ledger(mchid).record(event)
  if (outcome === 'replayed') throw replayed()
  if (deliveries.length > 0)
    await enqueueInTime(
      deliveries.map(delivery => ({ mchid, delivery })),
      ground,
    )
  return [outcome, acknowledge(notification)]
}

/** What the ledger writes down of a notification. */
function eventOf(
  notification: Pick<Notification, 'api' | 'id' | 'event' | 'resource' | 'message'>,
  mchid: string,
  now: () => number,
): Omit<NewEvent, 'nonce' | 'to'> {
  const { api, id, event, resource, message } = notification
  const createdAt = typeof message.create_time === 'string' ? Date.parse(message.create_time) : Number.NaN
  const told = api === 'v2' ? withoutSignature(resource) : resource
  return {
    ...{ mchid, api, id, event, resource: stringifyJson(told), source: 'notification' },
    createdAt: Number.isNaN(createdAt) ? now() : createdAt,
    ...aboutOf(notification),
  }
}

/** APIv3 signs each sending anew. An APIv2 one that comes again may be the same to the byte. */
const nonceOf = ({ api }: Notification, { headers }: Request): string | null =>
  api === 'v3' ? headers.get('wechatpay-nonce') : null

/** The event is in the ledger: an outbox that fails, or is slow, costs time and nothing else. */
async function enqueueInTime(jobs: Parameters<Ground['outbox']['enqueue']>[0], { outbox, log }: Ground): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, ENQUEUE_WITHIN)
  })
  const enqueued = outbox.enqueue(jobs).catch(error => log.warn('outbox failed', { reason: error }))
  await Promise.race([enqueued, late])
  clearTimeout(timer)
}

/** Of the gateway's own refusals. */
const REFUSED: Readonly<Record<string, NotificationOutcome>> = { REPLAYED: 'replayed', BUSY: 'busy' }

function outcomeOf(error: unknown): NotificationOutcome {
  if (error instanceof NotificationError) return OUTCOMES[error.code]
  return (error instanceof Refusal && REFUSED[error.problem.code]) || 'failed'
}

/** In the words that WeChat Pay reads. */
function refused({ problem: { status, code, headers } }: Refusal, api: 'v2' | 'v3'): Response {
  if (api === 'v3') return Response.json({ code: 'FAIL', message: code }, { status, ...(headers && { headers }) })
  const response = refuse(undefined, api)
  return new Response(response.body, { status, headers: { ...Object.fromEntries(response.headers), ...headers } })
}

/** The clients of a gateway by merchant, where an address names one that there is not. */
export const knows = (merchants: Readonly<Record<string, Wechatpay>>, mchid: string): boolean =>
  Object.hasOwn(merchants, mchid)
