import { describe, expect, it } from 'vitest'
import { type Notification, receiveNotification, type Wechatpay } from '../../../../src/core/index.ts'
import { confirmNotification } from '../../../../src/flows/notification/index.ts'
import { type SettledOptions, settledOrder, settledRefund } from '../../../../src/flows/payment/index.ts'
import { createTestClient, signedV2Response, signedV3Response } from '../../../core/test-client.ts'
import { KINDS as PLACED } from '../placed.ts'
import { createTestMerchant, NOTIFY_URL, START, type TestMerchant, unusedNumber } from '../test-merchant.ts'

const MINUTE = 60_000
const SUB = '1900000110'

/** A shop whose intake verifies each notification and dispatches it. */
async function open() {
  const notifications = new EventTarget()
  const heard: Notification[] = []
  let wxpay: Wechatpay | undefined
  const shop = await createTestMerchant({}, async (input, init) => {
    const received = await receiveNotification(wxpay!, new Request(input, init))
    // Only an APIv2 refund has no signature.
    const notification = received.verifiedBy ? received : await confirmNotification(wxpay!, received)
    heard.push(notification)
    notifications.dispatchEvent(new CustomEvent('notification', { detail: notification }))
    return notification.api === 'v3'
      ? new Response(null, { status: 204 })
      : new Response('<xml><return_code><![CDATA[SUCCESS]]></return_code></xml>')
  })
  wxpay = shop.wxpay
  const options = (more: Partial<SettledOptions> = {}): SettledOptions => ({
    deadline: START + 10 * MINUTE,
    wait: shop.wait,
    ...more,
  })
  return { ...shop, shop, notifications, heard, options }
}

/** An order of each kind: how it is placed, named, and paid. */
const KINDS = {
  APIv3: async ({ wxpay, simulator: { merchant } }: TestMerchant) => {
    const { appid, mchid } = merchant
    const out_trade_no = unusedNumber()
    const body = { description: 'd', out_trade_no, notify_url: NOTIFY_URL, amount: { total: 100 } }
    await wxpay.v3.pay.transactions.native.post({ appid, mchid, ...body })
    return { name: { out_trade_no }, pay: { out_trade_no } }
  },
  'APIv3 of a partner': async ({ wxpay, simulator: { merchant } }: TestMerchant) => {
    const out_trade_no = unusedNumber()
    const parties = { sp_appid: merchant.appid, sp_mchid: merchant.mchid, sub_mchid: SUB }
    const body = { description: 'd', out_trade_no, notify_url: NOTIFY_URL, amount: { total: 100 } }
    await wxpay.v3.pay.partner.transactions.native.post({ ...parties, ...body })
    return { name: { out_trade_no, sp_mchid: merchant.mchid, sub_mchid: SUB }, pay: { out_trade_no } }
  },
  combined: async ({ wxpay, simulator: { merchant } }: TestMerchant) => {
    const combine_out_trade_no = unusedNumber()
    const { appid: combine_appid, mchid } = merchant
    const part = () => ({
      mchid,
      out_trade_no: unusedNumber(),
      description: 'd',
      attach: 'a',
      amount: { total_amount: 50, currency: 'CNY' },
    })
    await wxpay.v3.combineTransactions.native.post({
      combine_appid,
      combine_mchid: mchid,
      combine_out_trade_no,
      notify_url: NOTIFY_URL,
      sub_orders: [part(), part()],
      scene_info: { payer_client_ip: '127.0.0.1' },
    } as never)
    return { name: { combine_out_trade_no }, pay: { combine_out_trade_no } }
  },
  overseas: PLACED.overseas!,
  'overseas of an institution': PLACED['overseas of an institution']!,
  APIv2: async ({ wxpay, simulator: { merchant } }: TestMerchant) => {
    const out_trade_no = unusedNumber()
    const parties = { appid: merchant.appid, mch_id: merchant.mchid }
    const more = { spbill_create_ip: '127.0.0.1', notify_url: NOTIFY_URL, trade_type: 'NATIVE' as const }
    await wxpay.v2.pay.unifiedorder.post({ ...parties, body: 'b', out_trade_no, total_fee: 100, ...more })
    return { name: { ...parties, out_trade_no }, pay: { out_trade_no } }
  },
}

