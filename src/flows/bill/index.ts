export { currencyDecimals } from '../../core/currencies.ts'
export {
  downloadFundFlowBill,
  downloadProfitSharingBill,
  downloadTradeBill,
  type TradeBillQuery,
  type TradeBillType,
} from './download.ts'
export {
  downloadEcommerceFundFlowBill,
  downloadSubMerchantFundFlowBill,
  type EcommerceFundFlowBillQuery,
  type SubMerchantFundFlowBillQuery,
} from './download-encrypted.ts'
export {
  downloadFundFlowBillV2,
  downloadTradeBillV2,
  type FundFlowBillRequestV2,
  type TradeBillRequestV2,
  type TradeBillTypeV2,
} from './download-v2.ts'
export { BillError } from './error.ts'
export type { Finding, FoundNumber } from './match-row.ts'
export {
  type Columns,
  type Matching,
  PAYMENTS,
  PAYMENTS_BY_TRANSACTION_ID,
  REFUNDS,
  REFUNDS_BY_REFUND_ID,
  REVERSALS,
} from './matching.ts'
export { type Bill, parseBill } from './parse.ts'
export { type Counts, type ReconcileOptions, type Reconciliation, reconcile } from './reconcile.ts'
export type { Entry, MerchantRecord } from './records.ts'
export type * from './row.ts'
