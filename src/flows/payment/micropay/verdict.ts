import { ServiceError, WechatpayError } from '../../../core/base/errors.ts'
import { formatAmount } from '../../checks.ts'
import { isAbsent, isRateLimited, serviceCodeOf } from '../../error-kind.ts'
import { type AnyOrder, currencyOf, totalOf, tradeStateOf } from '../order/query.ts'
import type { MicropayCalls } from './calls.ts'
import type { MicropayOutcome, MicropayPaid, MicropayRefusal } from './state.ts'

/** The meaning of a response: the order is final, has failed and must be closed, or is open. */
export type Verdict =
  | { readonly is: 'paid'; readonly transaction: object }
  | { readonly is: 'reversed' }
  | { readonly is: 'refused'; readonly refusal: MicropayRefusal }
  | { readonly is: 'failed' }
  | {
      readonly is: 'open'
      readonly reason: string
      /** Whether a query found the order; undefined if no query got a response. */
      readonly found?: 'absent' | 'order'
    }

/** All other states leave the payment open: `USERPAYING`, `NOTPAY`, `ACCEPT`, and any that WeChat Pay may add. */
const VERDICT_BY_STATE: Readonly<Record<string, Exclude<Verdict['is'], 'open'>>> = {
  SUCCESS: 'paid',
  REFUND: 'refused',
  CLOSED: 'refused',
  REVOKED: 'reversed',
  // 支付失败，请撤销订单: WeChat Pay asks for the reversal.
  PAYERROR: 'failed',
}

/**
 * Interprets the state of an order as that of a payment by code of this amount. An order with another amount or
 * currency means that the number was used before; it must not be reversed, because it is somebody else's payment.
 */
export function verdictOf(
  order: object,
  { total, currency }: Pick<MicropayCalls, 'total' | 'currency'>,
  state: string = tradeStateOf(order as AnyOrder),
): Verdict {
  const foundTotal = totalOf(order)
  const foundCurrency = currencyOf(order)
  const isOther = foundTotal !== undefined && foundTotal !== total
  if (isOther || (currency !== undefined && foundCurrency !== undefined && foundCurrency !== currency))
    return refusedVerdict(
      'OUT_TRADE_NO_USED',
      `this number belongs to an order of ${formatAmount(foundTotal ?? 0, foundCurrency)}`,
    )
  const is = Object.hasOwn(VERDICT_BY_STATE, state) ? VERDICT_BY_STATE[state] : undefined
  if (is === 'paid') return { is, transaction: order }
  if (is === 'refused') return refusedVerdict(state, (order as { trade_state_desc?: string }).trade_state_desc ?? '')
  return is ? { is } : { is: 'open', reason: state, found: 'order' }
}

/**
 * Returns the refusal in an error if WeChat Pay's own code says that this request was not carried out. It proves
 * nothing about the number: an earlier request may have been carried out (`AUTH_CODE_EXPIRE`, `OUT_TRADE_NO_USED`,
 * `FREQUENCY_LIMITED`, after a crash), so the order must be queried. An error without a code of WeChat Pay, such as a
 * proxy's HTML page, proves nothing.
 */
export function refusalIn(error: unknown): MicropayRefusal | undefined {
  if (!(error instanceof ServiceError) || error.mayHaveTakenEffect || /^HTTP_\d+$/.test(error.serviceCode))
    return undefined
  const { serviceCode, serviceMessage } = error
  return { serviceCode, serviceMessage, error }
}

/** Returns the code of an error, of WeChat Pay or this library. */
export const reasonOf = (error: unknown): string =>
  error instanceof ServiceError ? error.serviceCode : error instanceof WechatpayError ? error.code : String(error)

const refusedVerdict = (serviceCode: string, serviceMessage: string): Verdict => ({
  is: 'refused',
  refusal: { serviceCode, serviceMessage, error: undefined },
})

/** Queries the order. A failed query leaves it open. */
export const queryVerdict = (calls: MicropayCalls): Promise<Verdict> =>
  calls.query().then(
    order => verdictOf(order, calls),
    error => ({ is: 'open', reason: reasonOf(error), ...(isAbsent(error) && { found: 'absent' }) }),
  )

/** Returns the outcome of a final verdict; undefined for the others. */
export function outcomeOf(
  verdict: Verdict,
  { out_trade_no, by, isRepeat }: Omit<MicropayPaid<object>, 'state' | 'transaction'>,
): MicropayOutcome<object> | undefined {
  if (verdict.is === 'paid') return { state: 'paid', out_trade_no, transaction: verdict.transaction, by, isRepeat }
  if (verdict.is === 'refused') return { state: 'refused', out_trade_no, ...verdict.refusal }
  if (verdict.is === 'reversed') return { state: 'reversed', out_trade_no, reason: 'ELSEWHERE', refusal: undefined }
  return undefined
}

/** Returns whether WeChat Pay refuses to reverse, so that repeating is useless. */
export const refusesReversal = (error: unknown): boolean =>
  refusalIn(error) !== undefined && !isRateLimited(error) && serviceCodeOf(error) !== 'USERPAYING'
