import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Caller } from '../../../src/gateway/caller/caller.ts'
import { amountOf, refuseOverCap } from '../../../src/gateway/caps/amounts.ts'
import type { Refusal } from '../../../src/gateway/problem.ts'
import { growth } from '../../growth.ts'

const ORDER = ['v3', 'POST', '/v3/pay/transactions/native'] as const
const REFUND = ['v3', 'POST', '/v3/refund/domestic/refunds'] as const
const SHARING = ['v2', 'POST', '/secapi/pay/multiprofitsharing'] as const

describe('the amount of a call', () => {
  test.each<[string, Parameters<typeof amountOf>, ReturnType<typeof amountOf>]>([
    ['an order', [...ORDER, { amount: { total: 100 } }], { total: 100, fields: { 'amount.total': 100 } }],
    [
      'an APIv2 order, digits as text',
      ['v2', 'POST', '/pay/unifiedorder', { total_fee: '0888' }],
      { total: 888, fields: { total_fee: 888 } },
    ],
    [
      'a refund, not the order that it is of',
      [...REFUND, { amount: { refund: 5, total: 900000, from: [{ amount: 3 }, { amount: 2 }] } }],
      { total: 5, fields: { 'amount.refund': 5, 'amount.from.amount': 5 } },
    ],
    [
      'an APIv2 refund, the same',
      ['v2', 'POST', '/secapi/pay/refund', { total_fee: '900000', refund_fee: '7' }],
      { total: 7, fields: { refund_fee: 7 } },
    ],
    [
      'a combined order: all of its orders',
      [
        'v3',
        'POST',
        '/v3/combine-transactions/jsapi',
        { sub_orders: [{ amount: { total_amount: 60 } }, { amount: { total_amount: 70 } }] },
      ],
      { total: 130, fields: { 'sub_orders.amount.total_amount': 130 } },
    ],
    [
      'a batch whose items are more than it says',
      [
        'v3',
        'POST',
        '/v3/transfer/batches',
        { total_amount: 1, transfer_detail_list: [{ transfer_amount: 40 }, { transfer_amount: 50 }] },
      ],
      { total: 90, fields: { total_amount: 1, 'transfer_detail_list.transfer_amount': 90 } },
    ],
    [
      "JSON inside a text: APIv2's receivers",
      [...SHARING, { receivers: JSON.stringify([{ amount: 100 }, { amount: 200 }]) }],
      { total: 300, fields: { 'receivers.amount': 300 } },
    ],
    [
      'the same as a list, which the client writes as text',
      [...SHARING, { receivers: [{ amount: 100 }, { amount: '200' }] }],
      { total: 300, fields: { 'receivers.amount': 300 } },
    ],
    [
      'a transfer',
      ['v3', 'POST', '/v3/fund-app/mch-transfer/transfer-bills', { transfer_amount: 400000 }],
      { total: 400000, fields: { transfer_amount: 400000 } },
    ],
    [
      "a price of goods is no order's amount",
      [...ORDER, { amount: { total: 1 }, detail: { cost_price: 900, goods_detail: [{ unit_price: 900 }] } }],
      { total: 1, fields: { 'amount.total': 1 } },
    ],
    [
      'a name in another spelling',
      ['v3', 'POST', '/v3/fund-app/mch-transfer/transfer-bills', { transferAmount: 8, TRANSFER_AMOUNT: 1 }],
      { total: 9, fields: { transfer_amount: 9 } },
    ],
    ['a query', ['v2', 'POST', '/pay/orderquery', { total_fee: 'x' }], { total: 0, fields: {} }],
    ['a GET', ['v3', 'GET', '/v3/certificates', undefined], { total: 0, fields: {} }],
    ['a GET of APIv2', ['v2', 'GET', '/papay/entrustweb', undefined], { total: 0, fields: {} }],
    ['a GET of nobody’s', ['v3', 'GET', '/v3/nobody/knows', undefined], 'unknown endpoint'],
    ['a GET of a POST of APIv2', ['v2', 'GET', '/secapi/pay/refund', undefined], 'unknown endpoint'],
    ['a HEAD of the same', ['v2', 'HEAD', '/secapi/pay/refund', undefined], 'unknown endpoint'],
    [
      'an order in pence',
      ['v2', 'POST', '/pay/unifiedorder', { total_fee: '100', fee_type: 'GBP' }],
      { total: 100, fields: { total_fee: 100 }, currency: 'GBP' },
    ],
    ['no body', [...ORDER, undefined], { total: 0, fields: {} }],
    [
      'a literal segment before a placeholder',
      ['v3', 'POST', '/v3/pay/transactions/out-trade-no/native/close', { amount: { total: 1 } }],
      { total: 0, fields: {} },
    ],
    ['an endpoint of nobody’s', ['v3', 'POST', '/v3/nobody/knows', { amount: 1 }], 'unknown endpoint'],
    ['another method of a known path', ['v3', 'PUT', '/v3/refund/domestic/refunds', {}], 'unknown endpoint'],
    ['an APIv3 path in APIv2', ['v2', 'POST', '/v3/refund/domestic/refunds', {}], 'unknown endpoint'],
    ['a word of the table for a segment', ['v3', 'POST', '/v3/refund/domestic/1', {}], 'unknown endpoint'],
    ['an empty segment', ['v3', 'POST', '/v3/pay/transactions/out-trade-no//close', {}], 'unknown endpoint'],
    ['a member of Object', ['v3', 'POST', '/v3/constructor', {}], 'unknown endpoint'],
    ['a reversal', ['v3', 'POST', '/v3/pay/transactions/out-trade-no/1/reverse', {}], 'unnamed amount'],
    ['an APIv2 reversal', ['v2', 'POST', '/secapi/pay/reverse', {}], 'unnamed amount'],
  ])('%s', (_, call, amount) => {
    expect(amountOf(...call)).toEqual(amount)
  })
})