describe.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('an order, %s', kind => {
  const place = async () => {
    const shop = await open()
    const { name, pay } = await KINDS[kind](shop.shop)
    const asked = () => shop.calls().length - 1
    return { ...shop, name, asked, pay: () => void shop.simulator.pay(pay as never) }
  }

  it('that is paid is settled by the first query', async () => {
    const { wxpay, name, pay, options, waits } = await place()
    pay()
    expect(await settledOrder(wxpay, name, options())).toMatchObject({ isFinal: true, state: 'SUCCESS', by: 'query' })
    expect(waits).toEqual([])
  })

  it('is settled by its notification, whichever wait that interrupts', async () => {
    const { wxpay, name, pay, options, notifications, during, asked, waits, heard } = await place()
    during(2, pay)
    const order = await settledOrder(wxpay, name, options({ notifications }))
    expect(order).toMatchObject({ isFinal: true, state: 'SUCCESS', by: 'notification' })
    expect((order as { data: unknown }).data).toEqual(heard[0]!.resource)
    expect([waits, asked()]).toEqual([[5_000, 30_000], 2])
  })

  it('is settled by a query when the notification goes astray', async () => {
    const { wxpay, name, pay, options, during, waits } = await place()
    during(2, pay)
    expect(await settledOrder(wxpay, name, options())).toMatchObject({ isFinal: true, state: 'SUCCESS', by: 'query' })
    expect(waits).toEqual([5_000, 30_000])
  })

  it('that nobody pays is told as it was known at the deadline, to which the last wait is cut', async () => {
    const { wxpay, name, options, waits, asked } = await place()
    const order = await settledOrder(wxpay, name, options())
    expect(order).toMatchObject({ isFinal: false, state: 'NOTPAY', error: undefined, data: expect.any(Object) })
    expect(waits).toEqual([5_000, 30_000, 60_000, 180_000, 300_000, 25_000])
    expect(asked()).toBe(7)
  })

  it('is queried once when the deadline is over', async () => {
    const { wxpay, name, options, waits, asked } = await place()
    expect(await settledOrder(wxpay, name, options({ deadline: new Date(START) }))).toMatchObject({ state: 'NOTPAY' })
    expect([waits, asked()]).toEqual([[], 1])
  })

  it('queries that fail are gone past, and told of at the deadline', async () => {
    const { wxpay, name, options, fault, pay, during } = await place()
    fault({ kind: 'lost-response', path: '/**', count: 4 })
    during(3, pay)
    expect(await settledOrder(wxpay, name, options({ delays: [1_000] }))).toMatchObject({ state: 'SUCCESS' })
    fault({ kind: 'cut-connection' })
    expect(await settledOrder(wxpay, name, options({ deadline: START + 5_000 }))).toMatchObject({
      isFinal: false,
      state: undefined,
      data: undefined,
      error: { code: 'NETWORK_ERROR' },
    })
  })

  it('that does not exist yet may come', async () => {
    const { wxpay, name, options } = await place()
    const number = 'combine_out_trade_no' in name ? 'combine_out_trade_no' : 'out_trade_no'
    const order = await settledOrder(wxpay, { ...name, [number]: unusedNumber() }, options({ deadline: START + 1_000 }))
    expect(order).toMatchObject({
      isFinal: false,
      error: { serviceCode: expect.stringMatching(/^ORDER_?NOT_?EXIST$/) },
    })
  })

  it('is given up when the signal is aborted, during a wait or ahead', async () => {
    const { wxpay, name, options, during } = await place()
    const controller = new AbortController()
    during(2, () => controller.abort())
    const aborted = { name: 'TransportError', code: 'ABORTED', mayHaveTakenEffect: false }
    await expect(settledOrder(wxpay, name, options({ signal: controller.signal }))).rejects.toMatchObject(aborted)
    await expect(settledOrder(wxpay, name, options({ signal: AbortSignal.abort() }))).rejects.toMatchObject(aborted)
  })

  it('hears nothing of another order, merchant or kind of notification', async () => {
    const { wxpay, name, options, notifications, heard, pay, wait } = await place()
    const tell = (change: object, api?: 'v2' | 'v3') => {
      const real = heard[0]!
      const resource = { ...Object(real.resource), ...change }
      const detail = { ...real, message: { ...real.message, ...change }, resource, api: api ?? real.api }
      notifications.dispatchEvent(new CustomEvent('notification', { detail }))
    }
    pay()
    await wait(0)
    const numbers = { out_trade_no: 'other', combine_out_trade_no: 'other' }
    const merchants = { mchid: '1', mch_id: '1', combine_mchid: '1', sp_mchid: '1' }
    const none = { trade_state: undefined, sub_orders: undefined, result_code: 'FAIL' }
    const impatient = new AbortController()
    const never: TestMerchant['wait'] = () => new Promise(() => {})
    const other = {
      ...name,
      ...('out_trade_no' in name ? { out_trade_no: 'unpaid' } : { combine_out_trade_no: 'unpaid' }),
    }
    const waiting = settledOrder(wxpay, other, options({ notifications, signal: impatient.signal, wait: never }))
    for (const change of [numbers, merchants, none]) tell({ ...other, ...change })
    tell(other, heard[0]!.api === 'v2' ? 'v3' : 'v2')
    impatient.abort()
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' })
  })
})

