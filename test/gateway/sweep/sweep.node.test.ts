import { beforeEach, describe, expect, test } from 'vitest'
import type { Ledger } from '../../../src/gateway/store/ledger.ts'
import { openDatabase } from '../../../src/storage/sqlite.ts'
import { localLedger } from '../../../src/storage/sqlite-ledger.ts'
import { CALLER, createTestGateway, json, nativeOrder, payV2Order, type TestGateway } from '../test-gateway.ts'

let one: TestGateway
let mchid: string
beforeEach(async () => {
  one = await createTestGateway()
  mchid = one.simulator.merchant.mchid
  // Nothing arrives.
  one.simulator.notify.hold()
})
const MINUTE = 60_000
const place = async (out_trade_no: string) => {
  const response = await one.call('/v3/pay/transactions/native', json(nativeOrder(one, out_trade_no)))
  expect(response.status).toBe(200)
}
const later = async (ms: number) => {
  one.clock.now += ms
  await one.simulator.advance(ms)
  const swept = await one.gateway.sweep()
  await one.drain()
  return swept
}
const events = () => one.ledger.events(mchid, { limit: 10 })
const watched = async () => (await one.ledger.depths(mchid)).watched
const resources = () => one.shop.received.map(({ body }) => [body.type, body.data.source, body.data.resource])

