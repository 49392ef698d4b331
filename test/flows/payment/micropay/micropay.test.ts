import { describe, expect, it } from 'vitest'
import { CallError, ConfigurationError, TransportError } from '../../../../src/core/index.ts'
import {
  MicropayError,
  type MicropayOptions,
  type MicropayState,
  micropay,
  micropayOutcome,
  resumeMicropay,
  reverseMicropay,
} from '../../../../src/flows/payment/index.ts'
import { createTestClient, signedV2Response, signedV3Response } from '../../../core/test-client.ts'
import { authCode, collect, createTestMerchant, type TestMerchant, unusedNumber } from '../test-merchant.ts'

/** The same order, in each API and mode. */
const KINDS = {
  APIv3: ({ simulator: { merchant } }: TestMerchant, out_trade_no: string, total = 100) => ({
    appid: merchant.appid,
    mchid: merchant.mchid,
    description: 'd',
    out_trade_no,
    amount: { total },
    payer: { auth_code: authCode() },
    scene_info: { store_info: { id: '0001' } },
  }),
  'APIv3 of a partner': ({ simulator: { merchant } }: TestMerchant, out_trade_no: string, total = 100) => ({
    sp_appid: merchant.appid,
    sp_mchid: merchant.mchid,
    sub_mchid: '1900000110',
    description: 'd',
    out_trade_no,
    amount: { total },
    payer: { auth_code: authCode() },
    scene_info: { store_info: { id: '0001' } },
  }),
  APIv2: ({ simulator: { merchant } }: TestMerchant, out_trade_no: string, total = 100) => ({
    appid: merchant.appid,
    mch_id: merchant.mchid,
    body: 'b',
    out_trade_no,
    total_fee: total,
    spbill_create_ip: '127.0.0.1',
    auth_code: authCode(),
  }),
  'APIv2 of a partner': ({ simulator: { merchant } }: TestMerchant, out_trade_no: string, total = 100) => ({
    appid: merchant.appid,
    mch_id: merchant.mchid,
    sub_mch_id: '1900000110',
    body: 'b',
    out_trade_no,
    total_fee: total,
    spbill_create_ip: '127.0.0.1',
    auth_code: authCode(),
    sign_type: 'MD5' as const,
  }),
}
/** Sends the payment and dies before the response. */
const sendOnly = async ({ wxpay }: TestMerchant, order: object) =>
  'mch_id' in order
    ? wxpay.v2.pay.micropay.post(order as never).catch(() => {})
    : 'sp_mchid' in order
      ? wxpay.v3.pay.partner.transactions.codepay.post(order as never)
      : wxpay.v3.pay.transactions.codepay.post(order as never)
const V3 = { pay: '/v3/pay/**/codepay', query: '/v3/pay/**', reverse: '/v3/**/reverse' }
const V2 = { pay: '/pay/micropay', query: '/pay/orderquery', reverse: '/secapi/pay/reverse' }
type Kind = keyof typeof KINDS

const SUFFIX = /codepay|micropay|orderquery|reverse|out-trade-no/
/** `pay`, `query`, `reverse`: what WeChat Pay was asked, one after the other. */
const asked = (shop: TestMerchant) =>
  shop.calls().map(call => {
    if (call.endsWith('/reverse')) return 'reverse'
    return /codepay|micropay/.test(call) ? 'pay' : SUFFIX.test(call) ? 'query' : call
  })
const told = (states: readonly MicropayState<unknown>[]) =>
  states.map(state => ('reason' in state ? `${state.state} ${state.reason}` : state.state))

