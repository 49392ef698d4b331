/**
 * The kit of a service provider (服务商): clients of many merchants, the fields that name a sub-merchant, bills of many
 * sub-merchants, and calls at the rate that WeChat Pay allows.
 *
 * @module
 */

export {
  type SubMerchantBill,
  type SubMerchantBillsOptions,
  subMerchantFundFlowBills,
} from './fund-flow-bills.ts'
export { createPacer, DOCUMENTED_RATES, type Pacer, type PacerOptions } from './pacer.ts'
export { type ClientRegistry, createClientRegistry, type RegistryOptions } from './registry.ts'
export { type SubMerchantFields, type SubMerchantIds, subMerchantFields } from './sub-merchant.ts'
