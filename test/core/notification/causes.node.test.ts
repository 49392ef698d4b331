import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { NotificationError } from '../../../src/core/index.ts'

const errorOf = (code: NotificationError['code']) =>
  new NotificationError(code, 'is wrong', { headers: new Headers(), body: '{"openid":"o1"}' })

it.each([
  ['SIGNATURE_MISSING', /1\. the sender is not WeChat Pay.* 2\. a proxy/],
  ['SIGNATURE_INVALID', /1\. a body parser.* 2\. the keys.* 3\. the message is forged/],
  ['SIGNATURE_STALE', /1\. the clock.* 2\. a queue.* 3\. an old message/],
  ['SIGNATURE_UNKNOWN_SERIAL', /1\. platformKeys.* 2\. .*another merchant.* 3\. the message is forged/],
  ['DECRYPTION_FAILED', /1\. the key was changed.* 2\. .*another merchant/],
] as const)('%s lists its likely causes in order, in the message and as a list', (code, order) => {
  const { message, causes } = errorOf(code)
  expect(message).toMatch(/^The notification is wrong\. Likely causes, in this order: 1\. /)
  expect(message).toMatch(order)
  expect(causes.map((cause, at) => `${at + 1}. ${cause}.`).join(' ')).toBe(message.split('order: ')[1])
})

it('an error with one cause lists none, and what is printed has neither the body nor the causes twice', () => {
  const error = errorOf('MERCHANT_MISMATCH')
  expect([error.message, error.causes]).toEqual(['The notification is wrong.', []])
  const printed = inspect(errorOf('SIGNATURE_INVALID'))
  expect(printed).not.toContain('openid')
  expect(printed.match(/the message is forged/g)).toHaveLength(1)
})