describe('an order placed through the gateway of which nothing is heard', () => {
  test('is asked for, and delivered as if it had been notified; the notification that comes after all is a duplicate', async () => {
    await place('T100001')
    one.simulator.pay({ out_trade_no: 'T100001' })
    expect(await later(4 * MINUTE)).toMatchObject({ queried: 0 })
    expect(await later(2 * MINUTE)).toMatchObject({ queried: 1, synthesized: 1 })
    const { transaction_id } = one.simulator.order('T100001')!
    expect(resources()).toEqual([
      [
        'TRANSACTION.SUCCESS',
        'query',
        expect.objectContaining({ out_trade_no: 'T100001', transaction_id, trade_state: 'SUCCESS', mchid }),
      ],
    ])
    await one.simulator.notify.release()
    await one.drain()
    expect(one.simulator.notifications).toMatchObject([{ state: 'delivered' }])
    expect([resources().length, (await events()).length, await watched()]).toEqual([1, 1, {}])
  })

  test('of a kind that only another version knows stays watched, whatever its name', async () => {
    for (const kind of ['constructor', 'v9-order'])
      await one.ledger.watch({ mchid, kind, number: 'T1', query: {}, caller: CALLER.name, expiresAt: 0 }, one.clock.now)
    expect(await later(6 * MINUTE)).toMatchObject({ queried: 2 })
    expect(await watched()).toEqual({ constructor: 1, 'v9-order': 1 })
  })

  test('is asked for less and less often while it is open, and no more when it is closed', async () => {
    await place('T100001')
    const waits: number[] = []
    let minutes = 0
    while (waits.length < 4) {
      minutes++
      if ((await later(MINUTE)).queried > 0) waits.push(minutes)
    }
    expect(waits).toEqual([5, 15, 35, 75])
    await one.call('/v3/pay/transactions/out-trade-no/T100001/close', json({ mchid }))
    expect(await later(24 * 60 * MINUTE)).toMatchObject({ queried: 1, synthesized: 0 })
    expect([await watched(), await events()]).toEqual([{}, []])
  })

  test('is not asked for when its notification came', async () => {
    await place('T100001')
    expect(await watched()).toEqual({ 'v3-order': 1 })
    one.simulator.pay({ out_trade_no: 'T100001' })
    await one.simulator.settled()
    await one.simulator.notify.release()
    expect(await watched()).toEqual({})
    expect(await later(60 * MINUTE)).toMatchObject({ queried: 0 })
  })

  test('is asked for although the gateway died before it had WeChat Pay’s answer', async () => {
    const alive = one
    const dies = new Proxy(alive.ledger, {
      get: (store, name: keyof typeof alive.ledger) =>
        name === 'endCall' ? () => Promise.reject(new Error('dead')) : store[name],
    })
    one = await alive.restart({ ledgerOf: () => dies })
    await place('T100001')
    one = await alive.restart()
    one.simulator.pay({ out_trade_no: 'T100001' })
    expect(await watched()).toEqual({ 'v3-order': 1 })
    expect(await later(6 * MINUTE)).toMatchObject({ synthesized: 1 })
  })

  test('because no answer came, and which WeChat Pay does not know, is given up after a week', async () => {
    const watch = { mchid, kind: 'v3-order', number: 'T100009', query: { mchid } }
    await one.ledger.watch(watch, one.clock.now)
    await one.ledger.recordUnanswered(watch)
    for (let day = 0; day < 9; day++) await later(24 * 60 * MINUTE)
    expect([await watched(), await events()]).toEqual([{}, []])
    expect(one.logged.join('\n')).toContain('given up')
  })

  test('is not asked for any longer than it can be paid', async () => {
    const time_expire = new Date(one.clock.now + 30 * MINUTE).toISOString().replace(/\.\d+Z/, '+00:00')
    const order = nativeOrder(one, 'T100001', { time_expire })
    expect((await one.call('/v3/pay/transactions/native', json(order))).status).toBe(200)
    const unanswered = { mchid, kind: 'v3-order', number: 'T100009', query: { mchid } }
    await one.ledger.watch({ ...unanswered, expiresAt: one.clock.now + 30 * MINUTE }, one.clock.now)
    await one.ledger.recordUnanswered(unanswered)
    await later(4 * 60 * MINUTE)
    await later(4 * 60 * MINUTE)
    expect([await watched(), await events()]).toEqual([{}, []])
  })

  test('of APIv2', async () => {
    await payV2Order(one, 'V100001')
    expect(await later(6 * MINUTE)).toMatchObject({ synthesized: 1 })
    await one.simulator.notify.release()
    await one.drain()
    expect(resources()).toEqual([
      ['transaction-success', 'query', expect.objectContaining({ out_trade_no: 'V100001' })],
    ])
    expect(await events()).toMatchObject([{ api: 'v2', repeats: 1 }])
  })

  test("of a service provider's (服务商)", async () => {
    const { appid: sp_appid } = one.simulator.merchant
    const { sub_mchid } = one.simulator.examples
    const order = { sp_appid, sub_mchid, description: '茶', out_trade_no: 'T100001', amount: { total: 100 } }
    const response = await one.call('/checkout/native', json(order))
    expect([response.status, await watched()]).toEqual([200, { 'v3-partner-order': 1 }])
    one.simulator.pay({ out_trade_no: 'T100001' })
    expect(await later(6 * MINUTE)).toMatchObject({ synthesized: 1 })
    await one.simulator.notify.release()
    await one.drain()
    expect(resources()).toEqual([
      [
        'TRANSACTION.SUCCESS',
        'query',
        expect.objectContaining({ out_trade_no: 'T100001', sub_mchid, sp_mchid: mchid }),
      ],
    ])
    expect([(await events()).length, await watched()]).toEqual([1, {}])
  })

  test('combined', async () => {
    const { appid } = one.simulator.merchant
    const sub = (out_trade_no: string) => ({
      mchid,
      attach: 'a',
      amount: { total_amount: 100, currency: 'CNY' },
      out_trade_no,
      description: '茶',
    })
    const order = {
      combine_appid: appid,
      combine_mchid: mchid,
      combine_out_trade_no: 'C100001',
      notify_url: one.notifyUrl,
      sub_orders: [sub('S100001'), sub('S100002')],
    }
    const response = await one.call('/v3/combine-transactions/native', json(order))
    expect([response.status, await watched()]).toEqual([200, { 'v3-combined-order': 1 }])
    one.simulator.pay({ combine_out_trade_no: 'C100001' })
    expect(await later(6 * MINUTE)).toMatchObject({ synthesized: 1 })
    await one.simulator.notify.release()
    await one.drain()
    expect([resources().length, (await events()).length, await watched()]).toEqual([1, 1, {}])
  })
})

