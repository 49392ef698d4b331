import type { StateMachine } from '../state-machine.ts'

/** 服务订单状态. */
export type ServiceOrderState = 'CREATED' | 'DOING' | 'DONE' | 'REVOKED' | 'EXPIRED'

/**
 * Events of a service order: the user confirms it, the merchant completes or cancels it, it is paid, nobody confirms it in time. It is paid
 * only once it is completed, which changes its fees and not its state.
 */
export type ServiceOrderChange = 'confirm' | 'complete' | 'pay' | 'cancel' | 'expire'

/**
 * States of a service order (服务订单状态). One of a user who has authorized the service begins as `DOING` (免确认模式).
 *
 * @see https://pay.weixin.qq.com/doc/v3/merchant/4012587902
 */
export const SERVICE_ORDER_STATES: StateMachine<ServiceOrderState, ServiceOrderChange> = {
  initial: ['CREATED', 'DOING'],
  transitions: [
    { from: 'CREATED', event: 'confirm', to: 'DOING' },
    { from: 'CREATED', event: 'cancel', to: 'REVOKED' },
    { from: 'CREATED', event: 'expire', to: 'EXPIRED' },
    { from: 'DOING', event: 'complete', to: 'DOING' },
    { from: 'DOING', event: 'pay', to: 'DONE' },
    { from: 'DOING', event: 'cancel', to: 'REVOKED' },
    { from: 'REVOKED', event: 'cancel', to: 'REVOKED' },
  ],
}
