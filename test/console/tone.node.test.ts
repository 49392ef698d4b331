import { expect, test } from 'vitest'
import { toneOf } from '../../src/console/records/tone.ts'
import { FAPIAO_STATES } from '../../src/simulator/accounts/fapiao/fapiao.ts'
import { MIX_PAY_STATES } from '../../src/simulator/accounts/medical-insurance/medical-order.ts'
import { ORDER_STATES } from '../../src/simulator/accounts/orders/order-states.ts'
import { PARKING_STATES } from '../../src/simulator/accounts/parking/parking.ts'
import { RED_PACKET_STATES } from '../../src/simulator/accounts/red-packets/red-packet.ts'
import { REFUND_STATES } from '../../src/simulator/accounts/refunds/refund-states.ts'
import type { StateMachine } from '../../src/simulator/accounts/state-machine.ts'
import { TRANSFER_STATES } from '../../src/simulator/accounts/transfers/transfer-states.ts'

/** All states by how they look: `neutral` are ends that are no failures. */
const TONES: readonly [record: string, machine: StateMachine, tones: Readonly<Record<string, string>>][] = [
  [
    'an order',
    ORDER_STATES,
    { good: 'SUCCESS', open: 'ACCEPT NOTPAY USERPAYING', bad: 'PAYERROR', neutral: 'CLOSED REFUND REVOKED' },
  ],
  ['a refund', REFUND_STATES, { good: 'SUCCESS', open: 'PROCESSING', bad: 'ABNORMAL', neutral: 'CLOSED' }],
  [
    'a transfer',
    TRANSFER_STATES,
    { good: 'SUCCESS', open: 'CANCELING TRANSFERING WAIT_USER_CONFIRM', bad: 'FAIL', neutral: 'CANCELLED' },
  ],
  ['a red packet', RED_PACKET_STATES, { good: 'RECEIVED', open: 'RFUND_ING SENT', neutral: 'REFUND' }],
  ['a parking', PARKING_STATES, { good: 'NORMAL', bad: 'BLOCKED' }],
  [
    'an invoice',
    FAPIAO_STATES,
    {
      good: 'ISSUED',
      open: 'ISSUE_ACCEPTED REVERSE_ACCEPTED',
      bad: 'ISSUE_FAILED REVERSE_FAILED',
      neutral: 'REVERSED',
    },
  ],
  [
    'a medical order',
    MIX_PAY_STATES,
    { good: 'MIX_PAY_SUCCESS', open: 'MIX_PAY_CREATED', bad: 'MIX_PAY_FAIL', neutral: 'MIX_PAY_REFUND' },
  ],
]

test.each(TONES)('each state of %s looks like what its table makes it', (_, machine, tones) => {
  const states = new Set([...machine.initial, ...machine.transitions.map(({ to }) => to)])
  const expected = Object.entries(tones).flatMap(([tone, names]) => names.split(' ').map(name => [name, tone]))
  const found = [...states].map(state => [state, toneOf(machine, state)])
  expect(Object.fromEntries(found)).toEqual(Object.fromEntries(expected))
})

test('a state whose table has not been read is good, or says nothing', () => {
  expect(['SUCCESS', 'NOTPAY', 'FAIL'].map(state => toneOf(undefined, state))).toEqual(['good', 'neutral', 'neutral'])
})
