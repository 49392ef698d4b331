import { createHash, createHmac } from 'node:crypto'
import Payment from 'tenpay'
import { describe, expect, it } from 'vitest'
import { Hash } from 'wechatpay-axios-plugin'
import { Wechatpay } from '../../../src/core/index.ts'
import {
  offerCouponByH5,
  offerCouponsByJsapi,
  offerCouponsByMiniProgram,
  signWorkwxPayment,
  signWorkwxRedPack,
  startContract,
  startContractApp,
  startContractMiniProgram,
} from '../../../src/flows/payment/index.ts'

// Judged by node:crypto, by wechatpay-axios-plugin and by tenpay; the fields are written out by hand.

const mchid = '10000098'
const apiv2Key = '192006250b4c09247ec02edce69f6a2d'
const wxpay = new Wechatpay({ mchid, apiv2Key, now: () => 1414488825_000 })
const tenpay = new Payment({ appid: 'wx1', mchid, partnerKey: apiv2Key })

const hmac = (message: string) => createHmac('sha256', apiv2Key).update(message).digest('hex').toUpperCase()
const md5 = (message: string) => createHash('md5').update(message).digest('hex').toUpperCase()

describe('coupons', () => {
  const first = { stock_id: '1583001', out_request_no: 'mch_send_1' }
  const second = {
    stock_id: '1583002',
    out_request_no: 'mch_send_2',
    coupon_code: 'HDFS+1069/77=',
    customize_send_time: '2015-05-20T13:29:35+08:00',
  }
  const message =
    'coupon_code1=HDFS+1069/77=&customize_send_time1=2015-05-20T13:29:35+08:00&out_request_no0=mch_send_1' +
    '&out_request_no1=mch_send_2&send_coupon_merchant=10000098&stock_id0=1583001&stock_id1=1583002'

  it('小程序发券插件: numbered fields', async () => {
    const { sign, ...offer } = await offerCouponsByMiniProgram(wxpay, { coupons: [first, second] })
    expect(offer).toEqual({ send_coupon_params: [first, second], send_coupon_merchant: mchid })
    expect(sign).toBe(hmac(`${message}&key=${apiv2Key}`))
    const fields = Object.fromEntries(message.split('&').map(pair => pair.split(/=(.*)/s)))
    expect(Hash.sign('HMAC-SHA256', fields, apiv2Key as never)).toBe(sign)
    expect(tenpay._getSign(fields, 'HMAC-SHA256')).toBe(sign)
  })

  it('代金券: create_coupon_merchant is signed too', async () => {
    const coupon = { ...first, create_coupon_merchant: '1446228302' }
    const { sign } = await offerCouponsByMiniProgram(wxpay, { coupons: [coupon], send_coupon_merchant: '1524375941' })
    expect(sign).toBe(
      hmac(
        `create_coupon_merchant0=1446228302&out_request_no0=mch_send_1&send_coupon_merchant=1524375941&stock_id0=1583001&key=${apiv2Key}`,
      ),
    )
  })

  it('wx.addCard: the same signature, in the first cardExt', async () => {
    const { cardList } = await offerCouponsByJsapi(wxpay, { coupons: [first, second] })
    const { stock_id: _, ...rest } = second
    expect(cardList.map(({ cardId, cardExt }) => [cardId, JSON.parse(cardExt)])).toEqual([
      [
        '1583001',
        { out_request_no: 'mch_send_1', send_coupon_merchant: mchid, sign: hmac(`${message}&key=${apiv2Key}`) },
      ],
      ['1583002', rest],
    ])
  })

  it('H5发券: the names as they are, and the fragment', async () => {
    const coupon = { stock_id: '1234567890000000', out_request_no: '201911280000', open_id: 'oiSFDIOoijdsf' }
    const url = await offerCouponByH5(wxpay, { ...coupon, coupon_code: 'a+b&c' })
    const sign = hmac(
      `coupon_code=a+b&c&open_id=oiSFDIOoijdsf&out_request_no=201911280000&send_coupon_merchant=10000098&stock_id=1234567890000000&key=${apiv2Key}`,
    )
    const { origin, pathname, searchParams, hash } = new URL(url)
    expect([origin + pathname, hash]).toEqual([
      'https://action.weixin.qq.com/busifavor/getcouponinfo',
      '#wechat_pay&wechat_redirect',
    ])
    expect(Object.fromEntries(searchParams)).toEqual({
      ...coupon,
      coupon_code: 'a+b&c',
      send_coupon_merchant: mchid,
      sign,
    })
  })
})

