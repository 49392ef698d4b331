import type { SharingNumber } from './sharing-order.ts'

/** A receiver's request to return an amount. It names the sharing order by one of its numbers. */
export interface ReturnDraft extends SharingNumber {
  readonly sub_mchid?: string | undefined
  readonly out_return_no: string
  readonly return_mchid: string
  readonly amount: number
  readonly description: string
}

/** An amount that a receiver returns (分账回退). */
export interface SharingReturn extends ReturnDraft {
  readonly order_id: string
  readonly out_order_no: string
  readonly return_id: string
  /** Merchant that gets the amount back. */
  readonly mchid: string
  readonly result: 'PROCESSING' | 'SUCCESS' | 'FAILED'
  readonly fail_reason?: 'BALANCE_NOT_ENOUGH'
  /** ms */
  readonly createdAt: number
  readonly finishedAt?: number
  readonly fingerprint: string
}
