import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Wechatpay } from '../../src/core/index.ts'
import { createNotificationHandler, type NotificationHandlerOptions } from '../../src/flows/notification/index.ts'
import {
  type Difference,
  type ExpectedCombinedOrder,
  type ExpectedOrder,
  findDifferences,
  type OrderName,
  requireExpected,
  settledOrder,
  UnexpectedOrderError,
} from '../../src/flows/payment/index.ts'
import { createSimulator } from '../../src/simulator/index.ts'
import { createTestClient, signedV3Response } from '../core/test-client.ts'
import { crypto } from '../webcrypto.ts'
import { createTestMerchant, NOTIFY_URL, START, type TestMerchant, unusedNumber } from './payment/test-merchant.ts'

// A page or a caller has placed the order for less than the shop asks; the number and the signature are genuine.

const SUB = '1900000110'

interface Placed {
  name: OrderName
  pay: object
  /** As the shop's records have it; `total` is what WeChat Pay was told. */
  right: ExpectedOrder | ExpectedCombinedOrder
  wrong: [ExpectedOrder | ExpectedCombinedOrder, Difference][]
}

const scene = { description: 'd', notify_url: NOTIFY_URL }

const KINDS: Record<string, (shop: Pick<TestMerchant, 'wxpay' | 'simulator'>) => Promise<Placed>> = {
  APIv3: async ({ wxpay, simulator: { merchant } }) => {
    const { appid, mchid } = merchant
    const out_trade_no = unusedNumber()
    await wxpay.v3.pay.transactions.native.post({ appid, mchid, out_trade_no, ...scene, amount: { total: 1 } })
    return {
      name: { out_trade_no },
      pay: { out_trade_no },
      right: { total: 1, appid },
      wrong: [
        [
          { total: 100, appid },
          { field: 'total', expected: 100, received: 1 },
        ],
        [
          { total: 1, currency: 'JPY' },
          { field: 'currency', expected: 'JPY', received: 'CNY' },
        ],
        [
          { total: 1n, appid: 'wxother' },
          { field: 'appid', expected: 'wxother', received: appid },
        ],
      ],
    }
  },
  'APIv3 of a partner': async ({ wxpay, simulator: { merchant } }) => {
    const out_trade_no = unusedNumber()
    const parties = { sp_mchid: merchant.mchid, sub_mchid: SUB }
    const appids = { sp_appid: merchant.appid, sub_appid: 'wxsub' }
    const order = { ...parties, ...appids, out_trade_no, ...scene, amount: { total: 1 } }
    await wxpay.v3.pay.partner.transactions.native.post(order)
    return {
      name: { out_trade_no, ...parties },
      pay: { out_trade_no },
      right: { total: 1, appid: merchant.appid, sub_appid: 'wxsub' },
      wrong: [
        [{ total: 2 }, { field: 'total', expected: 2, received: 1 }],
        [
          { total: 1, sub_appid: 'wxother' },
          { field: 'sub_appid', expected: 'wxother', received: 'wxsub' },
        ],
      ],
    }
  },
  combined: async ({ wxpay, simulator: { merchant } }) => {
    const combine_out_trade_no = unusedNumber()
    const { appid: combine_appid, mchid } = merchant
    const [one, two] = [unusedNumber(), unusedNumber()]
    const part = (out_trade_no: string) => ({
      mchid,
      out_trade_no,
      description: 'd',
      attach: 'a',
      amount: { total_amount: 50, currency: 'CNY' },
    })
    const order = { combine_appid, combine_mchid: mchid, combine_out_trade_no, notify_url: NOTIFY_URL }
    await wxpay.v3.combineTransactions.native.post({
      ...order,
      sub_orders: [part(one), part(two)],
      scene_info: { payer_client_ip: '127.0.0.1' },
    } as never)
    const fifty = { total: 50 }
    return {
      name: { combine_out_trade_no },
      pay: { combine_out_trade_no },
      right: { appid: combine_appid, orders: { [one]: fifty, [two]: fifty } },
      wrong: [
        [
          { orders: { [one]: fifty, [two]: { total: 60 } } },
          { field: `orders.${two}.total`, expected: 60, received: 50 },
        ],
        [{ orders: { [one]: fifty } }, { field: `orders.${two}`, expected: undefined, received: 50 }],
        [
          { orders: { [one]: fifty, [two]: fifty, more: fifty } },
          { field: 'orders.more', expected: 50, received: undefined },
        ],
      ],
    }
  },
  APIv2: async ({ wxpay, simulator: { merchant } }) => {
    const out_trade_no = unusedNumber()
    const { appid, mchid: mch_id } = merchant
    const more = { spbill_create_ip: '127.0.0.1', notify_url: NOTIFY_URL, trade_type: 'NATIVE' as const }
    await wxpay.v2.pay.unifiedorder.post({ appid, mch_id, body: 'b', out_trade_no, total_fee: 1, ...more })
    return {
      name: { appid, mch_id, out_trade_no },
      pay: { out_trade_no },
      right: { total: 1, appid },
      wrong: [
        [{ total: 100 }, { field: 'total', expected: 100, received: '1' }],
        [
          { total: 1, currency: 'HKD' },
          { field: 'currency', expected: 'HKD', received: 'CNY' },
        ],
      ],
    }
  },
}

