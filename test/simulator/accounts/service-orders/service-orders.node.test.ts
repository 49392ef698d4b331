import { beforeEach, describe, expect, it } from 'vitest'
import { DAY } from '../../../../src/core/base/time.ts'
import { createTestMerchant, NOTIFY_URL, newNumber, refusalOf, type TestMerchant } from '../../test-merchant.ts'

let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let received: TestMerchant['received']
beforeEach(async () => {
  ;({ simulator, call, received } = await createTestMerchant())
})

const service_id = '2002000000000558128851361561536'

describe.each([
  ['a merchant', '/v3/payscore/serviceorder', undefined],
  ['a partner', '/v3/payscore/partner/serviceorder', '1900000110'],
])('a service order (支付分订单) of %s', (_, root, sub_mchid) => {
  const party = (): Record<string, string> =>
    sub_mchid ? { service_id, sub_mchid } : { service_id, appid: simulator.merchant.appid }
  const draft = (more: object = {}) => ({
    ...party(),
    appid: simulator.merchant.appid,
    out_order_no: newNumber(),
    service_introduction: '充电宝',
    time_range: { start_time: 'OnAccept' },
    risk_fund: { name: 'DEPOSIT', amount: 1_000 },
    notify_url: NOTIFY_URL,
    ...more,
  })
  const query = (out_order_no: string) => call(`GET ${root}?${new URLSearchParams({ ...party(), out_order_no })}`)
  const act = (out_order_no: string, action: string, body: object) =>
    call(`POST ${root}/${out_order_no}/${action}`, { ...party(), ...body })
  const complete = (out_order_no: string, amount: number) =>
    act(out_order_no, 'complete', { total_amount: amount, post_payments: [{ name: '费用', amount }] })

  async function created(more?: object): Promise<string> {
    const body = draft(more)
    await call(`POST ${root}`, body)
    return body.out_order_no
  }

  it('is confirmed and paid once, and both are notified', async () => {
    const out_order_no = await created()
    expect(await query(out_order_no)).toMatchObject({ state: 'CREATED', mchid: simulator.merchant.mchid })
    simulator.confirmServiceOrder(out_order_no, sub_mchid)
    expect(await query(out_order_no)).toMatchObject({ state: 'DOING', state_description: 'USER_CONFIRM' })
    await complete(out_order_no, 1_000)
    expect(await query(out_order_no)).toMatchObject({
      state: 'DOING',
      state_description: 'MCH_COMPLETE',
      collection: { state: 'USER_PAYING', paying_amount: 1_000 },
    })
    const before = simulator.balance().pending
    simulator.payServiceOrder(out_order_no, sub_mchid)
    expect(() => simulator.payServiceOrder(out_order_no, sub_mchid)).toThrow(/SERVICE_ORDER_STATE/)
    await simulator.settled()
    expect(simulator.balance().pending - before).toBe(sub_mchid ? 0 : 994)
    expect(received.map(({ event }) => event)).toEqual(['PAYSCORE.USER_CONFIRM', 'PAYSCORE.USER_PAID'])
    expect(received[1]!.resource).toMatchObject({
      out_order_no,
      state: 'DONE',
      collection: { state: 'USER_PAID', details: [{ paid_type: 'NEWTON', amount: 1_000 }] },
    })
  })

  it('is repeated with the same parameters, and refused with others', async () => {
    const body = draft()
    const first = await call(`POST ${root}`, body)
    expect(await call(`POST ${root}`, body)).toEqual(first)
    expect(await refusalOf(call(`POST ${root}`, { ...body, service_introduction: 'x' }))).toEqual([
      400,
      'INVALID_REQUEST',
    ])
  })

  it('needs no confirmation if the user has authorized the service', async () => {
    const out_order_no = await created({ need_user_confirm: false, openid: 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o' })
    expect((await query(out_order_no)).state).toBe('DOING')
  })

  it('is refused in the wrong state, for more than the deposit, and for amounts that do not add up', async () => {
    const out_order_no = await created()
    expect(await refusalOf(complete(out_order_no, 1))).toEqual([400, 'INVALID_REQUEST'])
    simulator.confirmServiceOrder(out_order_no, sub_mchid)
    expect(await refusalOf(complete(out_order_no, 1_001))).toEqual([400, 'INVALID_REQUEST'])
    const wrong = { total_amount: 2, post_payments: [{ name: '费用', amount: 1 }] }
    expect(await refusalOf(act(out_order_no, 'complete', wrong))).toEqual([400, 'PARAM_ERROR'])
    await complete(out_order_no, 500)
    expect(await refusalOf(complete(out_order_no, 500))).toEqual([400, 'INVALID_REQUEST'])
    const more = { total_amount: 501, post_payments: [{ name: '费用', amount: 501 }], reason: 'r' }
    expect(await refusalOf(act(out_order_no, 'modify', more))).toEqual([400, 'INVALID_REQUEST'])
    expect(await refusalOf(query('nonesuch'))).toEqual([404, 'ORDER_NOT_EXIST'])
  })

  it('expires after 30 days without a confirmation', async () => {
    const out_order_no = await created()
    await simulator.advance(30 * DAY)
    expect((await query(out_order_no)).state).toBe('EXPIRED')
    expect(await refusalOf(act(out_order_no, 'cancel', { reason: 'r' }))).toEqual([400, 'INVALID_REQUEST'])
  })
})
