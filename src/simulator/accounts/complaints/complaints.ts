import type { AccountsContext } from '../context.ts'
import { newNumber } from '../numbers.ts'
import { type Order, orderKey, payeeOf } from '../orders/order.ts'
import type { RefundEvent, RefundStatus } from '../refunds/refund.ts'
import type { Refunds } from '../refunds/refunds.ts'
import { Rejection } from '../rejection.ts'
import { stateAfter } from '../state-machine.ts'
import {
  COMPLAINT_STATES,
  type Complaint,
  type ComplaintActed,
  type ComplaintAction,
  type ComplaintText,
  type NegotiationContent,
  type NegotiationEntry,
} from './complaint.ts'
import { ACTION_RULES, CREATION, PARTIAL_REFUND } from './complaint-actions.ts'
import { type ComplaintImages, createComplaintImages, SHOPPER_IMAGE } from './complaint-images.ts'

/** Complaints of shoppers about paid orders (消费者投诉). */
export interface Complaints {
  readonly images: ComplaintImages
  /** URL that is notified; undefined while the merchant has set none. */
  notifyUrl(): string | undefined
  /** @param url undefined deletes the URL */
  setNotifyUrl(url: string | undefined): void
  /**
   * Files a complaint as the shopper.
   *
   * @throws {Rejection} the order is not paid, or has a complaint that is not processed
   */
  file(order: Order, text: ComplaintText): Complaint
  find(complaint_id: string): Complaint | undefined
  /** @throws {Rejection} `COMPLAINT_UNKNOWN` */
  require(complaint_id: string): Complaint
  /**
   * Adds an act to a complaint, and notifies the merchant of it.
   *
   * @throws {Rejection} there is no such complaint, or its state does not allow the act
   */
  act(
    complaint_id: string,
    action: Exclude<ComplaintAction, 'CREATE_COMPLAINT'>,
    content?: NegotiationContent,
  ): Complaint
  /**
   * Approves or rejects the refund that a complaint asks for.
   *
   * @throws {Rejection} it asks for none, or its refund has been decided or paid
   */
  decideRefund(complaint_id: string, decision: 'APPROVE' | 'REJECT', content: NegotiationContent): Complaint
  /** Records in the complaints about an order that it is being refunded, or has been. */
  recordRefund(event: RefundEvent): void
  all(): Iterable<Complaint>
}

export function createComplaints(context: AccountsContext<ComplaintActed>, refunds: Refunds): Complaints {
  const { state, now, emit } = context
  const stored = state.map<Complaint>('complaints')
  const settings = state.map<string>('complaint-settings')
  const byOrder = indexByOrder(stored)
  const notifyUrl = (): string | undefined => settings.get('notify_url')
  const save = (complaint: Complaint): Complaint => {
    stored.set(complaint.complaint_id, complaint)
    return complaint
  }
  const requireComplaint = (complaint_id: string): Complaint => {
    const complaint = stored.get(complaint_id)
    if (!complaint) throw new Rejection('COMPLAINT_UNKNOWN', complaint_id)
    return complaint
  }
  const addEntry = (
    complaint: Complaint,
    { operate_type, operator }: Pick<NegotiationEntry, 'operate_type' | 'operator'>,
    content: NegotiationContent = {},
  ): Complaint => {
    const isTaken = (number: string) => complaint.history.some(({ log_id }) => log_id === number)
    const entry = { ...content, log_id: newNumber('log_id', context, isTaken), operate_type, operator, at: now() }
    return { ...complaint, history: [...complaint.history, entry] }
  }
  const act: Complaints['act'] = (complaint_id, action, content) => {
    const rule = ACTION_RULES[action]
    const complaint = requireComplaint(complaint_id)
    const event = rule.eventOf(complaint)
    const next = event === undefined ? complaint.state : stateAfter(COMPLAINT_STATES, complaint.state, event)
    const { needsStaff = complaint.in_platform_service } = rule
    if (!next || needsStaff !== complaint.in_platform_service)
      throw new Rejection('COMPLAINT_STATE', `${complaint_id} is ${complaint.state}`)
    const acted = save({ ...addEntry(complaint, rule, content), ...rule.changesOf?.(complaint), state: next })
    emit({ type: 'complaint-acted', action, complaint: acted, notify_url: notifyUrl() })
    return acted
  }
  return {
    images: createComplaintImages(state),
    notifyUrl,
    setNotifyUrl: url => void (url === undefined ? settings.delete('notify_url') : settings.set('notify_url', url)),
    file(order, text) {
      requireNewComplaint(order, text, byOrder.of(order))
      const complaint_id = newNumber('complaint_id', context, number => stored.has(number))
      const draft = draftOf(order, text, { complaint_id, createdAt: now(), refunded: refundedOf(order, refunds, DONE) })
      const { complaint_detail: operate_details } = draft
      const filed = save(
        addEntry(draft, CREATION, { operate_details, images: text.has_image ? [SHOPPER_IMAGE] : undefined }),
      )
      byOrder.add(filed)
      emit({ type: 'complaint-acted', action: 'CREATE_COMPLAINT', complaint: filed, notify_url: notifyUrl() })
      return filed
    },
    find: complaint_id => stored.get(complaint_id),
    require: requireComplaint,
    act,
    decideRefund(complaint_id, decision, content) {
      const { problem_type, state, refund_decision, complaint_full_refunded } = requireComplaint(complaint_id)
      if (problem_type !== 'REFUND') throw new Rejection('COMPLAINT_NO_REFUND', complaint_id)
      if (state === 'PROCESSED' || refund_decision || complaint_full_refunded)
        throw new Rejection('COMPLAINT_DECIDED', complaint_id)
      return act(complaint_id, `MERCHANT_${decision}_REFUND`, content)
    },
    recordRefund({ type, refund, order }) {
      for (const complaint of byOrder.of(order)) {
        const { complaint_id } = complaint
        if (type === 'refund-settled') {
          if (refund.status !== 'SUCCESS') continue
          save({ ...complaint, complaint_full_refunded: refundedOf(order, refunds, DONE) === order.amount.total })
          act(complaint_id, 'REFUND_SUCCESS')
        } else if (refundedOf(order, refunds, STARTED) === order.amount.total) act(complaint_id, 'SELLER_REFUND')
        else save(addEntry(complaint, PARTIAL_REFUND))
      }
    },
    all: () => stored.values(),
  }
}

