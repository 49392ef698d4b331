import { cases as bill } from './bill.ts'
import { cases as brand } from './brand.ts'
import type { Case } from './case.ts'
import { cases as codec } from './codec.ts'
import { cases as crypto } from './crypto.ts'
import { cases as delivery } from './delivery.ts'
import { cases as merchant } from './merchant.ts'
import { cases as notification } from './notification.ts'
import { cases as paymentFlows } from './payment-flows.ts'
import { cases as printed } from './printed.ts'
import { cases as signer } from './signer.ts'
import { cases as simulator } from './simulator.ts'
import { cases as startPayment } from './start-payment.ts'
import { cases as v2 } from './v2.ts'
import { cases as v3 } from './v3.ts'

export type { Case } from './case.ts'

/** The cases of every runtime. Those of client certificates are in mtls.ts, because not every runtime presents one. */
export const cases: readonly Case[] = [
  ...crypto,
  ...codec,
  ...v3,
  ...v2,
  ...brand,
  ...notification,
  ...printed,
  ...simulator,
  ...startPayment,
  ...signer,
  ...bill,
  ...delivery,
  ...merchant,
  ...paymentFlows,
]
