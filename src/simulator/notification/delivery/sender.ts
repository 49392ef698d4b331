import { isAcknowledged } from '../merchant-response.ts'
import type { Envelope, Message } from '../message.ts'
import type { NotificationAttempt } from '../notification.ts'
import { send } from '../send.ts'
import { writeV2 } from '../v2.ts'
import { writeV3 } from '../v3.ts'
import type { NotificationContext } from './context.ts'
import type { StoredNotifications } from './stored-notifications.ts'

export interface AttemptOutcome {
  readonly attempt: NotificationAttempt
  readonly acknowledged: boolean
  /** Body of the response, if there was one. */
  readonly text: string | undefined
}

/** Sends a notification once and records the attempt. Does not change the notification's state. */
export type SendOnce = (envelope: Envelope, variant?: NotificationAttempt['variant']) => Promise<AttemptOutcome>

const MAX_BODY_CHARACTERS = 1024

export function createSender(
  { scheduler, deliver, observers }: Pick<NotificationContext, 'scheduler' | 'deliver' | 'observers'>,
  stored: StoredNotifications,
): SendOnce {
  return async (envelope, variant) => {
    const { draft } = envelope
    const at = scheduler.now()
    const write = draft.api === 'v2' ? writeV2 : writeV3
    const messageContext = stored.requireContext(draft.mchid)
    let sent: Message | undefined
    const outcome = await write(envelope, messageContext, variant === 'repeat' ? undefined : variant).then(
      message => {
        sent = message
        return send(draft.url, message, deliver)
      },
      (error: Error) => ({ error: error.message }),
    )
    const text = 'text' in outcome ? outcome.text : undefined
    const attempt: NotificationAttempt = {
      at,
      ...('status' in outcome ? { status: outcome.status } : { error: outcome.error }),
      ...(text && { responseBody: text.slice(0, MAX_BODY_CHARACTERS) }),
      ...(variant && { variant }),
    }
    const current = stored.find(envelope.id)
    const attempts = [...(current?.attempts ?? []), attempt]
    if (current) stored.save({ ...current, attempts })
    const acknowledged = 'text' in outcome && isAcknowledged(draft, outcome)
    if (observers.present) {
      const isDelivered = acknowledged && (variant === undefined || variant === 'repeat')
      const state = isDelivered ? 'delivered' : (current?.state ?? 'pending')
      const notification = stored.toNotification({ ...envelope, state, attempts, failed: 0 })
      observers.report({ kind: 'notification', notification, attempt, request: sent, resource: draft.resource })
    }
    return { attempt, text, acknowledged }
  }
}
