import { createHash, createHmac } from 'node:crypto'
import Payment from 'tenpay'
import { describe, expect, it } from 'vitest'
import { Hash } from 'wechatpay-axios-plugin'
import { Wechatpay } from '../../../../src/core/index.ts'
import { startAppV2, startJsapiV2, startJssdkV2, startMiniProgramV2 } from '../../../../src/flows/payment/index.ts'

const appid = 'wxd678efh567hg6787'
const mchid = '1900000109'
const apiv2Key = '192006250b4c09247ec02edce69f6a2d'
const prepay_id = 'wx201410272009395522657a690389285100'
const wxpay = new Wechatpay({ mchid, apiv2Key })
const tenpay = new Payment({ appid, mchid, partnerKey: apiv2Key })

type Fields = Record<string, string>
const hash = (type: string, message: string) =>
  (type === 'MD5' ? createHash('md5') : createHmac('sha256', apiv2Key)).update(message).digest('hex').toUpperCase()

/** The same by node:crypto, by wechatpay-axios-plugin and by tenpay. */
function judged(type: 'MD5' | 'HMAC-SHA256', fields: Fields): string {
  const pairs = Object.keys(fields).sort()
  const sign = hash(type, `${pairs.map(name => `${name}=${fields[name]}`).join('&')}&key=${apiv2Key}`)
  expect(Hash.sign(type, fields, apiv2Key as never)).toBe(sign)
  expect(tenpay._getSign(fields, type)).toBe(sign)
  return sign
}

describe.each(['MD5', 'HMAC-SHA256'] as const)('%s', signType => {
  it('JSAPI and mini program', async () => {
    const { paySign, ...signed } = await startJsapiV2(wxpay, { appid, prepay_id, signType })
    expect(paySign).toBe(judged(signType, { ...signed }))
    const { paySign: sign, ...rest } = await startMiniProgramV2(wxpay, { appid, prepay_id, signType })
    expect(sign).toBe(judged(signType, { appId: appid, ...rest }))
  })

  it('the JS-SDK: timeStamp is signed, timestamp handed over', async () => {
    const { paySign, timestamp, ...rest } = await startJssdkV2(wxpay, { appid, prepay_id, signType })
    expect(paySign).toBe(judged(signType, { appId: appid, timeStamp: timestamp, ...rest }))
  })

  it('App', async () => {
    const { sign, ...signed } = await startAppV2(wxpay, { appid, prepay_id, signType, mchid: '1230000109' })
    expect(signed.partnerid).toBe('1230000109')
    expect(sign).toBe(judged(signType, { ...signed }))
  })

  it('has the names that tenpay hands over', async () => {
    const page = tenpay.getPayParamsByPrepay({ prepay_id }, signType)
    const ours = { ...(await startJssdkV2(wxpay, { appid, prepay_id, signType })), appId: appid, timeStamp: '' }
    expect(Object.keys(ours).sort()).toEqual(Object.keys(page).sort())
    const app = tenpay.getAppParamsByPrepay({ prepay_id }, signType)
    expect(Object.keys(await startAppV2(wxpay, { appid, prepay_id, signType })).sort()).toEqual(Object.keys(app).sort())
  })
})
