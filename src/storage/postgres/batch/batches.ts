import type { StoreContext } from '../../../gateway/store/dialect.ts'
import { createAttemptBatch } from './attempts.ts'
import type { Batch } from './batch.ts'
import { createClaimBatch } from './claims.ts'
import { createEventBatch } from './events.ts'

/** The methods whose calls are gathered: those of each event and each delivery. */
export type BatchedMethod = 'recordEvent' | 'claimDelivery' | 'recordAttempt'
/** A batch of each. */
export type Batches = { readonly [Method in BatchedMethod]: Batch<Method> }

export const createBatches = (context: StoreContext): Batches => ({
  recordEvent: createEventBatch(context),
  claimDelivery: createClaimBatch(context),
  recordAttempt: createAttemptBatch(context),
})
