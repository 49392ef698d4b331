import {
  acknowledge,
  type Notification,
  NotificationError,
  refuse,
  stringifyJson,
  type Wechatpay,
} from '../../core/index.ts'
import { apiOfNotification, checkNotificationHeaders } from '../../core/notification/receive.ts'
import type { Api } from '../../definitions/call.ts'
import { confirmationOf } from '../../flows/notification/confirmations.ts'
import { isQuestion } from '../../flows/notification/handlers.ts'
import { hasApiv2Key } from '../apiv2-key.ts'
import type { GatewayContext } from '../context.ts'
import { enqueueInTime, jobsOf } from '../delivery/enqueue.ts'
import { correlate } from '../event/correlation.ts'
import { mayRecur } from '../event/dedupe.ts'
import { indexable, withIndexableKeys } from '../event/indexable.ts'
import { withoutSignature } from '../fields.ts'
import { countOf } from '../metrics/counters.ts'
import type { NotificationOutcome } from '../metrics/metrics.ts'
import { problemOf, Refusal } from '../problem.ts'
import { MAX_SKEW, type NewEvent, type RecordResult } from '../store/event/events.ts'
import { isCountedByLedger, notificationLedger } from './notification-counts.ts'
import { answerQuestion, type NotificationContext, replayRefusal } from './question.ts'

/** Milliseconds for the queries that confirm an event. WeChat Pay waits 5 s for the response. */
const CONFIRM_WITHIN = 2_500

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
  DECRYPTION_FAILED: 'undecryptable',
}

/**
 * Receives a notification: checks its headers, reads and verifies its body, decrypts it, confirms it by a query if its signature does
 * not prove it, records it once, enqueues its deliveries, and only then acknowledges it. If a step fails, WeChat Pay gets an error and
 * sends the notification again.
 *
 * @param mchid the merchant in the path of the request
 */
export async function receiveNotification(
  request: Request,
  mchid: string,
  context: NotificationContext,
): Promise<Response> {
  const { counters, log } = context
  const api = apiOfNotification(context.merchants[mchid]!, request.headers)
  const countOutcome = (outcome: NotificationOutcome, response: Response): Response => {
    if (!isCountedByLedger(outcome)) counters.add([countOf('wechatpay_edge_notifications_total', { mchid, outcome })])
    return response
  }
  try {
    const { event, id, seq, outcome, response } = await receive(request, api, mchid, context)
    log.info('notification', { mchid, type: event, ...(id === undefined ? { seq } : { id }), outcome })
    return countOutcome(outcome, response)
  } catch (error) {
    const outcome = outcomeOf(error, api)
    if (outcome === 'undecryptable') await context.keyFaults.recordUndecryptable(mchid, api)
    const { code } = error instanceof NotificationError ? error : problemOf(error)
    // Sampled, because anybody can send these. The counter has all of them.
    const count = context.sampleRefused(`${mchid} ${outcome} ${code}`)
    if (count !== undefined) log.warn('notification refused', { mchid, outcome, code, reason: error, count })
    if (error instanceof Refusal) return countOutcome(outcome, refusalResponse(error, api))
    return countOutcome(outcome, refuse(error, error instanceof NotificationError && api === 'v2' ? undefined : api))
  }
}

/** The outcome of a notification. */
interface Accepted {
  readonly event: string
  /** Undefined for APIv2, whose ids are composed of fields of the notification, such as a number plate, and must not be logged. */
  readonly id: string | undefined
  /** The number of the event in the ledger. */
  readonly seq: number
  readonly outcome: NotificationOutcome
  readonly response: Response
}

async function receive(request: Request, api: Api, mchid: string, context: NotificationContext): Promise<Accepted> {
  const { merchants, readNotificationBody, confirm } = context
  const client = merchants[mchid]!
  if (api === 'v2') requireApiv2Key(client, request)
  const read = await checkNotificationHeaders(client, request.headers)
  const { body, release } = await readNotificationBody(request, `${api}/${mchid}`)
  try {
    const received = await read(body)
    if (!confirm || !confirmationOf(received)) return await accept(received, nonceOf(received, request), mchid, context)
    // A replay must not cause a query. Nothing of it is recorded: only the id is known to be genuine.
    const duplicate = await notificationLedger(mchid, context).recordRepeat(mchid, await indexable(received.id))
    if (duplicate) return await acknowledgeRecorded(received, duplicate, mchid, context)
    const notification = await confirm(client, received, { timeout: CONFIRM_WITHIN })
    return await accept(notification, null, mchid, context)
  } finally {
    release()
  }
}

