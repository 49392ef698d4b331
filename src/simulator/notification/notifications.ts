import { stringifyJson } from '../../core/codec/json.ts'
import type { NotificationName } from '../catalogue/notification.ts'
import type { Agenda } from '../clock/scheduler.ts'
import type { Random } from '../state/random.ts'
import type { State } from '../state/state.ts'
import type { Announcement } from './announcement.ts'
import { createSlots } from './concurrency-limit.ts'
import type { NotificationControl } from './control.ts'
import { isQuestion } from './event-names.ts'
import { isGood } from './merchant-response.ts'
import { type Envelope, type Flaw, type Writer, writeMessage } from './message.ts'
import type { Notification, Try } from './notification.ts'
import { plausibleResource } from './sample-resource.ts'
import { send } from './send.ts'

const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE
/** How long after a failed try comes the next, by the simulated clock. */
export const SCHEDULE: readonly number[] = [
  ...[15 * SECOND, 15 * SECOND, 30 * SECOND, 3 * MINUTE, 10 * MINUTE, 20 * MINUTE],
  ...[30 * MINUTE, 30 * MINUTE, 30 * MINUTE, 60 * MINUTE, 3 * HOUR, 3 * HOUR, 3 * HOUR, 6 * HOUR, 6 * HOUR],
]

export interface Notifications {
  notify(announcement: Announcement): void
  /** The oldest first. Of those that are through, the last 10,000. */
  list(): Notification[]
  readonly control: NotificationControl
}

/** A notification as the state keeps it. */
interface Kept extends Envelope {
  readonly state: Notification['state']
  readonly tries: readonly Try[]
  /** How many tries of the schedule have failed. */
  readonly failed: number
}

/** What became of a try. */
interface Outcome {
  readonly tried: Try
  readonly good: boolean
  /** The body of the answer, if there was one. */
  readonly text: string | undefined
}

export interface Ground extends Writer {
  readonly state: State
  readonly agenda: Agenda
  readonly random: Random
  /** Instead of `globalThis.fetch`. */
  readonly deliver?: typeof fetch | undefined
  /** Is told of every try. */
  readonly onTry?: ((notification: Notification, tried: Try) => void) | undefined
}

const MOST = 10_000
/** On their way at the same time: a merchant's server is no match for all that falls due in a day. */
const MOST_UNDERWAY = 64
const MOST_CHARACTERS = 1024

