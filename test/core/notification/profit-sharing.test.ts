import { describe, expect, it } from 'vitest'
import { isEvent, receiveNotification, Wechatpay } from '../../../src/core/index.ts'
import { createNotificationHandler } from '../../../src/flows/notification/index.ts'
import { APIV3_KEY, createSender, MCHID } from './signer.ts'

// WeChat Pay gives shares and their returns the event_type of a payment: doc/v2/partner/4011985282.

const OTHER = '1900000999'
const TRANSACTION_ID = '4200000000202611210000000001'
/** As documented for receivers (分账接收方). */
const SHARE = {
  mchid: OTHER,
  transaction_id: TRANSACTION_ID,
  order_id: '30000000000000000000000001',
  out_order_no: 'P20150806125346',
  receiver: { type: 'MERCHANT_ID', account: MCHID, amount: 888, description: '分给商户' },
  success_time: '2026-01-01T10:00:00+08:00',
}
const { receiver: RECEIVER, mchid: _, ...NUMBERS } = SHARE
const ORDER = { mchid: MCHID, out_trade_no: 'T1', transaction_id: TRANSACTION_ID, trade_state: 'SUCCESS' }
const COMBINED = { combine_mchid: MCHID, combine_out_trade_no: 'C1', sub_orders: [ORDER] }

async function createReceiver() {
  const sender = await createSender()
  const { platformKeys } = sender
  const client = new Wechatpay({ mchid: MCHID, apiv3Key: APIV3_KEY, privateKey: undefined, platformKeys })
  return { sender, client }
}

describe('a notification of profit sharing that came as TRANSACTION.SUCCESS', () => {
  it.each([
    ['direct', SHARE],
    ['of a service provider', { ...NUMBERS, receiver: RECEIVER, sp_mchid: MCHID, sub_mchid: OTHER }],
    ['with several receivers', { ...NUMBERS, mchid: MCHID, receivers: [RECEIVER] }],
    ['to a person', { ...SHARE, mchid: MCHID, receiver: { ...RECEIVER, type: 'PERSONAL_OPENID', account: 'o1' } }],
    ['without its receiver', { ...NUMBERS, mchid: MCHID }],
  ])('%s, is an event of its own, and no payment', async (_, share) => {
    const { sender, client } = await createReceiver()
    const notification = await receiveNotification(client, await sender.notification('TRANSACTION.SUCCESS', share))
    expect(isEvent(notification, 'TRANSACTION.SUCCESS')).toBe(false)
    expect(isEvent(notification, 'PROFITSHARING.CHANGE') && notification.resource.order_id).toBe(SHARE.order_id)
    expect([notification.message.event_type, notification.resource]).toEqual(['TRANSACTION.SUCCESS', share])
  })

  it('does not reach the handler of payments', async () => {
    const { sender, client } = await createReceiver()
    const shipped: unknown[] = []
    const shared: string[] = []
    const handle = createNotificationHandler(client, {
      'TRANSACTION.SUCCESS': ({ resource }) => shipped.push(resource.out_trade_no),
      'PROFITSHARING.*': ({ resource }) => shared.push(resource.order_id),
    })
    const answers = []
    for (const resource of [SHARE, ORDER, COMBINED])
      answers.push(await handle(await sender.notification('TRANSACTION.SUCCESS', resource)))
    expect(answers.map(({ status }) => status)).toEqual([204, 204, 204])
    expect([shipped, shared]).toEqual([['T1', undefined], [SHARE.order_id]])
  })

  it('is refused by a merchant that has no part in it', async () => {
    const { sender, client } = await createReceiver()
    const foreign = { ...SHARE, receiver: { ...RECEIVER, account: '1900000888' } }
    for (const event of ['TRANSACTION.SUCCESS', 'PROFITSHARING.SUCCESS', 'PROFITSHARING.RETURN'])
      await expect(receiveNotification(client, await sender.notification(event, foreign))).rejects.toMatchObject({
        code: 'MERCHANT_MISMATCH',
      })
  })
})

describe('a payment', () => {
  it.each([
    ['of one order', ORDER],
    ['of a service provider', { ...ORDER, sp_mchid: MCHID, sub_mchid: OTHER, mchid: undefined }],
    ['of combined orders', COMBINED],
  ])('%s stays TRANSACTION.SUCCESS', async (_, order) => {
    const { sender, client } = await createReceiver()
    const { event } = await receiveNotification(client, await sender.notification('TRANSACTION.SUCCESS', order))
    expect(event).toBe('TRANSACTION.SUCCESS')
  })

  it('stays one although a field of it is called like one of profit sharing', async () => {
    const { sender, client } = await createReceiver()
    const order = { ...ORDER, receiver: 'x', order_id: 'y' }
    const { event } = await receiveNotification(client, await sender.notification('TRANSACTION.SUCCESS', order))
    expect(event).toBe('TRANSACTION.SUCCESS')
  })
})
