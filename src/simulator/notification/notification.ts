import type { Api } from '../../definitions/call.ts'
import type { SignType } from '../../definitions/trait.ts'

/** A notification to send to the merchant (支付通知, 退款结果通知 …). */
export interface NotificationDraft {
  /** Merchant that it is for. Default: the first. */
  readonly mchid?: string | undefined
  /** API version that the order, refund or transfer was created with. */
  readonly api: Api
  /** The merchant's `notify_url`. */
  readonly url: string
  /** v3 and brand: `event_type`; v2: the name in the definitions' `webhooks`, as `transaction-success`. */
  readonly event: string
  readonly original_type?: string | undefined
  readonly summary?: string | undefined
  /**
   * v3 and brand: the plain resource. v2: the fields, including those of `req_info`; nested fields become nested XML, which is not
   * signed. Plain JSON, or JSON text if it contains a number that a double cannot represent.
   */
  readonly resource: object | string
  /** The merchant's number of the order, refund or transfer. */
  readonly reference: string
  /** APIv2: sign type of the order. Default MD5. */
  readonly sign_type?: SignType | undefined
}

/**
 * A defect of a notification: `probe` has a signature that begins `WECHATPAY/SIGNTEST/` (签名探测流量), `stale` is validly
 * signed for ten minutes ago, `tampered` was changed after it was signed, `unknown-serial` names a key that does not exist,
 * `unsigned` has no signature.
 */
export type Flaw = 'probe' | 'stale' | 'tampered' | 'unknown-serial' | 'unsigned'

export const FLAWS: readonly Flaw[] = ['probe', 'stale', 'tampered', 'unknown-serial', 'unsigned']

/** An attempt to deliver a notification. */
export interface NotificationAttempt {
  /** ms, by the simulated clock */
  readonly at: number
  /** HTTP status of the merchant's response. */
  readonly status?: number
  /** Reason why there was no response. */
  readonly error?: string
  /** Body of the response, cut at 1,024 characters. */
  readonly responseBody?: string
  /** Set for an attempt on demand: a repetition, or a defective notification. */
  readonly variant?: 'repeat' | Flaw
}

export interface Notification {
  /** APIv3: `id` in the body; an APIv2 notification carries none. */
  readonly id: string
  /** Merchant whose keys sign and encrypt it. */
  readonly mchid: string
  readonly api: Api
  readonly event: string
  readonly url: string
  /** The merchant's number of the order, refund or transfer. */
  readonly reference: string
  /** ms */
  readonly created: number
  readonly state: 'pending' | 'delivered' | 'given-up'
  readonly attempts: readonly NotificationAttempt[]
}
