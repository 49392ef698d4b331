import { inspect } from 'node:util'
import { expect, it } from 'vitest'
import { NotificationError, receiveNotification, Wechatpay } from '../../../src/core/index.ts'
import { createSigner } from '../../../src/gateway/delivery/webhook.ts'

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

it('a delivery of the gateway is told from a notification without signature', async () => {
  const wxpay = new Wechatpay({ mchid: '1900000109' })
  const sign = createSigner([`whsec_${'A'.repeat(32)}`])
  const body = JSON.stringify({ type: 'TRANSACTION.SUCCESS', data: {} })
  const signed = { ...(await sign('evt_1', body, Date.now())), 'content-type': 'application/json' }
  const request = new Request('https://example.com/notify', { method: 'POST', body, headers: signed })
  const error = await receiveNotification(wxpay, request).catch(thrown => thrown)
  expect(error).toMatchObject({ code: 'SIGNATURE_MISSING' })
  expect(error.causes).toEqual([expect.stringMatching(/delivery of your gateway .*another path/)])
  expect(error.message).not.toContain('scanner')
})

it('an error with one cause lists none, and what is printed has neither the body nor the causes twice', () => {
  const error = errorOf('MERCHANT_MISMATCH')
  expect([error.message, error.causes]).toEqual(['The notification is wrong.', []])
  const printed = inspect(errorOf('SIGNATURE_INVALID'))
  expect(printed).not.toContain('openid')
  expect(printed.match(/the message is forged/g)).toHaveLength(1)
})
