import type { Route } from './route.ts'
import { apply4subject } from './routes/apply4subject.ts'
import { bills } from './routes/bills.ts'
import { certificates } from './routes/certificates.ts'
import { codepay } from './routes/codepay.ts'
import { combine } from './routes/combine.ts'
import { funds } from './routes/funds.ts'
import { media } from './routes/media.ts'
import { merchantIdentity } from './routes/merchant-identity.ts'
import { overseas } from './routes/overseas.ts'
import { overseasRefunds } from './routes/overseas-refunds.ts'
import { payrollCard } from './routes/payroll-card.ts'
import { prepay } from './routes/prepay.ts'
import { profitSharing } from './routes/profit-sharing.ts'
import { refunds } from './routes/refunds.ts'
import { transactions } from './routes/transactions.ts'
import { transferBatches } from './routes/transfer-batches.ts'
import { transfers } from './routes/transfers.ts'

/** Every endpoint of APIv3 that the simulator knows. */
export const ROUTES: readonly Route[] = [
  ...certificates,
  ...prepay,
  ...codepay,
  ...transactions,
  ...combine,
  ...overseas,
  ...overseasRefunds,
  ...refunds,
  ...profitSharing,
  ...transfers,
  ...transferBatches,
  ...funds,
  ...bills,
  ...media,
  ...payrollCard,
  ...merchantIdentity,
  ...apply4subject,
]
