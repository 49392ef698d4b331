import type { SignType } from '../v2/signature.ts'
import type { Notification, NotificationAttempt } from './notification.ts'

/** A notification to send on demand. */
export interface NotificationRequest {
  readonly url: string
  readonly event: string
  /**
   * APIv3: the plain resource; fields that its definition marks as encrypted are encrypted on the way. APIv2: the
   * fields. Text is JSON. Default: a sample made from the definition, the same for the same seed.
   */
  readonly resource?: object | string
  /** Default `v3`. */
  readonly api?: 'v3' | 'v2'
  readonly reference?: string
  readonly original_type?: string
  readonly summary?: string
  /** v2. Default MD5. */
  readonly sign_type?: SignType
}

/** A notification with the merchant's response. */
export interface SentNotification extends Notification {
  /** Body of the response, up to 64 KB. Absent: no response, or the notification is held back. */
  readonly responseBody?: string
}

/** Sends, holds, repeats and forges notifications. */
export interface NotificationControl {
  /**
   * Sends a notification again, with a new signature under the same id, as WeChat Pay does now and then.
   *
   * @throws {TypeError} no such notification
   */
  repeat(id: string): Promise<NotificationAttempt>
  /** Holds back all notifications from now on. */
  hold(): void
  /**
   * Sends the notifications that were held back, one after the other, and stops holding.
   *
   * @param options.order `reversed`: the newest first. Default `given`
   */
  release(options?: { order?: 'given' | 'reversed' }): Promise<void>
  /**
   * Sends a notification whose signature begins `WECHATPAY/SIGNTEST/` (签名探测流量), which the merchant must refuse.
   *
   * @param target the id of a notification, or a URL that then gets a payment that never was
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
   * (`PARKING_FEE.QUERY_TRANS_INFO` …); {@link SentNotification.responseBody} holds the answer to that.
   *
   * @throws {TypeError} with a resource that JSON has no form for, or without one for an event that no definition has
   */
  send(demand: NotificationRequest): Promise<SentNotification>
}