/** A shop whose handler compares each payment with its records. */
async function openHandler(options: (expected: () => unknown) => NotificationHandlerOptions) {
  const paid: unknown[] = []
  const errors: unknown[] = []
  let expected: unknown
  const simulator = await createSimulator({
    seed: 'expected',
    crypto,
    deliver: (input, init) => handler(new Request(input, init)),
  })
  const { fetch, mtlsFetch, merchant } = simulator
  const wxpay = new Wechatpay({ ...merchant, fetch, mtlsFetch, crypto })
  const ship = ({ resource }: { resource: unknown }) => void paid.push(resource)
  const handler = createNotificationHandler(
    wxpay,
    { 'TRANSACTION.SUCCESS': ship, 'transaction-success': ship },
    { onError: error => void errors.push(error), wait: () => new Promise(() => {}), ...options(() => expected) },
  )
  const expectNext = (value: unknown) => {
    expected = value
  }
  return { simulator, wxpay, paid, errors, expectNext }
}

describe.each(Object.keys(KINDS))('an order that is paid, %s', kind => {
  it('and as expected is settled as paid', async () => {
    const shop = await createTestMerchant()
    const { name, pay, right } = await KINDS[kind]!(shop)
    shop.simulator.pay(pay as never)
    const options = { deadline: START, expect: right as never }
    expect(await settledOrder(shop.wxpay, name, options)).toMatchObject({ isFinal: true, state: 'SUCCESS' })
  })

  it('and is another than expected is settled as unexpected, never as paid', async () => {
    const shop = await createTestMerchant()
    const { name, pay, wrong } = await KINDS[kind]!(shop)
    shop.simulator.pay(pay as never)
    for (const [expected, difference] of wrong) {
      const order = await settledOrder(shop.wxpay, name, { deadline: START, expect: expected as never })
      expect(order).toMatchObject({ isFinal: true, state: 'UNEXPECTED', tradeState: 'SUCCESS', by: 'query' })
      expect(order).toMatchObject({ differences: [difference] })
    }
  })

  it('reaches its handler as expected, and nobody else', async () => {
    const { simulator, wxpay, paid, errors, expectNext } = await openHandler(expected => ({
      expect: () => expected() as ExpectedOrder,
    }))
    const { pay, right } = await KINDS[kind]!({ simulator, wxpay } as TestMerchant)
    expectNext(right)
    simulator.pay(pay as never)
    await simulator.settled()
    expect([paid.length, errors]).toEqual([1, []])
  })

  it('never reaches its handler when it is another than expected: refused, and told', async () => {
    const { simulator, wxpay, paid, errors, expectNext } = await openHandler(expected => ({
      expect: () => expected() as ExpectedOrder,
    }))
    const { pay, wrong } = await KINDS[kind]!({ simulator, wxpay } as TestMerchant)
    expectNext(wrong[0]![0])
    simulator.pay(pay as never)
    await simulator.settled()
    expect(paid).toEqual([])
    expect(errors[0]).toBeInstanceOf(UnexpectedOrderError)
    expect(errors[0]).toMatchObject({ code: 'ORDER_UNEXPECTED', differences: [wrong[0]![1]] })
    expect(simulator.notifications[0]!.state).not.toBe('delivered')
  })

  it('that the records do not have never reaches its handler', async () => {
    const { simulator, wxpay, paid, errors } = await openHandler(() => ({ expect: async () => undefined }))
    const { pay } = await KINDS[kind]!({ simulator, wxpay } as TestMerchant)
    simulator.pay(pay as never)
    await simulator.settled()
    expect(paid).toEqual([])
    const field = kind === 'combined' ? 'combine_out_trade_no' : 'out_trade_no'
    expect(errors[0]).toMatchObject({ differences: [{ field, expected: undefined }] })
  })

  it('is acknowledged when onUnexpected has taken it', async () => {
    const taken: (readonly Difference[])[] = []
    const { simulator, wxpay, paid, errors, expectNext } = await openHandler(expected => ({
      expect: () => expected() as ExpectedOrder,
      onUnexpected: (_, differences) => void taken.push(differences),
    }))
    const { pay, wrong } = await KINDS[kind]!({ simulator, wxpay } as TestMerchant)
    expectNext(wrong[0]![0])
    simulator.pay(pay as never)
    await simulator.settled()
    expect([paid, errors, taken]).toEqual([[], [], [[wrong[0]![1]]]])
    expect(simulator.notifications.length).toBe(1)
  })
})

