import type { NotificationName } from '../../catalogue/notification.ts'
import { ParameterError } from '../../parameter-error.ts'
import type { NotificationControl } from '../control.ts'
import type { MessageContext } from '../message.ts'
import type { Flaw, NotificationAttempt, NotificationDraft } from '../notification.ts'
import { sampleResource } from '../sample-resource.ts'
import type { NotificationContext } from './context.ts'
import { replaceFields } from './resource.ts'
import type { NotificationSchedule } from './schedule.ts'
import type { SendOnce } from './sender.ts'
import type { StoredNotifications } from './stored-notifications.ts'

interface Parts {
  readonly stored: StoredNotifications
  readonly sendOnce: SendOnce
  readonly schedule: NotificationSchedule
}

/** Creates what sends, holds, repeats and forges notifications on demand. */
export function createNotificationControl(context: NotificationContext, parts: Parts): NotificationControl {
  const { stored, schedule } = parts
  const sendAgain = createRepetition(context, parts)
  return {
    repeat: (id, { url } = {}) => sendAgain(id, 'repeat', url),
    stale: id => sendAgain(id, 'stale'),
    tampered: id => sendAgain(id, 'tampered'),
    async probe(target) {
      if (!target.includes('://')) return sendAgain(target, 'probe')
      const envelope = stored.newEnvelope(0, probeDraft(target))
      const { attempt } = await parts.sendOnce(envelope, 'probe')
      const notification = { ...envelope, state: 'pending', attempts: [attempt], failed: 0 } as const
      context.onAttempt(stored.toNotification(notification), attempt)
      return attempt
    },
    isHolding: schedule.isHolding,
    hold: schedule.hold,
    release: ({ order = 'given' } = {}) => schedule.release(order),
    send: createSending(context, parts),
  }
}

/** A payment that never happened. */
const probeDraft = (url: string): NotificationDraft => ({
  api: 'v3',
  url,
  event: 'TRANSACTION.SUCCESS',
  resource: { out_trade_no: 'probe', trade_state: 'SUCCESS' },
  reference: '',
})

/** Creates the function that sends a stored notification again, or a forgery of it. */
function createRepetition(
  { onAttempt }: Pick<NotificationContext, 'onAttempt'>,
  { stored, sendOnce }: Parts,
): (id: string, variant: 'repeat' | Flaw, url?: string) => Promise<NotificationAttempt> {
  return async (id, variant, url) => {
    const saved = stored.require(id)
    const notification = url === undefined ? saved : { ...saved, draft: { ...saved.draft, url: requireUrl(url) } }
    requirePossible(notification.draft, variant)
    const { attempt, acknowledged } = await sendOnce(notification, variant)
    const current = stored.find(id)
    if (variant === 'repeat' && acknowledged && current?.state === 'pending') stored.finish(current, 'delivered')
    onAttempt(stored.toNotification({ ...(stored.find(id) ?? notification), draft: notification.draft }), attempt)
    return attempt
  }
}

/** Creates the function that sends a new notification, whole or with a flaw. */
function createSending(
  { scheduler, random, onAttempt }: NotificationContext,
  { stored, sendOnce, schedule }: Parts,
): NotificationControl['send'] {
  /** @throws {ParameterError} no definition has such an event */
  const requireSample = (name: NotificationName, { merchant, brandKeys }: MessageContext): string => {
    const fork = random.fork(`${name.api} ${name.event} ${stored.count()}`)
    const brandId = brandKeys?.signer.id
    const resource = sampleResource(name, { random: fork, now: scheduler.now(), merchant, brandId })
    if (resource !== undefined) return resource
    throw new ParameterError(
      `The event ${name.event} has no definition in ${name.api === 'brand' ? 'the brand API' : `APIv${name.api.slice(1)}`}; pass its resource, or another event.`,
    )
  }
  return async ({ api = 'v3', reference = '', resource, fields, event, flaw, once = false, ...rest }) => {
    if (flaw) requirePossible({ api }, flaw)
    const messageContext = stored.requireContext(rest.mchid)
    if (api === 'brand' && !messageContext.brandKeys)
      throw new ParameterError('The merchant has no brand; create it with the option brandId.')
    const whole = resource === undefined ? requireSample({ api, event }, messageContext) : resource
    const notification = stored.add({ ...rest, api, event, reference, resource: replaceFields(whole, fields) })
    const { id } = notification
    const sent = (text: string | undefined) => ({
      ...stored.toNotification(stored.find(id)!),
      ...(text !== undefined && { responseBody: text }),
    })
    if (!flaw && !once) return sent((await schedule.sendNow(id))?.text)
    const { attempt, acknowledged, text } = await sendOnce(notification, flaw)
    stored.finish(stored.find(id)!, acknowledged && !flaw ? 'delivered' : 'given-up')
    onAttempt(stored.toNotification(stored.find(id)!), attempt)
    return sent(text)
  }
}

/** @throws {ParameterError} */
function requireUrl(url: string): string {
  if (URL.canParse(url) && /^https?:$/.test(new URL(url).protocol)) return url
  throw new ParameterError(`The url ${JSON.stringify(url)} is not an address such as http://127.0.0.1:3000/notify.`)
}

const V2_FLAWS: readonly Flaw[] = ['tampered', 'unsigned']

/** @throws {ParameterError} */
function requirePossible({ api }: Pick<NotificationDraft, 'api'>, variant: 'repeat' | Flaw): void {
  if (api === 'v2' && variant !== 'repeat' && !V2_FLAWS.includes(variant))
    throw new ParameterError(
      `An APIv2 notification cannot be ${variant}: APIv2 has neither timestamps, serials nor probes; use an APIv3 notification.`,
    )
}