describe('an order', () => {
  it.each([
    ['CLOSED', (shop: TestMerchant, out_trade_no: string) => close(shop, out_trade_no)],
    ['REFUND', (shop: TestMerchant, out_trade_no: string) => refundSome(shop, out_trade_no)],
  ] as const)('is settled in the state %s', async (state, act) => {
    const { shop, wxpay, options } = await open()
    const { name, pay } = await KINDS.APIv3(shop)
    if (state === 'REFUND') shop.simulator.pay(pay)
    await act(shop, name.out_trade_no)
    expect(await settledOrder(wxpay, name, options())).toMatchObject({ isFinal: true, state })
  })

  const own = { mchid: '1900000109', out_trade_no: '1' }
  const waiting = () => ({ deadline: Date.now() + 3 * MINUTE, delays: [MINUTE], wait: async () => {} })

  it.each(['USERPAYING', 'NOTPAY', 'ACCEPT', 'FROZEN'])('in the state %s is not settled', async trade_state => {
    const { wxpay } = createTestClient([await signedV3Response({ ...own, trade_state })])
    const v3 = await settledOrder(wxpay, { out_trade_no: '1' }, waiting())
    expect(v3).toMatchObject({ isFinal: false, state: trade_state, data: { trade_state }, error: undefined })
    const { wxpay: wxpayV2 } = createTestClient([
      signedV2Response({ mch_id: '1900000109', out_trade_no: '1', trade_state }),
    ])
    const v2 = await settledOrder(wxpayV2, { appid: 'wx1', mch_id: '1900000109', out_trade_no: '1' }, waiting())
    expect(v2).toMatchObject({ isFinal: false, state: trade_state })
  })

  it.each(['SUCCESS', 'REFUND', 'CLOSED', 'REVOKED', 'PAYERROR'])('in the state %s is settled', async trade_state => {
    const { wxpay } = createTestClient([
      await signedV3Response({ ...own, trade_state: 'NOTPAY' }),
      await signedV3Response({ ...own, trade_state }),
    ])
    expect(await settledOrder(wxpay, { out_trade_no: '1' }, waiting())).toMatchObject({
      isFinal: true,
      state: trade_state,
    })
  })

  it.each([
    [['SUCCESS', 'SUCCESS'], 'SUCCESS', true],
    [['SUCCESS', 'REFUND'], 'REFUND', true],
    [['CLOSED', 'CLOSED'], 'CLOSED', true],
    [['SUCCESS', 'NOTPAY'], 'NOTPAY', false],
    [['REFUND', 'FROZEN'], 'FROZEN', false],
    [['SUCCESS', undefined], '', false],
    [[], '', false],
  ])('of which the parts of a combined one are %j is %s', async (states, state, isFinal) => {
    const sub_orders = states.map(trade_state => ({ trade_state }))
    const { wxpay } = createTestClient([await signedV3Response({ combine_out_trade_no: '1', sub_orders })])
    expect(await settledOrder(wxpay, { combine_out_trade_no: '1' }, waiting())).toMatchObject({ isFinal, state })
  })

  it('by its transaction_id', async () => {
    const { shop, wxpay, options } = await open()
    const { name, pay } = await KINDS.APIv3(shop)
    const { transaction_id } = shop.simulator.pay(pay)
    expect(await settledOrder(wxpay, { transaction_id: transaction_id! }, options())).toMatchObject({
      state: 'SUCCESS',
      data: { out_trade_no: name.out_trade_no },
    })
  })

  it('of which two wait is settled for both by one notification', async () => {
    const { shop, wxpay, options, notifications, during } = await open()
    const { name, pay } = await KINDS.APIv3(shop)
    during(1, () => void shop.simulator.pay(pay))
    const both = [1, 2].map(() => settledOrder(wxpay, name, options({ notifications })))
    expect((await Promise.all(both)).map(order => order.isFinal)).toEqual([true, true])
  })

  it('is settled by its notification while a query is under way, which is given up', async () => {
    const { shop, simulator, now, options, notifications } = await open()
    const { name } = await KINDS.APIv3(shop)
    let isGivenUp = false
    const fetch: typeof globalThis.fetch = (_, init) =>
      new Promise((_, reject) => {
        const { mchid } = simulator.merchant
        const resource = { ...name, mchid, trade_state: 'SUCCESS' }
        const detail = { api: 'v3', message: {}, resource }
        notifications.dispatchEvent(new CustomEvent('notification', { detail }))
        init!.signal!.addEventListener('abort', () => {
          isGivenUp = true
          reject(init!.signal!.reason)
        })
      })
    const { wxpay } = await createTestMerchant({ ...simulator.merchant, fetch, now })
    const order = await settledOrder(wxpay, name, options({ notifications }))
    expect(order).toMatchObject({ isFinal: true, by: 'notification', data: { trade_state: 'SUCCESS' } })
    expect(isGivenUp).toBe(true)
  })

  it('whose query WeChat Pay refuses for good is an error at once', async () => {
    const { wxpay, options, waits } = await open()
    const name = { out_trade_no: unusedNumber(), mchid: '1900000999' }
    await expect(settledOrder(wxpay, name, options())).rejects.toMatchObject({ name: 'ServiceError' })
    expect(waits).toEqual([])
  })

  it.each([
    [{}, {}, { code: 'BODY_INVALID', field: 'out_trade_no' }],
    [{ out_trade_no: '1', sub_mchid: '2' }, {}, { code: 'BODY_INVALID', field: 'sub_mchid' }],
    [{ out_trade_no: '1' }, undefined, { code: 'PARAMETER_INVALID', field: 'deadline' }],
    [{ out_trade_no: '1' }, {}, { code: 'PARAMETER_INVALID', field: 'deadline' }],
    [{ out_trade_no: '1' }, { deadline: 'soon' }, { code: 'OPTION_INVALID', option: 'deadline' }],
    [{ out_trade_no: '1' }, { deadline: 300_000 }, { code: 'OPTION_INVALID', option: 'deadline' }],
    [{ out_trade_no: '1' }, { deadline: START / 1000 }, { code: 'OPTION_INVALID', option: 'deadline' }],
    [{ out_trade_no: '1' }, { deadline: 0, until: 2 }, { code: 'OPTION_UNKNOWN', field: 'until' }],
    [{ out_trade_no: '1' }, { deadline: 0, delays: [] }, { code: 'OPTION_INVALID', option: 'delays' }],
    [{ out_trade_no: '1' }, { deadline: 0, delays: [0] }, { code: 'OPTION_INVALID', option: 'delays' }],
  ])('that is named %j with %j is refused', async (name, options, error) => {
    const { wxpay, calls } = await open()
    await expect(settledOrder(wxpay, name as never, options as never)).rejects.toMatchObject(error)
    expect(calls()).toEqual([])
  })
})