/** Records that would compare nothing, or something else than the writer believes. The order that is paid has total 1. */
const UNUSABLE: [string, unknown, string][] = [
  ['an empty record', {}, 'expect.total'],
  ['a record without an amount', { appid: 'wx1' }, 'expect.total'],
  ['the amount under the name of a database column', { amount: 1 }, 'expect.amount'],
  ['an undefined amount', { total: undefined }, 'expect.total'],
  ['what the shopper pays', { payer_total: 1 }, 'expect.payer_total'],
  ['an amount as text', { total: '1' }, 'expect.total'],
  ['an amount of yuan', { total: 0.01 }, 'expect.total'],
  ['NaN', { total: Number.NaN }, 'expect.total'],
  ['an appid that is null', { total: 1, appid: null }, 'expect.appid'],
  ['no orders', { orders: {} }, 'expect.orders'],
  ['orders that are undefined', { orders: undefined, total: 1 }, 'expect.total'],
  ['an order without an amount among others', { orders: { a: { total: 1 }, b: {} } }, 'expect.orders.b.total'],
  ['an order with an amount as text', { orders: { a: { total: '1' } } }, 'expect.orders.a.total'],
  [
    'an order with a field that is not compared',
    { orders: { a: { total: 1, appid: 'wx1' } } },
    'expect.orders.a.appid',
  ],
  ['a number', 1, 'expect'],
  ['a list', [{ total: 1 }], 'expect'],
  ['true', true, 'expect'],
]

describe.each(UNUSABLE)('records that hold %s', (_, expected, field) => {
  const refusal = { name: 'CallError', field }

  it('are refused by findDifferences and requireExpected, for a single and a combined order', () => {
    for (const order of [{ amount: { total: 1 } }, { total_fee: '1' }, { sub_orders: [] }]) {
      expect(() => findDifferences(order, expected as ExpectedOrder)).toThrow(expect.objectContaining(refusal))
      expect(() => requireExpected(order, expected as ExpectedOrder)).toThrow(expect.objectContaining(refusal))
    }
  })

  it('are refused by settledOrder before it asks anything', async () => {
    const { wxpay, requests } = createTestClient([])
    const options = { deadline: 0, expect: expected as ExpectedOrder }
    await expect(settledOrder(wxpay, { out_trade_no: '1' }, options)).rejects.toMatchObject(refusal)
    expect(requests).toEqual([])
  })

  it('never let a paid order reach its handler, and onError is told', async () => {
    const { simulator, wxpay, paid, errors, expectNext } = await openHandler(get => ({
      expect: () => get() as ExpectedOrder,
    }))
    const { pay } = await KINDS.APIv3!({ simulator, wxpay } as TestMerchant)
    expectNext(expected)
    simulator.pay(pay as never)
    await simulator.settled()
    expect(paid).toEqual([])
    expect(errors[0]).toMatchObject(refusal)
    expect(simulator.notifications[0]!.state).not.toBe('delivered')
  })
})

describe('a paid order that the records do not have', () => {
  it.each([undefined, null])('is unexpected to settledOrder when expect is given as %s', async missing => {
    const shop = await createTestMerchant()
    const { name, pay } = await KINDS.APIv3!(shop)
    shop.simulator.pay(pay as never)
    const placed = new Map<string, ExpectedOrder>()
    const found = missing === null ? (null as unknown as undefined) : placed.get('other')
    const order = await settledOrder(shop.wxpay, name, { deadline: START, expect: found })
    expect(order).toMatchObject({ state: 'UNEXPECTED', differences: [{ field: 'out_trade_no', expected: undefined }] })
  })

  it('is SUCCESS where no comparison is asked for: expect is left out', async () => {
    const shop = await createTestMerchant()
    const { name, pay } = await KINDS.APIv3!(shop)
    shop.simulator.pay(pay as never)
    expect(await settledOrder(shop.wxpay, name, { deadline: START })).toMatchObject({ state: 'SUCCESS' })
  })
})

