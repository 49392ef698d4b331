import type { Route } from './route.ts'
import { bills } from './routes/bills.ts'
import { certificates } from './routes/certificates.ts'
import { micropay } from './routes/micropay.ts'
import { papay } from './routes/papay.ts'
import { pay } from './routes/pay.ts'
import { profitSharing } from './routes/profit-sharing.ts'
import { realname } from './routes/realname.ts'
import { refund } from './routes/refund.ts'
import { transfers } from './routes/transfers.ts'

/** Endpoints of APIv2 with a route of their own. */
export const ROUTES: readonly Route[] = [
  ...pay,
  ...micropay,
  ...refund,
  ...profitSharing,
  ...transfers,
  ...bills,
  ...certificates,
  ...realname,
  ...papay,
]
