import type { CombinedOrder } from './combined-orders.ts'
import type { Order } from './orders.ts'
import type { SharedAmount } from './profit-sharing.ts'
import type { Refund } from './refunds.ts'
import type { TransferBatch } from './transfer-batches.ts'
import type { Transfer } from './transfers.ts'

/** What a merchant may be notified of. */
export type Happening =
  | { readonly what: 'order paid'; readonly order: Order }
  | { readonly what: 'combined order paid'; readonly combined: CombinedOrder; readonly orders: readonly Order[] }
  | { readonly what: 'refund settled'; readonly refund: Refund; readonly order: Order }
  | { readonly what: 'share received'; readonly share: SharedAmount }
  | { readonly what: 'share returned'; readonly share: SharedAmount }
  | { readonly what: 'transfer ended'; readonly transfer: Transfer }
  | { readonly what: 'transfer batch ended'; readonly batch: TransferBatch }
