import { type Order, payeeOf } from '../orders/order.ts'
import type { ReceiverType } from './receivers.ts'

/** The part of an order that a receiver is to get. */
export interface Share {
  readonly type: ReceiverType
  readonly account: string
  readonly amount: number
  readonly description: string
  readonly name?: string | undefined
}

export interface SharingRequest {
  readonly transaction_id: string
  readonly out_order_no: string
  readonly sub_mchid?: string | undefined
}

export interface SharingDraft extends SharingRequest {
  readonly receivers: readonly Share[]
  /** Gives the rest to the payee and ends the sharing of the order. */
  readonly unfreeze_unsplit: boolean
  /** E-commerce platform (电商收付通) that shares: its own receivers count, and no ratio limits the shares. */
  readonly platform?: string | undefined
}

export interface ShareOfOrder extends Omit<Share, 'name'> {
  readonly detail_id: string
  readonly result: 'PENDING' | 'SUCCESS'
}

/** One request to share an order, or to unfreeze the rest of it (分账单). */
export interface SharingOrder extends SharingRequest {
  readonly order_id: string
  readonly out_trade_no: string
  /** Merchant that shares. */
  readonly mchid: string
  readonly state: 'PROCESSING' | 'FINISHED'
  readonly receivers: readonly ShareOfOrder[]
  /** ms */
  readonly createdAt: number
  readonly finishedAt?: number
  readonly fingerprint: string
}

/** A sharing order by either of its numbers; WeChat Pay's comes first. */
export interface SharingNumber {
  readonly order_id?: string | undefined
  readonly out_order_no?: string | undefined
}

export const totalOf = (list: readonly { readonly amount: number }[]): number =>
  list.reduce((sum, { amount }) => sum + amount, 0)

/** Returns whether a share goes to the merchant that shares. */
export const isPayee = ({ type, account }: Pick<Share, 'type' | 'account'>, order: Order): boolean =>
  type === 'MERCHANT_ID' && account === payeeOf(order)
