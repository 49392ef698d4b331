import { eventNames } from '../../core/endpoints/generated/event-names.ts'
import type { V2Notifications, V3Notifications } from '../../core/endpoints/generated/types.ts'
import {
  ConfigurationError,
  type NamedNotifications,
  type Notification,
  type ResourceOf,
  type Wechatpay,
} from '../../core/index.ts'
import { nearestName } from '../../core/nearest-name.ts'
import { PROFIT_SHARING_CHANGE } from '../../core/notification/event-name.ts'

/** The events that both APIs have, of different things: with `v2/` before it, that of 免押租借. */
type AmbiguousEvent = keyof V2Notifications & keyof V3Notifications
const AMBIGUOUS_EVENTS: ReadonlySet<string> = new Set([
  'TRANSACTION.FAIL',
  'TRANSACTION.SUCCESS',
] satisfies AmbiguousEvent[])

/** An event by its name; APIv2's `TRANSACTION.SUCCESS` and `TRANSACTION.FAIL` (免押租借) with `v2/` before it. */
export type NotificationName =
  | keyof V3Notifications
  | keyof NamedNotifications
  | Exclude<keyof V2Notifications, AmbiguousEvent>
  | `v2/${AmbiguousEvent}`

/** The events whose names begin alike: `REFUND.*`, `MCHTRANSFER.BILL.*`. */
export type NotificationFamily = FamilyOf<NotificationName>
type FamilyOf<Name extends string> = Name extends `${infer First}.${infer Second}.${string}`
  ? `${First}.*` | `${First}.${Second}.*`
  : Name extends `${infer First}.${string}`
    ? `${First}.*`
    : never
type MembersOf<Family extends string> = Family extends `${infer Start}*`
  ? Extract<NotificationName, `${Start}${string}`>
  : never

/** A notification of a known event, its resource typed. */
export type NotificationOf<Name extends NotificationName> = Name extends
  | keyof V3Notifications
  | keyof NamedNotifications
  ? Notification<Name, ResourceOf<Name>> & { api: 'v3' }
  : Name extends keyof V2Notifications
    ? Notification<Name, ResourceOf<Name>> & { api: 'v2' }
    : Name extends `v2/${infer Event extends AmbiguousEvent}`
      ? Notification<Event, V2Notifications[Event]> & { api: 'v2' }
      : never

/** The notifications that ask: what their handler returns is the answer. */
export type Question = keyof V3Notifications &
  (
    | 'PARKING_FEE.QUERY_TRANS_INFO'
    | 'CROSS_BORDER_PAY.GET_MCH_INFO'
    | 'ENTRUST.TERMINATE_INQUIRY'
    | 'ENTRUST.TERMINATE_RETENTION'
  )
const QUESTIONS: ReadonlySet<string> = new Set([
  'PARKING_FEE.QUERY_TRANS_INFO',
  'CROSS_BORDER_PAY.GET_MCH_INFO',
  'ENTRUST.TERMINATE_INQUIRY',
  'ENTRUST.TERMINATE_RETENTION',
] satisfies Question[])

export const isQuestion = ({ event }: Pick<Notification, 'event'>): boolean => QUESTIONS.has(event)

/** The merchant that a notification is for. */
export interface NotificationContext {
  /** Merchant id (商户号) of the client that has verified it. */
  mchid: string
  /** That client. */
  wechatpay: Wechatpay
}

type Handler<Received, Answer> = (notification: Received, context: NotificationContext) => Answer

/**
 * The handlers of notifications: by event, by family (`'REFUND.*'`, the longest that fits), and `otherwise`. A notification
 * is accepted when the handler returns or its promise is fulfilled, and sent again when it throws. What it returns matters
 * in two cases: to a {@link Question} it is the answer, an object, which is sent as JSON; and a `Response` is sent as it is.
 */
export type NotificationHandlers = {
  [Name in NotificationName]?: Handler<NotificationOf<Name>, Name extends Question ? object | Promise<object> : unknown>
} & {
  [Family in NotificationFamily]?: Handler<NotificationOf<MembersOf<Family>>, unknown>
} & {
  /**
   * All others, including those that no definition has. `'acknowledge'` accepts them without doing anything: WeChat Pay does
   * not send them again, so nobody ever acts on them; the first of each event is logged. A question is refused even then,
   * because its answer is missing. Default: they are refused, and WeChat Pay sends them again for a day, in which a handler
   * can be added.
   */
  otherwise?: Handler<Notification, unknown> | 'acknowledge'
}

export type AnyHandler = Handler<Notification, unknown>

const EVENTS: readonly string[] = [...eventNames, PROFIT_SHARING_CHANGE]
/** Everything that a handler can be given for. */
const HANDLER_NAMES: ReadonlySet<string> = new Set([...EVENTS, ...EVENTS.flatMap(familiesOf), 'otherwise'])

/** Returns the families of an event, the narrowest first: `MCHTRANSFER.BILL.*`, `MCHTRANSFER.*`. */
function familiesOf(name: string): string[] {
  const parts = name.split('.')
  return parts.slice(1).map((_, at) => `${parts.slice(0, -1 - at).join('.')}.*`)
}

/** Refuses a handler that would never be called, because its name is misspelt. */
function requireHandlerName(name: string): void {
  if (HANDLER_NAMES.has(name)) return
  const near = nearestName(name, HANDLER_NAMES)
  const question = near === undefined ? '' : ` Is '${near}' meant?`
  throw new ConfigurationError(
    'OPTION_INVALID',
    `handlers['${name}']`,
    `no notification has this name.${question} An event that this version does not define goes to "otherwise"`,
  )
}

/**
 * Finds the handler of a notification.
 *
 * @param onUnhandled receives an event of which `otherwise: 'acknowledge'` disposes
 * @throws {ConfigurationError} a handler is not a function, or no event has its name
 */
export function createRouter(
  handlers: NotificationHandlers,
  onUnhandled: (name: string) => void,
): (notification: Notification) => AnyHandler {
  const { otherwise } = handlers
  const byName = new Map(Object.entries(handlers).filter(([, handle]) => handle !== undefined)) as Map<
    string,
    AnyHandler | 'acknowledge'
  >
  for (const [name, handle] of byName) {
    requireHandlerName(name)
    if (typeof handle !== 'function' && !(name === 'otherwise' && otherwise === 'acknowledge'))
      throw new ConfigurationError('OPTION_INVALID', `handlers['${name}']`, 'not a function')
  }

  return ({ api, event }) => {
    const name = api === 'v2' && AMBIGUOUS_EVENTS.has(event) ? `v2/${event}` : event
    const handler = [name, ...familiesOf(name), 'otherwise'].map(key => byName.get(key)).find(Boolean)
    if (typeof handler === 'function') return handler
    if (handler === 'acknowledge' && !isQuestion({ event })) return () => onUnhandled(name)
    throw new ConfigurationError('OPTION_MISSING', `handlers['${name}']`, handler ? UNANSWERED : UNHANDLED)
  }
}

const UNHANDLED =
  'this notification has no handler: it was refused, and WeChat Pay sends it again for a day. Add a handler, or otherwise: "acknowledge" to accept what has none'
const UNANSWERED =
  'this notification asks a question, so it cannot merely be acknowledged: it was refused. Add a handler that returns the answer'