describe('a cap', () => {
  const caller = (maxAmount?: number): Caller => ({
    name: 'till',
    credential: { tokens: [] },
    allow: ['* /v3/**'],
    ...(maxAmount !== undefined && { maxAmount }),
  })
  const problem = (maxAmount: number | undefined, ...call: Parameters<typeof amountOf>) => {
    try {
      refuseOverCap(caller(maxAmount), ...call)
      return undefined
    } catch (error) {
      return (error as Refusal).problem
    }
  }

  test('lets pass what is not above it', () => {
    expect(problem(100, ...ORDER, { amount: { total: 100 } })).toBeUndefined()
    expect(problem(100, 'v2', 'POST', '/pay/orderquery', {})).toBeUndefined()
    expect(problem(0, 'v3', 'GET', '/v3/certificates', undefined)).toBeUndefined()
    expect(problem(0, 'v3', 'GET', '/v3/billdownload/file', undefined)).toBeUndefined()
    expect(problem(100, ...ORDER, { amount: { total: 100, currency: 'CNY' } })).toBeUndefined()
    expect(problem(100, 'v2', 'POST', '/pay/unifiedorder', { total_fee: '1', fee_type: '' })).toBeUndefined()
  })

  test('names itself, the amount and the field', () => {
    expect(problem(100, ...ORDER, { amount: { total: 101 } })).toMatchObject({
      status: 403,
      code: 'AMOUNT_OVER_CAP',
      detail: 'amount.total is 101 fen, but till may move at most 100 fen per call.',
      field: 'amount.total',
      amount: 101,
      maxAmount: 100,
    })
  })

  test('lets a currency in a text of the caller’s own pass, which moves nothing', () => {
    const attach = '{"currency":"USD"}'
    expect(problem(100, ...ORDER, { attach, amount: { total: 100, currency: 'CNY' } })).toBeUndefined()
  })

  test('refuses what does not say how much it moves', () => {
    for (const method of ['GET', 'HEAD', 'POST'])
      expect(problem(100, 'v3', method, '/v3/nobody/knows', {})).toMatchObject({ status: 403, code: 'AMOUNT_UNKNOWN' })
    expect(problem(100, 'v2', 'POST', '/secapi/pay/reverse', {})).toMatchObject({ status: 403, code: 'AMOUNT_UNKNOWN' })
  })

  test.each<[string, Parameters<typeof amountOf>]>([
    ['pence', [...ORDER, { amount: { total: 1, currency: 'GBP' } }]],
    ['yen', ['v2', 'POST', '/pay/unifiedorder', { total_fee: '1', fee_type: 'JPY' }]],
    ['a refund in dollars', ['v2', 'POST', '/secapi/pay/refund', { refund_fee: '1', refund_fee_type: 'USD' }]],
    ['dollars of an overseas order', ['v3', 'POST', '/v3/global/refunds', { amount: { refund: 1, currency: 'HKD' } }]],
    ['another spelling of the name', [...ORDER, { amount: { total: 1, Currency: 'GBP' } }]],
    ['a currency that is there in a list', [...ORDER, { amount: { total: 1, currency: ['CNY', 'GBP'] } }]],
    [
      'one order of two',
      [
        'v3',
        'POST',
        '/v3/combine-transactions/jsapi',
        {
          sub_orders: [
            { amount: { total_amount: 1, currency: 'CNY' } },
            { amount: { total_amount: 1, currency: 'USD' } },
          ],
        },
      ],
    ],
    ['JSON inside a text', [...SHARING, { receivers: '[{"amount":1,"currency":"USD"}]' }]],
  ])('refuses what counts no fen: %s', (_, call) => {
    expect(problem(100, ...call)).toMatchObject({
      status: 403,
      code: 'AMOUNT_UNKNOWN',
      detail: expect.stringContaining('CNY'),
    })
    expect(problem(undefined, ...call)).toBeUndefined()
  })

  test.each<[string, unknown]>([
    ['negative', { amount: { total: -1 } }],
    ['negative beside a large one', [{ amount: { total: 1000 } }, { amount: { total: -999 } }]],
    ['not whole', { amount: { total: 1.5 } }],
    ['a bigint', { amount: { total: 9007199254740993n } }],
    ['a sum that rounds', [{ amount: { total: 2 ** 53 - 1 } }, { amount: { total: 1 } }]],
    ['text with a point', { amount: { total: '1.00' } }],
    ['text with a sign', { amount: { total: '+1' } }],
    ['text in another base', { amount: { total: '0x1' } }],
    ['text with an exponent', { amount: { total: '1e2' } }],
    ['other digits', { amount: { total: '１' } }],
    ['true', { amount: { total: true } }],
    ['an object', { amount: { total: { value: 1 } } }],
    ['text in the place of the object', { amount: 'total=1' }],
    ['a form', new FormData()],
  ])('refuses an amount that is %s', (_, body) => {
    expect(problem(100, ...ORDER, body)).toMatchObject({ status: 400, code: 'AMOUNT_INVALID', field: 'amount.total' })
  })

  test.each([
    ['a member that is there twice', '[{"amount":1000000,"amount":1}]'],
    ['the same in other letters', '[{"amount":1000000,"\\u0061mount":1}]'],
    ['a comma too many, which some readers take', '[{"amount":1000000},]'],
    ['no JSON', 'amount=1000000'],
  ])('refuses JSON text that two may read differently: %s', (_, receivers) => {
    expect(problem(100, ...SHARING, { receivers })).toMatchObject({ code: 'AMOUNT_INVALID', field: 'receivers.amount' })
  })

  test('is not misled by colons and quotes inside texts', () => {
    const receivers = JSON.stringify([{ amount: 100, description: 'a":1, "b\\": "c', list: ['x', ':', '"'] }])
    expect(problem(100, ...SHARING, { receivers })).toBeUndefined()
    expect(problem(99, ...SHARING, { receivers })).toMatchObject({ code: 'AMOUNT_OVER_CAP' })
  })

  test('that is absent refuses nothing', () => {
    expect(problem(undefined, ...ORDER, { amount: { total: -1 } })).toBeUndefined()
    expect(problem(undefined, 'v3', 'POST', '/v3/nobody/knows', {})).toBeUndefined()
  })

  test('holds however a batch is split', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 1 }), fc.nat(20_000), (parts, cap) => {
        const body = { receivers: JSON.stringify(parts.map(amount => ({ amount }))) }
        const sum = parts.reduce((total, part) => total + part, 0)
        expect(problem(cap, ...SHARING, body)?.code).toBe(sum > cap ? 'AMOUNT_OVER_CAP' : undefined)
      }),
    )
  })
})

