import type { Route } from './route.ts'
import { billRoutes } from './routes/bills.ts'
import { certificateRoutes } from './routes/certificates.ts'
import { couponRoutes } from './routes/coupons.ts'
import { micropayRoutes } from './routes/micropay.ts'
import { papayRoutes } from './routes/papay.ts'
import { payRoutes } from './routes/pay.ts'
import { profitSharingRoutes } from './routes/profit-sharing.ts'
import { realnameRoutes } from './routes/realname.ts'
import { redPacketRoutes } from './routes/red-packets.ts'
import { refundRoutes } from './routes/refund.ts'
import { transferRoutes } from './routes/transfers.ts'

/** Endpoints of APIv2 with a route of their own. */
export const ROUTES: readonly Route[] = [
  ...payRoutes,
  ...micropayRoutes,
  ...refundRoutes,
  ...profitSharingRoutes,
  ...transferRoutes,
  ...billRoutes,
  ...certificateRoutes,
  ...realnameRoutes,
  ...papayRoutes,
  ...couponRoutes,
  ...redPacketRoutes,
]
