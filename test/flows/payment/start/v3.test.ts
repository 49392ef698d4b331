import { describe, expect, it } from 'vitest'
import { ConfigurationError, Wechatpay } from '../../../../src/core/index.ts'
import { startApp, startJsapi, startJssdk, startMiniProgram } from '../../../../src/flows/payment/index.ts'
import { createSimulator } from '../../../../src/simulator/index.ts'
import * as keys from '../../../fixtures/keys.ts'

const appid = 'wxd678efh567hg6787'
const prepay_id = 'wx201410272009395522657a690389285100'
const wxpay = new Wechatpay({ mchid: '1900000109', privateKey: keys.PRIVATE_KEY, now: () => 1414561699_999 })
const nonce = expect.stringMatching(/^[0-9a-f]{32}$/)
const signature = expect.stringMatching(/^[\w+/]{342}==$/)

describe('each client is handed its own names, all values text', () => {
  it('WeixinJSBridge', async () => {
    expect(await startJsapi(wxpay, { appid, prepay_id })).toEqual({
      appId: appid,
      timeStamp: '1414561699',
      nonceStr: nonce,
      package: `prepay_id=${prepay_id}`,
      signType: 'RSA',
      paySign: signature,
    })
  })

  it('wx.chooseWXPay: timestamp, no appid', async () => {
    expect(await startJssdk(wxpay, { appid, prepay_id })).toEqual({
      timestamp: '1414561699',
      nonceStr: nonce,
      package: `prepay_id=${prepay_id}`,
      signType: 'RSA',
      paySign: signature,
    })
  })

  it('wx.requestPayment: timeStamp, no appid', async () => {
    expect(await startMiniProgram(wxpay, { appid, prepay_id })).toEqual({
      timeStamp: '1414561699',
      nonceStr: nonce,
      package: `prepay_id=${prepay_id}`,
      signType: 'RSA',
      paySign: signature,
    })
  })

  it("App: the client's mchid, or that of the sub merchant", async () => {
    const payment = {
      appid,
      partnerid: '1900000109',
      prepayid: prepay_id,
      package: 'Sign=WXPay',
      noncestr: nonce,
      timestamp: '1414561699',
      sign: signature,
    }
    expect(await startApp(wxpay, { appid, prepay_id })).toEqual(payment)
    expect(await startApp(wxpay, { appid, prepay_id, mchid: '1230000109' })).toEqual({
      ...payment,
      partnerid: '1230000109',
    })
  })
})

it('a prepay id that has its prefix already keeps one', async () => {
  const prefixed = { appid, prepay_id: `prepay_id=${prepay_id}` }
  expect((await startMiniProgram(wxpay, prefixed)).package).toBe(`prepay_id=${prepay_id}`)
  expect((await startApp(wxpay, prefixed)).prepayid).toBe(prepay_id)
})

it('each start has a nonce of its own', async () => {
  const [one, other] = await Promise.all([1, 2].map(() => startMiniProgram(wxpay, { appid, prepay_id })))
  expect(one?.nonceStr).not.toBe(other?.nonceStr)
})

it('a combined order (合单) starts under its combine_appid and combine_mchid', async () => {
  const simulator = await createSimulator({ seed: 'flows' })
  const { merchant, fetch } = simulator
  const client = new Wechatpay({ ...merchant, fetch })
  const combine = { combine_appid: merchant.appid, combine_mchid: merchant.mchid }
  const { data } = await client.v3.combineTransactions.app.post({
    ...combine,
    combine_out_trade_no: 'C1',
    notify_url: 'https://example.com/notify',
    sub_orders: ['1', '2'].map(number => ({
      mchid: merchant.mchid,
      attach: 'tea',
      amount: { total_amount: 10, currency: 'CNY' },
      out_trade_no: `C1-${number}`,
      description: 'Tea',
    })),
  })
  const payment = await startApp(client, {
    appid: combine.combine_appid,
    mchid: combine.combine_mchid,
    prepay_id: data.prepay_id,
  })
  expect(payment).toMatchObject({ appid: merchant.appid, partnerid: merchant.mchid, prepayid: data.prepay_id })
})

describe('what cannot be right is refused by its name', () => {
  it.each<[field: string, order: object]>([
    ['prepay_id', { appid, prepay_id: '' }],
    ['prepay_id', { appid, prepay_id: 'prepay_id=' }],
    ['prepay_id', { appid, prepay_id: undefined }],
    ['prepay_id', { appid, prepay_id: 1 }],
    ['prepay_id', { appid, prepay_id: `prepay_id=prepay_id=${prepay_id}` }],
    ['prepay_id', { appid, prepay_id: 'wx1\nwx2' }],
    ['prepay_id', { appid, prepay_id: 'wx1\n' }],
    ['prepay_id', { appid, prepay_id: 'wx1&signType=MD5' }],
    ['appid', { appid: '', prepay_id }],
    ['appid', { appid: undefined, prepay_id }],
    ['appid', { appid: '1900000109', prepay_id }],
    ['appid', { appid: 1, prepay_id }],
    ['appid', { appid: `${appid}\n`, prepay_id }],
  ])('%s of %j', async (field, order) => {
    for (const start of [startJsapi, startJssdk, startMiniProgram, startApp])
      await expect(start(wxpay, order as never)).rejects.toMatchObject({
        name: 'CallError',
        code: 'PARAMETER_INVALID',
        field,
      })
  })

  it.each(['', 'mch', '19 00'])('mchid %j', async mchid => {
    await expect(startApp(wxpay, { appid, prepay_id, mchid })).rejects.toMatchObject({ field: 'mchid' })
  })

  it('a client without a private key', async () => {
    await expect(startJsapi(new Wechatpay({ mchid: '1' }), { appid, prepay_id })).rejects.toThrow(ConfigurationError)
  })
})