describe('a body that is made to cost much', () => {
  const caller: Caller = { name: 'till', credential: { tokens: [] }, allow: ['* /v3/**'], maxAmount: 100 }
  const nested = (length: number, depth: number): unknown => {
    let value: unknown = Array(length).fill(0)
    for (let level = 0; level < depth; level++) value = [value]
    return value
  }

  test('costs as much for each value at any depth', () => {
    const amounts = (body: unknown) => void amountOf(...ORDER, { amount: { total: body } })
    const times = growth(amounts, depth => nested(1_000, depth), 1, 250)
    // The deep list costs about one of 250 flat ones.
    expect(times).toBeLessThan(0.25)
  })

  test.each([
    ['of lists', (deep: number) => nested(1, deep)],
    ['of a text of lists', (deep: number) => '['.repeat(deep) + ']'.repeat(deep)],
  ])('fails by no depth %s', (_, make) => {
    for (const deep of [10, 1_000, 200_000])
      expect(() => refuseOverCap({ ...caller }, ...SHARING, { receivers: make(deep) })).not.toThrow(RangeError)
  })

  test('is read only as far as its first value that is no amount', () => {
    let reads = 0
    const list = Array.from({ length: 1_000 }, () => ({
      get amount() {
        reads++
        return -1
      },
    }))
    expect(amountOf(...SHARING, { receivers: list })).toMatchObject({ unreadable: 'receivers.amount' })
    expect(reads).toBeLessThan(5)
  })
})
