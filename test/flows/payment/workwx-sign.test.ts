import { beforeAll, describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../src/core/index.ts'
import { signWorkwxPayment, signWorkwxRedPack } from '../../../src/flows/payment/index.ts'
import { createSimulator, type Simulator } from '../../../src/simulator/index.ts'

let simulator: Simulator
let wxpay: Wechatpay
beforeAll(async () => {
  simulator = await createSimulator()
  const { merchant, fetch, mtlsFetch } = simulator
  wxpay = new Wechatpay({ ...merchant, fetch, mtlsFetch, retry: false })
})
const secret = 'agent-secret'
const redPack = {
  mch_billno: '11111234567890',
  wxappid: 'wx123456789',
  sender_name: 'X',
  re_openid: 'oxTWIuGaIt6gTKsQRLau2M0yL16E',
  total_amount: 100,
  wishing: '恭喜 & 发财',
  act_name: 'XXX',
  remark: '快来抢',
}
const payment = {
  appid: 'wx123456789',
  partner_trade_no: '10000',
  openid: 'oxTWIuGaIt6gTKsQRLau2M0yL16E',
  check_name: 'FORCE_CHECK' as const,
  amount: 100,
  desc: '六月出差报销费用',
  spbill_create_ip: '127.0.0.1',
  ww_msg_type: 'NORMAL_MSG' as const,
}

it('a signed body is sent as any other, under the nonce that workwx_sign covers', async () => {
  const { appid } = simulator.merchant
  const body = signWorkwxRedPack(wxpay, { ...redPack, wxappid: appid }, secret)
  const { data } = await wxpay.v2.mmpaymkttransfers.sendworkwxredpack.post(body)
  expect(data.result_code).toBe('SUCCESS')
  const { signature, signedText } = simulator.journal.at(-1)!
  expect(signature).toBe('valid')
  expect(signedText).toContain(`&nonce_str=${body.nonce_str}&`)
  expect(signedText).toContain(`&workwx_sign=${body.workwx_sign}&`)
  expect(signedText).not.toContain(secret)

  const paid = signWorkwxPayment(wxpay, { ...payment, appid }, secret)
  await wxpay.v2.mmpaymkttransfers.promotion.paywwsptrans2pocket.post(paid)
  expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid' })
})

describe('what cannot be right is refused by its name', () => {
  it.each(['act_name', 'mch_billno', 're_openid', 'total_amount', 'wxappid'])('红包 without %s', field => {
    expect(() => signWorkwxRedPack(wxpay, { ...redPack, [field]: undefined }, secret)).toThrow(
      expect.objectContaining({ name: 'CallError', code: 'PARAMETER_INVALID', field }),
    )
  })

  it.each(['amount', 'appid', 'desc', 'openid', 'partner_trade_no', 'ww_msg_type'])('付款 without %s', field => {
    expect(() => signWorkwxPayment(wxpay, { ...payment, [field]: '' }, secret)).toThrow(
      expect.objectContaining({ name: 'CallError', code: 'PARAMETER_INVALID', field }),
    )
  })

  it('a secret that is none, which no message repeats', () => {
    expect(() => signWorkwxRedPack(wxpay, redPack, '')).toThrow(expect.objectContaining({ field: 'secret' }))
    expect(() => signWorkwxRedPack(wxpay, redPack, 'a b')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('a b') }),
    )
  })
})
