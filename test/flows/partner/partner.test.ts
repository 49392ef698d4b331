import { beforeEach, describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { downloadTradeBill, PAYMENTS, reconcile } from '../../../src/flows/bill/index.ts'
import {
  createPacer,
  DOCUMENTED_RATES,
  subMerchantFields,
  subMerchantFundFlowBills,
} from '../../../src/flows/partner/index.ts'
import { refund, settledOrder } from '../../../src/flows/payment/index.ts'
import { createTestMerchant, NOTIFY_URL, type TestMerchant, unusedNumber } from '../payment/test-merchant.ts'

const [A, B, IDLE] = ['1900000110', '1900000111', '1900000112'] as const
const DAY = 86_400_000
let shop: TestMerchant
beforeEach(async () => {
  shop = await createTestMerchant()
})
const fields = (sub_mchid: string) =>
  subMerchantFields(shop.wxpay, { sp_appid: shop.simulator.merchant.appid, sub_mchid })

/** An order of a sub-merchant that is paid. */
async function paid(sub_mchid: string, total: number, out_trade_no = unusedNumber()): Promise<string> {
  const order = { ...fields(sub_mchid).order, out_trade_no, description: 'd', notify_url: NOTIFY_URL }
  await shop.wxpay.v3.pay.partner.transactions.native.post({ ...order, amount: { total } })
  shop.simulator.pay({ out_trade_no, sub_mchid })
  return out_trade_no
}

describe('the fields of a sub-merchant', () => {
  it('place, query and refund its orders, and not those of another', async () => {
    const out_trade_no = await paid(A, 100)
    expect(shop.simulator.order(out_trade_no, A)).toMatchObject({ sub_mchid: A })
    const options = { deadline: 0, wait: shop.wait }
    expect(await settledOrder(shop.wxpay, { ...fields(A).name, out_trade_no }, options)).toMatchObject({
      state: 'SUCCESS',
    })
    expect(await settledOrder(shop.wxpay, { ...fields(B).name, out_trade_no }, options)).toMatchObject({
      isFinal: false,
    })
    await refund(
      shop.wxpay,
      { ...fields(A).sub, out_trade_no, out_refund_no: 'R1', amount: { refund: 30 } },
      { wait: shop.wait },
    )
    expect(shop.simulator.refund('R1', A)).toMatchObject({ refund: 30 })
  })

  it('are named in both APIs as documented', () => {
    const wxpay = new Wechatpay({ mchid: '1900000001' })
    const shop = subMerchantFields(wxpay, { sub_mchid: A, sp_appid: 'wx1', sub_appid: 'wx2' })
    expect(shop.order).toEqual({ sp_appid: 'wx1', sp_mchid: '1900000001', sub_mchid: A, sub_appid: 'wx2' })
    expect(shop.name).toEqual({ sp_mchid: '1900000001', sub_mchid: A })
    expect(shop.sub).toEqual({ sub_mchid: A })
    expect(shop.v2).toEqual({ appid: 'wx1', mch_id: '1900000001', sub_mch_id: A, sub_appid: 'wx2' })
  })

  it('name what is wrong', () => {
    const invalid = (field: string) => expect.objectContaining({ code: 'PARAMETER_INVALID', field })
    expect(() => subMerchantFields(shop.wxpay, { sub_mchid: '' })).toThrow(invalid('sub_mchid'))
    expect(() => subMerchantFields(shop.wxpay, { sub_mchid: A, sp_appid: 'x' })).toThrow(invalid('sp_appid'))
    const { sub, ...rest } = { sub: subMerchantFields(shop.wxpay, { sub_mchid: A }) }
    expect(rest).toEqual({})
    expect(() => sub.order).toThrow(invalid('sp_appid'))
  })
})

describe('the bills of many sub-merchants', () => {
  const query = { bill_date: '2026-03-01', account_type: 'BASIC' } as const
  async function collect(sub_mchids: readonly string[], options: object = {}) {
    const results: Record<string, unknown> = {}
    for await (const result of subMerchantFundFlowBills(shop.wxpay, sub_mchids, query, options)) {
      if (result.state !== 'bill') results[result.sub_mchid] = result.state
      else {
        const amounts: unknown[] = []
        for await (const row of result.bill.rows) amounts.push([row.业务名称, row['收支金额(元)']])
        results[result.sub_mchid] = amounts
      }
    }
    return results
  }

  it('are read one after the other; one that has none, or fails, does not stop the others', async () => {
    await paid(A, 1_000)
    await paid(B, 2_000)
    await shop.simulator.advance(DAY)
    const bills = await collect([A, IDLE, B])
    expect(bills).toEqual({
      [A]: [
        ['交易', 1_000],
        ['扣除交易手续费', 6],
      ],
      [IDLE]: 'none',
      [B]: [
        ['交易', 2_000],
        ['扣除交易手续费', 12],
      ],
    })
    shop.fault({ kind: 'cut-connection', path: '/v3/bill/sub-merchant-fundflowbill', count: 3 })
    expect(await collect([A, B])).toMatchObject({ [A]: 'failed', [B]: expect.any(Array) })
  })

  it('are paced', async () => {
    await paid(A, 1_000)
    await shop.simulator.advance(DAY)
    const rates = { 'GET /v3/bill/sub-merchant-fundflowbill': 1 }
    const waits: number[] = []
    let time = 0
    const wait = async (ms: number) => {
      waits.push(ms)
      time += ms
    }
    await collect([A, IDLE, A], { pacer: createPacer({ rates, now: () => time, wait }) })
    expect(waits).toEqual([1_000, 1_000])
  })

  it('are read at full speed with a pacer that has no rate for them', async () => {
    await paid(A, 1_000)
    await shop.simulator.advance(DAY)
    const wait = async () => {
      throw new Error('must not wait')
    }
    const pacer = createPacer({ rates: DOCUMENTED_RATES, wait })
    expect(await collect([A, IDLE], { pacer })).toMatchObject({ [A]: expect.any(Array), [IDLE]: 'none' })
  })

  it('end at a mistake in the configuration, which no other sub-merchant can escape', async () => {
    const keyless = new Wechatpay({ mchid: '1900000001', fetch: shop.simulator.fetch })
    await expect(subMerchantFundFlowBills(keyless, [A, B], query).next()).rejects.toMatchObject({
      name: 'ConfigurationError',
    })
  })

  it('of a wrong day are not requested, and an abort ends them', async () => {
    await expect(
      subMerchantFundFlowBills(shop.wxpay, [A], { ...query, bill_date: '2026-02-30' }).next(),
    ).rejects.toMatchObject({ code: 'QUERY_INVALID' })
    expect(shop.calls()).toEqual([])
    const signal = AbortSignal.abort()
    await expect(subMerchantFundFlowBills(shop.wxpay, [A, B], query, { signal }).next()).rejects.toMatchObject({
      code: 'ABORTED',
    })
  })

  it('the trade bill of all sub-merchants is reconciled by sub-merchant and number', async () => {
    // Two sub-merchants use one number.
    const out_trade_no = await paid(A, 1_000)
    await paid(B, 2_000, out_trade_no)
    await shop.simulator.advance(DAY)
    const bill = await downloadTradeBill(shop.wxpay, { bill_date: '2026-03-01' })
    const records = [
      { out_trade_no, sub_mchid: A, amount: 1_000 },
      { out_trade_no, sub_mchid: B, amount: 1_999 },
    ]
    const findings = []
    for await (const { kind, sub_mchid } of reconcile({ by: PAYMENTS, records, bill })) findings.push([kind, sub_mchid])
    expect(findings).toEqual([['differs', B]])
  })
})
