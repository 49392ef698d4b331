import type { SignType } from '../v2/signature.ts'
import type { Notification, NotificationAttempt } from './notification.ts'

/** What is sent on demand. */
export interface NotificationRequest {
  readonly url: string
  readonly event: string
  /**
   * v3: the plain resource, in which what the definition has sealed is sealed on its way; v2: the fields. As text, its
   * JSON. Default: what is plausible by the definition, the same for the same seed.
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

/** A notification and what the merchant said to it. */
export interface SentNotification extends Notification {
  /** The body of the answer, whole up to 64 KB. Absent: no answer, or the notification is held back. */
  readonly responseBody?: string
}

/** What a test does with notifications, beyond waiting for them. */
export interface NotificationControl {
  /**
   * Sends one again, signed afresh under the same id, as the service does now and then.
   *
   * @throws {TypeError} no such notification
   */
  repeat(id: string): Promise<NotificationAttempt>
  /** From now on nothing is sent; what falls due is held back. */
  hold(): void
  /**
   * Sends what has been held back, one after the other, and holds back no more.
   *
   * @param options.order `reversed`: the newest first. Default `given`
   */
  release(options?: { order?: 'given' | 'reversed' }): Promise<void>
  /**
   * Sends one with a signature that begins `WECHATPAY/SIGNTEST/` (签名探测流量), which the merchant must refuse.
   *
   * @param target the id of a notification, or a URL that then gets a payment that never was
   * @throws {TypeError} an APIv2 notification
   */
  probe(target: string): Promise<NotificationAttempt>
  /**
   * Sends one validly signed, but for ten minutes ago.
   *
   * @throws {TypeError} no such notification, or an APIv2 one
   */
  stale(id: string): Promise<NotificationAttempt>
  /**
   * Sends one that was changed after it was signed.
   *
   * @throws {TypeError} no such notification
   */
  tampered(id: string): Promise<NotificationAttempt>
  /**
   * Sends any notification of the definitions. It is sent again as the schedule has it, but for one that asks a question
   * (`PARKING_FEE.QUERY_TRANS_INFO` …): the answer to that stands in what is returned.
   *
   * @throws {TypeError} with a resource that JSON has no form for, or without one for an event that no definition has
   */
  send(demand: NotificationRequest): Promise<SentNotification>
}
