/** Reasons for which WeChat Pay refuses a call about the applyment of a sub-merchant (特约商户进件, 二级商户进件). */
export const APPLYMENT_REASONS = {
  SUB_APPLYMENT_UNKNOWN: 'There is no such applyment.',
  ECOMMERCE_APPLYMENT_UNKNOWN: 'There is no such applyment of an e-commerce platform.',
  SUB_APPLYMENT_RUNNING: 'An applyment with this number is in process; only a rejected one is submitted again.',
  SUB_APPLYMENT_STATE: 'The state of the applyment does not allow this.',
  SUB_APPLYMENT_DETAIL: 'A rejection names the rejected fields (audit_detail), and nothing else does.',
  SETTLEMENT_CHANGING: 'A change of the settlement account of this merchant is being audited.',
  SETTLEMENT_UNKNOWN: 'There is no such change of a settlement account.',
  SETTLEMENT_DECIDED: 'The change of the settlement account has been audited.',
} as const
