import { assert } from 'chai'
import { Wechatpay } from '../../src/core/index.ts'
import {
  offerCouponsByMiniProgram,
  signWorkwxRedPack,
  startApp,
  startH5,
  startJsapi,
  startMiniProgramV2,
} from '../../src/flows/payment/index.ts'
import * as keys from '../fixtures/keys.ts'
import { crypto } from '../webcrypto.ts'
import { type Case, includes, rejection } from './case.ts'
import * as vectors from './vectors.ts'

/** A merchant whose nonces are all the same. */
const merchant = (nonce: string, seconds = vectors.TIMESTAMP, apiv2Key = vectors.APIV2_KEY) =>
  new Wechatpay({
    mchid: '1900000109',
    privateKey: keys.PRIVATE_KEY,
    apiv2Key,
    now: () => seconds * 1000 + 999,
    crypto: { subtle: crypto.subtle, randomUUID: () => nonce } as unknown as Crypto,
  })

const wxpay = merchant(vectors.ORDER_NONCE)
export const ORDER = { appid: 'wxd678efh567hg6787', prepay_id: 'wx201410272009395522657a690389285100' }

/** `printf '<appid>\n1554208460\n593bec0c930bf1afeb40b4a08c8fb242\nprepay_id=<prepay_id>\n' | openssl dgst -sha256 -sign private.pem | base64 -w0` */
export const JSAPI =
  'bE6Gxuah1U4DgCQ7/MCkow8E2s7u7rlemLxTweKxdqS2au+FD2Y+r4XBWpH+FAHuS4ZuEFnxCOzfI84uzH7CWa0BP3TOQF4aXKyHk6tf3MS0IE/9+MuKaiL6YdK0Y3btM3z2UfJTVbWqocUy2YARJ9pD2lmmPyPo7IstvTyDthY/FgKSWliw9qB+DcyzNQi6CEwZN+JB08WqWGMSUgzdCzmKygaMIsrrJNQe/FFkjIFWtR1VYgVuBtWzYrJlxIvEX2EpopFzOFIyigMcTpQ91bWN9dU9v0pYUS6IwV3Aw7QbNfx/f5uUxr7xyz+7qzzWQEJIW9RaeMsaRLW/HnQGuw=='
/** The same of the bare prepay id. */
const APP =
  'CE+WtO2ii4oYqEbY/TiP3b2P2xbY7oqkf/7JbDWIb6/9H4soXm3C14jcP3D8XUSwNkQiBl6NjzXax4OLGN5wvTAvniZXuujwmJfsjdHw9p81YPWHN34vByztcjAulya3QTH04FTbBlpDO47zrl2dxZ61ElajF0YifSojgVJLq9FNoRXBTCGiJnS6cfaP96Gb55amUMbsF1lbKhY+N8RXnkMfjwMJ0l4kiXR/soK9NDpb5hBqJjbwea2SQDYoGA0a1jWebT/e5KOzRPz2B/6LjoMFYON3lJR7g+1m9u8+MbtkzAK5/B8sUH16swA2hWWd/rnNpizjXjYvIXEA1T1P/Q=='

export const cases: readonly Case[] = [
  {
    name: 'a payment of APIv3 starts with the signature that openssl makes: JSAPI, App',
    async run() {
      includes(await startJsapi(wxpay, ORDER), { timeStamp: '1554208460', paySign: JSAPI })
      includes(await startApp(wxpay, ORDER), { partnerid: '1900000109', timestamp: '1554208460', sign: APP })
    },
  },
  {
    name: 'a payment of APIv2 starts with the official MD5 signature',
    async run() {
      // https://pay.weixin.qq.com/doc/global/v2/zh/4013634993
      const official = merchant('5K8264ILTKCH16CQ2502SI8ZNMTM67VS', 1490840662, 'qazwsxedcrfvtgbyhnujmikolp111111')
      const prepay_id = 'wx2017033010242291fcfe0db70013231072'
      const { paySign } = await startMiniProgramV2(official, { ...ORDER, prepay_id, signType: 'MD5' })
      assert.equal(paySign, '22D9B4E54AB1950F51E0649E8810ACD6')
    },
  },
  {
    name: 'an H5 payment returns to the URL that the official page encodes',
    run() {
      const h5_url =
        'https://wx.tenpay.com/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=wx20161110163838f231619da20804912345'
      assert.equal(
        startH5({ h5_url, redirect_url: 'https://www.wechatpay.com.cn' }),
        `${h5_url}&redirect_url=https%3A%2F%2Fwww.wechatpay.com.cn`,
      )
    },
  },
  {
    name: 'coupons are offered with the HMAC-SHA256 that openssl makes of the numbered fields',
    async run() {
      // printf 'out_request_no0=mch_send_1&…&key=<APIV2_KEY>' | openssl dgst -sha256 -hmac <APIV2_KEY>
      const { sign } = await offerCouponsByMiniProgram(wxpay, {
        coupons: [
          { stock_id: '1583001', out_request_no: 'mch_send_1' },
          { stock_id: '1583002', out_request_no: 'mch_send_2' },
        ],
      })
      assert.equal(sign, '5A1E3CD1406602289F70543998A992264601A014501983E66710709BE37AC399')
    },
  },
  {
    name: 'a red packet of WeCom has the MD5 that openssl makes of the seven fields of the official page',
    run() {
      // printf 'act_name=XXX&…&wxappid=wx123456789&secret=<APIV2_KEY>' | openssl md5
      const body = {
        mch_id: '10000098',
        act_name: 'XXX',
        mch_billno: '11111234567890',
        nonce_str: 'qFKEgfig76DF9912fewmkp',
        re_openid: 'oxTWIuGaIt6gTKsQRLau2M0yL16E',
        total_amount: 100,
        wxappid: 'wx123456789',
        sender_name: 'X',
        wishing: 'X',
        remark: 'X',
      }
      assert.equal(signWorkwxRedPack(wxpay, body, vectors.APIV2_KEY).workwx_sign, '8B8D04AFC9FD08094CC5A0C2FA8BB60C')
    },
  },
  {
    name: 'a payment does not start without a prepay id',
    async run() {
      includes(await rejection(startJsapi(wxpay, { ...ORDER, prepay_id: '' })), {
        code: 'PARAMETER_INVALID',
        field: 'prepay_id',
      })
    },
  },
]
