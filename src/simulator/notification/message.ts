import type { SimulatorContext } from '../context.ts'
import type { NotificationDraft } from './notification.ts'

/** What a notification is written with. */
export type MessageContext = Pick<
  SimulatorContext,
  'platform' | 'merchant' | 'encryptionKey' | 'gcmKey' | 'hmacKey' | 'ecbKey' | 'signatureNow' | 'crypto'
>

/** What stays the same however often it is sent. */
export interface Envelope {
  readonly id: string
  /** How many notifications there were before it. */
  readonly number: number
  /** ms */
  readonly created: number
  readonly draft: NotificationDraft
}

/** A notification as it is sent. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** As the service's own requests have them. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  Accept: '*/*',
  Pragma: 'no-cache',
  'User-Agent': 'Mozilla/4.0',
}
