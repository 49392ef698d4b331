// The page: it holds no key, and calls by way of the shop's own gateway, which signs. See vite.config.ts for that.
import { wechatpay } from 'wechatpay-edge/browser'

const wxpay = wechatpay({ gateway: '/gateway' })
const { appid, mchid } = await (await fetch('/merchant')).json()
const state = document.querySelector('#state')!
const button = document.querySelector<HTMLButtonElement>('#pay')!

button.addEventListener('click', async () => {
  const { data, verifiedBy } = await wxpay.v3.pay.transactions.native.post({
    appid,
    mchid,
    out_trade_no: `order${Date.now()}`,
    description: 'Tea',
    notify_url: 'https://example.com/notify',
    amount: { total: 100 }, // fen
  })
  state.textContent = `Show as a QR code: ${data.code_url} (verified by ${verifiedBy})`
})
button.disabled = false