describe('委托代扣', () => {
  const contract = {
    appid: 'wx426a3015555a46be',
    plan_id: 106,
    contract_code: '122',
    request_serial: 123,
    contract_display_account: '张三',
    notify_url: 'https://www.qq.com/test/papay',
  }
  const pairs =
    'appid=wx426a3015555a46be&contract_code=122&contract_display_account=张三&mch_id=10000098' +
    '&notify_url=https://www.qq.com/test/papay&plan_id=106&request_serial=123&timestamp=1414488825'

  it('小程序: MD5 over what is handed over', async () => {
    const { extraData } = await startContractMiniProgram(wxpay, contract)
    expect(extraData.sign).toBe(md5(`${pairs}&key=${apiv2Key}`))
    expect(tenpay._getSign(extraData, 'MD5')).toBe(extraData.sign)
  })

  it('公众号: MD5, the values signed as they are before they are percent-encoded', async () => {
    const url = await startContract(wxpay, contract)
    expect(new URL(url).searchParams.get('sign')).toBe(md5(`${pairs}&version=1.0&key=${apiv2Key}`))
    expect(url).toContain('notify_url=https%3A%2F%2Fwww.qq.com%2Ftest%2Fpapay&')
  })
})

describe('APP纯签约: what the answer names', () => {
  const contract = {
    appid: 'wx426a3015555a46be',
    plan_id: 106,
    contract_code: '122',
    request_serial: 123,
    contract_display_account: '张三',
    notify_url: 'https://www.qq.com/test/papay',
  }
  const answering = (fields: Record<string, string>) => {
    const sign = tenpay._getSign(fields, 'MD5')
    const body = Object.entries({ ...fields, sign }).map(([name, value]) => `<${name}>${value}</${name}>`)
    const fetch = async () => new Response(`<xml>${body.join('')}</xml>`)
    return startContractApp(new Wechatpay({ mchid, apiv2Key, fetch, retry: false }), contract)
  }
  const answer = { return_code: 'SUCCESS', result_code: 'SUCCESS', pre_entrustweb_id: '5778aad' }
  const openBusinessWebview = { businessType: 12, queryInfo: { pre_entrustweb_id: '5778aad' } }

  it('the mini program of newer templates', async () => {
    const miniprogram = { miniprogram_username: 'gh_1', miniprogram_path: 'pages/index/index?a' }
    expect(await answering({ ...answer, ...miniprogram })).toEqual({
      launchMiniProgram: { userName: 'gh_1', path: 'pages/index/index?a', miniprogramType: 0 },
      openBusinessWebview,
    })
  })

  it('or none', async () => {
    expect(await answering(answer)).toEqual({ launchMiniProgram: undefined, openBusinessWebview })
  })
})

describe('workwx_sign', () => {
  const secret = 'abcdefgshad'

  it('红包: the seven fields of the official page, and the secret', () => {
    const body = signWorkwxRedPack(
      wxpay,
      {
        act_name: 'XXX',
        mch_billno: '11111234567890',
        re_openid: 'oxTWIuGaIt6gTKsQRLau2M0yL16E',
        total_amount: 100,
        wxappid: 'wx123456789',
        sender_name: 'X',
        wishing: '恭喜',
        remark: '快来抢',
        agentid: '1001',
        nonce_str: 'qFKEgfig76DF9912fewmkp',
      },
      secret,
    )
    expect(body).toMatchObject({ mch_id: mchid, nonce_str: 'qFKEgfig76DF9912fewmkp', remark: '快来抢' })
    expect(body.workwx_sign).toBe(
      md5(
        'act_name=XXX&mch_billno=11111234567890&mch_id=10000098&nonce_str=qFKEgfig76DF9912fewmkp' +
          `&re_openid=oxTWIuGaIt6gTKsQRLau2M0yL16E&total_amount=100&wxappid=wx123456789&secret=${secret}`,
      ),
    )
  })

  it('付款: the eight, and a nonce of its own', () => {
    const body = signWorkwxPayment(
      wxpay,
      {
        amount: 100n,
        appid: 'wx123456789',
        desc: '六月出差报销费用',
        openid: 'oxTWIuGaIt6gTKsQRLau2M0yL16E',
        partner_trade_no: '10000',
        ww_msg_type: 'NORMAL_MSG',
        check_name: 'FORCE_CHECK',
        spbill_create_ip: '127.0.0.1',
      },
      secret,
    )
    expect(body.nonce_str).toMatch(/^\w{32}$/)
    expect(body.workwx_sign).toBe(
      md5(
        `amount=100&appid=wx123456789&desc=六月出差报销费用&mch_id=10000098&nonce_str=${body.nonce_str}` +
          `&openid=oxTWIuGaIt6gTKsQRLau2M0yL16E&partner_trade_no=10000&ww_msg_type=NORMAL_MSG&secret=${secret}`,
      ),
    )
  })
})
