import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import {
  closeOrder,
  type RefundRequest,
  refund,
  type SettledOrderOptions,
  settledOrder,
  settledRefund,
} from '../../../src/flows/payment/index.ts'
import { signedV2Response } from '../../core/test-client.ts'
import { HISTORIES } from '../../fixtures/histories.ts'
import { crypto } from '../../webcrypto.ts'
import { type Effect, effect, unreliableWay } from './histories.ts'
import { KINDS, type Placed, SUB } from './placed.ts'
import { createTestMerchant, NOTIFY_URL, type TestMerchant, unusedNumber } from './test-merchant.ts'

// Whatever happens on the way, and whichever genuine responses about other orders come instead: what a flow says and what WeChat
// Pay's accounts say never disagree. All histories share one simulator; each has orders and a client of its own.

let shop: TestMerchant
/** Genuine responses about other orders and refunds, by API. Errors are not among them: none names an order. */
const genuine: { v2: Response[]; v3: Response[] } = { v2: [], v3: [] }
const KIND_NAMES = Object.keys(KINDS)

beforeAll(async () => {
  shop = await createTestMerchant()
  const record =
    (send: typeof fetch): typeof fetch =>
    async (input, init) => {
      const response = await send(input, init)
      const isError = !response.ok || (await response.clone().text()).includes('FAIL')
      if (!isError) genuine[String(input).includes('/v3/') ? 'v3' : 'v2'].push(response.clone())
      return response
    }
  const { merchant, fetch, mtlsFetch } = shop.simulator
  const wxpay = new Wechatpay({
    ...merchant,
    fetch: record(fetch),
    mtlsFetch: record(mtlsFetch),
    now: shop.now,
    crypto,
  })
  const { wait } = shop
  for (const kind of KIND_NAMES) {
    const [paid, closed] = [await KINDS[kind]!({ ...shop, wxpay }), await KINDS[kind]!({ ...shop, wxpay })]
    shop.simulator.pay(paid.pay as never)
    await settledOrder(wxpay, paid.name, { deadline: 0, wait })
    await closeOrder(wxpay, closed.name, { wait })
    const { request, options } = refundOf(kind, paid, 30, unusedNumber())
    await refund(wxpay, request, { wait, ...options })
    await settledRefund(wxpay, request as never, { deadline: 0, wait })
  }
})

/** A refund of an order, which for a sub-merchant's order of APIv3 may be the platform's. */
function refundOf(
  kind: string,
  { name, pay, numbers }: Placed,
  fen: number,
  out_refund_no: string,
  isPlatform = false,
) {
  const { appid, mchid } = shop.simulator.merchant
  const out_trade_no = numbers[0]!
  const own = { out_trade_no, out_refund_no, notify_url: NOTIFY_URL }
  if (kind.startsWith('APIv2')) {
    const { sub_mch_id } = name as { sub_mch_id?: string }
    const request = { appid, mch_id: mchid, ...(sub_mch_id && { sub_mch_id }), ...own, refund_fee: fen }
    return { request: request as RefundRequest, options: {} }
  }
  if (kind.startsWith('overseas'))
    return { request: { ...name, ...own, amount: { refund: fen } } as RefundRequest, options: {} }
  const hasSub = kind === 'APIv3 of a partner'
  const sub = hasSub ? { sub_mchid: SUB, ...(isPlatform && { sp_appid: appid }) } : {}
  return {
    request: { ...own, ...sub, amount: { refund: fen } } as RefundRequest,
    options: 'combine_out_trade_no' in pay ? pay : {},
  }
}

/** The fate of a request: one of {@link effect}, or a genuine response about another order in place of its own. */
type AnyEffect = Effect | { readonly kind: 'mixed up'; readonly at: number; readonly hasArrived: boolean }

const anyEffect: fc.Arbitrary<AnyEffect> = fc.oneof(
  { weight: 3, arbitrary: effect },
  fc.record({ kind: fc.constant('mixed up' as const), at: fc.nat(1000), hasArrived: fc.boolean() }),
)
const effects = fc.array(anyEffect, { maxLength: 10 })

/** WeChat Pay's own words for too many calls. */
const tooOften = async (url: string): Promise<Response> =>
  url.includes('/v3/')
    ? new Response('{"code":"FREQUENCY_LIMITED","message":"频率超限"}', { status: 429 })
    : signedV2Response({
        return_code: 'SUCCESS',
        result_code: 'FAIL',
        err_code: 'FREQUENCY_LIMITED',
        err_code_des: 'd',
      })