describe('a handler whose options would compare nothing', () => {
  const { wxpay } = createTestClient([])
  it.each([
    ['a misspelt expect', { expects: () => undefined }, 'expects'],
    ['expect given as undefined', { expect: undefined }, 'expect'],
    ['a record in place of the function', { expect: { total: 1 } }, 'expect'],
  ])('is refused when it is created: %s', (_, options, option) => {
    expect(() => createNotificationHandler(wxpay, {}, options as never)).toThrow(
      expect.objectContaining({ name: 'ConfigurationError', code: 'OPTION_INVALID', option }),
    )
  })
})

describe('what is expected', () => {
  it('is the amount of the order, not what the shopper pays after a coupon', () => {
    const order = { amount: { total: 100, payer_total: 70, currency: 'CNY', payer_currency: 'CNY' } }
    expect(findDifferences(order, { total: 100 })).toEqual([])
    expect(findDifferences(order, { total: 70 })).toEqual([{ field: 'total', expected: 70, received: 100 }])
  })

  it.each([
    [{}, [{ field: 'total', expected: 100, received: undefined }]],
    [{ amount: null, total_fee: '' }, [{ field: 'total', expected: 100, received: '' }]],
    [{ amount: { total: '100.0' } }, [{ field: 'total', expected: 100, received: '100.0' }]],
    [{ total_fee: '100', fee_type: 'HKD' }, [{ field: 'currency', expected: 'CNY', received: 'HKD' }]],
  ])('of %j differs: what is not said is not as expected', (order, differences) => {
    expect(findDifferences(order, { total: 100 })).toEqual(differences)
  })

  it('says nothing of an order that is not paid', async () => {
    const { wxpay } = createTestClient([
      await signedV3Response({ mchid: '1900000109', out_trade_no: '1', trade_state: 'CLOSED' }),
    ])
    const order = await settledOrder(wxpay, { out_trade_no: '1' }, { deadline: 0, expect: { total: 1 } })
    expect(order).toMatchObject({ isFinal: true, state: 'CLOSED' })
  })

  it('counts for a combined order of which one order is closed and another paid', async () => {
    const sub_orders = [
      { out_trade_no: 'a', trade_state: 'SUCCESS', amount: { total_amount: 1 } },
      { out_trade_no: 'b', trade_state: 'CLOSED', amount: { total_amount: 2 } },
    ]
    const { wxpay } = createTestClient([
      await signedV3Response({ combine_mchid: '1900000109', combine_out_trade_no: '1', sub_orders }),
    ])
    const expected = { orders: { a: { total: 5 }, b: { total: 2 } } }
    const order = await settledOrder(wxpay, { combine_out_trade_no: '1' }, { deadline: 0, expect: expected })
    expect(order).toMatchObject({ state: 'UNEXPECTED', differences: [{ field: 'orders.a.total' }] })
  })

  it('two parts of one number are not as expected, whichever is right', () => {
    const part = { out_trade_no: 'a', amount: { total_amount: 50, currency: 'CNY' } }
    expect(findDifferences({ sub_orders: [part, part] }, { orders: { a: { total: 50 } } })).toHaveLength(1)
  })

  it('is thrown by requireExpected with both values', () => {
    expect(() => requireExpected({ amount: { total: 1 } }, { total: 100 })).toThrow(/total is 1, not 100/)
    expect(() => requireExpected({ amount: { total: 100 } }, { total: 100 })).not.toThrow()
  })

  it('of an order that the records do not have names the order', () => {
    const message = /your records \(expect\) have no order T100001\. Do not fulfil it/
    expect(() => requireExpected({ out_trade_no: 'T100001', amount: { total: 1 } }, undefined)).toThrow(message)
    expect(() => requireExpected({ combine_out_trade_no: 'T100001' }, undefined)).toThrow(message)
  })

  it('differs exactly where a naive comparison of the same values does', () => {
    const amount = fc.record({
      total: fc.oneof(fc.integer({ min: 0, max: 3 }), fc.constant(2 ** 53 - 1)),
      currency: fc.constantFrom('CNY', 'HKD', 'JPY'),
    })
    const appid = fc.constantFrom('wx1', 'wx2')
    fc.assert(
      fc.property(amount, amount, appid, appid, fc.boolean(), (mine, theirs, myAppid, theirAppid, isV2) => {
        const order = isV2
          ? { appid: theirAppid, total_fee: String(theirs.total), fee_type: theirs.currency }
          : { appid: theirAppid, amount: { ...theirs, payer_total: mine.total } }
        const naive = [
          ...(mine.total === theirs.total ? [] : ['total']),
          ...(mine.currency === theirs.currency ? [] : ['currency']),
          ...(myAppid === theirAppid ? [] : ['appid']),
        ]
        expect(findDifferences(order, { ...mine, appid: myAppid }).map(({ field }) => field)).toEqual(naive)
      }),
    )
  })
})
