import { randomBytes } from 'node:crypto'
import { beforeAll, describe, expect, it } from 'vitest'
import { createSimulator, type Order, type Simulator } from '../../../src/simulator/index.ts'
import { isSigned, v3 } from '../node-client.ts'

let simulator: Simulator
let now = Date.now()
beforeAll(async () => {
  simulator = await createSimulator({ now: () => now })
})

const number = () => `R${randomBytes(10).toString('hex')}`
async function placed(total = 100): Promise<string> {
  const { appid, mchid } = simulator.merchant
  const out_trade_no = number()
  const body = { appid, mchid, out_trade_no, description: 'd', notify_url: 'https://example.com/n', amount: { total } }
  await v3(simulator, 'POST', '/v3/pay/transactions/native', { body, now })
  return out_trade_no
}
const paid = async (total?: number): Promise<Order> => simulator.pay({ out_trade_no: await placed(total) })
const refund = (body: object) => v3(simulator, 'POST', '/v3/refund/domestic/refunds', { body, now })
const query = (out_refund_no: string) => v3(simulator, 'GET', `/v3/refund/domestic/refunds/${out_refund_no}`, { now })
const amount = (part: number, total = 100) => ({ amount: { refund: part, total, currency: 'CNY' } })

describe('refunds', () => {
  it('are accepted, and succeed when queried, which the order shows', async () => {
    const { out_trade_no, transaction_id } = await paid()
    const out_refund_no = number()
    const accepted = await refund({ transaction_id, out_refund_no, reason: '商品已售完', ...amount(30) })
    expect(accepted.status).toBe(200)
    expect(isSigned(accepted, Object.values(simulator.merchant.platformKeys)[0]!)).toBe(true)
    expect(accepted.json).toMatchObject({
      refund_id: expect.stringMatching(/^5030\d{25}$/),
      out_refund_no,
      transaction_id,
      out_trade_no,
      channel: 'ORIGINAL',
      status: 'PROCESSING',
      create_time: expect.stringMatching(/\+08:00$/),
      amount: {
        total: 100,
        refund: 30,
        payer_total: 100,
        payer_refund: 30,
        settlement_refund: 30,
        settlement_total: 100,
        discount_refund: 0,
        currency: 'CNY',
      },
    })
    expect(accepted.json).not.toHaveProperty('success_time')
    const done = await query(out_refund_no)
    expect(done.json).toMatchObject({
      status: 'SUCCESS',
      refund_id: accepted.json.refund_id,
      success_time: expect.any(String),
    })
    const order = await v3(simulator, 'GET', `/v3/pay/transactions/out-trade-no/${out_trade_no}?mchid=1900000109`, {
      now,
    })
    expect(order.json).toMatchObject({ trade_state: 'REFUND', trade_state_desc: expect.stringContaining('退款') })
  })

  it('are repeated with the same parameters, and refused with others', async () => {
    const { out_trade_no, transaction_id } = await paid()
    const body = { out_trade_no, out_refund_no: number(), ...amount(30) }
    const first = await refund(body)
    expect((await refund(body)).json).toEqual(first.json)
    expect((await refund({ ...body, out_trade_no: undefined, transaction_id })).json).toEqual(first.json)
    const other = await refund({ ...body, ...amount(31) })
    expect([other.status, other.json.code]).toEqual([400, 'INVALID_REQUEST'])
  })

  it('are made in parts, and never exceed the payment', async () => {
    const { out_trade_no } = await paid()
    const part = (fen: number) => refund({ out_trade_no, out_refund_no: number(), ...amount(fen) })
    expect((await part(60)).status).toBe(200)
    const tooMuch = await part(41)
    expect([tooMuch.status, tooMuch.json.code]).toEqual([400, 'INVALID_REQUEST'])
    expect((await part(40)).status).toBe(200)
    const none = await part(1)
    expect([none.status, none.json.message]).toEqual([400, '订单已全额退款'])
  })

  it('are refused with the documented errors', async () => {
    const { out_trade_no } = await paid()
    const out_refund_no = number()
    const refused = async (body: object) => {
      const { status, json } = await refund({ out_refund_no, ...amount(1), ...body })
      return [status, json.code]
    }
    expect(await refused({ out_trade_no: 'none-such' })).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    expect(await refused({ transaction_id: '4200' })).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    expect(await refused({ out_trade_no, transaction_id: '4200' })).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    expect(await refused({ out_trade_no: await placed() })).toEqual([404, 'RESOURCE_NOT_EXISTS'])
    expect(await refused({ out_trade_no, ...amount(1, 99) })).toEqual([400, 'INVALID_REQUEST'])
    expect(await refused({})).toEqual([400, 'PARAM_ERROR'])
    expect(await refused({ out_trade_no, amount: { refund: 1, total: 100 } })).toEqual([400, 'PARAM_ERROR'])
    const unknown = await query('none-such')
    expect([unknown.status, unknown.json.code]).toEqual([404, 'RESOURCE_NOT_EXISTS'])
  })

  it('are paid from the balance only with settled money, from the next day on', async () => {
    const { out_trade_no } = await paid(50_000)
    const body = { out_trade_no, out_refund_no: number(), funds_account: 'AVAILABLE', ...amount(50_000, 50_000) }
    const poor = await refund(body)
    expect([poor.status, poor.json.code]).toEqual([403, 'NOT_ENOUGH'])
    now += 24 * 60 * 60 * 1000
    expect((await refund(body)).status).toBe(200)
  })
})
