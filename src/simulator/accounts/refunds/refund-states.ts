import type { StateMachine } from '../state-machine.ts'
import type { RefundStatus } from './refund.ts'

/** Events of a refund: the bank's result, and the merchant's choice of another account (发起异常退款). */
export type RefundChange = 'succeed' | 'close' | 'become-abnormal' | 'redirect'

/** States of a refund (退款状态). */
export const REFUND_STATES: StateMachine<RefundStatus, RefundChange> = {
  initial: ['PROCESSING'],
  transitions: [
    { from: 'PROCESSING', event: 'succeed', to: 'SUCCESS' },
    { from: 'PROCESSING', event: 'close', to: 'CLOSED' },
    { from: 'PROCESSING', event: 'become-abnormal', to: 'ABNORMAL' },
    { from: 'ABNORMAL', event: 'redirect', to: 'PROCESSING' },
  ],
}
