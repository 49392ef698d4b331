import type { AccountsContext } from './context.ts'
import { requireRepetition } from './fingerprint.ts'
import type { FundFlow, Funds } from './funds.ts'
import { newNumber } from './numbers.ts'
import { Rejection } from './rejection.ts'

/** 企业付款到零钱, in the names of APIv2, which alone has it. */
export interface PaymentDraft {
  readonly partner_trade_no: string
  readonly mch_appid: string
  readonly mchid: string
  readonly openid: string
  readonly re_user_name?: string | undefined
  readonly amount: number
  readonly desc: string
  /** Two requests with one number must be equal in it. */
  readonly fingerprint: string
}

export interface Payment extends PaymentDraft {
  readonly payment_no: string
  /** ms */
  readonly paid: number
}

/** Payments to a shopper's balance: done at once, out of the operation account. */
export interface Payments {
  /** The same number with the same parameters again is the same payment. */
  pay(draft: PaymentDraft): Payment
  find(partner_trade_no: string): Payment
  flows(): Iterable<FundFlow>
}

export function createPayments(context: AccountsContext, funds: Funds): Payments {
  const payments = context.state.map<Payment>('payments')
  const numbers = new Set([...payments.values()].map(({ payment_no }) => payment_no))
  return {
    pay(draft) {
      const { partner_trade_no, mchid, amount } = draft
      const before = payments.get(partner_trade_no)
      requireRepetition(before, draft.fingerprint, 'TRANSFER_NUMBER_USED', partner_trade_no)
      if (before) return before
      funds.requireFunds(mchid, 'OPERATION', 'available', amount, 'TRANSFER_FUNDS')
      funds.move(mchid, 'OPERATION', 'available', -amount)
      const payment_no = newNumber('payment_no', context, number => numbers.has(number))
      numbers.add(payment_no)
      const payment = { ...draft, payment_no, paid: context.now() }
      payments.set(partner_trade_no, payment)
      return payment
    },
    find(partner_trade_no) {
      const payment = payments.get(partner_trade_no)
      if (!payment) throw new Rejection('TRANSFER_UNKNOWN', partner_trade_no)
      return payment
    },
    *flows() {
      for (const { mchid, amount, desc, paid: at, payment_no: number, partner_trade_no: voucher } of payments.values())
        yield { at, mchid, account: 'OPERATION', business: '企业付款', number, voucher, remark: desc, fen: -amount }
    },
  }
}