describe.each(Object.keys(KINDS) as Kind[])('%s', kind => {
  const isV2 = kind.startsWith('APIv2')
  const paths = isV2 ? V2 : V3
  /** The response to a reversal of APIv2's names no order: a query has to. */
  const proof = isV2 ? ['query'] : []
  const open = async (total?: number) => {
    const shop = await createTestMerchant()
    const out_trade_no = unusedNumber()
    const order = KINDS[kind](shop, out_trade_no, total)
    const pay = (options: MicropayOptions = {}) => micropay(shop.wxpay, order, { wait: shop.wait, ...options })
    const orderState = () => {
      const { trade_state, paidAt, revokedAt } = shop.simulator.order(out_trade_no) ?? {}
      return { trade_state, isPaid: paidAt !== undefined && revokedAt === undefined }
    }
    return { ...shop, shop, out_trade_no, order, pay, orderState }
  }

  it('is paid at once', async () => {
    const { pay, orderState, out_trade_no, shop } = await open()
    const states = await collect(pay())
    expect(told(states)).toEqual(['paying', 'paid'])
    expect(states.at(-1)).toMatchObject({
      out_trade_no,
      by: 'response',
      isRepeat: false,
      transaction: { transaction_id: expect.stringMatching(/^4200/), trade_type: 'MICROPAY' },
    })
    expect(asked(shop)).toEqual(['pay'])
    expect(orderState()).toEqual({ trade_state: 'SUCCESS', isPaid: true })
  })

  it('is paid when the shopper has entered the password, found out every 5 seconds', async () => {
    const { pay, orderState, simulator, during, waits, out_trade_no, shop } = await open(100_001)
    during(3, () => void simulator.pay({ out_trade_no }))
    const states = await collect(pay())
    const waiting = 'waiting USERPAYING'
    expect(told(states)).toEqual(['paying', waiting, waiting, waiting, 'paid'])
    expect(states.flatMap(state => (state.state === 'waiting' ? [state.elapsed] : []))).toEqual([0, 5_000, 10_000])
    expect(waits).toEqual([5_000, 5_000, 5_000])
    expect(states.at(-1)).toMatchObject({ by: 'query' })
    expect(asked(shop)).toEqual(['pay', 'query', 'query', 'query'])
    expect(orderState().isPaid).toBe(true)
  })

  it('is reversed 45 seconds after nobody has entered a password, and cannot be paid any more', async () => {
    const { pay, orderState, simulator, waits, out_trade_no, shop } = await open(100_001)
    const states = await collect(pay())
    expect(told(states)).toEqual([
      'paying',
      ...Array(9).fill('waiting USERPAYING'),
      'reversing LIMIT',
      'reversed LIMIT',
    ])
    expect(waits).toEqual(Array(9).fill(5_000))
    expect(asked(shop)).toEqual(['pay', ...Array(9).fill('query'), 'reverse', ...proof])
    expect(orderState()).toEqual({ trade_state: 'REVOKED', isPaid: false })
    expect(() => simulator.pay({ out_trade_no })).toThrow(/ORDER_REVOKED/)
  })

  it('keeps to the interval and the limit that it is given, whose last wait is cut to fit', async () => {
    const { pay, waits } = await open(100_001)
    await collect(pay({ interval: 10_000, limit: 25_000 }))
    expect(waits).toEqual([10_000, 10_000, 5_000])
  })

  it('has failed when the shopper gives up, and is reversed, which WeChat Pay asks for', async () => {
    const { pay, orderState, simulator, during, out_trade_no } = await open(100_001)
    during(1, () => void simulator.cancel({ out_trade_no }))
    expect(told(await collect(pay()))).toEqual([
      'paying',
      'waiting USERPAYING',
      'reversing PAYERROR',
      'reversed PAYERROR',
    ])
    expect(orderState()).toEqual({ trade_state: 'REVOKED', isPaid: false })
  })

  it('is reversed when it is refused and has left an order, with the refusal for the cashier', async () => {
    const { pay, orderState, simulator, shop } = await open()
    simulator.nextMicropay('PAYERROR')
    const states = await collect(pay())
    expect(told(states)).toEqual(['paying', 'reversing PAYERROR', 'reversed PAYERROR'])
    expect(states.at(-1)).toMatchObject({ refusal: { serviceCode: 'TRADE_ERROR', error: { name: 'ServiceError' } } })
    expect(asked(shop)).toEqual(['pay', 'query', 'reverse', ...proof])
    expect(orderState()).toEqual({ trade_state: 'REVOKED', isPaid: false })
  })

  it.each(['lost-response', 'cut-body', 'wrong-signature'] as const)(
    'is settled by a query at once when the answer comes to nothing: %s',
    async fault => {
      const { pay, orderState, shop } = await open()
      shop.fault({ kind: fault, path: paths.pay, count: 1 })
      expect(told(await collect(pay()))).toEqual(['paying', 'paid'])
      expect(asked(shop)).toEqual(['pay', 'query'])
      expect(orderState().isPaid).toBe(true)
    },
  )

  it('is waited for when it may not have arrived, and refused when it never has', async () => {
    const { pay, orderState, shop } = await open()
    shop.fault({ kind: 'cut-connection', path: paths.pay, count: 1 })
    const states = await collect(pay())
    expect(told(states.slice(0, 2))).toEqual([
      'paying',
      expect.stringMatching(/^waiting (ORDERNOTEXIST|ORDER_NOT_EXIST)/),
    ])
    expect(told(states.slice(-2))).toEqual(['reversing LIMIT', 'refused'])
    expect(states.at(-1)).toMatchObject({ serviceCode: expect.stringMatching(/ORDER_?NOT_?EXIST/) })
    expect(asked(shop).filter(call => call === 'pay')).toHaveLength(1)
    expect(orderState()).toEqual({ trade_state: undefined, isPaid: false })
  })

  it.each([
    ['a system error', 500, /^waiting SYSTEM_?ERROR/, [5_000, 5_000]],
    ['a proxy’s error', 502, /^waiting ORDER_?NOT_?EXIST/, [5_000, 5_000]],
  ] as const)('is not taken for refused after %s, HTTP %i', async (_, status, first, pauses) => {
    const { pay, shop, waits } = await open()
    shop.fault({ kind: 'status', status, path: paths.pay, count: 1 })
    const states = await collect(pay({ limit: 10_000 }))
    expect(told(states).at(1)).toMatch(first)
    expect(told(states).at(-1)).toBe('refused')
    expect(waits.slice(0, 2)).toEqual(pauses)
    expect(asked(shop).filter(call => call === 'pay')).toHaveLength(1)
  })

  it('is queried five seconds after a system error, not before, as WeChat Pay advises', async () => {
    const { pay, shop } = await open(100_001)
    shop.fault({ kind: 'status', status: 500, path: paths.pay, count: 1 })
    const callsBefore: string[] = []
    for await (const { state } of pay({ limit: 10_000 })) callsBefore.push(`${state}: ${asked(shop).join()}`)
    expect(callsBefore.slice(0, 3)).toEqual(['paying: ', 'waiting: pay', 'waiting: pay,query'])
  })

  it('is refused when there are too many calls: WeChat Pay has done nothing', async () => {
    const { pay, shop } = await open()
    shop.fault({ kind: 'status', status: 429, path: paths.pay, count: 1 })
    expect((await collect(pay())).at(-1)).toMatchObject({ state: 'refused', serviceCode: 'FREQUENCY_LIMITED' })
    expect(asked(shop)).toEqual(['pay', 'query'])
  })

  it('queries that fail say nothing', async () => {
    const { pay, orderState, simulator, during, out_trade_no, shop } = await open(100_001)
    // A query is repeated once by the client itself, in either API; so is one whose answer is lost.
    const [method, count] = [isV2 ? 'POST' : 'GET', 2]
    shop.fault({ kind: 'status', status: 500, path: paths.query, method, count })
    shop.fault({ kind: 'lost-response', path: paths.query, method, after: count, count: 2 })
    during(3, () => void simulator.pay({ out_trade_no }))
    expect(told(await collect(pay()))).toEqual([
      'paying',
      'waiting USERPAYING',
      expect.stringMatching(/^waiting SYSTEM_?ERROR/),
      'waiting NETWORK_ERROR',
      'paid',
    ])
    expect(orderState().isPaid).toBe(true)
  })

  it('is found paid when it is sent again after a crash, and is not paid twice', async () => {
    const { pay, orderState, simulator } = await open()
    await collect(pay())
    const before = simulator.balance()
    const states = await collect(pay())
    expect(told(states)).toEqual(['paying', 'paid'])
    expect(states.at(-1)).toMatchObject({ by: 'query', isRepeat: true })
    expect(simulator.balance()).toEqual(before)
    expect(orderState().isPaid).toBe(true)
  })

  it('an order of another amount under the same number is not touched, even when the answer is lost', async () => {
    const { pay, orderState, shop, out_trade_no, wait, wxpay } = await open()
    await collect(pay())
    const other = KINDS[kind](shop, out_trade_no, 200)
    shop.fault({ kind: 'lost-response', path: paths.pay, count: 1 })
    const states = await collect(micropay(wxpay, other, { wait }))
    expect(states.at(-1)).toMatchObject({ state: 'refused', serviceCode: 'OUT_TRADE_NO_USED' })
    expect(asked(shop)).not.toContain('reverse')
    expect(orderState().isPaid).toBe(true)
  })

  it('is not reversed when it was paid before, and only the query fails', async () => {
    const { pay, orderState, shop } = await open()
    await collect(pay())
    const method = isV2 ? 'POST' : 'GET'
    shop.fault({ kind: 'cut-connection', path: paths.query, method })
    expect((await collect(pay())).at(-1)).toMatchObject({
      state: 'unknown',
      error: { serviceCode: expect.stringMatching(/AUTH_CODE|INVALID_REQUEST/) },
    })
    const leave = async () => {
      for await (const { state } of pay()) if (state === 'waiting') break
    }
    await expect(leave()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    expect(asked(shop)).not.toContain('reverse')
    expect(orderState().isPaid).toBe(true)
  })

  it('is refused when an error that is no known refusal is answered, and there is no such order', async () => {
    const { shop, order, orderState, wait, wxpay } = await open()
    await collect(micropay(wxpay, order, { wait }))
    // The same code once more, under another number.
    const again = { ...order, out_trade_no: unusedNumber() }
    const states = await collect(micropay(wxpay, again, { wait }))
    expect(told(states)).toEqual(['paying', 'refused'])
    expect(states.at(-1)).toMatchObject({ serviceCode: isV2 ? 'AUTH_CODE_ERROR' : 'AUTH_CODE_INVALID' })
    expect(asked(shop).slice(1)).toEqual(['pay', 'query'])
    expect(orderState().isPaid).toBe(true)
  })

  it('is not reversed before 15 seconds have passed, whatever the limit, and may be paid until then', async () => {
    const { pay, simulator, during, out_trade_no, waits } = await open(100_001)
    during(2, () => void simulator.pay({ out_trade_no }))
    const states = await collect(pay({ limit: 5_000 }))
    expect(told(states)).toEqual(['paying', 'waiting USERPAYING', 'waiting LIMIT', 'paid'])
    expect(waits).toEqual([5_000, 10_000])
  })

  describe('a reversal', () => {
    it('whose answer is lost is repeated', async () => {
      const { pay, orderState, shop } = await open(100_001)
      shop.fault({ kind: 'lost-response', path: paths.reverse, count: 3 })
      expect(told((await collect(pay())).slice(-3))).toEqual(['reversing LIMIT', 'reversing LIMIT', 'reversed LIMIT'])
      expect(orderState()).toEqual({ trade_state: 'REVOKED', isPaid: false })
    })

    it('gives the money back when the shopper pays at the last moment', async () => {
      const { pay, orderState, simulator, out_trade_no } = await open(100_001)
      const states: MicropayState<unknown>[] = []
      for await (const state of pay()) {
        states.push(state)
        if (state.state === 'reversing') simulator.pay({ out_trade_no })
      }
      expect(told(states).at(-1)).toBe('reversed LIMIT')
      expect(orderState()).toEqual({ trade_state: 'REVOKED', isPaid: false })
      expect(simulator.balance()).toEqual({ available: 0, pending: 0 })
    })

    it('that never comes through leaves the outcome unknown, and says so', async () => {
      const { pay, waits, shop } = await open(100_001)
      shop.fault({ kind: 'cut-connection', path: paths.reverse })
      const states = await collect(pay({ reversals: 3 }))
      expect(told(states.slice(-4))).toEqual([...Array(3).fill('reversing LIMIT'), 'unknown'])
      expect(states.at(-1)).toMatchObject({ error: { code: 'NETWORK_ERROR' } })
      expect(waits.slice(-2)).toEqual([5_000, 5_000])
    })

    it('that WeChat Pay refuses because it is refunded is told as it stands', async () => {
      const { pay, shop, wxpay, out_trade_no, simulator } = await open(100_001)
      const states: MicropayState<unknown>[] = []
      for await (const state of pay()) {
        states.push(state)
        if (state.state !== 'reversing') continue
        simulator.pay({ out_trade_no })
        const body = {
          out_trade_no,
          out_refund_no: unusedNumber(),
          amount: { refund: 1, total: 100_001, currency: 'CNY' },
        }
        const sub = kind.endsWith('of a partner') ? { sub_mchid: '1900000110' } : {}
        await wxpay.v3.refund.domestic.refunds.post({ ...body, ...sub })
      }
      expect(states.at(-1)).toMatchObject({ state: 'refused', serviceCode: 'REFUND' })
      expect(asked(shop).filter(call => call === 'reverse')).toHaveLength(1)
    })
  })

  describe('sent again after a crash, with a code that has been used', () => {
    it('is found paid, and not taken for refused', async () => {
      const { pay, orderState, shop } = await open()
      await collect(pay())
      expect((await collect(pay())).at(-1)).toMatchObject({ state: 'paid', isRepeat: true })
      await shop.wait(120_000)
      expect((await collect(pay())).at(-1)).toMatchObject({ state: 'paid', isRepeat: true })
      expect(orderState().isPaid).toBe(true)
    })
  })

  describe('followed without its code', () => {
    it('is found paid', async () => {
      const { pay, order, wxpay, wait } = await open()
      await collect(pay())
      const { payer: _, auth_code: __, ...name } = order as { payer?: unknown; auth_code?: unknown } & typeof order
      const states = await collect(resumeMicropay(wxpay, name as typeof order, { wait }))
      expect(told(states)).toEqual(['paid'])
      expect(states[0]).toMatchObject({ by: 'query', isRepeat: true })
    })

    it('is waited for, and reversed when nobody enters the password', async () => {
      const { order, wxpay, wait, orderState, shop } = await open(100_001)
      await sendOnly(shop, order)
      expect((await collect(resumeMicropay(wxpay, order, { wait }))).at(-1)).toMatchObject({
        state: 'reversed',
        reason: 'LIMIT',
      })
      expect(orderState()).toEqual({ trade_state: 'REVOKED', isPaid: false })
    })

    it('is refused when it never arrived', async () => {
      const { order, wxpay, wait } = await open()
      expect((await collect(resumeMicropay(wxpay, order, { wait }))).at(-1)).toMatchObject({ state: 'refused' })
    })

    it('is reversed, paid or not', async () => {
      for (const total of [100, 100_001]) {
        const { order, wxpay, wait, orderState, shop } = await open(total)
        await sendOnly(shop, order)
        expect(await reverseMicropay(wxpay, order, { wait })).toMatchObject({ state: 'reversed' })
        expect(orderState()).toEqual({ trade_state: 'REVOKED', isPaid: false })
        expect(shop.simulator.balance()).toEqual({ available: 0, pending: 0 })
      }
    })

    it('is told paid when WeChat Pay refuses to reverse it', async () => {
      const { order, wxpay, wait, orderState, shop, simulator } = await open()
      await sendOnly(shop, order)
      await simulator.advance(8 * 24 * 60 * 60 * 1000)
      expect(await reverseMicropay(wxpay, order, { wait })).toMatchObject({
        state: 'paid',
        by: 'query',
        isRepeat: true,
      })
      expect(orderState().isPaid).toBe(true)
    })

    it('is not reversed when another amount was paid under its number', async () => {
      const { shop, order, out_trade_no, wxpay, wait, orderState } = await open()
      await sendOnly(shop, order)
      const other = KINDS[kind](shop, out_trade_no, 200)
      expect(await reverseMicropay(wxpay, other, { wait })).toMatchObject({
        state: 'refused',
        serviceCode: 'OUT_TRADE_NO_USED',
      })
      expect(orderState().isPaid).toBe(true)
    })
  })

  it('tells onUnsettled when the body of the loop throws, whose error the loop throws', async () => {
    const { pay, shop, out_trade_no } = await open(100_001)
    shop.fault({ kind: 'cut-connection', path: paths.reverse })
    const heard: MicropayError[] = []
    const leave = async () => {
      for await (const state of pay({ reversals: 2, onUnsettled: error => heard.push(error) }))
        if (state.state === 'waiting') throw new Error('the till is on fire')
    }
    await expect(leave()).rejects.toThrow('the till is on fire')
    expect(heard).toHaveLength(1)
    expect(heard[0]).toBeInstanceOf(MicropayError)
    expect(heard[0]).toMatchObject({ code: 'OUTCOME_UNKNOWN', outcome: { state: 'unknown', out_trade_no } })
  })

  describe('given up', () => {
    it('before it is sent: nothing is', async () => {
      const { pay, orderState, shop } = await open()
      await expect(collect(pay({ signal: AbortSignal.abort() }))).rejects.toMatchObject({ code: 'ABORTED' })
      const controller = new AbortController()
      const late = async () => {
        for await (const _ of pay({ signal: controller.signal })) controller.abort()
      }
      const error = await late().catch(cause => cause)
      expect(error).toBeInstanceOf(TransportError)
      expect(error).toMatchObject({ code: 'ABORTED', mayHaveTakenEffect: false })
      expect(asked(shop)).toEqual([])
      expect(orderState().trade_state).toBeUndefined()
    })

    it('while the shopper is to enter the password: reversed, not before 15 seconds have passed', async () => {
      const { pay, orderState, during, waits } = await open(100_001)
      const controller = new AbortController()
      during(2, () => controller.abort())
      const states = await collect(pay({ signal: controller.signal, interval: 2_000 }))
      expect(told(states)).toEqual([
        'paying',
        'waiting USERPAYING',
        'waiting USERPAYING',
        'waiting ABORTED',
        'reversing ABORTED',
        'reversed ABORTED',
      ])
      expect(waits).toEqual([2_000, 2_000, 11_000])
      expect(orderState()).toEqual({ trade_state: 'REVOKED', isPaid: false })
    })

    it('while the answer is under way: what was paid goes back', async () => {
      const { orderState, shop, order, simulator } = await open()
      const controller = new AbortController()
      const { wxpay } = await createTestMerchant({
        ...shop.simulator.merchant,
        mtlsFetch: shop.simulator.mtlsFetch,
        now: shop.now,
        fetch: async (input, init) => {
          const answer = await shop.simulator.fetch(input, init)
          if (/codepay|micropay/.test(String(input))) controller.abort()
          return answer
        },
      })
      const outcome = await micropayOutcome(wxpay, order, { wait: shop.wait, signal: controller.signal })
      expect(outcome).toMatchObject({ state: 'reversed', reason: 'ABORTED' })
      expect(orderState()).toEqual({ trade_state: 'REVOKED', isPaid: false })
      expect(simulator.balance()).toEqual({ available: 0, pending: 0 })
    })

    it('by leaving the loop: reversed before the loop is left', async () => {
      const { pay, orderState } = await open(100_001)
      for await (const state of pay()) if (state.state === 'waiting') break
      expect(orderState()).toEqual({ trade_state: 'REVOKED', isPaid: false })
    })

    it('by leaving the loop before it is sent, or when it is paid: nothing is reversed', async () => {
      const { pay, orderState, shop } = await open()
      for await (const _ of pay()) break
      expect(asked(shop)).toEqual([])
      for await (const state of pay()) if (state.state === 'paid') break
      expect(asked(shop)).toEqual(['pay'])
      expect(orderState().isPaid).toBe(true)
    })

    it('by leaving the loop when no reversal comes through: the loop throws', async () => {
      const { pay, shop, out_trade_no } = await open(100_001)
      shop.fault({ kind: 'cut-connection', path: paths.reverse })
      const leave = async () => {
        for await (const state of pay({ reversals: 2 })) if (state.state === 'waiting') break
      }
      const error = await leave().catch(cause => cause)
      expect(error).toBeInstanceOf(MicropayError)
      expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', outcome: { state: 'unknown', out_trade_no } })
    })
  })
})

describe('APIv2 alone', () => {
  it('a reversal is repeated while WeChat Pay answers recall Y', async () => {
    const shop = await createTestMerchant()
    const order = KINDS.APIv2(shop, unusedNumber(), 100_001)
    // The client itself sends each reversal twice.
    shop.simulator.nextReverse(4)
    const states = await collect(micropay(shop.wxpay, order, { wait: shop.wait }))
    expect(states.filter(({ state }) => state === 'reversing')).toHaveLength(3)
    expect(told(states).at(-1)).toBe('reversed LIMIT')
    expect(shop.simulator.order(order.out_trade_no)!.trade_state).toBe('REVOKED')
  })

  it('a client that has no client certificate does not begin to pay', async () => {
    const shop = await createTestMerchant({ mtlsFetch: undefined as never })
    const order = KINDS.APIv2(shop, unusedNumber())
    const error = await collect(micropay(shop.wxpay, order, { wait: shop.wait })).catch(cause => cause)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(error).toMatchObject({ option: 'mtlsFetch' })
    expect(shop.calls()).toEqual([])
  })

  it('a wait that fails does not hide that the shopper may have paid', async () => {
    const shop = await createTestMerchant()
    const order = KINDS.APIv2(shop, unusedNumber(), 100_001)
    const wait = () => Promise.reject(new Error('no timer'))
    const error = await micropayOutcome(shop.wxpay, order, { wait }).catch(cause => cause)
    expect(error).toMatchObject({
      code: 'OUTCOME_UNKNOWN',
      outcome: { state: 'unknown', error: { message: 'no timer' } },
    })
  })

  it('signs the query and the reversal as the payment is signed', async () => {
    const shop = await createTestMerchant()
    const order = { ...KINDS.APIv2(shop, unusedNumber(), 100_001), sign_type: 'MD5' as const }
    expect(await micropayOutcome(shop.wxpay, order, { wait: shop.wait, limit: 5_000 })).toMatchObject({
      state: 'reversed',
    })
    expect(shop.simulator.journal.every(({ signature }) => signature === 'valid')).toBe(true)
  })
})

describe('what is still under way', () => {
  const own = { mchid: '1900000109', out_trade_no: 'N1' }
  const ownV2 = { mch_id: '1900000109', out_trade_no: 'N1' }
  const order = { appid: 'wx1', ...own, description: 'd', amount: { total: 100 } }
  const scanned = { ...order, payer: { auth_code: authCode() }, scene_info: { store_info: { id: '1' } } }
  const wait = async () => {}

  it('a payment that arrives when it was taken for lost is found', async () => {
    const { simulator, now, wait, during } = await createTestMerchant()
    let late: (() => Promise<Response>) | undefined
    const fetch: typeof globalThis.fetch = (input, init) => {
      if (!String(input).includes('codepay')) return simulator.fetch(input, init)
      const { signal: _, ...rest } = init!
      late = () => simulator.fetch(input, rest)
      return Promise.reject(new TypeError('fetch failed'))
    }
    const { wxpay } = await createTestMerchant({ ...simulator.merchant, fetch, now })
    const other = { appid: simulator.merchant.appid, mchid: simulator.merchant.mchid, out_trade_no: unusedNumber() }
    during(3, async () => void (await late!()))
    const states = await collect(micropay(wxpay, { ...scanned, ...other }, { wait }))
    expect(told(states)).toEqual(['paying', ...Array(3).fill('waiting ORDER_NOT_EXIST'), 'paid'])
    expect(simulator.order(other.out_trade_no)!.trade_state).toBe('SUCCESS')
  })

  /** A WeChat Pay that refuses to reverse what is paid, `lost` reversals of which nobody has an answer. */
  async function refusing(lost: number) {
    let reversals = 0
    const answers = {
      pay: await signedV3Response({ ...own, trade_state: 'USERPAYING' }),
      query: await signedV3Response({ ...own, trade_state: 'SUCCESS', amount: { total: 100 }, transaction_id: '4200' }),
      waiting: await signedV3Response({ ...own, trade_state: 'USERPAYING' }),
    }
    return createTestClient([
      ({ url }) => {
        if (url.includes('codepay')) return answers.pay.clone()
        if (!url.includes('reverse')) return (reversals > 0 ? answers.query : answers.waiting).clone()
        if (++reversals <= lost) throw new TypeError('fetch failed')
        return new Response('{"code":"TRADE_ERROR","message":"不能撤销"}', { status: 403 })
      },
    ])
  }

  it('an order that is paid and that WeChat Pay refuses to reverse is paid', async () => {
    const { wxpay } = await refusing(0)
    const outcome = await micropayOutcome(wxpay, scanned, { wait, limit: 5_000 })
    expect(outcome).toMatchObject({ state: 'paid', by: 'query', transaction: { transaction_id: '4200' } })
  })

  it('but not while a reversal may still take effect whose answer was lost', async () => {
    // The client sends a lost one once more by itself.
    const { wxpay } = await refusing(2)
    const outcome = await micropayOutcome(wxpay, scanned, { wait, limit: 5_000, reversals: 3 })
    expect(outcome).toMatchObject({ state: 'unknown', error: { serviceCode: 'TRADE_ERROR' } })
  })

  it('an answer in a state that WeChat Pay adds is waited on', async () => {
    const { wxpay } = createTestClient([
      await signedV3Response({ ...own, trade_state: 'FROZEN' }),
      await signedV3Response({ ...own, trade_state: 'THAWING' }),
      await signedV3Response({ ...own, trade_state: 'SUCCESS', amount: { total: 100 } }),
    ])
    const states = await collect(micropay(wxpay, scanned, { wait }))
    expect(told(states)).toEqual(['paying', 'waiting FROZEN', 'waiting THAWING', 'paid'])
  })

  it('an answer that names no state is no payment in APIv3', async () => {
    const { wxpay } = createTestClient([
      await signedV3Response(own),
      await signedV3Response({ ...own, trade_state: 'CLOSED' }),
    ])
    expect(told(await collect(micropay(wxpay, scanned, { wait })))).toEqual(['paying', 'waiting ', 'refused'])
  })

  it('an order that somebody else has reversed is reversed', async () => {
    const { wxpay } = createTestClient([
      await signedV3Response({ ...own, trade_state: 'USERPAYING' }),
      await signedV3Response({ ...own, trade_state: 'REVOKED' }),
    ])
    expect(await micropayOutcome(wxpay, scanned, { wait })).toMatchObject({ state: 'reversed', reason: 'ELSEWHERE' })
  })

  const CODES =
    'AUTHCODEEXPIRE AUTH_CODE_ERROR AUTH_CODE_INVALID OUT_TRADE_NO_USED FREQUENCY_LIMITED NOTENOUGH SIGNERROR PARAM_ERROR'
  const v2Order = () => ({
    appid: 'wx1',
    mch_id: '1900000109',
    body: 'b',
    out_trade_no: 'N1',
    total_fee: 100,
    spbill_create_ip: '127.0.0.1',
    auth_code: authCode(),
  })
  const refusedBy = (err_code: string) => signedV2Response({ result_code: 'FAIL', err_code, err_code_des: 'd' })

  describe.each(CODES.split(' '))(
    '%s says that this request was not carried out, and a query what became of the order',
    code => {
      it('no such order: refused', async () => {
        const { wxpay, requests } = createTestClient([refusedBy(code), refusedBy('ORDERNOTEXIST')])
        expect(await micropayOutcome(wxpay, v2Order(), { wait })).toMatchObject({
          state: 'refused',
          serviceCode: code,
          serviceMessage: 'd',
        })
        expect(requests).toHaveLength(2)
      })

      it('paid by an earlier call: paid', async () => {
        const { wxpay } = createTestClient([
          refusedBy(code),
          signedV2Response({ ...ownV2, trade_state: 'SUCCESS', total_fee: '100' }),
        ])
        expect(await micropayOutcome(wxpay, v2Order(), { wait })).toMatchObject({ state: 'paid', isRepeat: true })
      })

      it('an earlier call’s shopper is entering the password: waited for', async () => {
        const { wxpay } = createTestClient([
          refusedBy(code),
          signedV2Response({ ...ownV2, trade_state: 'USERPAYING', total_fee: '100' }),
          signedV2Response({ ...ownV2, trade_state: 'SUCCESS', total_fee: '100' }),
        ])
        expect(await micropayOutcome(wxpay, v2Order(), { wait })).toMatchObject({ state: 'paid' })
      })

      it('an order that nobody pays: reversed, so that nobody can', async () => {
        const { wxpay, requests } = createTestClient([
          refusedBy(code),
          signedV2Response({ ...ownV2, trade_state: 'NOTPAY', total_fee: '100' }),
          signedV2Response({ recall: 'N' }),
          signedV2Response({ ...ownV2, trade_state: 'REVOKED', total_fee: '100' }),
        ])
        expect(await micropayOutcome(wxpay, v2Order(), { wait })).toMatchObject({
          state: 'reversed',
          reason: 'REFUSED',
          refusal: { serviceCode: code },
        })
        expect(requests.map(({ url }) => new URL(url).pathname)).toEqual([
          '/pay/micropay',
          '/pay/orderquery',
          '/secapi/pay/reverse',
          '/pay/orderquery',
        ])
      })

      it('no query comes through: unknown, and nothing is reversed that an earlier call may have been paid', async () => {
        const { wxpay, requests } = createTestClient([
          ({ url }) => {
            if (url.includes('micropay')) return refusedBy(code)
            throw new TypeError('fetch failed')
          },
        ])
        expect(await micropayOutcome(wxpay, v2Order(), { wait, limit: 10_000 })).toMatchObject({ state: 'unknown' })
        expect(requests.some(({ url }) => url.includes('reverse'))).toBe(false)
      })
    },
  )

  it.each([400, 403, 404, 408, 413, 499])('a proxy’s HTML with HTTP %i refuses nothing', async status => {
    const proxy = new Response('<html>proxy</html>', { status })
    const { wxpay } = createTestClient([
      proxy,
      refusedBy('ORDERNOTEXIST'),
      signedV2Response({ ...ownV2, trade_state: 'SUCCESS', total_fee: '100' }),
    ])
    expect(await micropayOutcome(wxpay, v2Order(), { wait })).toMatchObject({ state: 'paid', by: 'query' })
  })

  it.each(['SYSTEMERROR', 'BANKERROR', 'USERPAYING', 'ORDERPAID', 'UNHEARD_OF'])('%s is not', async err_code => {
    const { wxpay } = createTestClient([
      signedV2Response({ result_code: 'FAIL', err_code, err_code_des: 'd' }),
      signedV2Response({ ...ownV2, trade_state: 'SUCCESS', total_fee: '100' }),
    ])
    const order = { appid: 'wx1', mch_id: '1900000109', body: 'b', out_trade_no: 'N1', total_fee: 100 }
    const more = { spbill_create_ip: '127.0.0.1', auth_code: authCode() }
    expect(await micropayOutcome(wxpay, { ...order, ...more }, { wait })).toMatchObject({ state: 'paid', by: 'query' })
  })
})

describe('what cannot be right is refused before anything is sent', () => {
  it.each([
    ['payer.auth_code', { payer: { auth_code: '161234567890123456' } }],
    ['payer.auth_code', { payer: { auth_code: '13123456789012345' } }],
    ['payer.auth_code', { payer: { auth_code: 131_234_567_890 } }],
    ['payer.auth_code', { payer: undefined }],
    ['amount.total', { amount: { total: 0 } }],
    ['amount.total', { amount: { total: -1 } }],
    ['amount.total', { amount: { total: 1.5 } }],
    ['amount.total', { amount: { total: '100' } }],
    ['amount.total', { amount: undefined }],
    ['out_trade_no', { out_trade_no: '' }],
    ['out_trade_no', { out_trade_no: 'x'.repeat(33) }],
    ['out_trade_no', { out_trade_no: '订单' }],
  ])('%s %j', async (field, change) => {
    const shop = await createTestMerchant()
    const order = { ...KINDS.APIv3(shop, unusedNumber()), ...change } as never
    expect(() => micropay(shop.wxpay, order)).toThrow(CallError)
    const error = await micropayOutcome(shop.wxpay, order).catch(cause => cause)
    expect(error).toMatchObject({ code: 'BODY_INVALID', field })
    expect(String(error)).not.toMatch(/\d{17}/)
    expect(shop.calls()).toEqual([])
  })

  it.each([
    ['auth_code', { auth_code: '13' }],
    ['total_fee', { total_fee: 0n }],
    ['total_fee', { total_fee: 2n ** 60n }],
    ['total_fee', { total_fee: '100' }],
  ])('APIv2: %s', async (field, change) => {
    const shop = await createTestMerchant()
    const order = { ...KINDS.APIv2(shop, unusedNumber()), ...change } as never
    await expect(micropayOutcome(shop.wxpay, order)).rejects.toMatchObject({ code: 'BODY_INVALID', field })
  })

  it.each([
    [{ intervall: 1 }, { code: 'OPTION_UNKNOWN', field: 'intervall' }],
    [{ interval: 0 }, { code: 'OPTION_INVALID', option: 'interval' }],
    [{ limit: Number.NaN }, { code: 'OPTION_INVALID', option: 'limit' }],
    [{ reversals: '3' }, { code: 'OPTION_INVALID', option: 'reversals' }],
  ])('%j', async (options, error) => {
    const shop = await createTestMerchant()
    const outcome = micropayOutcome(shop.wxpay, KINDS.APIv3(shop, unusedNumber()), options as never)
    await expect(outcome).rejects.toMatchObject(error)
  })
})