describe('a refund of which nothing is heard', () => {
  test('is told in the notification’s own words, after its payment', async () => {
    await place('T100001')
    one.simulator.pay({ out_trade_no: 'T100001' })
    const amount = { refund: 40, total: 100, currency: 'CNY' }
    const order = { out_trade_no: 'T100001', out_refund_no: 'R100001', notify_url: one.notifyUrl, amount }
    const response = await one.call('/v3/refund/domestic/refunds', json(order))
    expect([response.status, await watched()]).toEqual([200, { 'v3-order': 1, 'v3-refund': 1 }])
    expect(await later(6 * MINUTE)).toMatchObject({ synthesized: 2 })
    await one.simulator.notify.release()
    await one.drain()
    const { transaction_id } = one.simulator.order('T100001')!
    const [payment, refund, ...more] = resources()
    expect([payment?.[0], more]).toEqual(['TRANSACTION.SUCCESS', []])
    expect(refund).toEqual([
      'REFUND.SUCCESS',
      'query',
      {
        mchid,
        transaction_id,
        out_trade_no: 'T100001',
        out_refund_no: 'R100001',
        refund_id: expect.any(String),
        refund_status: 'SUCCESS',
        success_time: expect.any(String),
        user_received_account: expect.any(String),
        amount: { total: 100, refund: 40, payer_total: expect.any(Number), payer_refund: expect.any(Number) },
      },
    ])
    expect((await events()).length).toBe(2)
  })

  test('of APIv2', async () => {
    const { appid } = one.simulator.merchant
    const common = { appid, mch_id: mchid, out_trade_no: 'V100001', total_fee: '100' }
    await payV2Order(one, 'V100001')
    const refund = { ...common, out_refund_no: 'R100001', refund_fee: '30', notify_url: one.notifyUrl }
    await one.call('/v2/secapi/pay/refund', json(refund))
    expect(await later(6 * MINUTE)).toMatchObject({ synthesized: 2 })
    await one.simulator.notify.release()
    await one.drain()
    expect(resources().at(-1)).toEqual([
      'refund-processed',
      'query',
      expect.objectContaining({ out_refund_no: 'R100001', refund_fee: '30', refund_status: 'SUCCESS' }),
    ])
    expect((await events()).length).toBe(2)
  })
})

test('a refund of an e-commerce platform (电商收付通) is asked for by its own query', async () => {
  const { sub_mchid } = one.simulator.examples
  const { appid, mchid } = one.simulator.merchant
  const amount = { refund: 40, total: 100, currency: 'CNY' }
  const placed = { sp_appid: appid, sp_mchid: mchid, sub_mchid, out_trade_no: 'T100009', description: 'd' }
  const { Wechatpay } = await import('../../../src/core/index.ts')
  const wxpay = new Wechatpay({ ...one.simulator.merchant, fetch: one.simulator.fetch })
  await wxpay.v3.pay.partner.transactions.native.post({ ...placed, notify_url: one.notifyUrl, amount: { total: 100 } })
  const { transaction_id } = one.simulator.pay({ out_trade_no: 'T100009' })
  const order = {
    sub_mchid,
    sp_appid: one.simulator.merchant.appid,
    transaction_id,
    out_refund_no: 'R100001',
    funds_account: 'UNSETTLED',
    amount,
  }
  const response = await one.call('/v3/ecommerce/refunds/apply', json(order))
  expect([response.status, await watched()]).toEqual([200, { 'v3-ecommerce-refund': 1 }])
  await later(6 * MINUTE)
  const asked = one.simulator.journal.at(-1)!
  expect(asked).toMatchObject({
    signature: 'valid',
    status: 200,
    method: 'GET',
    url: `/v3/ecommerce/refunds/out-refund-no/R100001?sub_mchid=${sub_mchid}`,
  })
  // The response names no merchant, and the event names the one whose refund it is.
  const [type, source, resource] = resources().at(-1)!
  expect([type, source]).toEqual(['REFUND.SUCCESS', 'query'])
  expect(resource).toMatchObject({ sp_mchid: mchid, sub_mchid, out_refund_no: 'R100001' })
  expect(resource).not.toHaveProperty('mchid')
})

test('an order is asked for by the query of the call that WeChat Pay has accepted', async () => {
  const { sub_mchid } = one.simulator.examples
  const { appid: sp_appid } = one.simulator.merchant
  const earlier = {
    mchid,
    kind: 'v3-partner-order',
    number: `${sub_mchid}/T100001`,
    query: { sub_mchid: '1999999999' },
  }
  await one.ledger.watch(earlier, one.clock.now)
  const order = {
    sp_appid,
    sp_mchid: mchid,
    sub_mchid,
    description: '茶',
    out_trade_no: 'T100001',
    amount: { total: 100 },
  }
  expect((await one.call('/checkout/native', json(order))).status).toBe(200)
  one.simulator.pay({ out_trade_no: 'T100001' })
  expect(await later(6 * MINUTE)).toMatchObject({ queried: 1, synthesized: 1 })
})

test('a query that fails is tried again, and holds no other merchant up', async () => {
  await place('T100001')
  const { Wechatpay } = await import('../../../src/core/index.ts')
  const { merchant } = one.simulator
  const broken = new Wechatpay({ ...merchant, retry: false, fetch: () => Promise.reject(new TypeError('down')) })
  const mended = await one.restart()
  one = await one.restart({ merchants: { [mchid]: broken } })
  expect(await later(6 * MINUTE)).toMatchObject({ queried: 1, synthesized: 0 })
  one.simulator.pay({ out_trade_no: 'T100001' })
  mended.clock.now = one.clock.now + 11 * MINUTE
  expect(await mended.gateway.sweep()).toMatchObject({ queried: 1, synthesized: 1 })
})

