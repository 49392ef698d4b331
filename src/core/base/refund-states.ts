/** Refund states (退款状态) of APIv3 that do not change any more. */
const FINAL: ReadonlySet<string> = new Set(['SUCCESS', 'CLOSED', 'ABNORMAL'])
/** Maps states of APIv2 and of overseas refunds to those of APIv3. */
const OTHER_NAMES: Readonly<Record<string, string>> = { REFUNDCLOSE: 'CLOSED', CHANGE: 'ABNORMAL' }

/**
 * Returns whether a state does not change any more. States that WeChat Pay may add are not final.
 *
 * @param refundState as {@link refundStateOf} returns it
 */
export const isFinalRefundState = (refundState: string): boolean => FINAL.has(refundState)

/** Returns 退款状态 as named in APIv3. */
export function refundStateOf(refund: object): string {
  const { status, refund_status = status ?? '' } = refund as { status?: string; refund_status?: string }
  return Object.hasOwn(OTHER_NAMES, refund_status) ? OTHER_NAMES[refund_status]! : refund_status
}

/** Returns WeChat Pay's number of a refund: `refund_id`, or `id` overseas. */
export function refundIdOf(refund: object): string {
  const { id = '', refund_id = id } = refund as { id?: string; refund_id?: string }
  return refund_id
}