/** A client on an unreliable way; what is late arrives when it waits, and something happens at one of the waits. */
function setOut(script: readonly AnyEffect[], interrupt: () => void, at: number) {
  const left = [...script]
  const way = (reach: typeof fetch) => {
    const unreliable = unreliableWay(reach, () => (left.shift() as Effect | undefined) ?? { kind: 'through' }, tooOften)
    const mixed: typeof fetch = async (input, init) => {
      if (left[0]?.kind !== 'mixed up') return unreliable.fetch(input, init)
      const { hasArrived, at } = left.shift() as Extract<AnyEffect, { kind: 'mixed up' }>
      const { signal: _, ...rest } = init ?? {}
      if (hasArrived) await reach(input, rest)
      const all = genuine[String(input).includes('/v3/') ? 'v3' : 'v2']
      return all[at % all.length]!.clone()
    }
    return { fetch: mixed, flush: unreliable.flush }
  }
  const { merchant, fetch, mtlsFetch } = shop.simulator
  const [plain, mtls] = [way(fetch), way(mtlsFetch)]
  const wxpay = new Wechatpay({
    ...merchant,
    fetch: plain.fetch,
    mtlsFetch: mtls.fetch,
    now: shop.now,
    crypto,
    retry: { delay: () => 0 },
  })
  let waits = 0
  const wait = async (ms: number) => {
    await plain.flush()
    await mtls.flush()
    if (++waits === at) interrupt()
    await shop.wait(Math.min(ms, 1_000))
  }
  const flush = async () => {
    await plain.flush()
    await mtls.flush()
  }
  return { wxpay, wait, flush }
}

const statesOf = (numbers: readonly string[]) => numbers.map(number => shop.simulator.order(number)!.trade_state)
const isPaidNow = (numbers: readonly string[]) => statesOf(numbers).some(state => ['SUCCESS', 'REFUND'].includes(state))

const kind = fc.constantFrom(...KIND_NAMES)
const at = fc.integer({ min: 0, max: 5 })
const property = <T extends Record<string, fc.Arbitrary<unknown>>>(
  history: T,
  hold: (history: { [Name in keyof T]: T[Name] extends fc.Arbitrary<infer Value> ? Value : never }) => Promise<void>,
) => fc.assert(fc.asyncProperty(fc.record(history) as never, hold as never), { numRuns: HISTORIES })

/** Counts what a flow has said, so that one which always throws, or never commits itself, does not pass. */
function createTally(): { count(outcome: string): void; requireOften(...outcomes: string[]): void } {
  const seen = new Map<string, number>()
  return {
    count: outcome => void seen.set(outcome, (seen.get(outcome) ?? 0) + 1),
    // In a fortieth of the histories at least. Each has a fifth and more, so that 60 random ones fall short once in 400,000 runs.
    requireOften(...outcomes) {
      const rare = outcomes.filter(outcome => (seen.get(outcome) ?? 0) < HISTORIES / 40)
      expect({ rare, seen }).toEqual({ rare: [], seen })
    },
  }
}
const outcomeOf = (told: { name?: string; code?: string; state?: string; isFinal?: boolean }): string =>
  'code' in told ? `${told.name} ${told.code}` : String(told.isFinal === false ? 'not final' : told.state)

/** During the interruption the shopper may pay. Nothing if that cannot be any more. */
const payIfOpen = (pay: object) => () => {
  try {
    shop.simulator.pay(pay as never)
  } catch {
    // Closed meanwhile.
  }
}

it('an order is closed, or paid, as it is told', async () => {
  const tally = createTally()
  await property({ kind, effects, at }, async ({ kind, effects, at }) => {
    const placed = await KINDS[kind]!(shop)
    const { wxpay, wait, flush } = setOut(effects, payIfOpen(placed.pay), at)
    if (at === 0) payIfOpen(placed.pay)()
    const told = await closeOrder(wxpay, placed.name, { wait, delays: [1, 1, 1] }).catch(error => error)
    tally.count(outcomeOf(told))
    const states = statesOf(placed.numbers)
    if (told.state === 'paid') expect([told.state, isPaidNow(placed.numbers)]).toEqual(['paid', true])
    if (told.state === 'closed') {
      expect(new Set(states)).toEqual(new Set(['CLOSED']))
      await flush()
      payIfOpen(placed.pay)()
      expect(new Set(statesOf(placed.numbers))).toEqual(new Set(['CLOSED']))
    }
    if (told instanceof Error) expect(String(told)).toMatch(/^(CloseError|ServiceError)/)
    // The order is there, so that nobody may say that it is not.
    expect(told.state).not.toBe('absent')
  })
  tally.requireOften('paid', 'closed')
}, 3_600_000)

