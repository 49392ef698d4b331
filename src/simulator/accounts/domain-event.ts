import type { CombinedOrderPaid } from './orders/combined-orders.ts'
import type { OrderPaid } from './orders/orders.ts'
import type { RefundSettled } from './orders/refunds.ts'
import type { SharingEvent } from './profit-sharing/events.ts'
import type { TransferBatchEnded } from './transfers/transfer-batches.ts'
import type { TransferEnded } from './transfers/transfers.ts'

/** An event that the merchant may be notified of. */
export type DomainEvent =
  | OrderPaid
  | CombinedOrderPaid
  | RefundSettled
  | SharingEvent
  | TransferEnded
  | TransferBatchEnded
