import type { SimulatorContext } from '../context.ts'
import type { NotificationDraft } from './notification.ts'

/** Keys and clocks that a notification is written with. */
export type MessageContext = Pick<
  SimulatorContext,
  'platform' | 'brandKeys' | 'merchant' | 'encryptionKey' | 'gcmKey' | 'hmacKey' | 'ecbKey' | 'signatureNow' | 'crypto'
>

/** The part of a notification that is the same in every attempt. */
export interface Envelope {
  readonly id: string
  /** Number of notifications before this one. */
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

/** Headers that all of WeChat Pay's requests have. */
export const COMMON_HEADERS: Readonly<Record<string, string>> = {
  Accept: '*/*',
  Pragma: 'no-cache',
  'User-Agent': 'Mozilla/4.0',
}
