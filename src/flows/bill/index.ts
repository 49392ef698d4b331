export { currencyDecimals } from '../../core/base/currencies.ts'
export {
  downloadFundFlowBill,
  downloadProfitSharingBill,
  downloadTradeBill,
  type TradeBillQuery,
  type TradeBillType,
} from './download/download.ts'
export {
  downloadEcommerceFundFlowBill,
  downloadSubMerchantFundFlowBill,
  type EcommerceFundFlowBillQuery,
  type SubMerchantFundFlowBillQuery,
} from './download/encrypted.ts'
export {
  downloadFundFlowBillV2,
  downloadTradeBillV2,
  type FundFlowBillRequestV2,
  type TradeBillRequestV2,
  type TradeBillTypeV2,
} from './download/v2.ts'
export { BillError } from './error.ts'
export { type Bill, parseBill } from './parse/parse.ts'
export type * from './parse/row.ts'
export type { Finding, FoundNumber } from './reconcile/match-row.ts'
export {
  type Columns,
  type Matching,
  PAYMENTS,
  PAYMENTS_BY_TRANSACTION_ID,
  REFUNDS,
  REFUNDS_BY_REFUND_ID,
  REVERSALS,
} from './reconcile/matching.ts'
export { type Counts, type ReconcileOptions, type Reconciliation, reconcile } from './reconcile/reconcile.ts'
export type { Entry, MerchantRecord } from './reconcile/records.ts'
