import { describe, expect, test } from 'vitest'
import { settledBy } from '../../../src/gateway/generated/settled-by.ts'
import { bodyOf, createTestGateway, eventOf, finalState, mchid, NOBODY, NUMBER, type Row, SUB } from './kind-gateway.ts'

describe.each(settledBy.map(row => [row.kind, row] as const))('%s', (kind, row) => {
  test.each(row.calls.map(call => [call]))(
    'a lost answer to %s is asked for, and what became of it is told',
    async call => {
      const shop = await createTestGateway(row, finalState(row))
      expect((await shop.call(call)).status).toBe(502)
      expect(await shop.watched()).toEqual({ [kind]: 1 })
      await shop.sweep()
      expect(shop.queries).toHaveLength(1)
      expect(shop.received.map(({ type, data }) => [type, data.source])).toEqual([[eventOf(row), 'query']])
      expect(await shop.watched()).toEqual({})
    },
  )

  test('an answer about another number settles nothing', async () => {
    const shop = await createTestGateway(
      row,
      row.as === 'v2-refund' ? { refund_count: '1' } : finalState(row),
      'N100002',
    )
    await shop.call(row.calls[0]!)
    await shop.sweep()
    expect([shop.queries.length, shop.received, await shop.watched()]).toEqual([1, [], { [kind]: 1 }])
  })

  test('a state that is not final is asked for again', async () => {
    const open = row.as === undefined ? { [row.state!]: 'PROCESSING' } : { trade_state: 'NOTPAY', status: 'PROCESSING' }
    const shop = await createTestGateway(
      row,
      row.as === 'combined' ? { sub_orders: [{ trade_state: 'NOTPAY' }] } : open,
    )
    await shop.call(row.calls[0]!)
    await shop.sweep()
    await shop.sweep(11)
    expect([shop.queries.length, shop.received, await shop.watched()]).toEqual([2, [], { [kind]: 1 }])
  })
})

const WEEKS = 40 * 24 * 60
const rowOf = (kind: string): Row => settledBy.find(row => row.kind === kind)!
/** Sweeps for weeks after a lost call of a kind that keeps this state. */
async function waitInVain(kind: string, state: object) {
  const shop = await createTestGateway(rowOf(kind), state)
  await shop.call(rowOf(kind).calls[0]!)
  await shop.sweep()
  await shop.sweep(WEEKS)
  return { watched: await shop.watched(), inDoubt: await shop.inDoubt(), received: shop.received }
}
const NOTHING = { watched: {}, inDoubt: {}, received: [] }

describe('an order that has not ended when it is asked for no more', () => {
  test.each([
    ['v3-order', { trade_state: 'NOTPAY' }],
    ['v3-order', { trade_state: 'USERPAYING' }],
    ['v2-order', { trade_state: 'NOTPAY' }],
    ['v3-combined-order', { sub_orders: [{ trade_state: 'NOTPAY' }, { trade_state: 'CLOSED' }] }],
  ])('is given up where nobody has paid it: %s %j', async (kind, state) => {
    expect(await waitInVain(kind, state)).toEqual(NOTHING)
  })

  test.each([
    ['v3-order', { trade_state: 'ACCEPT' }],
    ['v3-partner-order', { trade_state: 'A_STATE_OF_TOMORROW' }],
    ['v2-order', { trade_state: 'ACCEPT' }],
    ['v3-combined-order', { sub_orders: [{ trade_state: 'SUCCESS' }, { trade_state: 'CLOSED' }] }],
    ['v3-combined-order', { sub_orders: [{ trade_state: 'SUCCESS' }, { trade_state: 'NOTPAY' }] }],
    ['v3-combined-order', { sub_orders: [] }],
  ])('is in doubt where money may have moved: %s %j', async (kind, state) => {
    const { inDoubt, received } = await waitInVain(kind, state)
    expect([inDoubt, received]).toEqual([{ [kind]: 1 }, []])
  })
})

