/**
 * Number of attempts during which a delivery holds back later deliveries of its subject. The seventh attempt comes after half an hour:
 * an endpoint that keeps refusing one event must not hold back a refund for days. The index `delivery_holding` has the same number.
 */
export const HOLDING_ATTEMPTS = 7

export type DeliveryState =
  /** Waits until it is due, or for earlier deliveries of its subject. */
  | 'pending'
  /** A question, which is sent at once and only once. */
  | 'asking'
  | 'delivered'
  /** Given up after the last attempt. It can be replayed. */
  | 'dead'

export interface DeliveryRow {
  readonly id: number
  readonly seq: number
  readonly mchid: string
  readonly endpoint: string
  readonly subject: string | null
  /** Time at which WeChat Pay created the event. */
  readonly created_at: number
  readonly state: DeliveryState
  /** Attempts since it was recorded or replayed. */
  readonly tries: number
  readonly due_at: number
  readonly ended_at: number | null
}

/** A row of the list of deliveries. */
export interface ListedDelivery extends DeliveryRow {
  /** Attempts that are recorded. A replay begins `tries` at 0 again, and keeps these. */
  readonly attempt_count: number
}

/** The columns of a {@link DeliveryRow}. */
export const DELIVERY_COLUMNS = 'id, seq, mchid, endpoint, subject, created_at, state, tries, due_at, ended_at'

/**
 * SQL condition: an earlier delivery to the same endpoint and about the same subject, with fewer than {@link HOLDING_ATTEMPTS}, holds
 * a delivery back.
 */
export const IS_BLOCKED: string = `delivery.subject is not null and exists (
  select 1 from delivery as before
  where before.mchid = delivery.mchid and before.endpoint = delivery.endpoint and before.subject = delivery.subject
    and before.state = 'pending' and before.tries < ${HOLDING_ATTEMPTS}
    and (before.created_at, before.id) < (delivery.created_at, delivery.id))`
