import fc from 'fast-check'
import { beforeEach, expect, it } from 'vitest'
import { DAY } from '../../../../src/core/base/time.ts'
import { Wechatpay } from '../../../../src/core/index.ts'
import { refund, returnAdvance, settledAdvanceReturn } from '../../../../src/flows/payment/index.ts'
import { HISTORIES } from '../../../fixtures/histories.ts'
import { crypto } from '../../../webcrypto.ts'
import { type Effect, effect, unreliableWay } from '../histories.ts'
import { SUB as sub_mchid } from '../placed.ts'
import { createTestMerchant, NOTIFY_URL, type TestMerchant, unusedNumber } from '../test-merchant.ts'

const PATH = '/v3/ecommerce/refunds/*/return-advance'
let shop: TestMerchant
beforeEach(async () => {
  shop = await createTestMerchant()
  shop.simulator.fund(1_000_00, 'BASIC')
})
const platform = () => shop.simulator.balance('BASIC').available
const posts = () => shop.calls().filter(call => /^POST .*return-advance$/.test(call)).length

async function paid(total: number): Promise<string> {
  const out_trade_no = unusedNumber()
  const { mchid: sp_mchid, appid: sp_appid } = shop.simulator.merchant
  const order = { sp_mchid, sp_appid, sub_mchid, out_trade_no, description: 'd', notify_url: NOTIFY_URL }
  await shop.wxpay.v3.pay.partner.transactions.native.post({ ...order, amount: { total } })
  shop.simulator.pay({ out_trade_no, sub_mchid })
  return out_trade_no
}

/** A refund of 300 fen that the platform has advanced; the sub-merchant has 600 fen on the next day. */
async function advanced(more: object = { refund_account: 'REFUND_SOURCE_PARTNER_ADVANCE' }): Promise<string> {
  const request = { out_trade_no: await paid(600), sub_mchid, sp_appid: shop.simulator.merchant.appid }
  const amount = { refund: 300 }
  const made = await refund(
    shop.wxpay,
    { ...request, out_refund_no: unusedNumber(), amount, ...more },
    { wait: shop.wait },
  )
  await shop.simulator.advance(10_000)
  return made.refund_id
}
const giveBack = (refund_id: string, options: object = {}) =>
  returnAdvance(shop.wxpay, { refund_id, sub_mchid }, { wait: shop.wait, ...options })

it('an advance is paid by the platform, and returned by the sub-merchant once', async () => {
  const refund_id = await advanced()
  expect(platform()).toBe(100_000 - 300)
  await shop.simulator.advance(DAY)
  expect(await giveBack(refund_id)).toMatchObject({ refund_id, state: 'SUCCESS', amount: 300, isRepeat: false })
  expect(await giveBack(refund_id)).toMatchObject({ state: 'SUCCESS', isRepeat: true })
  expect([platform(), posts()]).toEqual([100_000, 1])
})

it.each(['lost-response', 'cut-connection', 'cut-body', 'wrong-signature'] as const)(
  'is returned once after a %s',
  async kind => {
    const refund_id = await advanced()
    await shop.simulator.advance(DAY)
    shop.fault({ kind, method: 'POST', path: PATH, count: 1 })
    expect(await giveBack(refund_id)).toMatchObject({ state: 'SUCCESS' })
    expect(platform()).toBe(100_000)
  },
)

it('waits for the sub-merchant’s balance', async () => {
  const refund_id = await advanced()
  // Money that was paid today is settled tomorrow.
  expect(await giveBack(refund_id)).toMatchObject({ state: 'PROCESSING' })
  const waiting = { deadline: shop.now() + 2 * DAY, delays: [3_600_000], wait: shop.wait }
  expect(await settledAdvanceReturn(shop.wxpay, { refund_id, sub_mchid }, waiting)).toMatchObject({ state: 'SUCCESS' })
})

it('is tried at once by a repeated call', async () => {
  const refund_id = await advanced()
  expect(await giveBack(refund_id)).toMatchObject({ state: 'PROCESSING', isRepeat: false })
  await shop.simulator.advance(DAY / 2 + 1)
  expect(await giveBack(refund_id)).toMatchObject({ state: 'SUCCESS', isRepeat: true })
})

it('a refund that nobody has advanced is refused, and no money moves', async () => {
  const refund_id = await advanced({})
  await expect(giveBack(refund_id)).rejects.toMatchObject({
    code: 'ADVANCE_RETURN_REFUSED',
    serviceCode: 'INVALID_REQUEST',
    mayHaveTakenEffect: false,
  })
  expect(platform()).toBe(100_000)
})

it('names what is wrong before anything is sent', async () => {
  await expect(returnAdvance(shop.wxpay, { refund_id: '', sub_mchid })).rejects.toMatchObject({ field: 'refund_id' })
  await expect(returnAdvance(shop.wxpay, { refund_id: '5', sub_mchid: 'x' })).rejects.toMatchObject({
    field: 'sub_mchid',
  })
  expect(shop.calls()).toEqual([])
})

it('over lost responses, proxies and late arrivals an advance is returned once', async () => {
  const calls = fc.array(fc.array(effect, { maxLength: 6 }), { minLength: 1, maxLength: 3 })
  await fc.assert(
    fc.asyncProperty(calls, async calls => {
      const refund_id = await advanced()
      await shop.simulator.advance(DAY)
      const before = platform()
      for (const effects of calls) {
        const left: Effect[] = [...effects]
        const tooOften = async () => new Response('{"code":"FREQUENCY_LIMITED","message":"频率超限"}', { status: 429 })
        const way = unreliableWay(shop.simulator.fetch, () => left.shift() ?? { kind: 'through' }, tooOften)
        const { merchant } = shop.simulator
        const wxpay = new Wechatpay({ ...merchant, fetch: way.fetch, now: shop.now, crypto, retry: { delay: () => 0 } })
        const options = { wait: way.flush, delays: [1, 1] }
        const told = await returnAdvance(wxpay, { refund_id, sub_mchid }, options).catch(error => error)
        if (!(told instanceof Error)) expect(platform()).toBe(before + 300)
        await way.flush()
        expect([before, before + 300]).toContain(platform())
      }
    }),
    { numRuns: Math.ceil(HISTORIES / 5) },
  )
}, 3_600_000)
