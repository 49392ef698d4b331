import { beforeEach, expect, it } from 'vitest'
import { DAY, MINUTE } from '../../../../src/core/base/time.ts'
import { OPENING_BALANCE } from '../../../../src/simulator/accounts/funds.ts'
import { createTestMerchant, newNumber, refusalOf, type TestMerchant } from '../../test-merchant.ts'

// States: https://pay.weixin.qq.com/doc/v2/merchant/4011981612. Codes: the table of …/cash_coupon.php?chapter=13_4, as Senparc.Weixin and
// OSS.PaySdk quote it; a red packet returns after a day.

let simulator: TestMerchant['simulator']
let call: TestMerchant['call']
let mchid: string
let appid: string
beforeEach(async () => {
  ;({ simulator, call } = await createTestMerchant())
  ;({ mchid, appid } = simulator.merchant)
})

const packet = (more: object = {}) => ({
  mch_billno: newNumber().slice(0, 20),
  mch_id: mchid,
  wxappid: appid,
  send_name: '天虹百货',
  re_openid: 'oReceiver',
  total_amount: 500,
  total_num: 1,
  wishing: '新年快乐',
  client_ip: '127.0.0.1',
  act_name: '新年红包',
  remark: '备注',
  ...more,
})
const send = (body: object, kind = 'sendredpack') => call(`POST /mmpaymkttransfers/${kind}`, body)
const query = (mch_billno: string) =>
  call('POST /mmpaymkttransfers/gethbinfo', { mch_billno, mch_id: mchid, appid, bill_type: 'MCHT' })
const code = async (run: Promise<unknown>) => (await refusalOf(run))[1]
const left = () => simulator.balance('OPERATION').available - OPENING_BALANCE

it('a red packet (现金红包) is sent once, opened by its receiver, and in the account', async () => {
  const body = packet()
  const sent = await send(body)
  expect(sent).toMatchObject({
    mch_billno: body.mch_billno,
    mch_id: mchid,
    wxappid: appid,
    re_openid: 'oReceiver',
    total_amount: '500',
    send_listid: expect.stringMatching(/^1000\d{24}$/),
  })
  expect((await send(body)).send_listid).toBe(sent.send_listid)
  expect(left()).toBe(-500)
  const shown = {
    mch_billno: body.mch_billno,
    detail_id: sent.send_listid,
    send_type: 'API',
    hb_type: 'NORMAL',
    total_num: '1',
    total_amount: '500',
    send_time: '2026-03-01 20:30:00',
    wishing: '新年快乐',
    act_name: '新年红包',
    remark: '备注',
  }
  expect(await query(body.mch_billno)).toMatchObject({ ...shown, status: 'SENT' })
  await simulator.advance(MINUTE)
  simulator.receiveRedPacket(body.mch_billno)
  expect(await query(body.mch_billno)).toMatchObject({
    ...shown,
    status: 'RECEIVED',
    hblist: { hbinfo: { openid: 'oReceiver', amount: '500', rcv_time: '2026-03-01 20:31:00' } },
  })
  expect(() => simulator.receiveRedPacket(body.mch_billno)).toThrow(/RED_PACKET_STATE/)
  await simulator.advance(2 * DAY)
  expect(await query(body.mch_billno)).toMatchObject({ status: 'RECEIVED' })
  expect(left()).toBe(-500)
})

it('a red packet that nobody opens returns after a day', async () => {
  const body = packet()
  await send(body)
  await simulator.advance(DAY)
  expect(await query(body.mch_billno)).toMatchObject({ status: 'RFUND_ING' })
  expect(() => simulator.receiveRedPacket(body.mch_billno)).toThrow(/RED_PACKET_STATE/)
  await simulator.advance(MINUTE)
  expect(await query(body.mch_billno)).toMatchObject({
    status: 'REFUND',
    refund_amount: '500',
    refund_time: '2026-03-02 20:31:00',
  })
  expect(left()).toBe(0)
  const flows = simulator.accounts().find(({ type }) => type === 'OPERATION')!
  expect(JSON.stringify(flows)).toContain('现金红包退款')
})

it('a mini program gets the parameters with which it opens one', async () => {
  const { client_ip: _, ...body } = packet()
  const sent = await send({ ...body, notify_way: 'MINI_PROGRAM_JSAPI' }, 'sendminiprogramhb')
  expect(sent.package).toMatch(new RegExp(`^sendid=${sent.send_listid}&ver=8&sign=[0-9a-f]{32}&mch_id=${mchid}$`))
  expect(await query(body.mch_billno)).toMatchObject({ status: 'SENT' })
})

it('is refused with the documented codes', async () => {
  const body = packet()
  await send(body)
  expect(await code(send({ ...body, total_amount: 501 }))).toBe('FATAL_ERROR')
  expect(await code(send(packet({ total_amount: 99 })))).toBe('MONEY_LIMIT')
  expect(await code(send(packet({ total_amount: 20_001 })))).toBe('MONEY_LIMIT')
  await send(packet({ total_amount: 30, scene_id: 'PRODUCT_2' }))
  expect(await code(send(packet({ total_num: 3 })))).toBe('PARAM_ERROR')
  expect(await code(query('none'))).toBe('NOT_FOUND')
  simulator.fund(-simulator.balance('OPERATION').available)
  expect(await code(send(packet()))).toBe('NOTENOUGH')
})
