import type { Route } from './route.ts'
import { apply4subject } from './routes/apply4subject.ts'
import { bills } from './routes/bills.ts'
import { certificates } from './routes/certificates.ts'
import { media } from './routes/media.ts'
import { merchantIdentity } from './routes/merchant-identity.ts'
import { payrollCard } from './routes/payroll-card.ts'
import { prepay } from './routes/prepay.ts'
import { refunds } from './routes/refunds.ts'
import { transactions } from './routes/transactions.ts'

/** Every endpoint of APIv3 that the simulator knows. */
export const ROUTES: readonly Route[] = [
  ...certificates,
  ...prepay,
  ...transactions,
  ...refunds,
  ...bills,
  ...media,
  ...payrollCard,
  ...merchantIdentity,
  ...apply4subject,
]