/** A payment is notified; whatever is enqueued for it stays in the outbox. */
const pay = async (out_trade_no: string) => {
  await place(out_trade_no)
  one.simulator.pay({ out_trade_no })
  await one.simulator.settled()
  await one.simulator.notify.release()
}

test('deliveries that the outbox has lost are brought to it again', async () => {
  await pay('T100001')
  one.jobs.length = 0
  expect(await later(4 * MINUTE)).toMatchObject({ enqueued: 0 })
  expect(await later(MINUTE)).toMatchObject({ enqueued: 1 })
  expect(one.shop.received).toHaveLength(1)
})

test('deliveries that the outbox refused are brought to it by the next sweep', async () => {
  let isAway = true
  one = await one.restart({
    outbox: {
      async enqueue(jobs) {
        if (isAway) throw new Error('the queue is away')
        one.jobs.push(...jobs)
      },
    },
  })
  await pay('T100001')
  expect(one.simulator.notifications).toMatchObject([{ state: 'delivered' }])
  expect(one.jobs).toEqual([])
  isAway = false
  expect(await later(MINUTE)).toMatchObject({ enqueued: 1 })
  expect(one.shop.received).toHaveLength(1)
})

test('a queue that lags behind for an hour is not filled with the same deliveries every minute', async () => {
  for (let at = 0; at < 5; at++) await pay(`T10000${at}`)
  expect(one.jobs).toHaveLength(5)
  for (let minute = 0; minute < 60; minute++) {
    one.clock.now += MINUTE
    await one.gateway.sweep()
  }
  // After 5, 10, 20 and 40 minutes.
  expect(one.jobs).toHaveLength(5 * 5)
  await one.drain()
  expect(one.shop.received).toHaveLength(5)
  expect(await later(2 * MINUTE)).toMatchObject({ enqueued: 0 })
})

test('what is over is deleted after its time', async () => {
  await place('T100001')
  one.simulator.pay({ out_trade_no: 'T100001' })
  await later(6 * MINUTE)
  expect(await later(89 * 24 * 60 * MINUTE)).toMatchObject({ purged: 0 })
  expect(await later(2 * 24 * 60 * MINUTE)).toMatchObject({ purged: 1 })
  expect(await events()).toEqual([])
})

