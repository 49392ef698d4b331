/** How the gateway uses a field that holds the number of an order, a refund or the like. */
interface NumberField {
  readonly name: string
  /** It can be the subject of an event, by which related events are ordered. */
  readonly isSubject?: true
  /** Events are found by it, at any depth: a combined order has the numbers of its sub-orders too. */
  readonly isIndexed?: true
  /** The audit trail records it. */
  readonly isAudited?: true
}

const everywhere = (name: string): NumberField => ({ name, isSubject: true, isIndexed: true, isAudited: true })
const inEvents = (name: string): NumberField => ({ name, isSubject: true, isIndexed: true })
const besideSubject = (name: string): NumberField => ({ name, isIndexed: true, isAudited: true })
const inCalls = (name: string): NumberField => ({ name, isAudited: true })

/**
 * The first of the subjects in an event is its subject. The number of the payment precedes that of the order, because refunds
 * and profit sharing have both.
 */
const NUMBER_FIELDS: readonly NumberField[] = [
  everywhere('transaction_id'),
  everywhere('out_trade_no'),
  everywhere('combine_out_trade_no'),
  everywhere('out_order_no'),
  everywhere('out_bill_no'),
  everywhere('out_batch_no'),
  everywhere('contract_id'),
  everywhere('complaint_id'),
  inEvents('applyment_id'),
  everywhere('business_code'),
  inEvents('coupon_id'),
  inEvents('coupon_code'),
  everywhere('out_request_no'),
  besideSubject('out_refund_no'),
  besideSubject('refund_id'),
  besideSubject('order_id'),
  besideSubject('out_return_no'),
  { name: 'return_id', isIndexed: true },
  besideSubject('transfer_bill_no'),
  besideSubject('batch_id'),
  { name: 'out_detail_no', isIndexed: true },
  { name: 'detail_id', isIndexed: true },
  besideSubject('contract_code'),
  inCalls('partner_trade_no'),
  inCalls('mch_billno'),
  inCalls('out_recharge_no'),
  inCalls('out_transfer_no'),
  inCalls('stock_id'),
]

const namesOf = (isUsed: (field: NumberField) => true | undefined): readonly string[] =>
  NUMBER_FIELDS.filter(isUsed).map(({ name }) => name)

/** Fields that can be the subject of an event, the most telling first. */
export const SUBJECT_FIELDS: readonly string[] = namesOf(({ isSubject }) => isSubject)
/** Fields by which events are found. */
export const INDEXED_FIELDS: readonly string[] = namesOf(({ isIndexed }) => isIndexed)
/** Fields that the audit trail records. */
export const AUDITED_FIELDS: readonly string[] = namesOf(({ isAudited }) => isAudited)
