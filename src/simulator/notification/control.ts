import type { Api } from '../../definitions/call.ts'
import type { SignType } from '../../definitions/trait.ts'
import type { Flaw, Notification, NotificationAttempt } from './notification.ts'

/** A notification to send on demand. */
export interface NotificationRequest {
  readonly url: string
  readonly event: string
  /**
   * APIv3: the plain resource; fields that its definition marks as encrypted are encrypted on the way. APIv2: the
   * fields. Text is JSON. Default: a sample made from the definition, the same for the same seed.
   */
  readonly resource?: object | string
  /** Fields that replace those of the resource or of the sample. */
  readonly fields?: object
  /** Default `v3`. `brand` requires a simulator with a `brandId`. */
  readonly api?: Api
  readonly reference?: string
  /** Merchant that it is for, whose keys sign and encrypt it. Default: the first. */
  readonly mchid?: string
  readonly original_type?: string
  readonly summary?: string
  /** v2. Default MD5. */
  readonly sign_type?: SignType
  /** Sends it once with this defect, for which the merchant must refuse it. APIv2 has only `tampered` and `unsigned`. */
  readonly flaw?: Flaw
  /** Sends it only once, even if the merchant refuses it. Default: false; true for one with a flaw. */
  readonly once?: boolean
}

/** A notification with the merchant's response. */
export interface SentNotification extends Notification {
  /** Body of the response, up to 64 KB. Absent: no response, or the notification is held back. */
  readonly responseBody?: string
}

/** Sends, holds, repeats and forges notifications. */
export interface NotificationControl {
  /**
   * Sends a notification again, with the same id and a new signature, as WeChat Pay may do.
   *
   * @param options.url sends it there and not to the merchant's `notify_url`
   * @throws {TypeError} no such notification
   */
  repeat(id: string, options?: { url?: string | undefined }): Promise<NotificationAttempt>
  /** Returns whether notifications are held back. */
  isHolding(): boolean
  /** Holds back all notifications from now on. */
  hold(): void
  /**
   * Sends the notifications that were held back, one at a time, and stops holding.
   *
   * @param options.order `reversed` sends the newest first. Default `given`
   */
  release(options?: { order?: 'given' | 'reversed' }): Promise<void>
  /**
   * Sends a notification whose signature begins `WECHATPAY/SIGNTEST/` (签名探测流量), which the merchant must refuse.
   *
   * @param target id of a notification, or a URL, which then receives a payment that never happened
   * @throws {TypeError} an APIv2 notification
   */
  probe(target: string): Promise<NotificationAttempt>
  /**
   * Sends a notification validly signed for ten minutes ago.
   *
   * @throws {TypeError} no such notification, or an APIv2 one
   */
  stale(id: string): Promise<NotificationAttempt>
  /**
   * Sends a notification that was changed after it was signed.
   *
   * @throws {TypeError} no such notification
   */
  tampered(id: string): Promise<NotificationAttempt>
  /**
   * Sends any notification of the definitions. It is retried on schedule, unless it asks a question
   * (`PARKING_FEE.QUERY_TRANS_INFO` …), whose answer is in {@link SentNotification.responseBody}.
   *
   * @throws {TypeError} JSON cannot represent the resource, the event has neither a resource nor a definition, APIv2
   * has no such flaw, there is no such merchant, or it has no brand
   */
  send(request: NotificationRequest): Promise<SentNotification>
}
