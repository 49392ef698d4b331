import { ServiceError, WechatpayError } from '../../../core/errors.ts'
import { formatAmount } from '../checks.ts'
import { isAbsent, isRateLimited, serviceCodeOf } from '../error-kind.ts'
import { type AnyOrder, currencyOf, totalOf, tradeStateOf } from '../order/query.ts'
import type { MicropayCalls } from './calls.ts'
import type { MicropayOutcome, MicropayPaid, MicropayRefusal } from './state.ts'

/** What a response means: it is over, it failed and has to be closed, or nothing is settled. */
export type Verdict =
  | { readonly is: 'paid'; readonly transaction: object }
  | { readonly is: 'reversed' }
  | { readonly is: 'refused'; readonly refusal: MicropayRefusal }
  | { readonly is: 'failed' }
  | {
      readonly is: 'open'
      readonly reason: string
      /** What a query found: no such order, or an order that is not settled. Undefined where no query was answered. */
      readonly found?: 'absent' | 'order'
    }

/** A state that is not here, `USERPAYING`, `NOTPAY`, `ACCEPT` or one that WeChat Pay adds, leaves everything open. */
const VERDICT_BY_STATE: Readonly<Record<string, Exclude<Verdict['is'], 'open'>>> = {
  SUCCESS: 'paid',
  REFUND: 'refused',
  CLOSED: 'refused',
  REVOKED: 'reversed',
  // 支付失败，请撤销订单: WeChat Pay itself asks for the reversal.
  PAYERROR: 'failed',
}

/**
 * Reads an order's state as that of a payment by code of this amount. An order of another amount or currency is not this one: its
 * number has been used before, and to reverse it would be to reverse somebody else's payment.
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
    return refused(
      'OUT_TRADE_NO_USED',
      `under this number there is an order of ${formatAmount(foundTotal ?? 0, foundCurrency)}`,
    )
  const is = Object.hasOwn(VERDICT_BY_STATE, state) ? VERDICT_BY_STATE[state] : undefined
  if (is === 'paid') return { is, transaction: order }
  if (is === 'refused') return refused(state, (order as { trade_state_desc?: string }).trade_state_desc ?? '')
  return is ? { is } : { is: 'open', reason: state, found: 'order' }
}

/**
 * The refusal in an error, where WeChat Pay itself says by a code of its own that it did not carry out this request. It proves
 * nothing about the number: an earlier request may have been carried out (`AUTH_CODE_EXPIRE`, `OUT_TRADE_NO_USED`,
 * `FREQUENCY_LIMITED`, after a crash), so a query has to say what became of the order. A status without such a code, a proxy's
 * HTML say, proves nothing at all.
 */
export function refusalIn(error: unknown): MicropayRefusal | undefined {
  if (!(error instanceof ServiceError) || error.mayHaveTakenEffect || /^HTTP_\d+$/.test(error.serviceCode))
    return undefined
  const { serviceCode, serviceMessage } = error
  return { serviceCode, serviceMessage, error }
}

/** In a word: WeChat Pay's code, or this library's. */
export const reasonOf = (error: unknown): string =>
  error instanceof ServiceError ? error.serviceCode : error instanceof WechatpayError ? error.code : String(error)

const refused = (serviceCode: string, serviceMessage: string): Verdict => ({
  is: 'refused',
  refusal: { serviceCode, serviceMessage, error: undefined },
})

/** Queries. A query that fails says nothing. */
export const queryVerdict = (calls: MicropayCalls): Promise<Verdict> =>
  calls.query().then(
    order => verdictOf(order, calls),
    error => ({ is: 'open', reason: reasonOf(error), ...(isAbsent(error) && { found: 'absent' }) }),
  )

/** The outcome that a verdict comes to; undefined where it comes to none yet. */
export function outcomeOf(
  verdict: Verdict,
  { out_trade_no, by, isRepeat }: Omit<MicropayPaid<object>, 'state' | 'transaction'>,
): MicropayOutcome<object> | undefined {
  if (verdict.is === 'paid') return { state: 'paid', out_trade_no, transaction: verdict.transaction, by, isRepeat }
  if (verdict.is === 'refused') return { state: 'refused', out_trade_no, ...verdict.refusal }
  if (verdict.is === 'reversed') return { state: 'reversed', out_trade_no, reason: 'ELSEWHERE', refusal: undefined }
  return undefined
}

/** Whether WeChat Pay itself refuses to reverse: repeating is of no use. */
export const refusesReversal = (error: unknown): boolean =>
  refusalIn(error) !== undefined && !isRateLimited(error) && serviceCodeOf(error) !== 'USERPAYING'
