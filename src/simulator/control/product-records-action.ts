import type { FapiaoApplication } from '../accounts/fapiao/fapiao.ts'
import type { MedicalOrder } from '../accounts/medical-insurance/medical-order.ts'
import type { Parking, Plate } from '../accounts/parking/parking.ts'
import type { RedPacket } from '../accounts/red-packets/red-packet.ts'
import { type Action, get } from './action.ts'

/** Records of products besides payments, which few merchants use. */
export interface ProductRecordLists {
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
  'Lists the last 100 parkings, applications for invoices, orders by medical insurance and red packets, the newest first.',
  (sim): ProductRecordLists => {
    const parkings = sim.parkings()
    return {
      parkings,
      plates: [...new Set(parkings.flatMap(parking => sim.plate(parking) ?? []))],
      fapiaoApplications: sim.fapiaoApplications(),
      medicalOrders: sim.medicalOrders(),
      redPackets: sim.redPackets(),
    }
  },
)
