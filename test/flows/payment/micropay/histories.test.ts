import fc from 'fast-check'
import { expect, it } from 'vitest'
import {
  type MicropayOrder,
  type MicropayOutcome,
  type MicropayState,
  micropay,
  resumeMicropay,
  reverseMicropay,
} from '../../../../src/flows/payment/index.ts'
import { signedV2Response } from '../../../core/test-client.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { type Effect, effect, unreliableWay } from '../histories.ts'
import { authCode, createTestMerchant, type TestMerchant, unusedNumber } from '../test-merchant.ts'

// Whatever happens on the way, however often the process dies and goes on: what the flow says and what WeChat Pay's accounts say
// never disagree.

const KINDS = ['v3', 'v3-partner', 'overseas', 'overseas-partner', 'v2', 'v2-partner'] as const
type Kind = (typeof KINDS)[number]

function orderOf(kind: Kind, { simulator: { merchant } }: TestMerchant, total: number): MicropayOrder {
  const { appid, mchid } = merchant
  const out_trade_no = unusedNumber()
  const scene = { description: 'd', scene_info: { store_info: { id: '1' } } }
  if (kind.startsWith('v2'))
    return {
      appid,
      mch_id: mchid,
      ...(kind === 'v2-partner' && { sub_mch_id: '1900000110' }),
      body: 'b',
      out_trade_no,
      total_fee: total,
      spbill_create_ip: '127.0.0.1',
      auth_code: authCode(),
    }
  const payer = { auth_code: authCode() }
  if (kind.startsWith('overseas')) {
    const parties =
      kind === 'overseas'
        ? { appid, mchid }
        : { sp_appid: appid, sp_mchid: mchid, sub_appid: 'wxsub', sub_mchid: '1900000110' }
    const category = { merchant_category_code: '5411', trade_type: 'MICROPAY' }
    return { ...parties, ...category, description: 'd', out_trade_no, amount: { total, currency: 'JPY' }, payer }
  }
  return kind === 'v3'
    ? { appid, mchid, ...scene, out_trade_no, amount: { total }, payer }
    : { sp_appid: appid, sp_mchid: mchid, sub_mchid: '1900000110', ...scene, out_trade_no, amount: { total }, payer }
}

const withCode = (order: MicropayOrder): MicropayOrder =>
  'mch_id' in order ? { ...order, auth_code: authCode() } : { ...order, payer: { auth_code: authCode() } }

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

const run = fc.record({
  act: fc.constantFrom('pay', 'pay', 'pay with another code', 'resume', 'reverse'),
  /** The process dies before this request; none where it is beyond the last. */
  diesAt: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
  effects: fc.array(effect, { maxLength: 12 }),
  shopper: fc.record({ acts: fc.constantFrom('pay', 'cancel', 'sleep'), at: fc.integer({ min: 1, max: 6 }) }),
  abortedAt: fc.option(fc.integer({ min: 1, max: 6 }), { nil: undefined }),
})

it('a payment by code is told as it is, over crashes, repetitions, proxies and late arrivals', async () => {
  const history = {
    kind: fc.constantFrom(...KINDS),
    total: fc.constantFrom(100, 100_001),
    runs: fc.array(run, { minLength: 1, maxLength: 4 }),
  }
  await fc.assert(
    fc.asyncProperty(fc.record(history), async ({ kind, total, runs }) => {
      const shop = await createTestMerchant()
      const { simulator } = shop
      const order = orderOf(kind, shop, total)
      const { out_trade_no } = order
      for (const { act, diesAt, effects, shopper, abortedAt } of runs) {
        let requests = 0
        let waits = 0
        const script: Effect[] = [...effects]
        let died: () => void = () => {}
        const death = new Promise<'died'>(resolve => {
          died = () => resolve('died')
        })
        const way = (reach: typeof fetch) => unreliableWay(reach, () => script.shift() ?? { kind: 'through' }, tooOften)
        const plain = way(simulator.fetch)
        const mtls = way(simulator.mtlsFetch)
        const counted =
          (send: typeof fetch): typeof fetch =>
          (input, init) => {
            if (++requests !== diesAt) return send(input, init)
            died()
            return new Promise(() => {})
          }
        const { wxpay } = await createTestMerchant({
          ...simulator.merchant,
          fetch: counted(plain.fetch),
          mtlsFetch: counted(mtls.fetch),
          now: shop.now,
          retry: { delay: () => 0 },
        })
        const controller = new AbortController()
        const wait = async (ms: number) => {
          waits++
          await plain.flush()
          await mtls.flush()
          if (waits === abortedAt) controller.abort()
          if (waits === shopper.at && simulator.order(out_trade_no)?.trade_state === 'USERPAYING') {
            if (shopper.acts === 'pay') simulator.pay({ out_trade_no })
            if (shopper.acts === 'cancel') simulator.cancel({ out_trade_no })
          }
          await shop.wait(ms)
        }
        const options = { wait, limit: 20_000, reversals: 3, signal: controller.signal }
        const outcome = await Promise.race([
          death,
          act === 'reverse'
            ? reverseMicropay(wxpay, order, options)
            : last(
                act === 'resume'
                  ? resumeMicropay(wxpay, order, options)
                  : micropay(wxpay, act === 'pay' ? order : withCode(order), options),
              ),
        ])
        // Once a process is gone its connections are too: what it has sent arrives now or never.
        await plain.flush()
        await mtls.flush()
        if (outcome !== 'died') expectTrue(outcome, shop, out_trade_no)
      }
    }),
    { numRuns: HISTORIES },
  )
}, 3_600_000)

async function last(states: AsyncIterable<MicropayState<unknown>>): Promise<MicropayOutcome<unknown>> {
  let state: MicropayState<unknown> | undefined
  for await (state of states);
  return state as MicropayOutcome<unknown>
}

function expectTrue(outcome: MicropayOutcome<unknown>, { simulator }: TestMerchant, out_trade_no: string): void {
  const { trade_state, paidAt, revokedAt } = simulator.order(out_trade_no) ?? {}
  const isPaid = paidAt !== undefined && revokedAt === undefined
  const said = JSON.stringify({ ...outcome, transaction: undefined, error: undefined, refusal: undefined })
  if (outcome.state === 'paid')
    expect({ said, isPaid, trade_state }).toEqual({ said, isPaid: true, trade_state: 'SUCCESS' })
  // An ended order stays ended: nobody can pay it any more.
  if (outcome.state === 'refused')
    expect({ said, isPaid, isOver: ['CLOSED', 'REVOKED', 'PAYERROR', undefined].includes(trade_state) }).toEqual({
      said,
      isPaid: false,
      isOver: true,
    })
  if (outcome.state === 'reversed')
    expect({ said, isPaid, trade_state }).toEqual({ said, isPaid: false, trade_state: 'REVOKED' })
}
