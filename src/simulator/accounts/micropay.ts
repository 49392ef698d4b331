import type { AccountsContext } from './context.ts'
import { type Order, type OrderDraft, type Orders, orderKey } from './orders.ts'
import { Rejection } from './rejection.ts'

/** What becomes of a payment by code: paid, the shopper has to confirm it, or it fails. */
export type MicropayResult = 'SUCCESS' | 'USERPAYING' | 'PAYERROR'

/** Documented: 18 digits that begin with 10 to 15. */
const AUTH_CODE = /^1[0-5]\d{16}$/
/** Documented: a payment of more than 1,000 yuan takes the shopper's password. */
const MAX_WITHOUT_PASSWORD = 1000_00
/** Milliseconds that a code is shown; the shopper's app makes another one each minute. */
const CODE_LIFETIME = 60_000

/** What a code was used for. */
interface UsedCode {
  /** Of the order. */
  readonly key: string
  readonly at: number
}

/** 付款码支付: the merchant scans the code that the shopper shows. */
export interface Micropay {
  /**
   * @returns the order; `USERPAYING` when the shopper has yet to confirm
   * @throws {Rejection} `AUTH_CODE_INVALID`, `AUTH_CODE_USED`, `AUTH_CODE_EXPIRED`, `MICROPAY_FAILED`, those of an order
   */
  pay(draft: OrderDraft, auth_code: string): Order
  /**
   * Reverses an order.
   *
   * @returns whether nothing came of it, and it has to be called once more (`recall`): only where it was ordered
   */
  reverse(key: string): boolean
  /** So many reversals will have to be called once more. */
  scriptRecalls(times: number): void
  /** What becomes of the next payments, one after the other, instead of what the amount decides. */
  scriptResults(results: readonly MicropayResult[]): void
}

export function createMicropay({ state, now }: AccountsContext, orders: Orders): Micropay {
  const codes = state.map<UsedCode>('auth codes')
  const scripted = state.map<readonly MicropayResult[]>('micropay')
  const recalls = state.map<number>('micropay recalls')
  const nextResult = ({ amount }: OrderDraft): MicropayResult => {
    const [first, ...rest] = scripted.get('next') ?? []
    if (first) scripted.set('next', rest)
    return first ?? (amount.total > MAX_WITHOUT_PASSWORD ? 'USERPAYING' : 'SUCCESS')
  }
  return {
    pay(draft, auth_code) {
      const key = orderKey(draft)
      if (!AUTH_CODE.test(auth_code)) throw new Rejection('AUTH_CODE_INVALID', auth_code)
      const known = orders.find(key)
      const used = codes.get(auth_code)
      // The code is looked at before the order: once it has paid, it says nothing about the number it is sent with again.
      if (used && (used.key !== key || known?.trade_state !== 'USERPAYING'))
        throw new Rejection(now() < used.at + CODE_LIFETIME ? 'AUTH_CODE_USED' : 'AUTH_CODE_EXPIRED', auth_code)
      const order = orders.placeByCode(draft)
      if (known) return order
      codes.set(auth_code, { key, at: now() })
      const becomes = nextResult(draft)
      if (becomes === 'SUCCESS') return orders.pay(key)
      if (becomes === 'USERPAYING') return order
      orders.fail(key)
      throw new Rejection('MICROPAY_FAILED', draft.out_trade_no)
    },
    reverse(key) {
      const left = recalls.get('left') ?? 0
      if (left > 0) recalls.set('left', left - 1)
      else orders.reverse(key)
      return left > 0
    },
    scriptRecalls: times => void recalls.set('left', times),
    scriptResults: results => void scripted.set('next', [...(scripted.get('next') ?? []), ...results]),
  }
}
