const { Wechatpay, WechatpayError } = require('wechatpay-edge')
const { settledOrder } = require('wechatpay-edge/payment')
const { createSimulator } = require('wechatpay-edge/simulator')

test('an order is placed and paid', async () => {
  const simulator = await createSimulator()
  const wxpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
  const { data } = await wxpay.v3.pay.transactions.native.post({
    appid: 'wxd678efh567hg6787',
    mchid: simulator.merchant.mchid,
    description: 'Image形象店-深圳腾大-QQ公仔',
    out_trade_no: 'jest20260101',
    notify_url: 'https://example.com/notify',
    amount: { total: 100 },
  })
  expect(data.code_url).toMatch(/^weixin:/)
  await simulator.pay({ out_trade_no: 'jest20260101' })
  const order = await settledOrder(wxpay, { out_trade_no: 'jest20260101' }, { deadline: Date.now() + 60_000 })
  expect(order.state).toBe('SUCCESS')
})

test('a refusal is an instance of its class', async () => {
  const { merchant, fetch } = await createSimulator()
  const wxpay = new Wechatpay({ ...merchant, fetch })
  const query = { out_trade_no: 'jest20260103', params: { mchid: merchant.mchid } }
  await expect(wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get(query)).rejects.toThrow(WechatpayError)
})
