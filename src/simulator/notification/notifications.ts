import { stringifyJson } from '../../core/codec/json.ts'
import { HOUR, MINUTE, SECOND } from '../../core/time.ts'
import type { NotificationName } from '../catalogue/notification.ts'
import type { Scheduler } from '../clock/scheduler.ts'
import type { Random } from '../state/random.ts'
import type { State } from '../state/state.ts'
import { createConcurrencyLimit } from './concurrency-limit.ts'
import type { NotificationControl } from './control.ts'
import { isQuestion } from './event-names.ts'
import { isAcknowledged } from './merchant-response.ts'
import type { Envelope, MessageContext } from './message.ts'
import type { Flaw, Notification, NotificationAttempt, NotificationDraft } from './notification.ts'
import { sampleResource } from './sample-resource.ts'
import { send } from './send.ts'
import { writeV2 } from './v2.ts'
import { writeV3 } from './v3.ts'

/** Delays after failed attempts until the next one, by the simulated clock. */
const SCHEDULE: readonly number[] = [
  15 * SECOND,
  15 * SECOND,
  30 * SECOND,
  3 * MINUTE,
  10 * MINUTE,
  20 * MINUTE,
  30 * MINUTE,
  30 * MINUTE,
  30 * MINUTE,
  60 * MINUTE,
  3 * HOUR,
  3 * HOUR,
  3 * HOUR,
  6 * HOUR,
  6 * HOUR,
]

export interface Notifications {
  notify(draft: NotificationDraft): void
  /** Returns the notifications, the oldest first; of the finished ones, the last 10,000. */
  list(): Notification[]
  readonly control: NotificationControl
}

interface StoredNotification extends Envelope {
  readonly state: Notification['state']
  readonly attempts: readonly NotificationAttempt[]
  /** Scheduled attempts that have failed. */
  readonly failed: number
}

interface AttemptOutcome {
  readonly attempt: NotificationAttempt
  readonly acknowledged: boolean
  /** Body of the response, if there was one. */
  readonly text: string | undefined
}

export interface NotificationContext extends MessageContext {
  readonly state: State
  readonly scheduler: Scheduler
  readonly random: Random
  /** Default `globalThis.fetch`. */
  readonly deliver?: typeof fetch | undefined
  /** Called after every attempt. */
  readonly onAttempt?: ((notification: Notification, attempt: NotificationAttempt) => void) | undefined
}

const MAX_FINISHED = 10_000
/** Limits the notifications that are sent at once when the clock is advanced, for example, by a day. */
const MAX_CONCURRENT = 64
const MAX_BODY_CHARACTERS = 1024