describe('a deduction of APIv3 that fails', () => {
  test.each([
    ['v3-deduction', 'PAYERROR'],
    ['v3-deduction', 'PAY_FAIL'],
    ['v3-partner-deduction', 'PAYERROR'],
    ['v3-partner-deduction', 'CLOSED'],
  ])('is told as an event of ours: %s %s', async (kind, trade_state) => {
    for (const call of rowOf(kind).calls) {
      const shop = await createTestGateway(rowOf(kind), { trade_state })
      await shop.call(call)
      await shop.sweep()
      expect(shop.received).toMatchObject([
        { type: `wechatpay-edge.${kind}.settled`, data: { source: 'query', resource: { trade_state } } },
      ])
      expect(await shop.watched()).toEqual({})
    }
  })

  test('is not idle while nobody knows whether it is made', async () => {
    const { inDoubt } = await waitInVain('v3-deduction', { trade_state: 'ACCEPT' })
    expect(inDoubt).toEqual({ 'v3-deduction': 1 })
  })
})

describe('a call that leaves out what its query requires', () => {
  const row = rowOf('v3-profit-sharing-return')

  test('is not watched, because no query could settle it', async () => {
    const shop = await createTestGateway(row, finalState(row))
    const { out_order_no: _, ...body } = bodyOf(row)
    expect((await shop.call(row.calls[0]!, { ...body, order_id: '30000001' })).status).toBe(502)
    expect(await shop.watched()).toEqual({})
    await shop.sweep(WEEKS)
    expect([shop.queries, await shop.inDoubt()]).toEqual([[], {}])
  })
})

describe('overseas', () => {
  test.each([
    ['a merchant', { mchid }, { mchid }],
    ['an institution', { sp_mchid: mchid, sub_mchid: SUB }, { sp_mchid: mchid, sub_mchid: SUB }],
    ['a merchant that its call does not name', {}, { mchid }],
    ['an institution that its call does not name', { sub_mchid: SUB }, { sp_mchid: mchid, sub_mchid: SUB }],
  ])('the query names %s as the call does', async (_, placed, asked) => {
    for (const kind of ['v3-global-order', 'v3-global-refund', 'v3-hong-kong-order', 'v3-hong-kong-refund']) {
      const row = rowOf(kind)
      const shop = await createTestGateway(row, { ...finalState(row), ...NOBODY, ...asked })
      await shop.call(row.calls[0]!, { ...placed, [row.number]: NUMBER })
      await shop.sweep()
      const { searchParams } = new URL(shop.queries[0]!.url)
      expect([kind, Object.fromEntries(searchParams)]).toEqual([kind, asked])
      expect(shop.received).toHaveLength(1)
    }
  })

  test('two paid orders, which have an id and no transaction_id, are two events', async () => {
    const row = rowOf('v3-global-order')
    const shop = await createTestGateway(row, ({ number }) => ({
      trade_state: 'SUCCESS',
      id: `42${number}`,
      ...NOBODY,
    }))
    for (const number of ['N100001', 'N100002']) await shop.call(row.calls[0]!, { mchid, out_trade_no: number })
    await shop.sweep()
    // In either order: their subjects differ.
    expect(shop.received.map(({ type, data }) => [type, data.resource.out_trade_no]).sort()).toEqual([
      ['TRANSACTION.SUCCESS', 'N100001'],
      ['TRANSACTION.SUCCESS', 'N100002'],
    ])
  })

  test('a closed refund is told in the words of the notification', async () => {
    const row = rowOf('v3-global-refund')
    const amount = { refund: 100, currency: 'HKD', payer_refund: 92, payer_currency: 'CNY' }
    const found = { status: 'REFUNDCLOSE', id: '50', recv_account: 'CARD 1234', amount, out_trade_no: 'T100001' }
    const shop = await createTestGateway(row, { ...found, ...NOBODY })
    await shop.call(row.calls[0]!, { mchid, out_refund_no: NUMBER })
    await shop.sweep()
    const [{ type, data }] = shop.received as [(typeof shop.received)[number]]
    expect(type).toBe('REFUND.CLOSED')
    expect(data.resource).toMatchObject({
      refund_id: '50',
      refund_status: 'CLOSED',
      out_refund_no: NUMBER,
      user_received_account: 'CARD 1234',
      amount,
    })
  })
})

