import type { Route } from './route.ts'
import { certificateRoutes } from './routes/certificates.ts'
import { complaintRoutes } from './routes/complaints.ts'
import { ecommerceSharingRoutes } from './routes/ecommerce/profit-sharing.ts'
import { subsidyRoutes } from './routes/ecommerce/subsidies.ts'
import { withdrawalRoutes } from './routes/ecommerce/withdrawals.ts'
import { fapiaoRoutes } from './routes/fapiao/applications.ts'
import { fapiaoTitleRoutes } from './routes/fapiao/titles.ts'
import { balanceRoutes } from './routes/funds/balances.ts'
import { billRoutes } from './routes/funds/bills.ts'
import { profitSharingRoutes } from './routes/funds/profit-sharing.ts'
import { transferAuthorizationRoutes } from './routes/funds/transfer-authorizations.ts'
import { transferBatchRoutes } from './routes/funds/transfer-batches.ts'
import { transferRoutes } from './routes/funds/transfers.ts'
import { businessCouponRoutes } from './routes/marketing/business-coupons.ts'
import { businessStockRoutes } from './routes/marketing/business-stocks.ts'
import { couponRoutes } from './routes/marketing/coupons.ts'
import { mediaRoutes } from './routes/media.ts'
import { applymentRoutes } from './routes/onboarding/applyments.ts'
import { settlementRoutes } from './routes/onboarding/settlement.ts'
import { codepayRoutes } from './routes/payment/codepay.ts'
import { combineRoutes } from './routes/payment/combine.ts'
import { medicalInsuranceRoutes } from './routes/payment/medical-insurance.ts'
import { overseasRoutes } from './routes/payment/overseas.ts'
import { overseasRefundRoutes } from './routes/payment/overseas-refunds.ts'
import { papayRoutes } from './routes/payment/papay.ts'
import { parkingRoutes } from './routes/payment/parking.ts'
import { prepayRoutes } from './routes/payment/prepay.ts'
import { refundRoutes } from './routes/payment/refunds.ts'
import { serviceOrderRoutes } from './routes/payment/service-orders.ts'
import { servicePermissionRoutes } from './routes/payment/service-permissions.ts'
import { transactionRoutes } from './routes/payment/transactions.ts'
import { apply4subjectRoutes } from './routes/verification/apply4subject.ts'
import { merchantIdentityRoutes } from './routes/verification/merchant-identity.ts'
import { payrollCardRoutes } from './routes/verification/payroll-card.ts'

/** Endpoints of APIv3 with a route of their own. */
export const ROUTES: readonly Route[] = [
  ...certificateRoutes,
  ...prepayRoutes,
  ...codepayRoutes,
  ...transactionRoutes,
  ...combineRoutes,
  ...overseasRoutes,
  ...overseasRefundRoutes,
  ...refundRoutes,
  ...serviceOrderRoutes,
  ...servicePermissionRoutes,
  ...papayRoutes,
  ...parkingRoutes,
  ...medicalInsuranceRoutes,
  ...fapiaoTitleRoutes,
  ...fapiaoRoutes,
  ...profitSharingRoutes,
  ...transferRoutes,
  ...transferAuthorizationRoutes,
  ...transferBatchRoutes,
  ...balanceRoutes,
  ...billRoutes,
  ...mediaRoutes,
  ...complaintRoutes,
  ...couponRoutes,
  ...businessStockRoutes,
  ...businessCouponRoutes,
  ...applymentRoutes,
  ...settlementRoutes,
  ...withdrawalRoutes,
  ...subsidyRoutes,
  ...ecommerceSharingRoutes,
  ...payrollCardRoutes,
  ...merchantIdentityRoutes,
  ...apply4subjectRoutes,
]
