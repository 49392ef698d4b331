import { describe, expect, it } from 'vitest'
import { CallError, ConfigurationError } from '../../../../src/core/index.ts'
import {
  RefundError,
  type RefundOptions,
  readV2Refunds,
  redirectRefund,
  refund,
  refundNumber,
  settledRefund,
} from '../../../../src/flows/payment/index.ts'
import { createTestClient, signedV2Response, signedV3Response } from '../../../core/test-client.ts'
import { merchant_category_code } from '../placed.ts'
import { createTestMerchant, NOTIFY_URL, START, type TestMerchant, unusedNumber } from '../test-merchant.ts'

const SUB = '1900000110'

/** An order of 100 fen that is paid. */
const ORDERS = {
  APIv3: async ({ wxpay, simulator }: TestMerchant, total = 100) => {
    const { appid, mchid } = simulator.merchant
    const body = { description: 'd', out_trade_no: unusedNumber(), notify_url: NOTIFY_URL, amount: { total } }
    await wxpay.v3.pay.transactions.native.post({ appid, mchid, ...body })
    return body.out_trade_no
  },
  'APIv3 of a partner': async ({ wxpay, simulator }: TestMerchant, total = 100) => {
    const { appid, mchid } = simulator.merchant
    const body = { description: 'd', out_trade_no: unusedNumber(), notify_url: NOTIFY_URL, amount: { total } }
    const parties = { sp_appid: appid, sp_mchid: mchid, sub_mchid: SUB }
    await wxpay.v3.pay.partner.transactions.native.post({ ...parties, ...body })
    return body.out_trade_no
  },
  APIv2: async ({ wxpay, simulator }: TestMerchant, total = 100) => {
    const { appid, mchid } = simulator.merchant
    const more = { spbill_create_ip: '127.0.0.1', notify_url: NOTIFY_URL, trade_type: 'NATIVE' as const }
    const out_trade_no = unusedNumber()
    await wxpay.v2.pay.unifiedorder.post({ appid, mch_id: mchid, body: 'b', out_trade_no, total_fee: total, ...more })
    return out_trade_no
  },
}
/** An order of 100 yen, or so many. */
const placeOverseas = async ({ wxpay }: TestMerchant, parties: object, total = 100) => {
  const body = {
    description: 'd',
    out_trade_no: unusedNumber(),
    notify_url: NOTIFY_URL,
    amount: { total, currency: 'JPY' },
  }
  await wxpay.v3.global.transactions.native.post({ ...parties, ...body, merchant_category_code, trade_type: 'NATIVE' })
  return body.out_trade_no
}
const PLACED = {
  ...ORDERS,
  overseas: (shop: TestMerchant, total?: number) => {
    const { appid, mchid } = shop.simulator.merchant
    return placeOverseas(shop, { appid, mchid }, total)
  },
  'overseas of an institution': (shop: TestMerchant, total?: number) => {
    const { appid, mchid } = shop.simulator.merchant
    return placeOverseas(shop, { sp_appid: appid, sp_mchid: mchid, sub_mchid: SUB }, total)
  },
  'APIv3 of an e-commerce platform': ORDERS['APIv3 of a partner'],
  'APIv3 of a part of a combined order': (shop: TestMerchant, total?: number) => placeCombined(shop, undefined, total),
  'APIv3 of a part of a platform’s combined order': (shop: TestMerchant, total?: number) =>
    placeCombined(shop, SUB, total),
}
type Kind = keyof typeof PLACED
const KINDS = Object.keys(PLACED) as Kind[]

