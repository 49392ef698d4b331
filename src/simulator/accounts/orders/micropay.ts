import { MINUTE } from '../../../core/base/time.ts'
import type { AccountsContext } from '../context.ts'
import { Rejection } from '../rejection.ts'
import { type Order, type OrderDraft, orderKey } from './order.ts'
import type { Orders } from './orders.ts'

/** Result of a payment by code: it is paid, the shopper must confirm it, or it fails. */
export type MicropayResult = 'SUCCESS' | 'USERPAYING' | 'PAYERROR'

/** Documented: 18 digits that begin with 10 to 15. */
const AUTH_CODE = /^1[0-5]\d{16}$/
/** Documented: a payment of more than 1,000 yuan requires the shopper's password. */
const MAX_WITHOUT_PASSWORD = 1000_00
/** The shopper's app shows a new code each minute. */
const CODE_LIFETIME = MINUTE

/** A payment code that has been used. */
interface UsedCode {
  /** Key of the order that it paid. */
  readonly order: string
  readonly at: number
}

/** Payments by code (付款码支付): the merchant scans the code that the shopper shows. */
export interface Micropay {
  /**
   * Pays an order by code.
   *
   * @returns the order; `USERPAYING` until the shopper confirms
   * @throws {Rejection} `AUTH_CODE_INVALID`, `AUTH_CODE_USED`, `AUTH_CODE_EXPIRED`, `MICROPAY_FAILED`, those of an order
   */
  pay(draft: OrderDraft, auth_code: string): Order
  /**
   * Reverses an order, unless {@link Micropay.scriptRecalls} prevents it.
   *
   * @returns whether the order was not reversed and the merchant must call again (`recall`)
   */
  reverse(key: string): boolean
  /** Makes the given number of reversals fail with `recall`. */
  scriptRecalls(count: number): void
  /** Sets the results of the next payments, which otherwise depend on the amount. */
  scriptResults(results: readonly MicropayResult[]): void
}

export function createMicropay({ state, now }: AccountsContext, orders: Orders): Micropay {
  const usedCodes = state.map<UsedCode>('auth-codes')
  const scriptedResults = state.map<readonly MicropayResult[]>('micropay-results')
  const recalls = state.map<number>('micropay-recalls')
  const nextResult = ({ amount }: OrderDraft): MicropayResult => {
    const [scripted, ...rest] = scriptedResults.get('next') ?? []
    if (scripted) scriptedResults.set('next', rest)
    return scripted ?? (amount.total > MAX_WITHOUT_PASSWORD ? 'USERPAYING' : 'SUCCESS')
  }
  return {
    pay(draft, auth_code) {
      const key = orderKey(draft)
      if (!AUTH_CODE.test(auth_code)) throw new Rejection('AUTH_CODE_INVALID', auth_code)
      const existing = orders.find(key)
      const used = usedCodes.get(auth_code)
      // The code is checked before the order: a code that has paid is refused, whichever order number comes with it.
      if (used && (used.order !== key || existing?.trade_state !== 'USERPAYING'))
        throw new Rejection(now() < used.at + CODE_LIFETIME ? 'AUTH_CODE_USED' : 'AUTH_CODE_EXPIRED', auth_code)
      const order = orders.placeByCode(draft)
      if (existing) return order
      usedCodes.set(auth_code, { order: key, at: now() })
      const result = nextResult(draft)
      if (result === 'SUCCESS') return orders.pay(key)
      if (result === 'USERPAYING') return order
      orders.fail(key)
      throw new Rejection('MICROPAY_FAILED', draft.out_trade_no)
    },
    reverse(key) {
      const left = recalls.get('left') ?? 0
      if (left > 0) recalls.set('left', left - 1)
      else orders.reverse(key)
      return left > 0
    },
    scriptRecalls: count => void recalls.set('left', count),
    scriptResults: results => void scriptedResults.set('next', [...(scriptedResults.get('next') ?? []), ...results]),
  }
}
