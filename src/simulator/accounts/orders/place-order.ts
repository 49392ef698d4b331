import { DAY, HOUR, MINUTE } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import { refuseChangedRepetition } from '../fingerprint.ts'
import { newPrepayId } from '../numbers.ts'
import { type Order, type OrderDraft, orderKey } from './order.ts'
import type { OrderRecords } from './order-records.ts'

/** Documented: WeChat Pay closes unpaid orders after this time, and moves `time_expire` into these bounds. */
const DEFAULT_LIFETIME = 7 * DAY
const MIN_LIFETIME = MINUTE
const MAX_LIFETIME = 15 * DAY
const PREPAY_LIFETIME = 2 * HOUR
/** Merchants are advised to reverse a payment by code that is not confirmed after 30 s. */
const CONFIRMATION_TIME = MINUTE

type PlacementContext = Pick<AccountsContext, 'now' | 'random'>

/** Returns whether the prepay_id of an order, or of a combined order, is too old to pay with. */
export const isPrepayExpired = ({ prepayIssuedAt }: { readonly prepayIssuedAt: number }, now: number): boolean =>
  now >= prepayIssuedAt + PREPAY_LIFETIME

/**
 * Places an order. For the same number with the same parameters, it returns the first order, with a new prepay_id if the
 * old one has expired.
 *
 * @throws {Rejection} the number belongs to an order with other parameters, or one that cannot be paid
 */
export function placeOrder(draft: OrderDraft, records: OrderRecords, context: PlacementContext): Order {
  const now = context.now()
  const repeated = findRepeatedOrder(draft, records)
  if (repeated && (!repeated.prepay_id || !isPrepayExpired(repeated, now))) return repeated
  if (repeated) records.forgetNumber(repeated.prepay_id)
  // The parts of a combined order have none: the combined order has one.
  const prepay_id = draft.combine_out_trade_no === undefined ? newPrepayId(context, records.isTaken) : ''
  if (repeated) return records.save({ ...repeated, prepay_id, prepayIssuedAt: now })
  return records.save({
    ...draft,
    prepay_id,
    prepayIssuedAt: now,
    trade_state: 'NOTPAY',
    createdAt: now,
    expiresAt: expiryOf(draft, now),
  })
}

/** Time after which a payment without a prepay_id fails if it is not carried out. */
const PATIENCE: Readonly<Record<'USERPAYING' | 'ACCEPT', number>> = { USERPAYING: CONFIRMATION_TIME, ACCEPT: DAY }

/**
 * Places an order without a prepay_id, which is not paid yet: by code, while the shopper has not confirmed it (`USERPAYING`), or a
 * deduction (`ACCEPT`).
 *
 * @throws {Rejection} as {@link placeOrder}
 */
export const placeWithoutPrepay = (
  draft: OrderDraft,
  trade_state: 'USERPAYING' | 'ACCEPT',
  records: OrderRecords,
  { now }: PlacementContext,
): Order =>
  findRepeatedOrder(draft, records) ??
  records.save({
    ...draft,
    prepay_id: '',
    prepayIssuedAt: now(),
    trade_state,
    createdAt: now(),
    expiresAt: now() + PATIENCE[trade_state],
  })

function findRepeatedOrder(draft: OrderDraft, records: OrderRecords): Order | undefined {
  const key = orderKey(draft)
  if (!records.find(key)) return undefined
  const order = records.requirePayable(key, draft.combine_out_trade_no)
  refuseChangedRepetition(order, draft.fingerprint, 'ORDER_NUMBER_USED', draft.out_trade_no)
  return order
}

const expiryOf = ({ time_expire }: OrderDraft, now: number): number =>
  time_expire === undefined
    ? now + DEFAULT_LIFETIME
    : Math.min(Math.max(time_expire, now + MIN_LIFETIME), now + MAX_LIFETIME)
