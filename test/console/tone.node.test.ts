import { expect, test } from 'vitest'
import { toneOf } from '../../src/console/records/tone.ts'
import { SETTLEMENT_STATES } from '../../src/simulator/accounts/applyments/settlement-accounts.ts'
import { SUB_APPLYMENT_STATES } from '../../src/simulator/accounts/applyments/sub-applyment.ts'
import {
  BUSINESS_COUPON_STATES,
  BUSINESS_STOCK_STATES,
} from '../../src/simulator/accounts/business-coupons/business-coupon.ts'
import { COMPLAINT_STATES } from '../../src/simulator/accounts/complaints/complaint.ts'
import { CONTRACT_STATES } from '../../src/simulator/accounts/contracts/contract.ts'
import { COUPON_STATES, COUPON_STOCK_STATES } from '../../src/simulator/accounts/coupons/coupon-stock.ts'
import { WITHDRAWAL_STATES } from '../../src/simulator/accounts/ecommerce/withdrawals.ts'
import { FAPIAO_STATES } from '../../src/simulator/accounts/fapiao/fapiao.ts'
import { MIX_PAY_STATES } from '../../src/simulator/accounts/medical-insurance/medical-order.ts'
import { ORDER_STATES } from '../../src/simulator/accounts/orders/order-states.ts'
import { PARKING_STATES } from '../../src/simulator/accounts/parking/parking.ts'
import { PAYROLL_RELATION_STATES } from '../../src/simulator/accounts/payroll-card/payroll-card.ts'
import { RED_PACKET_STATES } from '../../src/simulator/accounts/red-packets/red-packet.ts'
import { REFUND_STATES } from '../../src/simulator/accounts/refunds/refund-states.ts'
import { SERVICE_ORDER_STATES } from '../../src/simulator/accounts/service-orders/service-order-states.ts'
import { PERMISSION_STATES } from '../../src/simulator/accounts/service-permissions/service-permissions.ts'
import type { StateMachine } from '../../src/simulator/accounts/state-machine.ts'
import { AUTHORIZATION_STATES } from '../../src/simulator/accounts/transfer-authorizations/transfer-authorizations.ts'
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
  ['a service order', SERVICE_ORDER_STATES, { good: 'DONE', open: 'CREATED DOING', neutral: 'EXPIRED REVOKED' }],
  ['a permission', PERMISSION_STATES, { good: 'AVAILABLE', open: 'UNAVAILABLE', neutral: 'UNBINDUSER' }],
  ['a contract', CONTRACT_STATES, { good: 'SIGNED', open: 'SIGNING', neutral: 'TERMINATED' }],
  ['a complaint', COMPLAINT_STATES, { good: 'PROCESSED', open: 'PENDING PROCESSING' }],
  ['a stock of coupons', COUPON_STOCK_STATES, { good: 'running', open: 'unactivated paused', neutral: 'stoped' }],
  ['a coupon', COUPON_STATES, { good: 'USED', open: 'SENDED', neutral: 'EXPIRED' }],
  ['a stock of business coupons', BUSINESS_STOCK_STATES, { good: 'RUNNING', open: 'PAUSED', neutral: 'STOPED' }],
  ['a business coupon', BUSINESS_COUPON_STATES, { good: 'USED', open: 'SENDED', neutral: 'DEACTIVATED EXPIRED' }],
  ['an authorization', AUTHORIZATION_STATES, { good: 'TAKING_EFFECT', open: 'WAIT_USER_CONFIRM', neutral: 'CLOSED' }],
  [
    'a withdrawal',
    WITHDRAWAL_STATES,
    { good: 'SUCCESS', open: 'CREATE_SUCCESS', bad: 'FAIL REFUND', neutral: 'CLOSE' },
  ],
  [
    'an applyment of a platform',
    SUB_APPLYMENT_STATES.ecommerce,
    {
      good: 'FINISH',
      open: 'CHECKING ACCOUNT_NEED_VERIFY AUDITING NEED_SIGN',
      bad: 'REJECTED FROZEN',
      neutral: 'CANCELED',
    },
  ],
  ['a change of an account', SETTLEMENT_STATES, { good: 'AUDIT_SUCCESS', open: 'AUDITING', bad: 'AUDIT_FAIL' }],
  ['a payroll card', PAYROLL_RELATION_STATES, { good: 'AUTHORIZED', open: 'UNAUTHORIZED DEAUTHORIZED' }],
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
