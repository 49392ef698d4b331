import { describe, expect, test } from 'vitest'
import { createMtlsFetch } from '../../src/adapters/node.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { createSimulator, type Simulator } from '../../src/simulator/index.ts'
import * as keys from '../fixtures/keys.ts'
import { serve } from '../fixtures/server.ts'

// A real TLS server that asks for a client certificate and knows the merchant's by its serial.
async function wechatpayOverTls() {
  const simulator = await createSimulator()
  const server = await serve(
    (request, serial) => (serial === simulator.merchant.serial ? simulator.mtlsFetch : simulator.fetch)(request),
    {
      key: keys.SERVER_KEY,
      cert: keys.SERVER_CERTIFICATE,
      requestCert: true,
      rejectUnauthorized: false,
    },
  )
  return { simulator, server }
}

/** Places an order over the handler, has it paid, and refunds it over TLS. */
async function refund(wxpay: Wechatpay, simulator: Simulator) {
  const { merchant, fetch } = simulator
  const { appid, mchid } = merchant
  const out_trade_no = 'T1000001'
  await new Wechatpay({ ...merchant, fetch }).v3.pay.transactions.native.post({
    appid,
    mchid,
    out_trade_no,
    description: 'x',
    notify_url: 'https://example.com/',
    amount: { total: 100 },
  })
  simulator.pay({ out_trade_no })
  return wxpay.v2.secapi.pay.refund.post({
    appid,
    mch_id: mchid,
    out_trade_no,
    out_refund_no: 'R1',
    total_fee: 100,
    refund_fee: 30,
  })
}

describe('an APIv2 refund over TLS', () => {
  test("presents the merchant's client certificate and is served", async () => {
    const { simulator, server } = await wechatpayOverTls()
    await using _ = server
    const { merchant } = simulator
    const mtlsFetch = createMtlsFetch({
      cert: merchant.certificate,
      key: merchant.privateKey,
      ca: keys.SERVER_CERTIFICATE,
    })
    const wxpay = new Wechatpay({ ...merchant, baseUrl: server.url, mtlsFetch, retry: false })
    expect(await refund(wxpay, simulator)).toMatchObject({
      data: { result_code: 'SUCCESS', refund_fee: '30' },
      verifiedBy: 'HMAC-SHA256',
    })
  })

  test('without a client certificate is turned away by WeChat Pay', async () => {
    const { simulator, server } = await wechatpayOverTls()
    await using _ = server
    const mtlsFetch = createMtlsFetch({ ca: keys.SERVER_CERTIFICATE })
    const wxpay = new Wechatpay({ ...simulator.merchant, baseUrl: server.url, mtlsFetch, retry: false })
    await expect(refund(wxpay, simulator)).rejects.toMatchObject({
      serviceCode: 'HTTP_400',
      status: 400,
    })
  })

  test('trusts no server that its authorities do not vouch for', async () => {
    const { simulator, server } = await wechatpayOverTls()
    await using _ = server
    const { merchant } = simulator
    const mtlsFetch = createMtlsFetch({ cert: merchant.certificate, key: merchant.privateKey })
    const wxpay = new Wechatpay({ ...merchant, baseUrl: server.url, mtlsFetch, retry: false })
    await expect(refund(wxpay, simulator)).rejects.toMatchObject({
      code: 'NETWORK_ERROR',
      message: expect.stringMatching(/SELF_SIGNED|UNABLE_TO_VERIFY/),
    })
  })
})
