import assert from 'node:assert/strict'
import { beforeEach, test } from 'node:test'
import { type TransportError, Wechatpay } from 'wechatpay-edge'
import { createNotificationHandler } from 'wechatpay-edge/notification'
import { refund, refundNumber } from 'wechatpay-edge/payment'
import { createSimulator, type Simulator } from 'wechatpay-edge/simulator'

let simulator: Simulator
let wxpay: Wechatpay
let paid: string[]

// Each test has a WeChat Pay of its own: no orders, no faults, the clock at the present. The seed keeps its keys.
beforeEach(async () => {
  simulator = await createSimulator({
    seed: 'ci',
    deliver: async (input, init) => handleNotification(new Request(input, init)),
  })
  wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
  paid = []
  const handleNotification = createNotificationHandler(
    wxpay,
    { 'TRANSACTION.SUCCESS': ({ resource }) => paid.push(resource.out_trade_no!), otherwise: 'acknowledge' },
    { expect: () => ({ total: 1800, appid: simulator.merchant.appid }), onError: () => {} },
  )
})

async function placeOrder(out_trade_no: string) {
  const { appid, mchid } = simulator.merchant
  const notify_url = 'https://shop.example.com/notify'
  const order = { appid, mchid, out_trade_no, notify_url, description: 'tea', amount: { total: 1800 } }
  return wxpay.v3.pay.transactions.native.post(order)
}

test('a paid order is notified', async () => {
  await placeOrder('order-1')
  simulator.pay({ out_trade_no: 'order-1' })
  await simulator.settled()
  assert.deepEqual(paid, ['order-1'])
})

test('a forged notification is refused', async () => {
  await placeOrder('order-1')
  simulator.pay({ out_trade_no: 'order-1' })
  await simulator.settled()
  const [notification] = simulator.notifications
  const { status } = await simulator.notify.tampered(notification!.id)
  assert.equal(status, 401)
  assert.deepEqual(paid, ['order-1'])
})

test('a refund whose answer is lost happens once', async () => {
  await placeOrder('order-1')
  simulator.pay({ out_trade_no: 'order-1' })
  simulator.faults.add({ kind: 'lost-response', method: 'POST', path: '/v3/refund/**', count: 1 })
  const out_refund_no = refundNumber('order-1', 'all')
  await refund(
    wxpay,
    { out_trade_no: 'order-1', out_refund_no, amount: { refund: 1800 } },
    { wait: ms => simulator.advance(ms) },
  )
  assert.equal(simulator.refund(out_refund_no)?.refund, 1800)
})

test('a call that may have taken effect says so', async () => {
  simulator.faults.add({ kind: 'lost-response', path: '/v3/pay/**', count: 1 })
  await assert.rejects(placeOrder('order-1'), (error: TransportError) => error.mayHaveTakenEffect)
  assert.ok(simulator.order('order-1'))
})