export function createNotifications(context: NotificationContext): Notifications {
  const { state, scheduler, random, deliver, onAttempt } = context
  const stored = state.map<StoredNotification>('notifications')
  /** Ids of the notifications that are held back, the oldest first. */
  const held = state.map<true>('held-notifications')
  const settings = state.map<number | boolean>('notification-settings')
  const limit = createConcurrencyLimit(MAX_CONCURRENT)
  /** Ids of the finished notifications, the oldest first, which is the order of their deletion. */
  const finished = [...stored.values()].filter(({ state }) => state !== 'pending').map(({ id }) => id)

  const count = (): number => Number(settings.get('count') ?? 0)
  const saveNotification = (draft: NotificationDraft): StoredNotification => {
    const number = count()
    settings.set('count', number + 1)
    const notification: StoredNotification = {
      id: newUuid(random),
      number,
      created: scheduler.now(),
      draft,
      state: 'pending',
      attempts: [],
      failed: 0,
    }
    stored.set(notification.id, notification)
    return notification
  }
  /** @throws {TypeError} no definition has such an event */
  const requireSample = (name: NotificationName): string => {
    const fork = random.fork(`${name.api} ${name.event} ${count()}`)
    const resource = sampleResource(name, { random: fork, now: scheduler.now(), merchant: context.merchant })
    if (resource !== undefined) return resource
    throw new TypeError(
      `The event ${name.event} has no definition in APIv${name.api.slice(1)}; pass its resource, or another event.`,
    )
  }
  const finish = (notification: StoredNotification, state: 'delivered' | 'given-up'): void => {
    stored.set(notification.id, { ...notification, state })
    finished.push(notification.id)
    if (finished.length > MAX_FINISHED) stored.delete(finished.shift()!)
  }
  const requireNotification = (id: string): StoredNotification => {
    const notification = stored.get(id)
    if (!notification)
      throw new TypeError(`There is no notification ${id}, or it was deleted; use an id from simulator.notifications.`)
    return notification
  }

  /** Sends a notification once and records the attempt. Does not change the notification's state. */
  const sendOnce = async (envelope: Envelope, variant?: NotificationAttempt['variant']): Promise<AttemptOutcome> => {
    const { draft } = envelope
    const at = scheduler.now()
    const write = draft.api === 'v3' ? writeV3 : writeV2
    const outcome = await write(envelope, context, variant === 'repeat' ? undefined : variant).then(
      message => send(draft.url, message, deliver),
      (error: Error) => ({ error: error.message }),
    )
    const text = 'text' in outcome ? outcome.text : undefined
    const attempt: NotificationAttempt = {
      at,
      ...('status' in outcome ? { status: outcome.status } : { error: outcome.error }),
      ...(text && { responseBody: text.slice(0, MAX_BODY_CHARACTERS) }),
      ...(variant && { variant }),
    }
    const current = stored.get(envelope.id)
    if (current) stored.set(envelope.id, { ...current, attempts: [...current.attempts, attempt] })
    return { attempt, text, acknowledged: 'text' in outcome && isAcknowledged(draft, outcome) }
  }
  /** Makes a scheduled attempt, unless a repetition has been acknowledged in the meantime. */
  const sendScheduled = async (id: string): Promise<AttemptOutcome | undefined> => {
    const notification = stored.get(id)
    if (notification?.state !== 'pending') return undefined
    const outcome = await sendOnce(notification)
    const current = stored.get(id)
    if (current?.state === 'pending') {
      const delay = isQuestion(current.draft.event) ? undefined : SCHEDULE[current.failed]
      if (outcome.acknowledged) finish(current, 'delivered')
      else if (delay === undefined) finish(current, 'given-up')
      else {
        stored.set(id, { ...current, failed: current.failed + 1 })
        scheduler.schedule(scheduler.now() + delay, 'notification', id)
      }
    }
    if (current) onAttempt?.(toNotification(stored.get(id) ?? current), outcome.attempt)
    return outcome
  }
  const sendOnDemand = async (id: string, variant: 'repeat' | Flaw): Promise<NotificationAttempt> => {
    const notification = requireNotification(id)
    requirePossible(notification.draft, variant)
    const { attempt, acknowledged } = await sendOnce(notification, variant)
    const current = stored.get(id)
    if (variant === 'repeat' && acknowledged && current?.state === 'pending') finish(current, 'delivered')
    onAttempt?.(toNotification(stored.get(id) ?? notification), attempt)
    return attempt
  }

  scheduler.on<string>('notification', id => {
    if (stored.get(id)?.state !== 'pending') return
    if (settings.get('holding')) return void held.set(id, true)
    return limit(() => sendScheduled(id)).then(() => {})
  })
  // A restart may have interrupted a release. The notifications that it left must be sent.
  if (!settings.get('holding')) {
    for (const id of held.keys()) scheduler.schedule(scheduler.now(), 'notification', id)
    held.clear()
  }

  return {
    notify(draft) {
      scheduler.schedule(scheduler.now(), 'notification', saveNotification(draft).id)
    },
    list: () => [...stored.values()].map(toNotification),
    control: {
      repeat: id => sendOnDemand(id, 'repeat'),
      stale: id => sendOnDemand(id, 'stale'),
      tampered: id => sendOnDemand(id, 'tampered'),
      async probe(target) {
        if (!target.includes('://')) return sendOnDemand(target, 'probe')
        const draft: NotificationDraft = {
          api: 'v3',
          url: target,
          event: 'TRANSACTION.SUCCESS',
          resource: { out_trade_no: 'probe', trade_state: 'SUCCESS' },
          reference: '',
        }
        const envelope: Envelope = { id: newUuid(random), number: 0, created: scheduler.now(), draft }
        const { attempt } = await sendOnce(envelope, 'probe')
        onAttempt?.(toNotification({ ...envelope, state: 'pending', attempts: [attempt], failed: 0 }), attempt)
        return attempt
      },
      hold() {
        settings.set('holding', true)
      },
      async release({ order = 'given' } = {}) {
        settings.set('holding', false)
        const ids = [...held.keys()]
        for (const id of order === 'reversed' ? ids.reverse() : ids) {
          await sendScheduled(id)
          held.delete(id)
        }
      },
      async send({ api = 'v3', reference = '', resource, event, ...rest }) {
        const { id } = saveNotification({
          ...rest,
          api,
          event,
          reference,
          resource: resource === undefined ? requireSample({ api, event }) : toStorableResource(resource),
        })
        if (settings.get('holding')) {
          held.set(id, true)
          return toNotification(stored.get(id)!)
        }
        const { text } = (await sendScheduled(id))!
        return { ...toNotification(stored.get(id)!), ...(text !== undefined && { responseBody: text }) }
      },
    },
  }
}

function toNotification({ id, draft, created, state, attempts }: StoredNotification): Notification {
  const { api, event, url, reference } = draft
  return { id, api, event, url, reference, created, state, attempts: [...attempts] }
}

/** @throws {TypeError} */
function requirePossible({ api }: NotificationDraft, variant: 'repeat' | Flaw): void {
  if (api === 'v2' && (variant === 'probe' || variant === 'stale'))
    throw new TypeError(
      `An APIv2 notification cannot be ${variant}: APIv2 has neither timestamps nor probes; use an APIv3 notification.`,
    )
}

/**
 * Converts a resource to a form that the state can store: JSON text if it contains a number that a double cannot represent.
 *
 * @throws {TypeError} JSON cannot represent it
 */
function toStorableResource(resource: object | string): object | string {
  if (typeof resource === 'string') return resource
  if (typeof resource !== 'object' || resource === null)
    throw new TypeError(`The resource of a notification is ${resource}; it must be an object or JSON text.`)
  try {
    return hasBigInt(resource) ? stringifyJson(resource) : JSON.parse(JSON.stringify(resource))
  } catch (cause) {
    throw new TypeError('JSON cannot represent the resource of the notification; pass plain data.', { cause })
  }
}

const hasBigInt = (value: unknown): boolean =>
  typeof value === 'bigint' || (typeof value === 'object' && value !== null && Object.values(value).some(hasBigInt))

/** Creates a UUID of version 5, like the service's ids. */
function newUuid(random: Random): string {
  const variant = random.pick(['8', '9', 'a', 'b'])
  return [random.hex(8), random.hex(4), `5${random.hex(3)}`, variant + random.hex(3), random.hex(12)].join('-')
}
