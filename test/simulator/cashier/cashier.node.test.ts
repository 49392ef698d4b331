import { createHash, createHmac, createSign } from 'node:crypto'
import { beforeAll, describe, expect, test } from 'vitest'
import { HOUR } from '../../../src/core/base/time.ts'
import { Wechatpay } from '../../../src/core/index.ts'
import { startMiniProgram } from '../../../src/flows/payment/index.ts'
import { startConfirmation } from '../../../src/flows/transfer/index.ts'
import { createMiniProgram, type StartParameters } from '../../../src/simulator/index.ts'
import { createTestMerchant, newNumber, START, type TestMerchant } from '../test-merchant.ts'

const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'

let merchant: TestMerchant
beforeAll(async () => {
  merchant = await createTestMerchant()
})

async function placeJsapi(more: object = {}): Promise<{ out_trade_no: string; prepay_id: string }> {
  const { appid, mchid } = merchant.simulator.merchant
  const out_trade_no = newNumber()
  const { prepay_id } = await merchant.call('POST /v3/pay/transactions/jsapi', {
    appid,
    mchid,
    out_trade_no,
    description: '茶',
    notify_url: 'https://merchant.example/notify',
    amount: { total: 100 },
    payer: { openid: OPENID },
    ...more,
  })
  return { out_trade_no, prepay_id }
}

/** Signs the parameters of a payment with node:crypto, as WeChat Pay's documents say. */
function signed(prepay_id: string, change: Record<string, string> = {}): Record<string, string> {
  const { appid, privateKey } = merchant.simulator.merchant
  const parameters = {
    appId: appid,
    timeStamp: String(START / 1000),
    nonceStr: '5K8264ILTKCH16CQ2502SI8ZNMTM67VS',
    package: `prepay_id=${prepay_id}`,
    ...change,
  }
  const { appId, timeStamp, nonceStr, package: packaged } = parameters
  const text = [appId, timeStamp, nonceStr, packaged].map(line => `${line}\n`).join('')
  return { ...parameters, signType: 'RSA', paySign: createSign('sha256').update(text).sign(privateKey, 'base64') }
}

const check = async (parameters: StartParameters) => merchant.simulator.checkPayment(parameters)

