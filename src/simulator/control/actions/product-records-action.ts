import type { SettlementChange } from '../../accounts/applyments/settlement-accounts.ts'
import type { SubApplyment } from '../../accounts/applyments/sub-applyment.ts'
import type { BusinessCoupon, BusinessStock } from '../../accounts/business-coupons/business-coupon.ts'
import type { Complaint } from '../../accounts/complaints/complaint.ts'
import type { Contract } from '../../accounts/contracts/contract.ts'
import type { Coupon, CouponStock } from '../../accounts/coupons/coupon-stock.ts'
import type { Withdrawal } from '../../accounts/ecommerce/withdrawals.ts'
import type { FapiaoApplication } from '../../accounts/fapiao/fapiao.ts'
import type { MedicalOrder } from '../../accounts/medical-insurance/medical-order.ts'
import type { Parking, Plate } from '../../accounts/parking/parking.ts'
import type { PayrollAuthentication, PayrollRelation } from '../../accounts/payroll-card/payroll-card.ts'
import type { RedPacket } from '../../accounts/red-packets/red-packet.ts'
import type { ServiceOrder } from '../../accounts/service-orders/service-orders.ts'
import type { ServicePermission } from '../../accounts/service-permissions/service-permissions.ts'
import type { TransferAuthorization } from '../../accounts/transfer-authorizations/transfer-authorizations.ts'
import { examples } from '../../examples.ts'
import { type Action, get } from '../action.ts'

/** Records of products besides payments, which few merchants use. */
export interface ProductRecordLists {
  readonly serviceOrders: readonly ServiceOrder[]
  readonly permissions: readonly ServicePermission[]
  readonly contracts: readonly Contract[]
  readonly complaints: readonly Complaint[]
  readonly couponStocks: readonly CouponStock[]
  readonly coupons: readonly Coupon[]
  readonly businessStocks: readonly BusinessStock[]
  readonly businessCoupons: readonly BusinessCoupon[]
  readonly authorizations: readonly TransferAuthorization[]
  readonly withdrawals: readonly Withdrawal[]
  readonly applyments: readonly SubApplyment[]
  readonly settlementChanges: readonly SettlementChange[]
  readonly payrollRelations: readonly PayrollRelation[]
  readonly payrollAuthentications: readonly PayrollAuthentication[]
  readonly parkings: readonly Parking[]
  /** The plates of those parkings that users have opened, with what they owe. */
  readonly plates: readonly Plate[]
  readonly fapiaoApplications: readonly FapiaoApplication[]
  readonly medicalOrders: readonly MedicalOrder[]
  readonly redPackets: readonly RedPacket[]
}

/** One response for all of them, so that a page does not poll each product. */
export const productRecordsAction: Action = get(
  '/product-records',
  'Lists the last 100 records of each product besides payments, the newest first: service orders, contracts, complaints, coupons, parkings …',
  (sim): ProductRecordLists => {
    const parkings = sim.parkings()
    return {
      serviceOrders: sim.serviceOrders(),
      permissions: sim.servicePermissions(),
      contracts: sim.contracts(),
      complaints: sim.complaints(),
      couponStocks: sim.couponStocks(),
      coupons: sim.coupons(),
      businessStocks: sim.businessStocks(),
      businessCoupons: sim.businessCoupons(),
      authorizations: sim.transferAuthorizations(),
      withdrawals: sim.withdrawals(),
      applyments: sim.subApplyments(),
      settlementChanges: sim.settlementChanges(),
      payrollRelations: sim.payrollRelations(),
      // A fresh simulator has one, which is no record of the merchant.
      payrollAuthentications: sim
        .payrollAuthentications()
        .filter(({ authenticate_number }) => authenticate_number !== examples.authenticate_number),
      parkings,
      plates: [...new Set(parkings.flatMap(parking => sim.plate(parking) ?? []))],
      fapiaoApplications: sim.fapiaoApplications(),
      medicalOrders: sim.medicalOrders(),
      redPackets: sim.redPackets(),
    }
  },
)