/** The part that is refunded has the amount; there is another beside it. */
async function placeCombined(
  { wxpay, simulator }: TestMerchant,
  sub_mchid: string | undefined,
  total = 100,
): Promise<string> {
  const { appid: combine_appid, mchid } = simulator.merchant
  const out_trade_no = unusedNumber()
  const part = (out_trade_no: string, total_amount: number) => ({
    mchid,
    ...(sub_mchid && { sub_mchid }),
    out_trade_no,
    description: 'd',
    attach: 'a',
    amount: { total_amount, currency: 'CNY' },
  })
  const order = {
    combine_appid,
    combine_mchid: mchid,
    combine_out_trade_no: `C${out_trade_no}`,
    notify_url: NOTIFY_URL,
  }
  await wxpay.v3.combineTransactions.native.post({
    ...order,
    sub_orders: [part(unusedNumber(), 50), part(out_trade_no, total)],
    scene_info: { payer_client_ip: '127.0.0.1' },
  } as never)
  return out_trade_no
}

const isCombined = (kind: Kind) => kind.endsWith('combined order')
const isEcommerce = (kind: Kind) => kind.includes('platform')
const isOverseas = (kind: Kind) => kind.startsWith('overseas')
const hasSub = (kind: Kind) => kind.endsWith('of a partner') || kind.endsWith('institution') || isEcommerce(kind)
const byKind = (of: (kind: Kind) => string) => Object.fromEntries(KINDS.map(kind => [kind, of(kind)]))
const DOMESTIC = '/v3/refund/domestic/refunds'
const ECOMMERCE = '/v3/ecommerce/refunds'
const OVERSEAS = '/v3/global/refunds'
const unitOf = (kind: Kind) => (isOverseas(kind) ? 'JPY' : 'fen')
const APPLY = byKind(kind =>
  kind === 'APIv2'
    ? '/secapi/pay/refund'
    : isEcommerce(kind)
      ? `${ECOMMERCE}/apply`
      : isOverseas(kind)
        ? OVERSEAS
        : DOMESTIC,
)
const FIND = byKind(kind =>
  kind === 'APIv2'
    ? '/pay/refundquery'
    : isEcommerce(kind)
      ? `${ECOMMERCE}/out-refund-no/*`
      : isOverseas(kind)
        ? `${OVERSEAS}/out-refund-no/*`
        : `${DOMESTIC}/*`,
)
const METHOD = { method: 'POST' }

const requestOf = (
  kind: Kind,
  { simulator: { merchant } }: TestMerchant,
  out_trade_no: string,
  fen: unknown,
  more: object,
) => {
  const own = { out_trade_no, out_refund_no: unusedNumber(), ...more }
  if (kind === 'APIv2') return { appid: merchant.appid, mch_id: merchant.mchid, refund_fee: fen as number, ...own }
  return {
    ...(isOverseas(kind) && { merchant_category_code, ...(hasSub(kind) && { sp_mchid: merchant.mchid }) }),
    ...(hasSub(kind) && { sub_mchid: SUB }),
    ...(isEcommerce(kind) && { sp_appid: merchant.appid }),
    amount: { refund: fen as number },
    ...own,
  }
}

/** `query order`, `query refund`, `refund`: what WeChat Pay was asked. */
const NAMES: readonly [pattern: RegExp, name: string][] = [
  [/^POST .*apply-abnormal-refund$/, 'redirect'],
  [/^POST .*(domestic\/refunds|global\/refunds|secapi\/pay\/refund|refunds\/apply)$/, 'refund'],
  [/refund/, 'query refund'],
  [/orderquery|out-trade-no/, 'query order'],
]

