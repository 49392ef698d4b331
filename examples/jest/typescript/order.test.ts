import { type Reply, Wechatpay, WechatpayError } from 'wechatpay-edge'
import { createNotificationHandler } from 'wechatpay-edge/notification'
import { createSimulator } from 'wechatpay-edge/simulator'

test('the handler is told of a payment', async () => {
  const paid: unknown[] = []
  const simulator = await createSimulator({ deliver: async (input, init) => handler(new Request(input, init)) })
  const wxpay: Wechatpay = new Wechatpay({ ...simulator.merchant, fetch: simulator.fetch })
  const handler = createNotificationHandler(
    wxpay,
    { 'TRANSACTION.SUCCESS': ({ resource }) => paid.push(resource.out_trade_no) },
    { expect: () => ({ total: 100 }) },
  )
  const reply: Reply<{ code_url: string }> = await wxpay.v3.pay.transactions.native.post({
    appid: 'wxd678efh567hg6787',
    mchid: simulator.merchant.mchid,
    description: 'Image形象店-深圳腾大-QQ公仔',
    out_trade_no: 'jest20260102',
    notify_url: 'https://example.com/notify',
    amount: { total: 100 },
  })
  expect(reply.data.code_url).toMatch(/^weixin:/)
  await simulator.pay({ out_trade_no: 'jest20260102' })
  await simulator.settled()
  expect(paid).toEqual(['jest20260102'])
})

test('a refusal is an instance of its class', async () => {
  const { merchant, fetch } = await createSimulator()
  const wxpay = new Wechatpay({ ...merchant, fetch })
  const query = { out_trade_no: 'jest20260103', params: { mchid: merchant.mchid } }
  await expect(wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.get(query)).rejects.toThrow(WechatpayError)
})