async function accept(
  notification: Notification,
  nonce: string | null,
  mchid: string,
  context: NotificationContext,
): Promise<Accepted> {
  const { routes, traceparent } = context
  const endpoints = routes(notification.event, mchid).map(({ name }) => name)
  const event = await withIndexableKeys({
    ...eventOf(notification, mchid, context.now),
    nonce,
    endpoints,
    traceparent,
  })
  if (isQuestion(notification)) {
    const { seq, response } = await answerQuestion(event, context)
    return { event: notification.event, id: notification.id, seq, outcome: 'answered', response }
  }
  return acknowledgeRecorded(notification, await notificationLedger(mchid, context).recordEvent(event), mchid, context)
}

async function acknowledgeRecorded(
  notification: Notification,
  { outcome, seq, deliveries }: RecordResult,
  mchid: string,
  context: GatewayContext,
): Promise<Accepted> {
  if (outcome === 'replayed') throw replayRefusal()
  await enqueueInTime(jobsOf(mchid, deliveries), context)
  const { api, event } = notification
  const id = api === 'v2' ? undefined : notification.id
  return { event, id, seq, outcome, response: acknowledge(notification) }
}

/** Converts a notification to the event that the ledger records. */
function eventOf(
  notification: Pick<Notification, 'api' | 'id' | 'event' | 'resource' | 'message'>,
  mchid: string,
  now: () => number,
): Omit<NewEvent, 'nonce' | 'endpoints' | 'traceparent'> {
  const { api, id, event, resource, message } = notification
  const created = typeof message.create_time === 'string' ? Date.parse(message.create_time) : Number.NaN
  const createdAt = Number.isNaN(created) ? now() : created
  return {
    mchid,
    api,
    id,
    event,
    resource: stringifyJson(api === 'v2' ? withoutSignature(resource) : resource),
    source: 'notification',
    createdAt,
    ...(mayRecur(event) && { occurredSince: createdAt - MAX_SKEW }),
    ...correlate(notification),
  }
}

/** Returns the nonce by which a replay is recognised. A genuine APIv2 repetition may be identical to the byte, so it has none. */
const nonceOf = ({ api }: Notification, { headers }: Request): string | null =>
  api === 'v2' ? null : headers.get('wechatpay-nonce')

/** Requires the key that verifies an APIv2 notification before its body is read, because its headers cannot be checked. */
function requireApiv2Key(client: Wechatpay, { headers }: Request): void {
  if (hasApiv2Key(client)) return
  throw new NotificationError(
    'SIGNATURE_MISSING',
    'has no Wechatpay-Signature, -Serial, -Timestamp and -Nonce. If it is an APIv3 notification, a proxy or a framework removes these headers: let them pass. If it is an APIv2 notification, the merchant needs an APIv2 key: set apiv2Key',
    { headers, body: '' },
  )
}

/**
 * Outcomes by the code of the gateway's own refusals. A body that is incomplete is its sender's doing, who may be anybody: it must not look
 * like a failure of the gateway.
 */
const REFUSED: Readonly<Record<string, NotificationOutcome>> = {
  REPLAYED: 'replayed',
  BUSY: 'busy',
  BODY_CUT_SHORT: 'incomplete',
  BODY_TIMEOUT: 'incomplete',
  TINY_CHUNKS: 'incomplete',
}

function outcomeOf(error: unknown, api: Api): NotificationOutcome {
  // A refund of APIv2 has no signature: that it can be decrypted is all that proves it.
  if (error instanceof NotificationError)
    return api === 'v2' && error.code === 'DECRYPTION_FAILED' ? 'forged' : OUTCOMES[error.code]
  return (error instanceof Refusal && REFUSED[error.problem.code]) || 'failed'
}

/** Creates the response to a refusal of the gateway in the format that WeChat Pay expects. */
function refusalResponse({ problem: { status, code, headers } }: Refusal, api: Api): Response {
  if (api !== 'v2') return Response.json({ code: 'FAIL', message: code }, { status, ...(headers && { headers }) })
  const response = refuse(undefined, api)
  return new Response(response.body, { status, headers: { ...Object.fromEntries(response.headers), ...headers } })
}

/** Returns whether the gateway has a client of the merchant. */
export const hasMerchant = (merchants: Readonly<Record<string, Wechatpay>>, mchid: string): boolean =>
  Object.hasOwn(merchants, mchid)