describe('the parameters of a JSAPI payment', () => {
  test('open the cashier where the merchant signed them', async () => {
    const { prepay_id, out_trade_no } = await placeJsapi()
    expect(await check(signed(prepay_id))).toMatchObject({
      payment: { prepay_id, number: out_trade_no, state: 'payable', total: 100, currency: 'CNY', descriptions: ['茶'] },
    })
  })

  test.each<[string, string | undefined, (valid: Record<string, string>) => StartParameters]>([
    ['missing', 'nonceStr', ({ nonceStr: _, ...rest }) => rest],
    ['missing', 'timeStamp', valid => ({ ...valid, timeStamp: Number(valid.timeStamp) })],
    ['milliseconds', 'timeStamp', valid => ({ ...valid, timeStamp: `${valid.timeStamp}000` })],
    ['package', 'package', valid => ({ ...valid, package: valid.package!.slice('prepay_id='.length) })],
    ['unknown', 'package', valid => ({ ...valid, package: 'prepay_id=wx1' })],
    ['appid', 'appId', valid => ({ ...valid, appId: 'wx0000000000000000' })],
    ['sign-type', 'signType', valid => ({ ...valid, signType: 'SHA1' })],
    ['signature', 'paySign', valid => ({ ...valid, nonceStr: 'changed' })],
    ['signature', 'paySign', valid => ({ ...valid, paySign: 'not base64 <b>' })],
    ['signature', 'paySign', ({ signType: _, ...rest }) => rest],
  ])('are refused: %s, %s', async (name, parameter, change) => {
    const { prepay_id } = await placeJsapi()
    const result = await check(change(signed(prepay_id)))
    expect(result).toMatchObject({ problem: { name, parameter } })
  })

  test('show the text to sign where the signature is wrong, without the APIv2 key', async () => {
    const { prepay_id } = await placeJsapi()
    const valid = signed(prepay_id)
    expect(await check({ ...valid, paySign: valid.paySign!.toUpperCase() })).toMatchObject({
      problem: { expected: `${valid.appId}\n${valid.timeStamp}\n${valid.nonceStr}\n${valid.package}\n` },
    })
    const result = JSON.stringify(await check({ ...valid, signType: 'MD5' }))
    expect(result).toContain('&key=***')
    expect(result).not.toContain(merchant.simulator.merchant.apiv2Key)
  })

  test.each(['MD5', 'HMAC-SHA256'])('are signed with the APIv2 key for an APIv2 order: %s', async signType => {
    const { prepay_id } = await placeJsapi()
    const { apiv2Key } = merchant.simulator.merchant
    const { paySign: _, signType: __, ...fields } = signed(prepay_id)
    const pairs = Object.entries({ ...fields, signType }).sort(([a], [b]) => (a < b ? -1 : 1))
    const text = `${pairs.map(pair => pair.join('=')).join('&')}&key=${apiv2Key}`
    const paySign = (signType === 'MD5' ? createHash('md5') : createHmac('sha256', apiv2Key)).update(text).digest('hex')
    expect(await check({ ...fields, signType, paySign: paySign.toUpperCase() })).toHaveProperty('payment')
    expect(await check({ ...fields, signType, paySign: 'A'.repeat(32) })).toMatchObject({
      problem: { name: 'signature' },
    })
  })

  test('are refused for another kind of order, a paid one, and one whose prepay_id has expired', async () => {
    const own = await createTestMerchant()
    const { appid, mchid } = own.simulator.merchant
    merchant = own
    const app = await own.call('POST /v3/pay/transactions/app', {
      appid,
      mchid,
      out_trade_no: newNumber(),
      description: '茶',
      notify_url: 'https://merchant.example/notify',
      amount: { total: 100 },
    })
    expect(await check(signed(app.prepay_id))).toMatchObject({ problem: { name: 'trade-type' } })
    const { prepay_id, out_trade_no } = await placeJsapi()
    const late = await placeJsapi()
    own.simulator.pay({ out_trade_no })
    expect(await check(signed(prepay_id))).toMatchObject({ problem: { name: 'paid' } })
    await own.simulator.advance(2 * HOUR)
    expect(await check(signed(late.prepay_id))).toMatchObject({ problem: { name: 'expired' } })
  })
})

describe('a payment', () => {
  test('is found by its prepay_id or its QR code, and listed while it waits', async () => {
    const own = await createTestMerchant()
    const { appid, mchid } = own.simulator.merchant
    const order = {
      appid,
      mchid,
      out_trade_no: newNumber(),
      description: '茶',
      notify_url: 'https://merchant.example/notify',
      amount: { total: 100 },
    }
    const { code_url } = await own.call('POST /v3/pay/transactions/native', order)
    const payment = own.simulator.payment({ code_url })!
    expect(payment).toMatchObject({ number: order.out_trade_no, trade_type: 'NATIVE', appids: [appid] })
    expect(own.simulator.payment({ prepay_id: payment.prepay_id })).toEqual(payment)
    expect(own.simulator.payments()).toEqual([payment])
    for (const prepay_id of ['', 'x']) expect(own.simulator.payment({ prepay_id })).toBeUndefined()
    expect(own.simulator.payment({ code_url: `${code_url}x` })).toBeUndefined()
    own.simulator.pay({ prepay_id: payment.prepay_id })
    expect(own.simulator.payments()).toEqual([])
    expect(own.simulator.payment({ code_url })?.state).toBe('paid')
  })

  test('of H5 has its link at the simulator where the merchant reaches it on this machine, otherwise at WeChat Pay', async () => {
    const { appid, mchid } = merchant.simulator.merchant
    for (const [origin, expected] of [
      ['http://127.0.0.1:8989', 'http://127.0.0.1:8989'],
      ['http://192.168.1.5:8989', 'http://192.168.1.5:8989'],
      ['https://api.mch.weixin.qq.com', 'https://wx.tenpay.com'],
      ['https://evil.example', 'https://wx.tenpay.com'],
    ]) {
      const { fetch } = merchant.simulator
      const client = new Wechatpay({
        ...merchant.simulator.merchant,
        fetch,
        baseUrl: origin!,
        now: () => START,
        retry: false,
      })
      const { data } = await client.v3.pay.transactions.h5.post({
        appid,
        mchid,
        out_trade_no: newNumber(),
        description: '茶',
        notify_url: 'https://merchant.example/notify',
        amount: { total: 100 },
        scene_info: { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } },
      })
      expect(data.h5_url).toMatch(/\/cgi-bin\/mmpayweb-bin\/checkmweb\?prepay_id=wx\w+&package=\d+$/)
      expect(new URL(data.h5_url!).origin).toBe(expected)
    }
  })
})

