// An order is placed for each of the five clients, and each is handed what it starts the payment with. WeChat Pay is simulated:
// no merchant account needed.
import { CallError, Wechatpay } from 'wechatpay-edge'
import { startApp, startH5, startJsapi, startJsapiV2, startMiniProgram, startNative } from 'wechatpay-edge/payment'
import { createSimulator } from 'wechatpay-edge/simulator'

const { merchant, fetch } = await createSimulator()
const wxpay = new Wechatpay({ ...merchant, fetch })
const { appid, mchid } = merchant
const openid = 'onqOjjmo8wmTOOtSKwXtGjg9Gb58'
const notify_url = 'https://example.com/notify'

let count = 0
const order = () => ({
  appid,
  mchid,
  notify_url,
  description: 'Oolong tea',
  out_trade_no: `tea0000${++count}`,
  amount: { total: 100 }, // fen
})
const { transactions } = wxpay.v3.pay

// A page within WeChat: WeixinJSBridge.invoke('getBrandWCPayRequest', payment, …)
const { data: jsapi } = await transactions.jsapi.post({ ...order(), payer: { openid } })
console.log('JSAPI:', Object.keys(await startJsapi(wxpay, { appid, prepay_id: jsapi.prepay_id })).join(' '))

// A mini program: wx.requestPayment({ ...payment, success() { … } })
const { data: mini } = await transactions.jsapi.post({ ...order(), payer: { openid } })
console.log('mini program:', Object.keys(await startMiniProgram(wxpay, { appid, prepay_id: mini.prepay_id })).join(' '))

// An app: PayReq of the WeChat SDK
const { data: app } = await transactions.app.post(order())
console.log('App:', Object.keys(await startApp(wxpay, { appid, prepay_id: app.prepay_id })).join(' '))

// A browser outside WeChat: redirect it there
const scene_info = { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } }
const { data: h5 } = await transactions.h5.post({ ...order(), scene_info })
console.log('H5:', startH5({ ...h5, redirect_url: `https://example.com/orders/tea0000${count}` }))

// A screen: show a QR code
const { data: native } = await transactions.native.post(order())
console.log('Native:', startNative(native))

// APIv2, signed with its own key
const { data: placed } = await wxpay.v2.pay.unifiedorder.post({
  appid,
  mch_id: mchid,
  notify_url,
  body: 'Oolong tea',
  out_trade_no: `tea0000${++count}`,
  openid,
  total_fee: 100, // fen
  spbill_create_ip: '127.0.0.1',
  trade_type: 'JSAPI',
})
const { signType } = await startJsapiV2(wxpay, { appid, prepay_id: placed.prepay_id })
console.log('JSAPI of APIv2, signed with', signType)

try {
  await startJsapi(wxpay, { appid, prepay_id: '' })
} catch (error) {
  if (!(error instanceof CallError)) throw error
  console.log('refused:', error.message)
}
