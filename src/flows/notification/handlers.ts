import { kindOf } from '../../core/base/error-text.ts'
import { nearestName } from '../../core/base/nearest-name.ts'
import {
  ConfigurationError,
  type EventName,
  type Notification,
  type NotificationOf,
  type Wechatpay,
} from '../../core/index.ts'
import { PROFIT_SHARING_CHANGE } from '../../core/notification/event-name.ts'
import { eventNames } from '../../definitions/generated/event-names.ts'
import type { BrandNotifications } from '../../definitions/generated/types.ts'
import { questions } from '../generated/questions.ts'

/** Pattern for events with a common prefix: `REFUND.*`, `MCHTRANSFER.BILL.*`. */
export type NotificationFamily = FamilyOf<EventName>
type FamilyOf<Name extends string> = Name extends `${infer First}.${infer Second}.${string}`
  ? `${First}.*` | `${First}.${Second}.*`
  : Name extends `${infer First}.${string}`
    ? `${First}.*`
    : never
type MembersOf<Family extends string> = Family extends `${infer Start}*`
  ? Extract<EventName, `${Start}${string}`>
  : never

/** Notifications that ask a question, which the return value of their handler answers. */
export type Question = (typeof questions)[number]
const QUESTIONS: ReadonlySet<string> = new Set(questions)

export const isQuestion = ({ event }: Pick<Notification, 'event'>): boolean => QUESTIONS.has(event)

/** The merchant that received a notification of APIv3 or APIv2. */
export interface NotificationContext {
  /** Merchant id (商户号) of the client that verified the notification. */
  mchid: string
  /** The client that verified the notification. */
  wechatpay: Wechatpay
  brandId?: undefined
}

/** The brand that received a notification of the brand API. */
export interface BrandNotificationContext {
  /** Brand id (品牌 ID) of the client that verified the notification. */
  brandId: string
  /** The client that verified the notification. */
  wechatpay: Wechatpay
  mchid?: undefined
}

/** The receiver of a notification of any API. */
export type AnyNotificationContext = NotificationContext | BrandNotificationContext
type ContextOf<Name extends EventName> = Name extends keyof BrandNotifications
  ? BrandNotificationContext
  : NotificationContext

type Handler<Received, Answer, Context = AnyNotificationContext> = (notification: Received, context: Context) => Answer

/**
 * Handlers of notifications: by event, by family (`'REFUND.*'`; the longest match applies), and `otherwise`. A
 * notification is acknowledged when its handler returns or its promise is fulfilled, and refused when it throws. The
 * return value is ignored, with two exceptions: for a {@link Question} it is the answer, an object that is sent as
 * JSON; and a `Response` is sent as it is.
 */
export type NotificationHandlers = {
  [Name in EventName]?: Handler<
    NotificationOf<Name>,
    Name extends Question ? object | Promise<object> : unknown,
    ContextOf<Name>
  >
} & {
  [Family in NotificationFamily]?: Handler<NotificationOf<MembersOf<Family>>, unknown, ContextOf<MembersOf<Family>>>
} & {
  /**
   * Handles all other notifications, including undocumented ones. `'acknowledge'` accepts them without further action:
   * WeChat Pay does not repeat them, so they are lost; the first of each event is logged. Questions are still refused,
   * because they need an answer. Default: they are refused, and WeChat Pay repeats them for a day, during which a
   * handler can be added.
   */
  otherwise?: Handler<Notification, unknown> | 'acknowledge'
}

export type AnyHandler = Handler<Notification, unknown>

const EVENTS: readonly string[] = [...eventNames, PROFIT_SHARING_CHANGE]
/** All valid keys of {@link NotificationHandlers}. */
const HANDLER_NAMES: ReadonlySet<string> = new Set([...EVENTS, ...EVENTS.flatMap(familiesOf), 'otherwise'])

/** Returns the families of an event, longest first: `MCHTRANSFER.BILL.*`, `MCHTRANSFER.*`. */
function familiesOf(name: string): string[] {
  const parts = name.split('.')
  return parts.slice(1).map((_, at) => `${parts.slice(0, -1 - at).join('.')}.*`)
}

/** Rejects a misspelt handler name, which would never be called. */
function requireHandlerName(name: string): void {
  if (HANDLER_NAMES.has(name)) return
  const near = nearestName(name, HANDLER_NAMES)
  const question = near === undefined ? '' : ` Did you mean '${near}'?`
  throw new ConfigurationError(
    'OPTION_INVALID',
    `handlers['${name}']`,
    `no notification has this name.${question} Events that this version does not define are passed to "otherwise"`,
  )
}

/**
 * Creates a function that finds the handler of a notification: `'acknowledge'` if that is what `otherwise` says of it.
 *
 * @throws {ConfigurationError} there are no handlers, or one is not a function or not named after an event
 */
export function createRouter(
  handlers: NotificationHandlers,
): (notification: Notification) => AnyHandler | 'acknowledge' {
  if (Object(handlers) !== handlers || typeof handlers === 'function')
    throw new ConfigurationError(
      handlers === undefined ? 'OPTION_MISSING' : 'OPTION_INVALID',
      'handlers',
      `${kindOf(handlers)}. Give functions by event, as the second argument: { 'TRANSACTION.SUCCESS': ({ resource }) => … }`,
    )
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

  return ({ event }) => {
    const handler = [event, ...familiesOf(event), 'otherwise'].map(key => byName.get(key)).find(Boolean)
    if (typeof handler === 'function' || (handler && !isQuestion({ event }))) return handler
    throw new ConfigurationError('OPTION_MISSING', `handlers['${event}']`, handler ? UNANSWERED : UNHANDLED)
  }
}

const UNHANDLED =
  'this notification has no handler, so it was refused, and WeChat Pay repeats it for a day. Add a handler, or otherwise: "acknowledge" to accept all notifications without one'
const UNANSWERED =
  'this notification asks a question, so it was refused instead of acknowledged. Add a handler that returns the answer'
