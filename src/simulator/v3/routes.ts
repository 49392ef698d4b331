import type { Route } from './route.ts'
import { certificates } from './routes/certificates.ts'
import { balances } from './routes/funds/balances.ts'
import { bills } from './routes/funds/bills.ts'
import { profitSharing } from './routes/funds/profit-sharing.ts'
import { transferBatches } from './routes/funds/transfer-batches.ts'
import { transfers } from './routes/funds/transfers.ts'
import { media } from './routes/media.ts'
import { codepay } from './routes/payment/codepay.ts'
import { combine } from './routes/payment/combine.ts'
import { overseas } from './routes/payment/overseas.ts'
import { overseasRefunds } from './routes/payment/overseas-refunds.ts'
import { prepay } from './routes/payment/prepay.ts'
import { refunds } from './routes/payment/refunds.ts'
import { transactions } from './routes/payment/transactions.ts'
import { apply4subject } from './routes/verification/apply4subject.ts'
import { merchantIdentity } from './routes/verification/merchant-identity.ts'
import { payrollCard } from './routes/verification/payroll-card.ts'

/** Endpoints of APIv3 with a route of their own. */
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
  ...balances,
  ...bills,
  ...media,
  ...payrollCard,
  ...merchantIdentity,
  ...apply4subject,
]
