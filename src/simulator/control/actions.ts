import { type Action, get } from './action.ts'
import { agreementActions } from './actions/agreement-actions.ts'
import { describeSimulator } from './actions/description.ts'
import { faultActions } from './actions/fault-actions.ts'
import { keyActions } from './actions/key-actions.ts'
import { merchantActions } from './actions/merchant-actions.ts'
import { moneyActions } from './actions/money-actions.ts'
import { namespaceActions } from './actions/namespace-actions.ts'
import { notificationActions } from './actions/notification-actions.ts'
import { paymentActions } from './actions/payment-actions.ts'
import { simulatorActions } from './actions/simulator-actions.ts'
import { stateActions } from './actions/state-actions.ts'
import { applymentActions } from './applyment-actions.ts'
import { businessCouponActions } from './business-coupon-actions.ts'
import { couponActions } from './coupon-actions.ts'
import { credentialsAction } from './credentials-action.ts'
import { fapiaoActions } from './fapiao-actions.ts'
import { medicalInsuranceActions } from './medical-insurance-actions.ts'
import { describeControlApi } from './openapi.ts'
import { parkingActions } from './parking-actions.ts'
import { payrollCardActions } from './payroll-card-actions.ts'
import { productRecordsAction } from './product-records-action.ts'
import { redPacketActions } from './red-packet-actions.ts'
import { servicePermissionActions } from './service-permission-actions.ts'
import { transferAuthorizationActions } from './transfer-authorization-actions.ts'
import { withdrawalActions } from './withdrawal-actions.ts'

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
