import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import {
  type CompleteRequest,
  cancelServiceOrder,
  completeServiceOrder,
  createServiceOrder,
  type ModifyRequest,
  modifyServiceOrder,
  type ServiceOrderName,
  type ServiceOrderRequest,
} from '../../../src/flows/payscore/index.ts'
import { HISTORIES } from '../../fixtures/histories.ts'
import { crypto } from '../../webcrypto.ts'
import { type Effect, effect, unreliableWay } from '../payment/histories.ts'
import { createTestMerchant, type TestMerchant } from '../payment/test-merchant.ts'
import { feeOf, orderOf, SUB } from './service-orders.ts'

// Whatever happens on the way: what a flow says and what WeChat Pay's accounts say never disagree.

let shop: TestMerchant
beforeAll(async () => {
  shop = await createTestMerchant()
})

const tooOften = async (): Promise<Response> =>
  new Response('{"code":"FREQUENCY_LIMITED","message":"频率超限"}', { status: 429 })

const step = fc.record({
  call: fc.constantFrom('create', 'complete', 'modify', 'cancel'),
  effects: fc.array(effect, { maxLength: 6 }),
  amount: fc.constantFrom(100, 200, 300),
  isPaid: fc.boolean(),
})
/** Histories with an outcome that few random ones have: a cancellation comes after the payment. */
const EXAMPLES: [(typeof step extends fc.Arbitrary<infer Step> ? Step : never)[], boolean][] = [
  [
    [
      { call: 'complete', effects: [], amount: 100, isPaid: true },
      { call: 'cancel', effects: [], amount: 100, isPaid: false },
    ],
    false,
  ],
]

it('a service order is created, completed, lowered and cancelled as it is told', async () => {
  const told = new Map<string, number>()
  const steps = fc.array(step, { minLength: 1, maxLength: 5 })
  await fc.assert(
    fc.asyncProperty(steps, fc.boolean(), async (steps, isPartner) => {
      const { simulator } = shop
      const { merchant, fetch } = simulator
      const sub_mchid = isPartner ? SUB : undefined
      const request = orderOf(shop, isPartner ? { sub_mchid } : {})
      const { out_order_no, service_id, appid } = request
      const name = { out_order_no, service_id, ...(isPartner ? { sub_mchid } : { appid }) } as ServiceOrderName
      const stored = () => simulator.serviceOrder(out_order_no, sub_mchid)
      let charged: number | undefined
      for (const { call, effects, amount, isPaid } of [{ ...steps[0]!, call: 'create' as const }, ...steps]) {
        const left: Effect[] = [...effects]
        const way = unreliableWay(fetch, () => left.shift() ?? { kind: 'through' }, tooOften)
        const wxpay = new Wechatpay({ ...merchant, fetch: way.fetch, now: shop.now, crypto, retry: { delay: () => 0 } })
        const wait = async () => {
          await way.flush()
        }
        const options = { wait, delays: [1, 1] }
        const fee = { ...name, ...feeOf(amount) }
        const before = stored()?.total_amount
        const outcome = await {
          create: () => createServiceOrder(wxpay, request as ServiceOrderRequest, options),
          complete: () => completeServiceOrder(wxpay, fee as CompleteRequest, options),
          modify: () => modifyServiceOrder(wxpay, { ...fee, reason: 'r' } as ModifyRequest, options),
          cancel: () => cancelServiceOrder(wxpay, { ...name, reason: 'r' }, options),
        }
          [call]()
          .catch(error => error)
        const after = stored()
        const said = `${call}: ${outcome instanceof Error ? (outcome as { code?: string }).code : 'state' in outcome ? outcome.state : ''}`
        told.set(said, (told.get(said) ?? 0) + 1)
        if (!(outcome instanceof Error)) {
          if (call === 'create') expect(after?.order_id).toBe((outcome as { order_id: string }).order_id)
          if (call === 'complete' || call === 'modify')
            expect({ said, total: after?.total_amount }).toEqual({ said, total: amount })
          if (said === 'cancel: cancelled') expect(after?.state).toBe('REVOKED')
          if (said === 'cancel: paid') expect(after?.state).toBe('DONE')
        } else if ((outcome as { mayHaveTakenEffect?: boolean }).mayHaveTakenEffect === false) {
          await way.flush()
          if (call === 'complete') expect({ said, total: stored()?.total_amount }).toEqual({ said, total: before })
        }
        await way.flush()
        // An amount is set once, and then only lowered.
        const total = stored()?.total_amount
        if (before !== undefined) expect(total).toBeLessThanOrEqual(before)
        if (charged !== undefined) expect(total).toBe(charged)
        if (stored()?.state === 'CREATED') simulator.confirmServiceOrder(out_order_no, sub_mchid)
        if (isPaid && stored()?.state === 'DOING' && total) {
          simulator.payServiceOrder(out_order_no, sub_mchid)
          charged = total
        }
      }
    }),
    { numRuns: HISTORIES, examples: EXAMPLES },
  )
  for (const outcome of ['complete: DOING', 'cancel: cancelled', 'cancel: paid'])
    expect({ outcome, count: told.get(outcome) ?? 0 }).toEqual({
      outcome,
      count: expect.toSatisfy((n: number) => n > 0),
    })
}, 3_600_000)
