import type { AccountsContext } from '../context.ts'
import type { FundFlow, Funds } from '../funds.ts'
import { newNumber } from '../numbers.ts'
import { createTransferRecords } from './transfer-records.ts'

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
  const records = createTransferRecords<EnterprisePayment>(context.state, 'enterprise-payments', {
    keyOf: ({ partner_trade_no }) => partner_trade_no,
    numbersOf: ({ payment_no }) => [payment_no],
  })
  return {
    pay(draft) {
      const { partner_trade_no, mchid, amount, fingerprint } = draft
      const existing = records.findRepeated(partner_trade_no, fingerprint)
      if (existing) return existing
      funds.payTransfer(mchid, amount)
      const payment_no = newNumber('payment_no', context, records.isTaken)
      return records.save({ ...draft, payment_no, paidAt: context.now() })
    },
    require: records.require,
    *flows() {
      for (const payment of records.all()) yield flowOfPayment(payment)
    },
  }
}

const flowOfPayment = (payment: EnterprisePayment): FundFlow => ({
  at: payment.paidAt,
  mchid: payment.mchid,
  account: 'OPERATION',
  business: '企业付款',
  number: payment.payment_no,
  voucher: payment.partner_trade_no,
  remark: payment.desc,
  amount: -payment.amount,
})