describe.each(KINDS)('a refund, %s', kind => {
  /** The responses of APIv2 and overseas name no state: of a refund that is sent again a query tells. */
  const again =
    kind === 'APIv2' || isOverseas(kind) ? { by: 'query', proof: ['query refund'] } : { by: 'response', proof: [] }

  const open = async ({ isPaid = true, total = 100 } = {}) => {
    const shop = await createTestMerchant()
    const out_trade_no = await PLACED[kind](shop, total)
    const combined = isCombined(kind) ? { combine_out_trade_no: `C${out_trade_no}` } : undefined
    if (isPaid) shop.simulator.pay(combined ?? { out_trade_no })
    const request = (fen: unknown, more: object = {}) => requestOf(kind, shop, out_trade_no, fen, more)
    const apply = (of: ReturnType<typeof request>, options: RefundOptions = {}) =>
      refund(shop.wxpay, of as never, { wait: shop.wait, ...combined, ...options })
    const before = shop.calls().length
    const asked = () =>
      shop
        .calls()
        .slice(before)
        .map(call => NAMES.find(([pattern]) => pattern.test(call))?.[1] ?? call)
    /** Returns the amounts that the simulator has refunded. */
    const refunded = (...requests: { out_refund_no: string }[]) =>
      requests.map(({ out_refund_no }) => shop.simulator.refund(out_refund_no)?.refund)
    return { ...shop, shop, out_trade_no, request, apply, asked, refunded }
  }

  it('is looked for, checked against the order, and made', async () => {
    const { apply, request, asked, refunded, simulator } = await open()
    const part = request(30)
    expect(await apply(part)).toMatchObject({
      out_refund_no: part.out_refund_no,
      state: 'PROCESSING',
      amount: 30,
      by: 'response',
      isRepeat: false,
      refund_id: simulator.refund(part.out_refund_no)!.refund_id,
      data: { out_refund_no: part.out_refund_no },
    })
    expect(asked()).toEqual(['query refund', 'query order', 'refund'])
    expect(refunded(part)).toEqual([30])
  })

  it('that is asked for again is the same, and nothing is sent but the query', async () => {
    const { apply, request, asked, refunded } = await open()
    const part = request(100)
    const first = await apply(part)
    const before = asked().length
    const again = await apply(part)
    expect(again).toMatchObject({ refund_id: first.refund_id, by: 'query', isRepeat: true, state: 'SUCCESS' })
    expect(asked().slice(before)).toEqual(['query refund'])
    expect(refunded(part)).toEqual([100])
  })

  it('under the number of another refund is refused', async () => {
    const { apply, request, refunded } = await open()
    const part = request(30)
    await apply(part)
    const error = await apply({ ...request(40), out_refund_no: part.out_refund_no }).catch(cause => cause)
    expect(error).toBeInstanceOf(CallError)
    expect(error).toMatchObject({ code: 'BODY_INVALID', field: 'out_refund_no' })
    expect(refunded(part)).toEqual([30])
  })

  it.each(['lost-response', 'cut-body', 'wrong-signature'] as const)(
    'whose answer comes to nothing is found by a query, and not made again: %s',
    async fault => {
      const { apply, request, asked, refunded, ...shop } = await open()
      shop.fault({ kind: fault, path: APPLY[kind], ...METHOD, count: 1 })
      const part = request(30)
      expect(await apply(part)).toMatchObject({ state: 'SUCCESS', by: 'query', isRepeat: false })
      expect(asked()).toEqual(['query refund', 'query order', 'refund', 'query refund'])
      expect(refunded(part)).toEqual([30])
    },
  )

  it('that did not arrive is sent again, the very same, when a query has said so', async () => {
    const { apply, request, asked, refunded, waits, ...shop } = await open()
    shop.fault({ kind: 'cut-connection', path: APPLY[kind], ...METHOD, count: 2 })
    const part = request(30)
    expect(await apply(part)).toMatchObject({ by: again.by })
    expect(asked().slice(2)).toEqual(['refund', 'query refund', 'refund', 'query refund', 'refund', ...again.proof])
    expect(waits).toEqual([5_000, 10_000])
    expect(refunded(part)).toEqual([30])
  })

  it('is not sent again while queries fail', async () => {
    const { apply, request, asked, refunded, during, waits, ...shop } = await open()
    const path = FIND[kind]
    const part = request(30)
    const applying = apply(part)
    shop.fault({ kind: 'lost-response', path: APPLY[kind], ...METHOD, count: 1 })
    shop.fault({ kind: 'cut-connection', path, after: 1 })
    during(2, () => shop.simulator.faults.clear())
    expect(await applying).toMatchObject({ by: 'query', isRepeat: false })
    expect(asked().filter(call => call === 'refund')).toHaveLength(1)
    expect(waits).toEqual([5_000, 10_000])
    expect(refunded(part)).toEqual([30])
  })

  it('of which nobody can tell is said to be unknown; the same call again finds it', async () => {
    const { apply, request, refunded, waits, ...shop } = await open()
    const path = FIND[kind]
    shop.fault({ kind: 'lost-response', path: APPLY[kind], ...METHOD, count: 1 })
    shop.fault({ kind: 'cut-connection', path, after: 1 })
    const part = request(30)
    const error = await apply(part).catch(cause => cause)
    expect(error).toBeInstanceOf(RefundError)
    expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', mayHaveTakenEffect: true, isRepeatable: true })
    expect(waits).toEqual([5_000, 10_000, 30_000, 60_000])
    shop.simulator.faults.clear()
    expect(await apply(part)).toMatchObject({ by: 'query', isRepeat: true })
    expect(refunded(part)).toEqual([30])
  })

  it('is sent again after FREQUENCY_LIMITED, which at the end is told as it is', async () => {
    const { apply, request, asked, refunded, ...shop } = await open()
    shop.fault({ kind: 'status', status: 429, path: APPLY[kind], ...METHOD, count: 6 })
    const part = request(30)
    const error = await apply(part).catch(cause => cause)
    expect(error).toMatchObject({
      code: 'REFUND_REFUSED',
      serviceCode: 'FREQUENCY_LIMITED',
      mayHaveTakenEffect: false,
      isRepeatable: true,
      message: expect.stringContaining('in a minute, with the same out_refund_no'),
    })
    expect(asked().slice(2)).toEqual(Array(5).fill('refund'))
    expect(await apply(part)).toMatchObject({ by: 'response' })
    expect(refunded(part)).toEqual([30])
  })

  it('after SYSTEM_ERROR is looked for, and sent again', async () => {
    const { apply, request, asked, refunded, ...shop } = await open()
    shop.fault({ kind: 'status', status: 500, path: APPLY[kind], ...METHOD, count: 1 })
    const part = request(30)
    expect(await apply(part)).toMatchObject({ by: again.by })
    expect(asked().slice(2)).toEqual(['refund', 'query refund', 'refund', ...again.proof])
    expect(refunded(part)).toEqual([30])
  })

  // The simulator does not show a sub-merchant's balance.
  it.skipIf(hasSub(kind) || isOverseas(kind))(
    'that the balance does not cover says so, and is made under its number when it does',
    async () => {
      const { apply, request, refunded, simulator, waits } = await open({ total: 10_000 })
      // Settled at the end of the day, and taken out.
      await simulator.advance(86_400_000)
      simulator.fund(-simulator.balance().available, 'BASIC')
      const part = request(10_000)
      const error = await apply(part).catch(cause => cause)
      expect(error).toBeInstanceOf(RefundError)
      expect(error).toMatchObject({
        code: 'REFUND_REFUSED',
        serviceCode: expect.stringMatching(/^NOT_?ENOUGH$/),
        isRepeatable: true,
        mayHaveTakenEffect: false,
        message: expect.stringContaining('余额不足'),
        cause: { name: 'ServiceError' },
      })
      expect(refunded(part)).toEqual([undefined])
      simulator.fund(10_000, 'BASIC')
      expect(await apply(part)).toMatchObject({ by: 'response', isRepeat: false })
      expect(waits).toEqual([])
    },
  )

  it.each([0, -1, 1.5, Number.NaN, 2 ** 53, '30', undefined, null])(
    'of %j fen is refused before anything is asked',
    async fen => {
      const { apply, request, asked } = await open()
      const field = kind === 'APIv2' ? 'refund_fee' : 'amount.refund'
      await expect(apply(request(fen))).rejects.toMatchObject({ name: 'CallError', code: 'BODY_INVALID', field })
      expect(asked()).toEqual([])
    },
  )

  it('of more than the order is refused before it is sent, and so is one of more than is left', async () => {
    const { apply, request, asked, simulator } = await open()
    const unit = unitOf(kind)
    const field = kind === 'APIv2' ? 'refund_fee' : 'amount.refund'
    await expect(apply(request(101))).rejects.toMatchObject({
      field,
      message: expect.stringContaining(
        `a refund of 101 ${unit} is more than the 100 that can still be refunded of an order of 100 ${unit}`,
      ),
    })
    const parts = [request(30), request(40)]
    for (const part of parts) await apply(part)
    const earlier = [...parts, parts[0]!].map(({ out_refund_no }) => out_refund_no)
    await expect(apply(request(31), { earlier })).rejects.toMatchObject({
      field,
      message: expect.stringContaining(`a refund of 31 ${unit} is more than the 30 `),
    })
    expect(asked().filter(call => call === 'refund')).toHaveLength(2)
    // A closed refund has returned the money.
    const closed = request(30)
    await apply(closed, { earlier })
    simulator.refundResult(closed.out_refund_no, 'CLOSED')
    await expect(apply(request(30), { earlier: [...earlier, closed.out_refund_no] })).resolves.toMatchObject({
      amount: 30,
    })
  })

  it('of an order that the caller takes for another amount is refused before it is sent', async () => {
    const { apply, request, asked } = await open()
    const wrong =
      kind === 'APIv2' ? request(30, { total_fee: 200 }) : request(0, { amount: { refund: 30, total: 200 } })
    const field = kind === 'APIv2' ? 'total_fee' : 'amount.total'
    await expect(apply(wrong)).rejects.toMatchObject({ name: 'CallError', field })
    expect(asked()).not.toContain('refund')
  })

  it('of an order that is not paid is refused before it is sent', async () => {
    const { apply, request, asked } = await open({ isPaid: false })
    await expect(apply(request(30))).rejects.toMatchObject({
      name: 'CallError',
      field: 'out_trade_no',
      message: /NOTPAY/,
    })
    expect(asked()).not.toContain('refund')
  })

  it.skipIf(!isCombined(kind))('of an order that is not of the combined one is refused before it is sent', async () => {
    const { apply, request, asked } = await open()
    const error = await apply(request(30, { out_trade_no: unusedNumber() })).catch(cause => cause)
    expect(error).toMatchObject({ name: 'CallError', field: 'out_trade_no', message: /combined order/ })
    expect(asked()).not.toContain('refund')
  })

  it('found closed says so: no money moved, and only another number refunds', async () => {
    const { apply, request, refunded, asked, simulator } = await open()
    const part = request(30)
    await apply(part)
    simulator.refundResult(part.out_refund_no, 'CLOSED')
    const before = asked().length
    const error = await apply(part).catch(cause => cause)
    expect(error).toBeInstanceOf(RefundError)
    expect(error).toMatchObject({
      code: 'REFUND_CLOSED',
      out_refund_no: part.out_refund_no,
      mayHaveTakenEffect: false,
      isRepeatable: false,
      refund_id: simulator.refund(part.out_refund_no)!.refund_id,
      message: expect.stringContaining('under a new out_refund_no'),
    })
    expect(asked().slice(before)).toEqual(['query refund'])
    const again = request(30)
    expect(await apply(again)).toMatchObject({ by: 'response', state: 'PROCESSING' })
    expect(refunded(again)).toEqual([30])
  })

  it('found abnormal says so, and that no other number may be used', async () => {
    const { apply, request, simulator } = await open()
    const part = request(30)
    await apply(part)
    simulator.refundResult(part.out_refund_no, 'ABNORMAL')
    const error = await apply(part).catch(cause => cause)
    expect(error).toBeInstanceOf(RefundError)
    expect(error).toMatchObject({
      code: 'REFUND_ABNORMAL',
      mayHaveTakenEffect: true,
      isRepeatable: false,
      message: expect.stringContaining('redirectRefund'),
    })
  })

  it('is settled by its name, which is its request', async () => {
    const { apply, request, wxpay, wait } = await open()
    const part = request(30)
    await apply(part)
    const settled = await settledRefund(wxpay, part as never, { deadline: START, wait })
    expect(settled).toMatchObject({ isFinal: true, state: 'SUCCESS', data: { out_refund_no: part.out_refund_no } })
  })

  const CARD = { type: 'USER_BANK_CARD', bank_type: 'ICBC_DEBIT', bank_account: '6222', real_name: '张三' } as const

  describe.skipIf(kind === 'APIv2' || isOverseas(kind))('that is abnormal', () => {
    const openAbnormal = async () => {
      const opened = await open()
      const part = opened.request(30)
      await opened.apply(part)
      opened.simulator.refundResult(part.out_refund_no, 'ABNORMAL')
      const { sub_mchid, sp_appid, out_refund_no } = part as {
        sub_mchid?: string
        sp_appid?: string
        out_refund_no: string
      }
      const named = { out_refund_no, ...(sub_mchid && { sub_mchid }), ...(sp_appid && { sp_appid }) }
      const redirect = (change: object = {}, options: object = {}) =>
        redirectRefund(opened.wxpay, { ...named, ...CARD, ...change } as never, { wait: opened.wait, ...options })
      const told = opened.asked().length
      const sent = () => opened.asked().slice(told)
      const state = () => opened.simulator.refund(part.out_refund_no)!
      return { ...opened, part, redirect, sent, state }
    }
    const REDIRECT = '/v3/**/apply-abnormal-refund'

    it('is looked for and sent to another card', async () => {
      const { redirect, sent, state } = await openAbnormal()
      const accepted = await redirect()
      expect(accepted).toMatchObject({ state: 'PROCESSING', by: 'response', isRepeat: false, amount: 30 })
      expect(sent()).toEqual(['query refund', 'redirect'])
      expect(state()).toMatchObject({ status: 'PROCESSING', channel: 'OTHER_BANKCARD' })
    })

    it('and was sent already is the same', async () => {
      const { redirect, sent } = await openAbnormal()
      await redirect()
      expect(await redirect()).toMatchObject({ state: 'SUCCESS', by: 'query', isRepeat: true })
      expect(sent().filter(call => call === 'redirect')).toHaveLength(1)
    })

    it.each(['lost-response', 'wrong-signature'] as const)(
      'is found when its answer comes to nothing: %s',
      async kind => {
        const { redirect, sent, fault } = await openAbnormal()
        fault({ kind, path: REDIRECT, count: 1 })
        expect(await redirect()).toMatchObject({ by: 'query', isRepeat: false })
        expect(sent()).toEqual(['query refund', 'redirect', 'query refund'])
      },
    )

    it('is sent again when a query says that it is abnormal still', async () => {
      const { redirect, sent, state, fault } = await openAbnormal()
      fault({ kind: 'cut-connection', path: REDIRECT, count: 1 })
      expect(await redirect()).toMatchObject({ by: 'response' })
      expect(sent()).toEqual(['query refund', 'redirect', 'query refund', 'redirect'])
      expect(state().channel).toBe('OTHER_BANKCARD')
    })

    it('is unknown while nothing answers', async () => {
      const { redirect, fault } = await openAbnormal()
      fault({ kind: 'cut-connection', path: REDIRECT })
      await expect(redirect()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN', mayHaveTakenEffect: true })
    })

    it('stays abnormal when WeChat Pay refuses the card', async () => {
      const { redirect, state } = await openAbnormal()
      const error = await redirect({ bank_account: undefined }).catch((cause: unknown) => cause)
      expect(error).toMatchObject({ code: 'REFUND_REFUSED', serviceCode: 'PARAM_ERROR', mayHaveTakenEffect: false })
      expect(state().status).toBe('ABNORMAL')
    })

    it('is not sent anywhere when there is none', async () => {
      const { redirect, sent } = await openAbnormal()
      await expect(redirect({ out_refund_no: unusedNumber() })).rejects.toMatchObject({ name: 'CallError' })
      expect(sent()).toEqual(['query refund'])
    })
  })

  it.skipIf(isCombined(kind))('of an order that does not exist is an error of the query', async () => {
    const { apply, request, waits } = await open()
    const error = await apply(request(30, { out_trade_no: unusedNumber() })).catch(cause => cause)
    expect(error).toMatchObject({ name: 'ServiceError', serviceCode: expect.stringMatching(/^ORDER_?NOT_?EXIST$/) })
    expect(waits).toEqual([])
  })

  it('of an order that its transaction_id names', async () => {
    const { apply, request, simulator, out_trade_no, refunded } = await open()
    const { transaction_id } = simulator.order(out_trade_no)!
    const part = request(30, { out_trade_no: undefined, transaction_id })
    expect(await apply(part)).toMatchObject({
      by: 'response',
      // The response overseas names no order.
      data: isOverseas(kind) ? { out_refund_no: part.out_refund_no } : { out_trade_no },
    })
    expect(await apply(part)).toMatchObject({ isRepeat: true })
    expect(refunded(part)).toEqual([30])
  })

  it('that is given up while its order is queried ends at once', async () => {
    const { apply, request, asked, refunded, fault } = await open()
    fault({ kind: 'delay', ms: 600_000, path: '/**', after: 1 })
    const controller = new AbortController()
    const part = request(30)
    const applying = apply(part, { signal: controller.signal })
    await expect.poll(asked).toEqual(['query refund', 'query order'])
    controller.abort()
    await expect(applying).rejects.toMatchObject({ code: 'ABORTED' })
    expect(refunded(part)).toEqual([undefined])
  })

  it('that is given up before it is sent is not; after that it is settled by a query', async () => {
    const { apply, request, refunded, shop, ...rest } = await open()
    const part = request(30)
    await expect(apply(part, { signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'ABORTED' })
    expect(refunded(part)).toEqual([undefined])
    const controller = new AbortController()
    rest.fault({ kind: 'cut-connection', path: APPLY[kind], ...METHOD, count: 1 })
    rest.during(1, () => controller.abort())
    await expect(apply(part, { signal: controller.signal })).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' })
    expect(refunded(part)).toEqual([undefined])
  })
})

describe('a refund', () => {
  it.each([
    [{ out_refund_no: undefined }, { code: 'BODY_INVALID', field: 'out_refund_no' }],
    [{ out_refund_no: 'a b' }, { code: 'BODY_INVALID', field: 'out_refund_no' }],
    [{ out_refund_no: 'x'.repeat(65) }, { code: 'BODY_INVALID', field: 'out_refund_no' }],
    [{ out_trade_no: undefined }, { code: 'BODY_INVALID', field: 'out_trade_no' }],
    [{ amount: undefined }, { code: 'BODY_INVALID', field: 'amount.refund' }],
    [{ amount: { refund: 1, total: 0 } }, { code: 'BODY_INVALID', field: 'amount.total' }],
  ])('with %j is refused', async (change, error) => {
    const shop = await createTestMerchant()
    const request = { out_trade_no: '1', out_refund_no: '2', amount: { refund: 1 }, ...change }
    await expect(refund(shop.wxpay, request as never)).rejects.toMatchObject(error)
    expect(shop.calls()).toEqual([])
  })

  it('with an option that it does not know is refused', async () => {
    const shop = await createTestMerchant()
    const request = { out_trade_no: '1', out_refund_no: '2', amount: { refund: 1 } }
    const options = { notifications: 1 } as never
    await expect(refund(shop.wxpay, request, options)).rejects.toMatchObject({ code: 'OPTION_UNKNOWN' })
  })

  it('of APIv2 takes the client certificate', async () => {
    const shop = await createTestMerchant({ mtlsFetch: undefined as never })
    const out_trade_no = await ORDERS.APIv2(shop)
    shop.simulator.pay({ out_trade_no })
    const error = await refund(shop.wxpay, requestOf('APIv2', shop, out_trade_no, 30, {}) as never).catch(
      cause => cause,
    )
    expect(error).toBeInstanceOf(ConfigurationError)
  })

  it('in a state that WeChat Pay adds is accepted in that state', async () => {
    const order = { mchid: '1900000109', out_trade_no: '1', trade_state: 'SUCCESS', amount: { total: 100 } }
    const none = new Response('{"code":"RESOURCE_NOT_EXISTS","message":"m"}', { status: 404 })
    const made = await signedV3Response({ out_trade_no: '1', out_refund_no: '2', refund_id: '5', status: 'FROZEN' })
    const { wxpay } = createTestClient([none, await signedV3Response(order), made])
    const request = { out_trade_no: '1', out_refund_no: '2', amount: { refund: 1 } }
    expect(await refund(wxpay, request)).toMatchObject({ state: 'FROZEN', refund_id: '5' })
  })

  it('counts all refunds of an order of APIv2, of which a query tells ten at a time', async () => {
    const shop = await createTestMerchant()
    const out_trade_no = await ORDERS.APIv2(shop)
    shop.simulator.pay({ out_trade_no })
    for (let count = 0; count < 12; count++)
      await refund(shop.wxpay, requestOf('APIv2', shop, out_trade_no, 8, {}) as never, { wait: shop.wait })
    const more = requestOf('APIv2', shop, out_trade_no, 5, {}) as never
    await expect(refund(shop.wxpay, more)).rejects.toMatchObject({ field: 'refund_fee', message: /4 fen are left/ })
  })
})

describe('the number of a refund', () => {
  it('is made of the order and of what the refund is for', () => {
    expect(refundNumber('20260101001', 'item-3')).toBe('20260101001-item-3')
    expect(refundNumber('x'.repeat(32), 'y'.repeat(31))).toHaveLength(64)
  })

  it.each([
    ['', 'item'],
    ['1', ''],
    ['1', 'item 3'],
    ['x'.repeat(32), 'y'.repeat(32)],
  ])('not of %j and %j', (out_trade_no, key) => expect(() => refundNumber(out_trade_no, key)).toThrow(CallError))
})

describe("the numbered fields of APIv2's query", () => {
  it('are refunds, with their coupons', () => {
    const answer = {
      out_trade_no: '1',
      refund_count: '2',
      total_refund_count: '12',
      out_refund_no_0: 'a',
      refund_id_0: '50',
      refund_fee_0: '30',
      refund_status_0: 'SUCCESS',
      coupon_type_0_0: 'CASH',
      coupon_refund_id_0_0: '10',
      coupon_refund_fee_0_0: '3',
      coupon_refund_id_0_1: '11',
      coupon_refund_fee_0_1: '4',
      coupon_refund_fee_0: '7',
      out_refund_no_1: 'b',
      refund_id_1: '51',
      refund_fee_1: '8',
      refund_status_1: 'CHANGE',
      refund_recv_accout_1: '招商银行信用卡0403',
      out_refund_no_x: 'c',
    }
    expect(readV2Refunds(answer)).toEqual([
      {
        out_refund_no: 'a',
        refund_id: '50',
        refund_fee: '30',
        refund_status: 'SUCCESS',
        coupon_refund_fee: '7',
        coupons: [
          { coupon_type: 'CASH', coupon_refund_id: '10', coupon_refund_fee: '3' },
          { coupon_refund_id: '11', coupon_refund_fee: '4' },
        ],
      },
      {
        out_refund_no: 'b',
        refund_id: '51',
        refund_fee: '8',
        refund_status: 'CHANGE',
        coupons: [],
        refund_recv_accout: '招商银行信用卡0403',
      },
    ])
    expect(readV2Refunds({})).toEqual([])
  })

  it('of an answer without the refund that was asked for say nothing', async () => {
    const { wxpay } = createTestClient([signedV2Response({ out_trade_no: '1' })])
    const request = { appid: 'wx1', mch_id: '1900000109', out_trade_no: '1', out_refund_no: 'a', refund_fee: 1 }
    await expect(refund(wxpay, request, { delays: [] })).rejects.toMatchObject({ code: 'RESPONSE_MISMATCH' })
  })
})