async function close({ wxpay, simulator }: TestMerchant, out_trade_no: string) {
  const { mchid } = simulator.merchant
  await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.close.post({ mchid }, { out_trade_no })
}

async function refundSome({ wxpay }: TestMerchant, out_trade_no: string) {
  const out_refund_no = unusedNumber()
  const amount = { refund: 30, total: 100, currency: 'CNY' }
  await wxpay.v3.refund.domestic.refunds.post({ out_trade_no, out_refund_no, amount, notify_url: NOTIFY_URL })
  return out_refund_no
}

it('a refund of a sub merchant’s order is settled by its notification', async () => {
  const { shop, wxpay, simulator, options, notifications, during } = await open()
  const { name, pay } = await KINDS['APIv3 of a partner'](shop)
  simulator.pay(pay)
  const { out_trade_no, sub_mchid } = name
  const out_refund_no = unusedNumber()
  const amount = { refund: 30, total: 100, currency: 'CNY' }
  const body = { out_trade_no, sub_mchid, out_refund_no, amount, notify_url: NOTIFY_URL }
  await wxpay.v3.refund.domestic.refunds.post(body)
  shop.fault({ kind: 'status', status: 500 })
  during(2, async () => {
    simulator.refundResult(out_refund_no, 'SUCCESS')
    await simulator.settled()
  })
  const refund = await settledRefund(wxpay, { out_refund_no, sub_mchid }, options({ notifications }))
  expect(refund).toMatchObject({ isFinal: true, state: 'SUCCESS', by: 'notification', data: { sub_mchid } })
})

