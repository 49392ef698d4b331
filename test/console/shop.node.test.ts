/** A whole shop in Chromium: the shopper orders and pays in a page, WeChat Pay notifies, and the shop ships. */

import type { Browser } from 'playwright'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { listen } from '../../src/cli/simulator/server.ts'
import { Wechatpay } from '../../src/core/index.ts'
import { createNotificationHandler } from '../../src/flows/notification/index.ts'
import { startJsapi } from '../../src/flows/payment/index.ts'
import { createSimulator, createSimulatorMount, isControlPath } from '../../src/simulator/index.ts'
import { serve, type TestServer } from '../fixtures/server.ts'
import { launchChromium, openPage } from './console-page.ts'

let browser: Browser
let simulator: { url: string; close(): Promise<void> }
let shop: TestServer
const shipped: string[] = []

const PAGE = (bridge: string) => `<!doctype html><html lang="en"><title>Shop</title><body>
<button>Buy</button><p id="state"></p><script src="${bridge}"></script>
<script>
const show = text => { document.querySelector('#state').textContent = text }
document.querySelector('button').onclick = async () => {
  const payment = await (await fetch('/order', { method: 'POST' })).json()
  WeixinJSBridge.invoke('getBrandWCPayRequest', payment, async ({ err_msg }) => {
    if (err_msg !== 'get_brand_wcpay_request:ok') return show(err_msg)
    for (let state = ''; state !== 'shipped'; show(state)) state = await (await fetch('/state')).text()
  })
}
</script></body></html>`

beforeAll(async () => {
  browser = await launchChromium()
  const instance = await createSimulator({ live: true })
  const mount = createSimulatorMount(instance)
  simulator = await listen(
    request => (isControlPath(new URL(request.url).pathname) ? mount(request) : instance.fetch(request)),
    { host: '127.0.0.1', port: 0 },
  )
  const { appid, mchid } = instance.merchant
  const wxpay = new Wechatpay({ ...instance.merchant, baseUrl: simulator.url })
  const notified = createNotificationHandler(
    wxpay,
    { 'TRANSACTION.SUCCESS': ({ resource }) => void shipped.push(resource.out_trade_no!) },
    {
      expect: () => ({ total: 100, appid }),
      seen: () => false,
      remember: () => {},
      onError: error => {
        throw error
      },
    },
  )
  shop = await serve(async request => {
    const { pathname } = new URL(request.url)
    if (pathname === '/notify') return notified(request)
    if (pathname === '/state') return new Response(shipped.includes('SHOP0001') ? 'shipped' : 'waiting')
    if (pathname !== '/order')
      return new Response(PAGE(`${simulator.url}/simulator/bridge.js`), { headers: { 'content-type': 'text/html' } })
    const { data } = await wxpay.v3.pay.transactions.jsapi.post({
      appid,
      mchid,
      out_trade_no: 'SHOP0001',
      description: 'QQ公仔',
      notify_url: `${shop.url}notify`,
      amount: { total: 100 },
      payer: { openid: instance.examples.openid },
    })
    return Response.json(await startJsapi(wxpay, { appid, prepay_id: data.prepay_id! }))
  })
})
afterAll(async () => {
  await browser.close()
  await shop[Symbol.asyncDispose]()
  await simulator.close()
})

test('a shopper orders, pays in the page, and the shop ships once it is notified', async () => {
  const { page, errors } = await openPage(browser, shop.url)
  await page.getByRole('button', { name: 'Buy' }).click()
  const cashier = page.frameLocator('iframe[title="微信支付"]')
  await cashier.getByRole('button', { name: 'Pay now' }).click()
  await cashier.getByLabel('Payment password').fill('123456')
  await cashier.getByRole('button', { name: 'Done' }).click()
  await page.getByText('shipped').waitFor()
  expect(shipped).toEqual(['SHOP0001'])
  expect(errors).toEqual([])
})
