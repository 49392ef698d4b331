import { createPublicKey, verify } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { Wechatpay } from '../../../../src/core/index.ts'
import { startMedicalJsapi, startMedicalMiniProgram } from '../../../../src/flows/payment/index.ts'
import * as keys from '../../../fixtures/keys.ts'

// Parameters of WeChat Pay's own example (4012166993); node:crypto verifies the signature.

const appid = 'wxd678efh567hg6787'
const prepay_id = 'wx201410272009395522657a690389285100'
const mix_trade_no = '202204022005169952975171534816'
const wxpay = new Wechatpay({ mchid: '1900000109', privateKey: keys.PRIVATE_KEY, now: () => 1414561699_999 })

describe('a medical insurance payment (医保支付)', () => {
  it('starts in a mini program with the mixed order and the signed order of the user’s own part', async () => {
    const payment = await startMedicalMiniProgram(wxpay, { appid, mix_trade_no, prepay_id })
    expect(payment).toEqual({
      mixTradeNo: mix_trade_no,
      timeStamp: '1414561699',
      nonceStr: expect.stringMatching(/^\w{32}$/),
      package: `prepay_id=${prepay_id}`,
      signType: 'RSA',
      paySign: expect.any(String),
    })
    const lines = [appid, payment.timeStamp, payment.nonceStr, payment.package].map(line => `${line}\n`).join('')
    const signature = Buffer.from(payment.paySign!, 'base64')
    expect(verify('sha256', Buffer.from(lines), createPublicKey(keys.PUBLIC_KEY), signature)).toBe(true)
  })

  it('starts with the mixed order alone if the insurance pays everything, in a page with the appid', async () => {
    expect(await startMedicalMiniProgram(wxpay, { appid, mix_trade_no })).toEqual({ mixTradeNo: mix_trade_no })
    expect(await startMedicalJsapi(wxpay, { appid, mix_trade_no })).toEqual({ appid, mixTradeNo: mix_trade_no })
  })

  it.each([
    ['mix_trade_no', { mix_trade_no: '' }],
    ['appid', { appid: 'x' }],
    ['prepay_id', { prepay_id: '' }],
  ])('names a wrong %s', async (field, change) => {
    const order = { appid, mix_trade_no, prepay_id, ...change }
    await expect(startMedicalMiniProgram(wxpay, order)).rejects.toMatchObject({ code: 'PARAMETER_INVALID', field })
  })
})
