import { type Action, get } from './action.ts'
import { agreementActions } from './actions/agreement-actions.ts'
import { credentialsAction } from './actions/credentials-action.ts'
import { describeSimulator } from './actions/description.ts'
import { faultActions } from './actions/fault-actions.ts'
import { keyActions } from './actions/key-actions.ts'
import { merchantActions } from './actions/merchant-actions.ts'
import { moneyActions } from './actions/money-actions.ts'
import { namespaceActions } from './actions/namespace-actions.ts'
import { notificationActions } from './actions/notification-actions.ts'
import { paymentActions } from './actions/payment-actions.ts'
import { productRecordsAction } from './actions/product-records-action.ts'
import { applymentActions } from './actions/products/applyment-actions.ts'
import { businessCouponActions } from './actions/products/business-coupon-actions.ts'
import { couponActions } from './actions/products/coupon-actions.ts'
import { fapiaoActions } from './actions/products/fapiao-actions.ts'
import { medicalInsuranceActions } from './actions/products/medical-insurance-actions.ts'
import { parkingActions } from './actions/products/parking-actions.ts'
import { payrollCardActions } from './actions/products/payroll-card-actions.ts'
import { redPacketActions } from './actions/products/red-packet-actions.ts'
import { servicePermissionActions } from './actions/products/service-permission-actions.ts'
import { transferAuthorizationActions } from './actions/products/transfer-authorization-actions.ts'
import { withdrawalActions } from './actions/products/withdrawal-actions.ts'
import { simulatorActions } from './actions/simulator-actions.ts'
import { stateActions } from './actions/state-actions.ts'
import { describeControlApi } from './openapi.ts'

/** All actions of the control API. */
export const ACTIONS: readonly Action[] = [
  get('', 'Shows the merchant, example numbers, and this list.', simulator => describeSimulator(simulator, ACTIONS)),
  get('/openapi.json', 'Describes this API as OpenAPI 3.1.', () => describeControlApi(ACTIONS)),
  credentialsAction,
  ...simulatorActions,
  ...merchantActions,
  ...namespaceActions,
  ...paymentActions,
  ...moneyActions,
  ...agreementActions,
  ...couponActions,
  ...businessCouponActions,
  ...applymentActions,
  ...stateActions,
  ...keyActions,
  ...faultActions,
  ...notificationActions,
  ...withdrawalActions,
  ...transferAuthorizationActions,
  ...servicePermissionActions,
  ...redPacketActions,
  ...parkingActions,
  ...fapiaoActions,
  ...medicalInsuranceActions,
  ...payrollCardActions,
  productRecordsAction,
]
