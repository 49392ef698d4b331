import { ServiceError, WechatpayError } from '../../core/errors.ts'
import type { MicropayCalls } from './micropay-calls.ts'
import type { MicropayOutcome, MicropayPaid, MicropayRefused } from './micropay-state.ts'
import { type AnyOrder, totalOf, tradeStateOf } from './order-query.ts'
import { codeOf, isAbsent, isTooOften } from './service-code.ts'

/** What an answer means: it is over, it failed and has to be closed, or nothing is settled. */
export type Verdict =
  | { readonly is: 'paid'; readonly transaction: object }
  | { readonly is: 'reversed' }
  | { readonly is: 'refused'; readonly refusal: Omit<MicropayRefused, 'state' | 'out_trade_no'> }
  | { readonly is: 'failed' }
  | {
      readonly is: 'open'
      readonly reason: string
      /** A query found no such order. */
      readonly isAbsent?: boolean
      /** The payment was answered with this, which is a refusal if there is no such order. */
      readonly unless?: ServiceError
    }

/** A state that is not here, `USERPAYING`, `NOTPAY`, `ACCEPT` or one that WeChat Pay adds, leaves everything open. */
const BY_STATE: Readonly<Record<string, Exclude<Verdict['is'], 'open'>>> = {
  SUCCESS: 'paid',
  REFUND: 'refused',
  CLOSED: 'refused',
  REVOKED: 'reversed',
  // 支付失败，请撤销订单: WeChat Pay asks for the reversal itself.
  PAYERROR: 'failed',
}

/**
 * What an order's state means to a payment by code of so many fen. An order with another amount is not this one: its
 * number has been used before, and to reverse it would be to reverse somebody else's payment.
 */
export function verdictOf(order: object, total: number, state: string = tradeStateOf(order as AnyOrder)): Verdict {
  const known = totalOf(order)
  if (known !== undefined && known !== total)
    return refused('OUT_TRADE_NO_USED', `under this number there is an order of ${known} fen`)
  const is = Object.hasOwn(BY_STATE, state) ? BY_STATE[state] : undefined
  if (is === 'paid') return { is, transaction: order }
  if (is === 'refused') return refused(state, (order as { trade_state_desc?: string }).trade_state_desc ?? '')
  return is ? { is } : { is: 'open', reason: state }
}

/**
 * After these WeChat Pay has moved nothing, without underscores. A code that is not here is asked about: `SYSTEMERROR`,
 * `BANKERROR`, `USERPAYING`, `ORDERPAID`, `INVALID_REQUEST`, which may stand for a repetition, and any that nobody has heard
 * of.
 *
 * @see https://pay.weixin.qq.com/doc/v2/merchant/4011937125
 */
const REFUSALS: ReadonlySet<string> = new Set(
  `PARAMERROR NOAUTH AUTHCODEEXPIRE NOTENOUGH NOTSUPORTCARD NOTSUPPORTCARD ORDERCLOSED ORDERREVERSED AUTHCODEERROR
  AUTHCODEINVALID XMLFORMATERROR REQUIREPOSTMETHOD SIGNERROR LACKPARAMS NOTUTF8 BUYERMISMATCH APPIDNOTEXIST MCHIDNOTEXIST
  MCHNOTEXISTS OUTTRADENOUSED APPIDMCHIDNOTMATCH TRADEERROR RULELIMIT ACCOUNTERROR`.split(/\s+/),
)

/** What it means that the payment was answered with an error, or not answered. */
export function verdictOfError(error: unknown): Verdict {
  const code = codeOf(error) ?? ''
  const isAnswered = error instanceof ServiceError && !error.mayHaveTakenEffect
  if (isAnswered && (REFUSALS.has(code) || isTooOften(error))) return refusedBy(error)
  return { is: 'open', reason: reasonOf(error), ...(isAnswered && { unless: error }) }
}

/**
 * What a query makes of it that found nothing: a payment that WeChat Pay answered, with whichever error, and does not know,
 * was refused. One that was not answered may still arrive.
 */
export const settledBy = (found: Verdict, asked: Verdict): Verdict =>
  found.is === 'open' && found.isAbsent && asked.is === 'open' && asked.unless ? refusedBy(asked.unless) : found

/** In a word: WeChat Pay's code, or this library's. */
export const reasonOf = (error: unknown): string =>
  error instanceof ServiceError ? error.serviceCode : error instanceof WechatpayError ? error.code : String(error)

const refusedBy = (error: ServiceError): Verdict => refused(error.serviceCode, error.serviceMessage, error)

const refused = (serviceCode: string, serviceMessage: string, error?: ServiceError): Verdict => ({
  is: 'refused',
  refusal: { serviceCode, serviceMessage, error },
})

/** Queries, and takes a query that fails for one that says nothing. */
export const look = (calls: MicropayCalls): Promise<Verdict> =>
  calls.query().then(
    order => verdictOf(order, calls.total),
    error => ({ is: 'open', reason: reasonOf(error), isAbsent: isAbsent(error) }),
  )

/** The last state that a verdict comes to; undefined where it comes to none yet. */
export function outcomeOf(
  verdict: Verdict,
  { out_trade_no, by, isRepeat }: Omit<MicropayPaid<object>, 'state' | 'transaction'>,
): MicropayOutcome<object> | undefined {
  if (verdict.is === 'paid') return { state: 'paid', out_trade_no, transaction: verdict.transaction, by, isRepeat }
  if (verdict.is === 'refused') return { state: 'refused', out_trade_no, ...verdict.refusal }
  if (verdict.is === 'reversed') return { state: 'reversed', out_trade_no, reason: 'ELSEWHERE' }
  return undefined
}

/** WeChat Pay will not reverse, and says so itself: to repeat it is of no use. */
export const refusesReversal = (error: unknown): boolean =>
  error instanceof ServiceError && !error.mayHaveTakenEffect && !isTooOften(error) && codeOf(error) !== 'USERPAYING'
