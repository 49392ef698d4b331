import type { World } from '../context.ts'
import type { Announcement } from './announcement.ts'
import { writeV2 } from './v2.ts'
import { writeV3 } from './v3.ts'

/** What a notification is written with. */
export type Writer = Pick<
  World,
  'platform' | 'merchant' | 'sealKey' | 'gcmKey' | 'hmacKey' | 'ecbKey' | 'wall' | 'crypto'
>

/** What stays the same however often it is sent. */
export interface Envelope {
  readonly id: string
  /** How many notifications there were before it. */
  readonly number: number
  /** ms */
  readonly created: number
  readonly announcement: Announcement
}

/** A notification as it is sent. */
export interface Message {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/**
 * What is wrong with a notification, on purpose: `probe` bears a signature of `WECHATPAY/SIGNTEST/` (签名探测流量), `stale`
 * is validly signed for ten minutes ago, `tampered` was changed after it was signed.
 */
export type Flaw = 'probe' | 'stale' | 'tampered'

/** Writes a notification anew, with a signature of its own: each try bears another. */
export const writeMessage = (envelope: Envelope, world: Writer, flaw?: Flaw): Promise<Message> =>
  (envelope.announcement.api === 'v3' ? writeV3 : writeV2)(envelope, world, flaw)

/** As the service's own requests have them. */
export const HEADERS: Readonly<Record<string, string>> = {
  Accept: '*/*',
  Pragma: 'no-cache',
  'User-Agent': 'Mozilla/4.0',
}
