import { beforeAll, describe, expect, it } from 'vitest'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'
import { v2, v2Sign } from '../node-client.ts'

// WxJava sends `sign_type` with these calls, and leaves it out of what it signs (`getIgnoredParamsForSign`): with it the service
// says 签名错误 (WxJava 448, 570, 726, 2693; weixin-popular 125).

let simulator: Simulator
beforeAll(async () => {
  simulator = await createSimulator()
})
const PACKET = () => ({
  appid: null,
  wxappid: simulator.merchant.appid,
  mch_id: simulator.merchant.mchid,
  mch_billno: '10000098201411111234567890',
  nonce_str: '5K8264ILTKCH16CQ2502SI8ZNMTM67VS',
  send_name: '天虹百货',
  re_openid: 'oxTWIuGaIt6gTKsQRLau2M0yL16E',
  total_amount: '1000',
  total_num: '1',
  wishing: '感谢您',
  client_ip: '192.168.0.1',
  act_name: '猜灯谜',
  remark: '快来抢',
})
const TRANSFER = () => ({
  appid: null,
  mch_id: null,
  mch_appid: simulator.merchant.appid,
  mchid: simulator.merchant.mchid,
  nonce_str: '3PG2J4ILTKCH16CQ2502SI8ZNMTM67VS',
  partner_trade_no: '100000982014120919616',
  openid: 'ohO4Gt7wVPxIT1A9GjFaMYMiZY1s',
  check_name: 'NO_CHECK',
  amount: '100',
  desc: '节日快乐',
  spbill_create_ip: '10.2.3.10',
})
const texts = (params: object) =>
  Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null)) as Record<string, string>

describe.each([
  ['/mmpaymkttransfers/sendredpack', PACKET],
  ['/mmpaymkttransfers/promotion/transfers', TRANSFER],
])('%s', (path, params) => {
  const send = (more: object, signed: object, digest: string) =>
    v2(
      simulator,
      path,
      { ...params(), ...more, sign: v2Sign(texts({ ...params(), ...signed }), simulator.merchant.apiv2Key, digest) },
      true,
    )

  it.each([
    ['MD5', 'MD5'],
    ['HMAC-SHA256', 'HMAC-SHA256'],
    ['HMAC-SHA256', 'MD5'],
  ])('takes sign_type %s that is in no signature, signed by %s', async (sign_type, digest) => {
    expect(await send({ sign_type }, {}, digest)).toMatchObject({ return_code: 'SUCCESS', result_code: 'SUCCESS' })
    expect(simulator.journal.at(-1)).toMatchObject({
      signature: 'valid',
      signedText: expect.not.stringContaining('sign_type'),
    })
  })

  it('accepts sign_type signed as the message has it', async () => {
    expect(await send({ sign_type: 'MD5' }, { sign_type: 'MD5' }, 'MD5')).toMatchObject({ return_code: 'SUCCESS' })
  })

  it('accepts no other parameter that is not signed', async () => {
    const refused = { return_code: 'FAIL', return_msg: '签名错误，请检查后再试' }
    expect(await send({ sign_type: 'MD5', device_info: '1' }, {}, 'MD5')).toMatchObject(refused)
    expect(await send({ device_info: '1' }, {}, 'MD5')).toMatchObject(refused)
  })
})

it('an order must sign its sign_type, as every parameter that is not empty', async () => {
  const { appid, mchid, apiv2Key } = simulator.merchant
  const order = {
    appid,
    mch_id: mchid,
    nonce_str: 'x',
    body: 'b',
    out_trade_no: 'V2-000001',
    total_fee: '1',
    spbill_create_ip: '127.0.0.1',
    notify_url: 'https://example.com',
    trade_type: 'NATIVE',
  }
  const answer = await v2(simulator, '/pay/unifiedorder', {
    ...order,
    sign_type: 'MD5',
    sign: v2Sign(order, apiv2Key, 'MD5'),
  })
  expect(answer).toMatchObject({ return_code: 'FAIL', return_msg: '签名错误，请检查后再试' })
})
