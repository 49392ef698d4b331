import fc from 'fast-check'
import { beforeAll, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import {
  cancelTransfer,
  settledTransfer,
  startTransfer,
  TransferError,
  type TransferRequest,
} from '../../../src/flows/transfer/index.ts'
import { HISTORIES } from '../../fixtures/histories.ts'
import { crypto } from '../../webcrypto.ts'
import { type Effect, effect, unreliableWay } from '../payment/histories.ts'
import { createTestMerchant, type TestMerchant } from '../payment/test-merchant.ts'
import { transferOf } from './transfers.ts'

// Whatever happens on the way: what a flow says and what WeChat Pay's accounts say never disagree, and no money moves twice.

let shop: TestMerchant
beforeAll(async () => {
  shop = await createTestMerchant()
})

/** WeChat Pay's own words for too many calls. */
const tooOften = async (): Promise<Response> =>
  new Response('{"code":"FREQUENCY_LIMITED","message":"频率超限"}', { status: 429 })

/** A client on an unreliable way; late requests arrive when it waits, and something happens at one of the waits. */
function setOut(script: readonly Effect[], interrupt: () => void, at: number) {
  const left = [...script]
  const { merchant, fetch } = shop.simulator
  const way = unreliableWay(fetch, () => left.shift() ?? { kind: 'through' }, tooOften)
  const wxpay = new Wechatpay({ ...merchant, fetch: way.fetch, now: shop.now, crypto, retry: { delay: () => 0 } })
  let waits = 0
  const wait = async (ms: number) => {
    await way.flush()
    if (++waits === at) interrupt()
    await shop.wait(Math.min(ms, 1_000))
  }
  return { wxpay, wait, flush: way.flush }
}

const effects = fc.array(effect, { maxLength: 8 })
const at = fc.integer({ min: 0, max: 4 })

it('a number transfers once, as it is told, over repetitions, proxies and late arrivals', async () => {
  const told = new Map<string, number>()
  const calls = fc.array(fc.record({ effects, at: fc.nat(1) }), { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(calls, fc.boolean(), async (calls, hasMoney) => {
      const { simulator } = shop
      const requests = [transferOf(shop), transferOf(shop)]
      const balance = simulator.balance('OPERATION').available
      const missing = hasMoney ? 0 : balance - 499
      if (missing > 0) simulator.fund(-missing)
      const before = simulator.balance('OPERATION').available
      for (const { effects, at } of calls) {
        const request = requests[at]!
        const { wxpay, wait, flush } = setOut(effects, () => {}, 0)
        const outcome = await startTransfer(wxpay, request as TransferRequest, { wait, delays: [1, 1] }).catch(e => e)
        const made = simulator.transfer(request.out_bill_no)
        const name = outcome instanceof Error ? `${outcome.name} ${(outcome as { code?: string }).code}` : 'made'
        told.set(name, (told.get(name) ?? 0) + 1)
        if (!(outcome instanceof Error)) expect(made).toMatchObject({ transfer_bill_no: outcome.transfer_bill_no })
        else if (!(outcome as { mayHaveTakenEffect?: boolean }).mayHaveTakenEffect) {
          // Requests of this call that are late arrive now: one that was refused stays unmade.
          await flush()
          const isMade = simulator.transfer(request.out_bill_no) !== undefined
          expect({ name, isMade }).toEqual({ name, isMade: made !== undefined })
          if (outcome instanceof TransferError) expect({ name, isMade }).toEqual({ name, isMade: false })
        }
        await flush()
      }
      const made = requests.filter(({ out_bill_no }) => simulator.transfer(out_bill_no)).length
      expect(before - simulator.balance('OPERATION').available).toBe(made * 500)
      if (missing > 0) simulator.fund(missing)
    }),
    { numRuns: HISTORIES },
  )
  expect(told.get('made') ?? 0).toBeGreaterThan(HISTORIES / 40)
  expect(told.get('TransferError TRANSFER_REFUSED') ?? 0).toBeGreaterThan(0)
}, 3_600_000)

it('a transfer is cancelled, or received, as it is told', async () => {
  const told = new Map<string, number>()
  await fc.assert(
    fc.asyncProperty(effects, at, async (effects, at) => {
      const request = transferOf(shop)
      const { out_bill_no } = request
      await startTransfer(shop.wxpay, request as TransferRequest, { wait: shop.wait })
      const confirm = () => {
        if (shop.simulator.transfer(out_bill_no)?.state === 'WAIT_USER_CONFIRM')
          shop.simulator.confirmTransfer(out_bill_no)
      }
      if (at === 0) confirm()
      const { wxpay, wait, flush } = setOut(effects, confirm, at)
      const outcome = await cancelTransfer(wxpay, { out_bill_no }, { wait, delays: [1, 1_000, 1_000] }).catch(e => e)
      const { state } = shop.simulator.transfer(out_bill_no)!
      const name = outcome instanceof Error ? outcome.name : outcome.state
      told.set(name, (told.get(name) ?? 0) + 1)
      expect(name).not.toBe('absent')
      if (name === 'received') expect(state).toBe('SUCCESS')
      if (name === 'cancelled') {
        await flush()
        confirm()
        expect(shop.simulator.transfer(out_bill_no)!.state).toBe('CANCELLED')
      }
      await flush()
    }),
    { numRuns: HISTORIES },
  )
  // More than a fifth is received, so that 60 random histories fall short once in 400,000 runs.
  expect(told.get('cancelled') ?? 0).toBeGreaterThan(HISTORIES / 40)
  expect(told.get('received') ?? 0).toBeGreaterThan(HISTORIES / 40)
}, 3_600_000)

it('a transfer is settled as it is', async () => {
  await fc.assert(
    fc.asyncProperty(effects, at, async (effects, at) => {
      const request = transferOf(shop)
      const { out_bill_no } = request
      await startTransfer(shop.wxpay, request as TransferRequest, { wait: shop.wait })
      const { wxpay, wait } = setOut(effects, () => shop.simulator.confirmTransfer(out_bill_no), at)
      const waiting = { deadline: shop.now() + 4_000, delays: [1_000], wait }
      const settled = await settledTransfer(wxpay, { out_bill_no }, waiting).catch(error => error)
      if (settled.isFinal) expect(settled.state).toBe(shop.simulator.transfer(out_bill_no)!.state)
    }),
    { numRuns: HISTORIES },
  )
}, 3_600_000)