it('an order is settled as it is, and paid only if it is the one that was placed', async () => {
  const tally = createTally()
  const right = fc.boolean()
  await property({ kind, effects, at, right }, async ({ kind, effects, at, right }) => {
    const placed = await KINDS[kind]!(shop)
    const { wxpay, wait } = setOut(effects, payIfOpen(placed.pay), at)
    if (at === 0) payIfOpen(placed.pay)()
    const total = right ? 100 : 101
    const part = { total: right ? 50 : 51 }
    const expected =
      'combine_out_trade_no' in placed.pay
        ? { orders: Object.fromEntries(placed.numbers.map(number => [number, part])) }
        : { total, currency: kind.startsWith('overseas') ? 'JPY' : 'CNY' }
    const options: SettledOrderOptions = {
      deadline: shop.now() + 4_000,
      delays: [1_000],
      wait,
      expect: expected as never,
    }
    const told = await settledOrder(wxpay, placed.name, options).catch(error => error)
    tally.count(outcomeOf(told))
    const isPaid = isPaidNow(placed.numbers)
    if (told.state === 'SUCCESS') expect({ isPaid, right }).toEqual({ isPaid: true, right: true })
    if (told.state === 'UNEXPECTED') expect({ isPaid, right }).toEqual({ isPaid: true, right: false })
    if (told.isFinal) expect(isPaid).toBe(true)
  })
  tally.requireOften('SUCCESS', 'UNEXPECTED')
}, 3_600_000)

const isMade = (number: string) => shop.simulator.refund(number) !== undefined

it('refunds are made as they are told, over repetitions, proxies, late arrivals and mixed up responses', async () => {
  const tally = createTally()
  const calls = fc.array(fc.record({ effects, at: fc.nat(1) }), { minLength: 1, maxLength: 3 })
  const result = fc.constantFrom('SUCCESS', 'CLOSED', 'ABNORMAL', undefined)
  const history = { kind, calls, result, isPlatform: fc.boolean(), fen: fc.integer({ min: 1, max: 60 }) }
  await property(history, async ({ kind, calls, result, isPlatform, fen }) => {
    const placed = await KINDS[kind]!(shop)
    shop.simulator.pay(placed.pay as never)
    const most = 'combine_out_trade_no' in placed.pay ? 50 : 60
    const amount = Math.min(fen, most)
    const numbers = [unusedNumber(), unusedNumber()]
    for (const { effects, at } of calls) {
      const number = numbers[at]!
      const { request, options } = refundOf(kind, placed, amount, number, isPlatform)
      const settle = () => {
        if (result && shop.simulator.refund(number)?.status === 'PROCESSING')
          shop.simulator.refundResult(number, result)
      }
      const { wxpay, wait, flush } = setOut(effects, settle, 1)
      const told = await refund(wxpay, request, { wait, delays: [1, 1], earlier: numbers, ...options }).catch(e => e)
      const said = `${told.name ?? ''} ${told.code ?? told.state}`
      tally.count(told instanceof Error ? outcomeOf(told) : 'made')
      const made = shop.simulator.refund(number)
      if (!(told instanceof Error)) {
        expect(made).toMatchObject({ refund: amount, refund_id: told.refund_id })
        expect({ said, status: made!.status }).not.toMatchObject({ status: expect.stringMatching(/CLOSED|ABNORMAL/) })
      } else if ('code' in told && told.code === 'REFUND_CLOSED') expect(made!.status).toBe('CLOSED')
      else if ('code' in told && told.code === 'REFUND_ABNORMAL') expect(made!.status).toBe('ABNORMAL')
      else if (!(told as { mayHaveTakenEffect?: boolean }).mayHaveTakenEffect) {
        // Whatever of this call is late arrives now: a refund that was refused stays unmade.
        await flush()
        expect({ said, isMade: isMade(number) }).toEqual({ said, isMade: made !== undefined })
        if (said.includes('REFUND_REFUSED')) expect({ said, isMade: isMade(number) }).toEqual({ said, isMade: false })
      }
      await flush()
    }
    const standing = numbers.flatMap(number => {
      const made = shop.simulator.refund(number)
      return made && made.status !== 'CLOSED' ? [made.refund] : []
    })
    expect(standing.reduce((sum, fen) => sum + fen, 0)).toBeLessThanOrEqual(100)
  })
  tally.requireOften('made')
}, 3_600_000)

it('a refund is settled as it is', async () => {
  const tally = createTally()
  const result = fc.constantFrom('SUCCESS' as const, 'CLOSED' as const, 'ABNORMAL' as const)
  await property({ kind, effects, result, isPlatform: fc.boolean() }, async ({ kind, effects, result, isPlatform }) => {
    const placed = await KINDS[kind]!(shop)
    shop.simulator.pay(placed.pay as never)
    const number = unusedNumber()
    const { request, options } = refundOf(kind, placed, 30, number, isPlatform)
    await refund(shop.wxpay, request, { wait: shop.wait, ...options })
    if (shop.simulator.refund(number)!.status === 'PROCESSING') shop.simulator.refundResult(number, result)
    const { wxpay, wait } = setOut(effects, () => {}, 0)
    const waiting = { deadline: shop.now() + 4_000, delays: [1_000], wait }
    const told = await settledRefund(wxpay, request as never, waiting).catch(error => error)
    tally.count(outcomeOf(told))
    if (told.isFinal) {
      expect(told.state).toBe(shop.simulator.refund(number)!.status)
      expect(told.data.out_refund_no).toBe(number)
    }
  })
  tally.requireOften('SUCCESS', 'CLOSED', 'ABNORMAL')
}, 3_600_000)
