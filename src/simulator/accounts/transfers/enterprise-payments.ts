import type { AccountsContext } from '../context.ts'
import { refuseChangedRepetition } from '../fingerprint.ts'
import type { FundFlow, Funds } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import { Rejection } from '../rejection.ts'

/** 企业付款到零钱, with the field names of APIv2, which is the only API that has it. */
export interface EnterprisePaymentDraft {
  readonly partner_trade_no: string
  readonly mch_appid: string
  readonly mchid: string
  readonly openid: string
  readonly re_user_name?: string | undefined
  readonly amount: number
  readonly desc: string
  /** Equal for requests that repeat each other. */
  readonly fingerprint: string
}

export interface EnterprisePayment extends EnterprisePaymentDraft {
  readonly payment_no: string
  /** ms */
  readonly paidAt: number
}

/** Payments to a shopper's balance, which take effect at once and are paid from the operation account. */
export interface EnterprisePayments {
  /** Pays; repeats the first result for the same number with the same parameters. */
  pay(draft: EnterprisePaymentDraft): EnterprisePayment
  /** @throws {Rejection} `TRANSFER_UNKNOWN` */
  require(partner_trade_no: string): EnterprisePayment
  flows(): Iterable<FundFlow>
}

export function createEnterprisePayments(context: AccountsContext, funds: Funds): EnterprisePayments {
  const payments = context.state.map<EnterprisePayment>('enterprise-payments')
  const usedNumbers = new Set([...payments.values()].map(({ payment_no }) => payment_no))
  return {
    pay(draft) {
      const { partner_trade_no, mchid, amount } = draft
      const existing = payments.get(partner_trade_no)
      refuseChangedRepetition(existing, draft.fingerprint, 'TRANSFER_NUMBER_USED', partner_trade_no)
      if (existing) return existing
      funds.payTransfer(mchid, amount)
      const payment_no = newNumber('payment_no', context, number => usedNumbers.has(number))
      usedNumbers.add(payment_no)
      const payment = { ...draft, payment_no, paidAt: context.now() }
      payments.set(partner_trade_no, payment)
      return payment
    },
    require(partner_trade_no) {
      const payment = payments.get(partner_trade_no)
      if (!payment) throw new Rejection('TRANSFER_UNKNOWN', partner_trade_no)
      return payment
    },
    *flows() {
      for (const { mchid, amount, desc, paidAt, payment_no, partner_trade_no } of payments.values())
        yield {
          at: paidAt,
          mchid,
          account: 'OPERATION',
          business: '企业付款',
          number: payment_no,
          voucher: partner_trade_no,
          remark: desc,
          amount: -amount,
        }
    },
  }
}