describe('a service order of 支付分 that has been completed', () => {
  const row = rowOf('v3-smart-retail-completion')
  const swept = async (state: object) => {
    const shop = await createTestGateway(row, state)
    await shop.call(row.calls[0]!)
    await shop.sweep()
    return [shop.received.length, await shop.watched()]
  }

  test('is asked for until it is paid', async () => {
    expect(await swept({ state: 'FINISHED', total_amount: 100 })).toEqual([0, { [row.kind]: 1 }])
    expect(await swept({ state: 'FINISHED' })).toEqual([0, { [row.kind]: 1 }])
    expect(await swept({ state: 'USER_PAID', total_amount: 100 })).toEqual([1, {}])
  })

  test('is over at once where nothing is to be paid', async () => {
    expect(await swept({ state: 'FINISHED', total_amount: 0 })).toEqual([1, {}])
  })
})

describe('a combined deduction', () => {
  const row = rowOf('v3-combined-deduction')
  const swept = async (...states: string[]) => {
    const shop = await createTestGateway(row, { sub_orders: states.map(trade_state => ({ trade_state, mchid })) })
    await shop.call(row.calls[0]!)
    await shop.sweep()
    return shop.received.map(({ type }) => type)
  }

  test('is a payment where all of it is paid, and an event of ours where some of it failed', async () => {
    expect(await swept('SUCCESS', 'SUCCESS')).toEqual(['TRANSACTION.SUCCESS'])
    expect(await swept('SUCCESS', 'PAY_FAIL')).toEqual(['wechatpay-edge.v3-combined-deduction.settled'])
    expect(await swept('PAY_FAIL', 'CLOSED')).toEqual(['wechatpay-edge.v3-combined-deduction.settled'])
    expect(await swept('SUCCESS', 'ACCEPT')).toEqual([])
    expect(await swept()).toEqual([])
  })
})

test('an order of 医保 that nobody paid is given up without an alarm', async () => {
  const row = rowOf('v3-medical-insurance-order')
  const shop = await createTestGateway(row, { mix_pay_status: 'MIX_PAY_CREATED' })
  await shop.call(row.calls[0]!)
  await shop.sweep(8 * 24 * 60)
  expect([shop.queries.length, shop.received, await shop.watched(), await shop.inDoubt()]).toEqual([1, [], {}, {}])
})

test('a ride whose deduction is refused is told', async () => {
  const row = rowOf('v3-ride-deduction')
  const shop = await createTestGateway(row, { trade_state: 'PAY_FAIL' })
  await shop.call(row.calls[0]!)
  await shop.sweep()
  expect(shop.received.map(({ type }) => type)).toEqual(['wechatpay-edge.v3-ride-deduction.settled'])
})

test('the query of a face deduction has what the call nests', async () => {
  const row = rowOf('v3-face-deduction')
  const shop = await createTestGateway(row, finalState(row))
  await shop.call(row.calls[0]!, {
    out_trade_no: NUMBER,
    sp_mchid: mchid,
    sub_mchid: SUB,
    business: { business_product_id: 2 },
  })
  await shop.sweep()
  expect(new URL(shop.queries[0]!.url).searchParams.get('business_product_id')).toBe('2')
})

test.each([
  'POST /v2/transit/pay/payapply',
  'POST /v2/wxv/finishrentbill',
  'POST /v3/ecommerce/subsidies/create',
  'POST /v3/ecommerce/profitsharing/after-sales-orders',
])('%s has no query by a number of its own and is not watched', async call => {
  const shop = await createTestGateway(rowOf('v3-order'), {})
  await shop.call(call, {
    out_trade_no: NUMBER,
    out_order_no: NUMBER,
    sub_mchid: SUB,
    transaction_id: '42',
    refund_id: '50',
  })
  expect(await shop.watched()).toEqual({})
})

test('a redirected refund that fails with the same account again is told again', async () => {
  const row = rowOf('v3-refund')
  const shop = await createTestGateway(row, { status: 'ABNORMAL', refund_id: '50', user_received_account: 'CARD 1234' })
  for (const call of row.calls) {
    await shop.call(call)
    await shop.sweep()
    expect(await shop.watched()).toEqual({})
    await shop.sweep(1)
  }
  expect(shop.received.map(({ type }) => type)).toEqual(['REFUND.ABNORMAL', 'REFUND.ABNORMAL'])
})