const DONE: ReadonlySet<RefundStatus> = new Set(['SUCCESS'])
const STARTED: ReadonlySet<RefundStatus> = new Set(['PROCESSING', 'SUCCESS', 'ABNORMAL'])

/** Returns the sum of an order's refunds in some states. */
function refundedOf(order: Order, refunds: Refunds, states: ReadonlySet<RefundStatus>): number {
  const key = orderKey(order)
  let sum = 0
  for (const refund of refunds.all()) if (orderKey(refund) === key && states.has(refund.status)) sum += refund.refund
  return sum
}

/** @throws {Rejection} a shopper cannot file this complaint */
function requireNewComplaint(
  order: Order,
  { apply_refund_amount }: ComplaintText,
  earlier: readonly Complaint[],
): void {
  const { out_trade_no, trade_state, amount, overseas } = order
  if (overseas) throw new Rejection('ORDER_UNKNOWN', out_trade_no)
  if (trade_state !== 'SUCCESS' && trade_state !== 'REFUND') throw new Rejection('COMPLAINT_ORDER_UNPAID', out_trade_no)
  if (earlier.some(({ state }) => state !== 'PROCESSED')) throw new Rejection('COMPLAINT_OPEN', out_trade_no)
  if (apply_refund_amount !== undefined && !(apply_refund_amount > 0 && apply_refund_amount <= amount.total))
    throw new Rejection('COMPLAINT_AMOUNT', String(apply_refund_amount))
}

/** Creates a complaint whose negotiation has not begun. */
function draftOf(
  order: Order,
  text: ComplaintText,
  { complaint_id, createdAt, refunded }: { complaint_id: string; createdAt: number; refunded: number },
): Complaint {
  const { total: amount } = order.amount
  const { complaint_detail = '反馈一个重复扣费的问题', problem_type = 'OTHERS' } = text
  return {
    complaint_id,
    complaint_detail,
    problem_description: text.problem_description ?? complaint_detail,
    problem_type,
    apply_refund_amount: problem_type === 'REFUND' ? (text.apply_refund_amount ?? amount) : undefined,
    payer_phone: text.payer_phone,
    has_image: text.has_image,
    need_immediate_service: text.need_immediate_service,
    state: 'PENDING',
    complainted_mchid: payeeOf(order),
    transaction_id: order.transaction_id!,
    out_trade_no: order.out_trade_no,
    amount,
    payer_openid: order.payer.openid!,
    createdAt,
    user_complaint_times: 1,
    incoming_user_response: false,
    in_platform_service: false,
    complaint_full_refunded: refunded === amount,
    history: [],
  }
}

interface OrderIndex {
  /** Returns the complaints about an order, the oldest first. */
  of(order: Order): readonly Complaint[]
  add(complaint: Complaint): void
}

function indexByOrder(stored: ReadonlyMap<string, Complaint>): OrderIndex {
  const ids = new Map<string, string[]>()
  const add = ({ transaction_id, complaint_id }: Complaint): void =>
    void ids.set(transaction_id, [...(ids.get(transaction_id) ?? []), complaint_id])
  for (const complaint of stored.values()) add(complaint)
  return { add, of: ({ transaction_id = '' }) => (ids.get(transaction_id) ?? []).map(id => stored.get(id)!) }
}
