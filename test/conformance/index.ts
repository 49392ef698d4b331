import type { Case } from './case.ts'
import { cases as codec } from './codec.ts'
import { cases as crypto } from './crypto.ts'
import { cases as notification } from './notification.ts'
import { cases as paymentFlows } from './payment-flows.ts'
import { cases as simulator } from './simulator.ts'
import { cases as v2 } from './v2.ts'
import { cases as v3 } from './v3.ts'

export type { Case } from './case.ts'

/** What every runtime has to do alike. Client certificates are apart, in mtls.ts: not every runtime presents one. */
export const cases: readonly Case[] = [
  ...crypto,
  ...codec,
  ...v3,
  ...v2,
  ...notification,
  ...simulator,
  ...paymentFlows,
]