export function createNotifications(ground: Ground): Notifications {
  const { state, agenda, random, deliver, onTry } = ground
  const kept = state.map<Kept>('notifications')
  /** What is held back, the oldest first; `holding` says whether more is to be. */
  const held = state.map<true>('notifications-held')
  const settings = state.map<number | boolean>('notifications-settings')
  const slot = createSlots(MOST_UNDERWAY)
  /** Those that are through, in that order: what makes room. */
  const through = [...kept.values()].filter(({ state }) => state !== 'pending').map(({ id }) => id)

  const shown = ({ id, announcement, created, state, tries }: Kept): Notification => {
    const { api, event, url, about } = announcement
    return { ...{ id, api, event, url, about, created, state }, tries: [...tries] }
  }
  const count = (): number => Number(settings.get('count') ?? 0)
  const keep = (announcement: Announcement): Kept => {
    const number = count()
    settings.set('count', number + 1)
    const fresh: Kept = {
      ...{ id: uuid(random), number, created: agenda.now(), announcement },
      ...{ state: 'pending', tries: [], failed: 0 },
    }
    kept.set(fresh.id, fresh)
    return fresh
  }
  /** @throws {TypeError} no definition has such an event */
  const plausible = (name: NotificationName): string => {
    const source = random.named(`${name.api} ${name.event} ${count()}`)
    const resource = plausibleResource(name, { random: source, now: agenda.now(), merchant: ground.merchant })
    if (resource !== undefined) return resource
    throw new TypeError(`No definition has an APIv${name.api.slice(1)} notification ${name.event}. Give a resource.`)
  }
  const close = (of: Kept, state: 'delivered' | 'given-up'): void => {
    kept.set(of.id, { ...of, state })
    through.push(of.id)
    if (through.length > MOST) kept.delete(through.shift()!)
  }
  const known = (id: string): Kept => {
    const found = kept.get(id)
    if (!found) throw new TypeError(`There is no notification ${id}, or it is forgotten.`)
    return found
  }

  /** Sends it once and notes the try; what follows from it is not decided here. */
  const once = async (of: Envelope, as?: Try['as']): Promise<Outcome> => {
    const { announcement } = of
    const at = agenda.now()
    const outcome = await writeMessage(of, ground, as === 'repeat' ? undefined : as).then(
      message => send(announcement.url, message, deliver),
      (error: Error) => ({ error: error.message }),
    )
    const text = 'text' in outcome ? outcome.text : undefined
    const tried: Try = {
      at,
      ...('status' in outcome ? { status: outcome.status } : { error: outcome.error }),
      ...(text && { answer: text.slice(0, MOST_CHARACTERS) }),
      ...(as && { as }),
    }
    const now = kept.get(of.id)
    if (now) kept.set(of.id, { ...now, tries: [...now.tries, tried] })
    return { tried, text, good: 'text' in outcome && isGood(announcement, outcome) }
  }
  /** A try of the schedule; none when a repetition was answered well meanwhile. */
  const attempt = async (id: string): Promise<Outcome | undefined> => {
    const before = kept.get(id)
    if (before?.state !== 'pending') return undefined
    const outcome = await once(before)
    const now = kept.get(id)
    if (now?.state === 'pending') {
      const wait = isQuestion(now.announcement.event) ? undefined : SCHEDULE[now.failed]
      if (outcome.good) close(now, 'delivered')
      else if (wait === undefined) close(now, 'given-up')
      else {
        kept.set(id, { ...now, failed: now.failed + 1 })
        agenda.schedule(agenda.now() + wait, 'notification', id)
      }
    }
    if (now) onTry?.(shown(kept.get(id) ?? now), outcome.tried)
    return outcome
  }
  const onDemand = async (id: string, as: 'repeat' | Flaw): Promise<Try> => {
    const of = known(id)
    requireFlaw(of.announcement, as)
    const { tried, good } = await once(of, as)
    const now = kept.get(id)
    if (as === 'repeat' && good && now?.state === 'pending') close(now, 'delivered')
    onTry?.(shown(kept.get(id) ?? of), tried)
    return tried
  }

  agenda.on<string>('notification', id => {
    if (kept.get(id)?.state !== 'pending') return
    if (settings.get('holding')) return void held.set(id, true)
    return slot(() => attempt(id)).then(() => {})
  })
  // What a restart has caught between being held back and being sent.
  if (!settings.get('holding')) {
    for (const id of held.keys()) agenda.schedule(agenda.now(), 'notification', id)
    held.clear()
  }

  return {
    notify(announcement) {
      agenda.schedule(agenda.now(), 'notification', keep(announcement).id)
    },
    list: () => [...kept.values()].map(shown),
    control: {
      repeat: id => onDemand(id, 'repeat'),
      stale: id => onDemand(id, 'stale'),
      tampered: id => onDemand(id, 'tampered'),
      async probe(target) {
        if (!target.includes('://')) return onDemand(target, 'probe')
        const event = 'TRANSACTION.SUCCESS'
        const resource = { out_trade_no: 'probe', trade_state: 'SUCCESS' }
        const announcement: Announcement = { api: 'v3', url: target, event, resource, about: '' }
        const probe = { id: uuid(random), number: 0, created: agenda.now(), announcement }
        const { tried } = await once(probe, 'probe')
        onTry?.(shown({ ...probe, state: 'pending', tries: [tried], failed: 0 }), tried)
        return tried
      },
      hold() {
        settings.set('holding', true)
      },
      async release({ order = 'given' } = {}) {
        settings.set('holding', false)
        const ids = [...held.keys()]
        for (const id of order === 'reversed' ? ids.reverse() : ids) {
          await attempt(id)
          held.delete(id)
        }
      },
      async send({ api = 'v3', about = '', resource, event, ...rest }) {
        const told = resource === undefined ? plausible({ api, event }) : plain(resource)
        const { id } = keep({ ...rest, ...{ api, event, about, resource: told } })
        if (settings.get('holding')) {
          held.set(id, true)
          return shown(kept.get(id)!)
        }
        const { text } = (await attempt(id))!
        return { ...shown(kept.get(id)!), ...(text !== undefined && { answer: text }) }
      },
    },
  }
}

/** @throws {TypeError} */
function requireFlaw({ api }: Announcement, as: 'repeat' | Flaw): void {
  if (api === 'v2' && (as === 'probe' || as === 'stale'))
    throw new TypeError(`An APIv2 notification bears no timestamp and no probe: none can be ${as}.`)
}

/**
 * As the state can keep it: where a number is longer than a double holds, as its JSON text.
 *
 * @throws {TypeError} JSON has no form for it
 */
function plain(resource: object | string): object | string {
  if (typeof resource === 'string') return resource
  if (typeof resource !== 'object' || resource === null)
    throw new TypeError('A resource is what the notification tells, as an object or as JSON text.')
  try {
    return hasLong(resource) ? stringifyJson(resource) : JSON.parse(JSON.stringify(resource))
  } catch (cause) {
    throw new TypeError('JSON has no form for the resource.', { cause })
  }
}

const hasLong = (value: unknown): boolean =>
  typeof value === 'bigint' || (typeof value === 'object' && value !== null && Object.values(value).some(hasLong))

/** As the service's ids are: UUIDs of version 5. */
function uuid(random: Random): string {
  const variant = random.pick(['8', '9', 'a', 'b'])
  return [random.hex(8), random.hex(4), `5${random.hex(3)}`, variant + random.hex(3), random.hex(12)].join('-')
}
