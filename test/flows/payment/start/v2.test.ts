import { describe, expect, it } from 'vitest'
import { ConfigurationError, Wechatpay } from '../../../../src/core/index.ts'
import { startAppV2, startJsapiV2, startJssdkV2, startMiniProgramV2 } from '../../../../src/flows/payment/index.ts'
import { createSimulator } from '../../../../src/simulator/index.ts'

/** Of https://pay.weixin.qq.com/doc/global/v2/zh/4013634993: `paySign=MD5(appId=…&key=…) = 22D9…` */
const KNOWN_V2 = {
  apiv2Key: 'qazwsxedcrfvtgbyhnujmikolp111111',
  appid: 'wxd678efh567hg6787',
  nonceStr: '5K8264ILTKCH16CQ2502SI8ZNMTM67VS',
  prepay_id: 'wx2017033010242291fcfe0db70013231072',
  /** Seconds. */
  timeStamp: 1490840662,
  paySign: '22D9B4E54AB1950F51E0649E8810ACD6',
}

const { appid, prepay_id } = KNOWN_V2
const { subtle } = crypto
const fixed = { subtle, randomUUID: () => KNOWN_V2.nonceStr } as unknown as Crypto
const wxpay = new Wechatpay({
  mchid: '1900000109',
  apiv2Key: KNOWN_V2.apiv2Key,
  crypto: fixed,
  now: () => KNOWN_V2.timeStamp * 1000,
})

it('the known answer of the official page (MD5)', async () => {
  expect(await startMiniProgramV2(wxpay, { appid, prepay_id, signType: 'MD5' })).toEqual({
    timeStamp: '1490840662',
    nonceStr: KNOWN_V2.nonceStr,
    package: `prepay_id=${prepay_id}`,
    signType: 'MD5',
    paySign: KNOWN_V2.paySign,
  })
})

it('WeixinJSBridge is handed the appid, wx.chooseWXPay a small timestamp', async () => {
  const order = { appid, prepay_id, signType: 'MD5' as const }
  const { paySign } = KNOWN_V2
  expect(await startJsapiV2(wxpay, order)).toMatchObject({ appId: appid, timeStamp: '1490840662', paySign })
  const page = await startJssdkV2(wxpay, order)
  expect(page).toMatchObject({ timestamp: '1490840662', paySign })
  expect(Object.keys(page)).not.toContain('timeStamp')
})

it('unless told otherwise it is signed as this library places orders', async () => {
  const simulator = await createSimulator({ seed: 'flows' })
  const { merchant, fetch } = simulator
  const client = new Wechatpay({ ...merchant, fetch })
  const { data } = await client.v2.pay.unifiedorder.post({
    appid: merchant.appid,
    mch_id: merchant.mchid,
    body: 'Tea',
    out_trade_no: 'T1',
    total_fee: 100,
    spbill_create_ip: '127.0.0.1',
    notify_url: 'https://example.com/notify',
    trade_type: 'APP',
  })
  const order = { appid: merchant.appid, prepay_id: data.prepay_id }
  const { signType } = await startJsapiV2(client, order)
  expect(simulator.journal.at(-1)).toMatchObject({ signature: 'valid', signedBy: signType })
  expect(await startAppV2(client, order)).toEqual({
    appid: merchant.appid,
    partnerid: merchant.mchid,
    prepayid: data.prepay_id,
    package: 'Sign=WXPay',
    noncestr: expect.stringMatching(/^\w{32}$/),
    timestamp: expect.stringMatching(/^\d{10}$/),
    sign: expect.stringMatching(/^[0-9A-F]{64}$/),
  })
})

describe('what cannot be right is refused by its name', () => {
  it.each<[field: string, order: object]>([
    ['prepay_id', { appid, prepay_id: '' }],
    ['appid', { appid: 'x', prepay_id }],
    ['signType', { appid, prepay_id, signType: 'RSA' }],
    ['signType', { appid, prepay_id, signType: '' }],
  ])('%s of %j', async (field, order) => {
    for (const start of [startJsapiV2, startJssdkV2, startMiniProgramV2, startAppV2])
      await expect(start(wxpay, order as never)).rejects.toMatchObject({ code: 'PARAMETER_INVALID', field })
  })

  it('a client without the APIv2 key', async () => {
    await expect(startJsapiV2(new Wechatpay({ mchid: '1' }), { appid, prepay_id })).rejects.toThrow(ConfigurationError)
  })
})