describe('retention', () => {
  const DAY = 24 * 60 * MINUTE

  test('holds for the ledgers of callers too, where each has its own', async () => {
    const ledgers = new Map<string, Ledger>()
    for (const name of [mchid, 'gateway', 'caller/shop', 'caller/books'])
      ledgers.set(
        name,
        localLedger(await openDatabase(':memory:'), () => one.clock.now),
      )
    const callers = [CALLER, { ...CALLER, name: 'books' }]
    one = await one.restart({ callers, ledgerOf: name => ledgers.get(name)! })
    const trail = async () => {
      const rows = callers.map(({ name }) => ledgers.get(`caller/${name}`)!.calls(name, { limit: 10 }))
      return (await Promise.all(rows)).map(({ length }) => length)
    }
    await place('T100001')
    one.simulator.pay({ out_trade_no: 'T100001' })
    const call = { mchid, method: 'POST', path: '/v3/x', numbers: {}, amount: null, key: null, hash: null }
    await ledgers.get('caller/books')!.beginCall({ ...call, id: 'B', caller: 'books' })
    await later(6 * MINUTE)
    await later(89 * DAY)
    expect(await trail()).toEqual([1, 1])
    await later(2 * DAY)
    expect(await trail()).toEqual([0, 0])
    expect(await ledgers.get(mchid)!.events(mchid, { limit: 1 })).toEqual([])
  })

  test('holds in one sweep, however much has gathered', async () => {
    one.database.run(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
       insert into event (mchid, id, api, event, resource, source, created_at, received_at, retained_since, nonces)
       select ?, 'old-' || i, 'v3', 'X', '{}', 'notification', 1, 1, 1, '[]' from n`,
      mchid,
    )
    one.database.run(
      `with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000)
       insert into call (id, at, caller, mchid, method, path, numbers) select 'old-' || i, 1, 'gone', ?, 'POST', '/', '{}' from n`,
      mchid,
    )
    expect(await one.gateway.sweep()).toMatchObject({ purged: 5000 })
    expect([await events(), await one.ledger.calls('gone', { limit: 1 })]).toEqual([[], []])
  })

  test('is left to ledgers that see to it themselves', async () => {
    one = await one.restart({ ledgersPurge: true })
    await place('T100001')
    one.clock.now += 91 * DAY
    await one.gateway.sweep()
    expect(await one.ledger.calls('shop', { limit: 1 })).toHaveLength(1)
  })
})

describe('a call that moves money and whose answer or notification was lost', () => {
  const posted = async (path: string, body: object) => {
    const response = await one.call(path, json(body))
    expect([response.status, await response.text()]).toEqual([200, expect.any(String)])
  }

  test('a transfer (商家转账) is told in the words of its notification, which is a duplicate when it comes', async () => {
    const { appid } = one.simulator.merchant
    one.simulator.fund(100_000)
    await posted('/v3/fund-app/mch-transfer/transfer-bills', {
      appid,
      out_bill_no: 'B100001',
      transfer_scene_id: '1000',
      openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
      transfer_amount: 100,
      transfer_remark: '奖',
      notify_url: one.notifyUrl,
      transfer_scene_report_infos: [{ info_type: '活动名称', info_content: '新会员有礼' }],
    })
    one.simulator.confirmTransfer('B100001')
    expect(await later(6 * MINUTE)).toMatchObject({ queried: 1, synthesized: 1 })
    const [type, source, resource] = resources()[0]!
    expect([type, source]).toEqual(['MCHTRANSFER.BILL.FINISHED', 'query'])
    const { notifications } = one.simulator
    expect(notifications).toMatchObject([{ event: 'MCHTRANSFER.BILL.FINISHED' }])
    await one.simulator.notify.release()
    await one.drain()
    expect(resources()).toHaveLength(1)
    expect(await events()).toMatchObject([{ event: 'MCHTRANSFER.BILL.FINISHED', repeats: 1 }])
    expect(resource).toMatchObject({ out_bill_no: 'B100001', state: 'SUCCESS', transfer_amount: 100 })
    expect(await watched()).toEqual({})
  })

  test('a transfer is not asked for when its notification came', async () => {
    const { appid } = one.simulator.merchant
    one.simulator.fund(100_000)
    await posted('/v3/fund-app/mch-transfer/transfer-bills', {
      appid,
      out_bill_no: 'B100001',
      transfer_scene_id: '1000',
      openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o',
      transfer_amount: 100,
      transfer_remark: '奖',
      notify_url: one.notifyUrl,
      transfer_scene_report_infos: [{ info_type: '活动名称', info_content: '新会员有礼' }],
    })
    expect(await watched()).toEqual({ 'v3-transfer': 1 })
    one.simulator.confirmTransfer('B100001')
    await one.simulator.advance(10_000)
    await one.simulator.notify.release()
    expect(await watched()).toEqual({})
  })

  test('profit sharing and its return, of which WeChat Pay tells the sharing merchant nothing', async () => {
    const { appid: sp_appid } = one.simulator.merchant
    const { sub_mchid } = one.simulator.examples
    const order = { sp_appid, sub_mchid, description: '茶', out_trade_no: 'T100001', amount: { total: 1000 } }
    await posted('/checkout/native', { ...order, settle_info: { profit_sharing: true } })
    one.simulator.pay({ out_trade_no: 'T100001' })
    await posted('/v3/profitsharing/receivers/add', {
      appid: sp_appid,
      sub_mchid,
      type: 'MERCHANT_ID',
      account: mchid,
      relation_type: 'SERVICE_PROVIDER',
      name: '服务商',
    })
    const { transaction_id } = one.simulator.order('T100001')!
    await posted('/v3/profitsharing/orders', {
      appid: sp_appid,
      sub_mchid,
      transaction_id,
      out_order_no: 'P100001',
      unfreeze_unsplit: false,
      receivers: [{ type: 'MERCHANT_ID', account: mchid, amount: 100, description: '分账' }],
    })
    await later(6 * MINUTE)
    await posted('/v3/profitsharing/return-orders', {
      sub_mchid,
      out_order_no: 'P100001',
      out_return_no: 'R100001',
      return_mchid: mchid,
      amount: 100,
      description: '退货',
    })
    await later(6 * MINUTE)
    const own = resources().filter(([type]) => String(type).startsWith('wechatpay-edge.'))
    expect(own).toEqual([
      ['wechatpay-edge.v3-profit-sharing.settled', 'query', expect.objectContaining({ out_order_no: 'P100001' })],
      [
        'wechatpay-edge.v3-profit-sharing-return.settled',
        'query',
        expect.objectContaining({ out_return_no: 'R100001' }),
      ],
    ])
    expect(await watched()).toEqual({})
  })
})
