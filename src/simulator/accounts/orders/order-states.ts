import type { StateMachine } from '../state-machine.ts'
import type { TradeState } from './order.ts'

/**
 * Events of an order: the shopper pays, or the bank refuses; the merchant closes, reverses (撤销) or refunds it; its time is over.
 */
export type OrderEvent = 'pay' | 'fail' | 'close' | 'reverse' | 'refund' | 'expire'

/**
 * States of an order (交易状态). A payment by code begins as `USERPAYING`, a deduction (委托代扣) as `ACCEPT`; a refused payment of any
 * other order leaves it payable.
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012791861
 */
export const ORDER_STATES: StateMachine<TradeState, OrderEvent> = {
  initial: ['NOTPAY', 'USERPAYING', 'ACCEPT'],
  transitions: [
    { from: 'NOTPAY', event: 'pay', to: 'SUCCESS' },
    { from: 'NOTPAY', event: 'fail', to: 'NOTPAY' },
    { from: 'NOTPAY', event: 'close', to: 'CLOSED' },
    { from: 'NOTPAY', event: 'expire', to: 'CLOSED' },
    { from: 'NOTPAY', event: 'reverse', to: 'REVOKED' },
    { from: 'USERPAYING', event: 'pay', to: 'SUCCESS' },
    { from: 'USERPAYING', event: 'fail', to: 'PAYERROR' },
    { from: 'USERPAYING', event: 'expire', to: 'PAYERROR' },
    { from: 'USERPAYING', event: 'reverse', to: 'REVOKED' },
    { from: 'ACCEPT', event: 'pay', to: 'SUCCESS' },
    { from: 'ACCEPT', event: 'fail', to: 'PAYERROR' },
    { from: 'ACCEPT', event: 'expire', to: 'PAYERROR' },
    { from: 'ACCEPT', event: 'reverse', to: 'REVOKED' },
    { from: 'PAYERROR', event: 'reverse', to: 'REVOKED' },
    { from: 'SUCCESS', event: 'refund', to: 'REFUND' },
    { from: 'SUCCESS', event: 'reverse', to: 'REVOKED' },
    { from: 'REFUND', event: 'refund', to: 'REFUND' },
  ],
}