describe.each(['APIv3', 'APIv2'] as const)('a refund, %s', api => {
  const apply = async () => {
    const shop = await open()
    const { name, pay } = await KINDS[api](shop.shop)
    shop.simulator.pay(pay)
    await shop.wait(0)
    const { appid, mchid } = shop.simulator.merchant
    if (api === 'APIv3') return { ...shop, name: { out_refund_no: await refundSome(shop, name.out_trade_no) } }
    const parties = { appid, mch_id: mchid, out_refund_no: unusedNumber() }
    const more = { out_trade_no: name.out_trade_no, total_fee: 100, refund_fee: 30, notify_url: NOTIFY_URL }
    await shop.wxpay.v2.secapi.pay.refund.post({ ...parties, ...more })
    return { ...shop, name: parties }
  }

  it.each(['SUCCESS', 'CLOSED', 'ABNORMAL'] as const)('that has become %s is settled by a query', async result => {
    const { wxpay, simulator, name, options } = await apply()
    simulator.refundResult(name.out_refund_no, result)
    const refund = await settledRefund(wxpay, name, options())
    expect(refund).toMatchObject({
      isFinal: true,
      state: result,
      by: 'query',
      data: { out_refund_no: name.out_refund_no },
    })
  })

  it.each(['SUCCESS', 'CLOSED', 'ABNORMAL'] as const)(
    'that becomes %s is settled by its notification',
    async result => {
      const { wxpay, simulator, name, options, notifications, during, fault } = await apply()
      fault({ kind: 'status', status: 500 })
      during(2, async () => {
        // The intake confirms by a query, and that is heard before the next look.
        simulator.faults.clear()
        simulator.refundResult(name.out_refund_no, result)
        await simulator.settled()
      })
      const refund = await settledRefund(wxpay, name, options({ notifications }))
      const { out_refund_no } = name
      expect(refund).toMatchObject({ isFinal: true, state: result, by: 'notification', data: { out_refund_no } })
    },
  )

  it('is not settled by an APIv2 notification that nothing confirms: it proves nothing', async () => {
    const { wxpay, simulator, name, options, notifications, during } = await apply()
    during(2, () => {
      const { mchid: mch_id } = simulator.merchant
      const resource = { ...name, refund_status: 'SUCCESS', refund_fee: '999900' }
      const detail = { api: 'v2', event: 'refund-processed', message: { mch_id }, resource, verifiedBy: undefined }
      notifications.dispatchEvent(new CustomEvent('notification', { detail }))
    })
    const refund = await settledRefund(wxpay, name, options({ notifications }))
    expect(refund).toMatchObject({ isFinal: true, by: 'query' })
    expect(JSON.stringify(refund)).not.toContain('999900')
  })

  it('of which nothing is known at the deadline', async () => {
    const { wxpay, name, options, waits } = await apply()
    const other = { ...name, out_refund_no: unusedNumber() }
    const refund = await settledRefund(wxpay, other, options({ deadline: START + 105 * MINUTE }))
    expect(refund).toMatchObject({ isFinal: false, state: undefined, error: { name: 'ServiceError' } })
    // 推荐每间隔1分钟…若超过5分钟…比如之后间隔5分钟、10分钟、20分钟、30分钟
    expect(waits.slice(1).map(wait => wait / MINUTE)).toEqual([1, 1, 1, 1, 1, 5, 10, 20, 30, 30, 5])
  })
})
