import type { CombinedOrderPaid } from './combined-orders.ts'
import type { OrderPaid } from './orders.ts'
import type { SharingEvent } from './profit-sharing/events.ts'
import type { RefundSettled } from './refunds.ts'
import type { TransferBatchEnded } from './transfer-batches.ts'
import type { TransferEnded } from './transfers.ts'

/** An event that the merchant may be notified of. */
export type DomainEvent =
  | OrderPaid
  | CombinedOrderPaid
  | RefundSettled
  | SharingEvent
  | TransferEnded
  | TransferBatchEnded