describe('a mini program', () => {
  const start = async () => {
    const { prepay_id, out_trade_no } = await placeJsapi()
    const { appid } = merchant.simulator.merchant
    return { out_trade_no, payment: await startMiniProgram(merchant.wxpay, { appid, prepay_id }) }
  }

  test('pays, and calls success and complete', async () => {
    const { payment, out_trade_no } = await start()
    const called: unknown[] = []
    const wx = createMiniProgram(merchant.simulator)
    await wx.requestPayment({
      ...payment,
      success: result => void called.push('success', result.errMsg),
      fail: () => void called.push('fail'),
      complete: () => void called.push('complete'),
    })
    expect(called).toEqual(['success', 'requestPayment:ok', 'complete'])
    expect(merchant.simulator.order(out_trade_no)?.trade_state).toBe('SUCCESS')
  })

  test('is told of a shopper who cancels, of a bank that refuses, and of wrong parameters', async () => {
    const { payment, out_trade_no } = await start()
    const cancelling = createMiniProgram(merchant.simulator, { decide: () => 'cancel' })
    await expect(cancelling.requestPayment(payment)).rejects.toEqual({ errMsg: 'requestPayment:fail cancel' })
    const refused = createMiniProgram(merchant.simulator, { decide: async () => 'fail' as const })
    await expect(refused.requestPayment(payment)).rejects.toEqual({ errMsg: 'requestPayment:fail' })
    const other = createMiniProgram(merchant.simulator, { appid: 'wx0000000000000000' })
    await expect(other.requestPayment(payment)).rejects.toEqual({
      errMsg: expect.stringContaining('appId: it is not the appid'),
    })
    expect(merchant.simulator.order(out_trade_no)?.trade_state).toBe('NOTPAY')
  })

  test('accepts a transfer once', async () => {
    const { appid } = merchant.simulator.merchant
    const out_bill_no = newNumber()
    const { package_info } = await merchant.call('POST /v3/fund-app/mch-transfer/transfer-bills', {
      appid,
      out_bill_no,
      transfer_scene_id: '1000',
      openid: OPENID,
      transfer_amount: 100,
      transfer_remark: '奖励',
      transfer_scene_report_infos: [{ info_type: '活动名称', info_content: '新会员有礼' }],
    })
    const wx = createMiniProgram(merchant.simulator)
    const confirmation = startConfirmation(merchant.wxpay, { appid, package_info })
    for (const change of [{ mchId: '1' }, { appId: 'wx1' }, { package: 'x' }, { package: 1 }])
      await expect(wx.requestMerchantTransfer({ ...confirmation, ...change })).rejects.toHaveProperty('errMsg')
    expect(await wx.requestMerchantTransfer(confirmation)).toEqual({ errMsg: 'requestMerchantTransfer:ok' })
    await expect(wx.requestMerchantTransfer(confirmation)).rejects.toEqual({
      errMsg: expect.stringContaining('does not wait for the user'),
    })
  })
})
