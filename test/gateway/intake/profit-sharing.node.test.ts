import { beforeEach, describe, expect, test } from 'vitest'
import { createTestGateway, json, SHOP, type TestGateway } from '../test-gateway.ts'

// A service provider shares what its sub-merchant was paid with itself: all that it is notified of has one transaction_id.

let one: TestGateway
let mchid: string
let sub_mchid: string
beforeEach(async () => {
  one = await createTestGateway()
  mchid = one.simulator.merchant.mchid
  sub_mchid = one.simulator.examples.sub_mchid
})
const posted = async (path: string, body: object) => {
  const response = await one.call(path, json(body))
  expect([response.status, await response.clone().text()]).toEqual([200, expect.any(String)])
  return response.json()
}
const place = async (out_trade_no: string) => {
  const { appid: sp_appid } = one.simulator.merchant
  const order = { sp_appid, sub_mchid, description: '茶', out_trade_no, amount: { total: 1000 } }
  await posted('/checkout/native', { ...order, settle_info: { profit_sharing: true } })
  await posted('/v3/profitsharing/receivers/add', {
    appid: sp_appid,
    sub_mchid,
    type: 'MERCHANT_ID',
    account: mchid,
    relation_type: 'SERVICE_PROVIDER',
    name: '服务商',
  })
}
const share = async (out_trade_no: string, out_order_no: string) => {
  const { appid } = one.simulator.merchant
  const { transaction_id } = one.simulator.order(out_trade_no)!
  const receivers = [{ type: 'MERCHANT_ID', account: mchid, amount: 100, description: '分账' }]
  return posted('/v3/profitsharing/orders', {
    appid,
    sub_mchid,
    transaction_id,
    out_order_no,
    receivers,
    unfreeze_unsplit: false,
  })
}
const arrive = async () => {
  await one.simulator.advance(10_000)
  await one.simulator.settled()
  await one.drain()
}
const received = () =>
  one.shop.received.map(({ body }) => {
    const { out_trade_no, out_order_no } = body.data.resource as Record<string, string>
    return [body.type, out_trade_no ?? out_order_no]
  })
const watched = async () => (await one.ledger.depths(mchid)).watched['v3-partner-order'] ?? 0

describe('profit sharing, notified as WeChat Pay does', () => {
  test('loses none of a payment, two shares and a return', async () => {
    await place('T100001')
    one.simulator.pay({ out_trade_no: 'T100001' })
    await arrive()
    await share('T100001', 'P100001')
    await share('T100001', 'P100002')
    await arrive()
    expect(received()).toEqual([
      ['TRANSACTION.SUCCESS', 'T100001'],
      ['PROFITSHARING.CHANGE', 'P100001'],
      ['PROFITSHARING.CHANGE', 'P100002'],
    ])
    await posted('/v3/profitsharing/return-orders', {
      sub_mchid,
      out_order_no: 'P100001',
      out_return_no: 'R100001',
      return_mchid: mchid,
      amount: 100,
      description: '退货',
    })
    await arrive()
    expect(received()[3]).toEqual(['PROFITSHARING.CHANGE', 'R100001'])
    expect(one.simulator.notifications.map(({ event, state }) => [event, state])).toEqual(
      Array(4).fill(['TRANSACTION.SUCCESS', 'delivered']),
    )
  })

  test('that comes before the payment leaves it watched until the payment comes', async () => {
    await place('T100001')
    one.simulator.notify.hold()
    one.simulator.pay({ out_trade_no: 'T100001' })
    await share('T100001', 'P100001')
    await one.simulator.advance(10_000)
    const { fetch } = one.gateway
    const watchedAfter: number[] = []
    const counting: TestGateway['gateway']['fetch'] = async request => {
      const response = await fetch(request)
      watchedAfter.push(await watched())
      return response
    }
    Object.assign(one.gateway, { fetch: counting })
    await one.simulator.notify.release({ order: 'reversed' })
    await one.drain()
    expect(watchedAfter).toEqual([1, 0])
    expect(received().sort()).toEqual([
      ['PROFITSHARING.CHANGE', 'P100001'],
      ['TRANSACTION.SUCCESS', 'T100001'],
    ])
  })

  test('does not keep the sweep from finding a payment whose notification was lost', async () => {
    await place('T100001')
    one.simulator.notify.hold()
    one.simulator.pay({ out_trade_no: 'T100001' })
    await one.simulator.settled()
    const { fetch } = one.gateway
    const losing: TestGateway['gateway']['fetch'] = async request =>
      one.simulator.notifications[0]!.attempts.length === 0 ? new Response(null, { status: 502 }) : fetch(request)
    Object.assign(one.gateway, { fetch: losing })
    await one.simulator.notify.release()
    Object.assign(one.gateway, { fetch })
    await share('T100001', 'P100001')
    // Less than it takes WeChat Pay to notify again.
    await one.simulator.advance(5_000)
    await one.drain()
    expect(received()).toEqual([['PROFITSHARING.CHANGE', 'P100001']])
    one.clock.now += 6 * 60_000
    // The payment, and that the share was made, which WeChat Pay notifies to receivers only.
    expect(await one.gateway.sweep()).toMatchObject({ synthesized: 2 })
    await one.drain()
    expect(received()).toContainEqual(['TRANSACTION.SUCCESS', 'T100001'])
  })

  test('does not go to an endpoint that takes payments only', async () => {
    one = await one.restart({
      endpoints: [
        { ...SHOP, name: 'payments', url: 'https://shop.example.com/payments', events: ['TRANSACTION.SUCCESS'] },
        { ...SHOP, name: 'sharing', url: 'https://shop.example.com/sharing', events: ['PROFITSHARING.*'] },
      ],
    })
    await place('T100001')
    one.simulator.pay({ out_trade_no: 'T100001' })
    await share('T100001', 'P100001')
    await arrive()
    const events = await one.ledger.events(mchid, { limit: 10 })
    const delivered = await one.ledger.deliveries(mchid, { limit: 10 })
    const eventOf = (seq: number) => events.find(event => event.seq === seq)?.event
    expect(delivered.map(({ endpoint, seq }) => [endpoint, eventOf(seq)]).sort()).toEqual([
      ['payments', 'TRANSACTION.SUCCESS'],
      ['sharing', 'PROFITSHARING.CHANGE'],
    ])
  })
})
