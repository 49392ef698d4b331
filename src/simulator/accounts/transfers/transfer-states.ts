import type { StateMachine } from '../state-machine.ts'

/** State of a transfer (商家转账单据状态). */
export type TransferState = 'WAIT_USER_CONFIRM' | 'TRANSFERING' | 'SUCCESS' | 'FAIL' | 'CANCELING' | 'CANCELLED'

/** Events of a transfer: the shopper accepts, WeChat Pay fails or completes it, the merchant cancels it, nobody accepts it within a day. */
export type TransferChange = 'confirm' | 'fail' | 'cancel' | 'complete' | 'expire'

/** States of a transfer (商家转账单据状态). */
export const TRANSFER_STATES: StateMachine<TransferState, TransferChange> = {
  initial: ['WAIT_USER_CONFIRM'],
  transitions: [
    { from: 'WAIT_USER_CONFIRM', event: 'confirm', to: 'TRANSFERING' },
    { from: 'WAIT_USER_CONFIRM', event: 'fail', to: 'FAIL' },
    { from: 'WAIT_USER_CONFIRM', event: 'expire', to: 'FAIL' },
    { from: 'WAIT_USER_CONFIRM', event: 'cancel', to: 'CANCELING' },
    { from: 'TRANSFERING', event: 'complete', to: 'SUCCESS' },
    { from: 'CANCELING', event: 'complete', to: 'CANCELLED' },
  ],
}
