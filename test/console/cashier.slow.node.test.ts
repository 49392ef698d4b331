/** A shopper in Chromium, at the cashier of the simulator, and a merchant's shop that sends them there. */

import type { Browser, Page } from 'playwright'
import { encodeQR } from 'qr'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Wechatpay } from '../../src/core/index.ts'
import { startH5, startJsapi, startJssdk } from '../../src/flows/payment/index.ts'
import { startConfirmation } from '../../src/flows/transfer/index.ts'
import { serve, type TestServer } from '../fixtures/server.ts'
import {
  accessibilityViolations,
  DESKTOP,
  launchChromium,
  openPage,
  PHONE,
  type ServedSimulator,
  serveSimulator,
} from './console-page.ts'

const OPENID = 'oUpF8uMuAJO_M2pxb1Q9zNjWeS6o'

let browser: Browser
let served: ServedSimulator
/** The client of a merchant that calls the simulator over HTTP, as a program of another process does. */
let wxpay: Wechatpay
let shop: TestServer
/** The pages of the shop, by path. */
let pages: Record<string, string>
let page: Page
let errors: string[]

beforeAll(async () => {
  browser = await launchChromium()
  served = await serveSimulator()
  wxpay = new Wechatpay({ ...served.simulator.merchant, baseUrl: served.url, retry: false })
  shop = await serve(async request => {
    const html = pages[new URL(request.url).pathname]
    return html === undefined
      ? new Response('not found', { status: 404 })
      : new Response(`<!doctype html><html lang="en"><title>Shop</title><body>${html}</body></html>`, {
          headers: { 'content-type': 'text/html; charset=utf-8' },
        })
  })
})
afterAll(async () => {
  await browser.close()
  await served.close()
  await shop[Symbol.asyncDispose]()
})
beforeEach(() => {
  pages = {}
  return async () => {
    await page.context().close()
  }
})

/** Opens a page of the shop. */
async function openShop(path: string, options = { ...DESKTOP, locale: 'en-US' }): Promise<void> {
  ;({ page, errors } = await openPage(browser, shop.url + path.slice(1), options))
}

let count = 0
const newNumber = (): string => `S${String(++count).padStart(7, '0')}`
const stateOf = (out_trade_no: string): string | undefined => served.simulator.order(out_trade_no)?.trade_state

async function placeH5(out_trade_no: string): Promise<string> {
  const { appid, mchid } = served.simulator.merchant
  const { data } = await wxpay.v3.pay.transactions.h5.post({
    appid,
    mchid,
    out_trade_no,
    description: 'QQ公仔',
    notify_url: 'https://merchant.example/notify',
    amount: { total: 1250 },
    scene_info: { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } },
  })
  return data.h5_url!
}

async function payWithPassword(where: Pick<Page, 'getByRole' | 'getByLabel'>, digits = '123456'): Promise<void> {
  await where.getByRole('button', { name: 'Pay now' }).click()
  await where.getByLabel('Payment password').fill(digits)
}

describe('the H5 cashier', () => {
  test('takes the shopper from the shop through confirmation and password to success, and back', async () => {
    const number = newNumber()
    const h5_url = startH5({ h5_url: await placeH5(number), redirect_url: `${shop.url}done` })
    expect(h5_url).toMatch(new RegExp(`^${served.url}/cgi-bin/mmpayweb-bin/checkmweb\\?prepay_id=`))
    pages = { '/': `<a href="${h5_url.replaceAll('&', '&amp;')}">pay</a>`, '/done': '<h1>Thank you</h1>' }
    await openShop('/')
    await page.getByText('pay').click()
    await page.getByText('CN¥12.50').waitFor()
    await page.getByText('QQ公仔').waitFor()
    expect(stateOf(number)).toBe('NOTPAY')
    await payWithPassword(page)
    await page.getByRole('heading', { name: 'Paid' }).waitFor()
    expect(stateOf(number)).toBe('SUCCESS')
    expect(await accessibilityViolations(page)).toEqual([])
    await page.getByRole('button', { name: 'Done' }).click()
    await page.getByText('Thank you').waitFor()
    expect(errors).toEqual([])
  })

  test('leaves letters out of the password, and says that it wants digits', async () => {
    pages = { '/': `<a href="${(await placeH5(newNumber())).replaceAll('&', '&amp;')}">pay</a>` }
    await openShop('/')
    await page.getByText('pay').click()
    await page.getByRole('button', { name: 'Pay now' }).click()
    const field = page.getByLabel('Payment password')
    await field.pressSequentially('12ab')
    await expect.poll(() => field.inputValue()).toBe('12')
    await expect.poll(() => page.getByRole('status').innerText()).toBe('Only digits: any six.')
    await field.pressSequentially('3456')
    await page.getByRole('heading', { name: 'Paid' }).waitFor()
  })

  test('returns to redirect_url when the shopper cancels, and the order can still be paid', async () => {
    const number = newNumber()
    const h5_url = startH5({ h5_url: await placeH5(number), redirect_url: `${shop.url}done` })
    pages = { '/': `<a href="${h5_url.replaceAll('&', '&amp;')}">pay</a>`, '/done': '<h1>Not paid?</h1>' }
    await openShop('/')
    await page.getByText('pay').click()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByText('Not paid?').waitFor()
    expect(stateOf(number)).toBe('NOTPAY')
  })

  test.each([
    ['https://evil.example/phish', 'evil.example'],
    ['javascript:alert(1)', undefined],
    ['//evil.example/', undefined],
  ])('does not redirect to %s', async (redirect, named) => {
    const h5_url = `${await placeH5(newNumber())}&redirect_url=${encodeURIComponent(redirect)}`
    pages = { '/': `<h1>Shop</h1><a href="${h5_url.replaceAll('&', '&amp;')}">pay</a>` }
    await openShop('/')
    await page.getByText('pay').click()
    await page.getByRole('button', { name: 'Cancel' }).waitFor()
    if (named) await page.getByText(`redirect_url leads to ${named}`).waitFor()
    await page.getByRole('button', { name: 'Cancel' }).click()
    await page.getByRole('heading', { name: 'Shop' }).waitFor()
    await expect.poll(() => page.url()).toBe(shop.url)
    expect(errors).toEqual([])
  })

  test('says that WeChat Pay refuses a page without a referrer', async () => {
    ;({ page, errors } = await openPage(browser, await placeH5(newNumber())))
    await page.getByText('商家参数格式有误').waitFor()
  })

  test('says why it cannot be paid: unknown, paid, closed', async () => {
    const number = newNumber()
    const h5_url = await placeH5(number)
    ;({ page, errors } = await openPage(browser, h5_url.replace(/prepay_id=\w+/, 'prepay_id=wx0')))
    await page.getByText('No order has this prepay_id').waitFor()
    served.simulator.pay({ out_trade_no: number })
    await page.goto(h5_url)
    await page.getByText('The order is paid.').waitFor()
    const other = newNumber()
    const closed = await placeH5(other)
    const { mchid } = served.simulator.merchant
    await wxpay.v3.pay.transactions.outTradeNo._out_trade_no_.close.post({ mchid }, { out_trade_no: other })
    await page.goto(closed)
    await page.getByText('The order is closed.').waitFor()
  })

  test('shows the text of an order as text, in Chinese on a Chinese phone, and a refusal by the bank', async () => {
    const { appid, mchid } = served.simulator.merchant
    const description = '<img src=x onerror=alert(1)>'
    const { data } = await wxpay.v3.pay.transactions.h5.post({
      appid,
      mchid,
      out_trade_no: newNumber(),
      description,
      notify_url: 'https://merchant.example/notify',
      amount: { total: 1 },
      scene_info: { payer_client_ip: '127.0.0.1', h5_info: { type: 'Wap' } },
    })
    ;({ page, errors } = await openPage(browser, data.h5_url!, PHONE))
    await page.getByText(description).waitFor()
    expect(await accessibilityViolations(page)).toEqual([])
    await page.getByRole('button', { name: '模拟：银行拒绝付款' }).tap()
    await page.getByText('银行拒绝付款。').waitFor()
    expect(errors).toEqual([])
  })
})

describe('bridge.js in a page of the merchant', () => {
  const script = () => `<script src="${served.url}/simulator/bridge.js"></script>`
  const cashier = () => page.frameLocator('iframe[title="微信支付"]')

  async function placeJsapi(): Promise<{ number: string; prepay_id: string }> {
    const number = newNumber()
    const { appid, mchid } = served.simulator.merchant
    const { data } = await wxpay.v3.pay.transactions.jsapi.post({
      appid,
      mchid,
      out_trade_no: number,
      description: 'QQ公仔',
      notify_url: 'https://merchant.example/notify',
      amount: { total: 100 },
      payer: { openid: OPENID },
    })
    return { number, prepay_id: data.prepay_id! }
  }

  /** Opens a page that calls the bridge with parameters, and returns a function that reads its answer. */
  async function invoke(name: string, parameters: object): Promise<() => Promise<Record<string, string>>> {
    pages = { '/': script() }
    await openShop('/')
    await page.evaluate(
      ([name, parameters]) => {
        const target = globalThis as unknown as {
          WeixinJSBridge: { invoke: (...of: unknown[]) => void }
          answer: unknown
        }
        target.WeixinJSBridge.invoke(name, parameters, (answer: unknown) => {
          target.answer = answer
        })
      },
      [name, parameters] as const,
    )
    return async () => {
      await page.waitForFunction(() => 'answer' in globalThis)
      return page.evaluate(() => (globalThis as unknown as { answer: Record<string, string> }).answer)
    }
  }

  test('pays a JSAPI order, and calls back get_brand_wcpay_request:ok', async () => {
    const { appid } = served.simulator.merchant
    const { number, prepay_id } = await placeJsapi()
    const answer = await invoke('getBrandWCPayRequest', await startJsapi(wxpay, { appid, prepay_id }))
    await payWithPassword(cashier())
    await cashier().getByRole('button', { name: 'Done' }).click()
    expect(await answer()).toEqual({ err_msg: 'get_brand_wcpay_request:ok' })
    expect(stateOf(number)).toBe('SUCCESS')
    await expect.poll(() => page.locator('iframe').count()).toBe(0)
    expect(errors).toEqual([])
  })

  test('calls back cancel where the shopper cancels, and fail where the bank refuses', async () => {
    const { appid } = served.simulator.merchant
    for (const [button, outcome] of [['Cancel'], ['Simulate: the bank refuses']].map(([button], at) => [
      button!,
      ['cancel', 'fail'][at],
    ])) {
      const { prepay_id, number } = await placeJsapi()
      const answer = await invoke('getBrandWCPayRequest', await startJsapi(wxpay, { appid, prepay_id }))
      await cashier().getByRole('button', { name: button! }).click()
      if (outcome === 'fail') await cashier().getByRole('button', { name: 'Close' }).click()
      expect((await answer()).err_msg).toBe(`get_brand_wcpay_request:${outcome}`)
      expect(stateOf(number)).toBe('NOTPAY')
      if (outcome === 'cancel') await page.context().close()
    }
  })

  test('fails where paySign is not the merchant’s for these parameters, and says why here and in the console', async () => {
    const { appid } = served.simulator.merchant
    const { prepay_id, number } = await placeJsapi()
    const parameters = { ...(await startJsapi(wxpay, { appid, prepay_id })), nonceStr: 'changed' }
    const answer = await invoke('getBrandWCPayRequest', parameters)
    await cashier().getByText('paySign: the signature is not valid for these parameters').waitFor()
    await cashier().getByText(`prepay_id=${prepay_id}⏎`).waitFor()
    await cashier().getByRole('button', { name: 'Close' }).click()
    expect(await answer()).toMatchObject({
      err_msg: 'get_brand_wcpay_request:fail',
      err_desc: expect.stringContaining('paySign'),
    })
    expect(stateOf(number)).toBe('NOTPAY')
    await page.goto(`${served.url}/console/`)
    await page.getByText('WeChat does not open the cashier').first().click()
    await page.locator('.detail').getByText('the signature is not valid').waitFor()
  })

  test('offers wx.chooseWXPay of the JS-SDK, with the appid of wx.config', async () => {
    const { appid } = served.simulator.merchant
    const { prepay_id, number } = await placeJsapi()
    pages = { '/': script() }
    await openShop('/')
    await page.evaluate(
      ([appId, payment]) => {
        // biome-ignore lint/suspicious/noExplicitAny: the JS-SDK has no types here
        const target = globalThis as any
        target.called = []
        target.wx.config({ appId })
        target.wx.chooseWXPay({
          ...payment,
          success: ({ errMsg }: { errMsg: string }) => target.called.push('success', errMsg),
          complete: () => target.called.push('complete'),
        })
      },
      [appid, await startJssdk(wxpay, { appid, prepay_id })] as const,
    )
    await payWithPassword(cashier())
    await cashier().getByRole('button', { name: 'Done' }).click()
    await page.waitForFunction(() => (globalThis as unknown as { called: string[] }).called.length === 3)
    expect(await page.evaluate('called')).toEqual(['success', 'chooseWXPay:ok', 'complete'])
    expect(stateOf(number)).toBe('SUCCESS')
  })

  test('accepts a transfer that waits for the user', async () => {
    const { appid } = served.simulator.merchant
    const out_bill_no = `bill${Date.now()}`
    const { data } = await wxpay.v3.fundApp.mchTransfer.transferBills.post({
      appid,
      out_bill_no,
      transfer_scene_id: '1000',
      openid: OPENID,
      transfer_amount: 100,
      transfer_remark: '<b>奖励</b>',
      transfer_scene_report_infos: [{ info_type: '活动名称', info_content: '新会员有礼' }],
    })
    const answer = await invoke(
      'requestMerchantTransfer',
      startConfirmation(wxpay, { appid, package_info: data.package_info }),
    )
    await cashier().getByText('<b>奖励</b>').waitFor()
    await cashier().getByRole('button', { name: 'Accept the money' }).click()
    await cashier().getByRole('button', { name: 'Done' }).click()
    expect(await answer()).toEqual({ err_msg: 'requestMerchantTransfer:ok' })
    expect(served.simulator.transfer(out_bill_no)?.state).not.toBe('WAIT_USER_CONFIRM')
  })

  test('shows no cashier in a page of another site', async () => {
    // Other browsers have no such check, and earlier Chromiums had none.
    const other = await launchChromium(
      '--disable-features=LocalNetworkAccessChecks,BlockInsecurePrivateNetworkRequests',
    )
    ;({ page, errors } = await openPage(other, 'about:blank'))
    const html = `<iframe src="${served.url}/console/cashier.html"></iframe>`
    await page.route('http://evil.example/', route => route.fulfill({ contentType: 'text/html', body: html }))
    await page.goto('http://evil.example/')
    await expect.poll(() => errors.join()).toContain('frame-ancestors')
    expect(await page.frames()[1]!.locator('#app').count()).toBe(0)
    await other.close()
    page = await browser.newPage()
  })
})

describe('the shopper’s view of the console', () => {
  /** Draws a QR code as a browser shows it, as a picture file. */
  async function pictureOf(text: string): Promise<Buffer> {
    const drawing = await browser.newPage()
    await drawing.setContent(`<div style="width:300px;padding:20px;background:#fff">${encodeQR(text, 'svg')}</div>`)
    const picture = await drawing.locator('div').screenshot()
    await drawing.close()
    return picture
  }

  test('pays what a picture of a QR code names', async () => {
    const number = newNumber()
    const { code_url } = await served.place(number)
    ;({ page, errors } = await openPage(browser, `${served.url}/console/#/pay`))
    const file = { name: 'code.png', mimeType: 'image/png', buffer: await pictureOf(code_url!) }
    await page.getByLabel('Choose a picture').setInputFiles(file)
    await payWithPassword(page)
    await page.getByRole('button', { name: 'Done' }).click()
    await expect.poll(() => stateOf(number)).toBe('SUCCESS')
    await page.getByText('Waiting for the shopper').waitFor()
    expect(errors).toEqual([])
  })

  test('pays what is chosen from the list, on a phone', async () => {
    const number = newNumber()
    await served.place(number)
    ;({ page, errors } = await openPage(browser, `${served.url}/console/#/pay`, PHONE))
    await page.getByRole('button', { name: `付款：${number}` }).waitFor()
    expect(await accessibilityViolations(page)).toEqual([])
    await page.getByRole('button', { name: `付款：${number}` }).tap()
    await page.getByRole('button', { name: '立即支付' }).tap()
    await page.getByLabel('支付密码').fill('000000')
    await page.getByRole('button', { name: '完成' }).tap()
    await expect.poll(() => stateOf(number)).toBe('SUCCESS')
  })

  /** Pastes a text on the page, as a person does. */
  const paste = (text: string): Promise<void> =>
    page.evaluate(pasted => {
      const clipboardData = new DataTransfer()
      clipboardData.setData('text/plain', pasted)
      document.body.dispatchEvent(new ClipboardEvent('paste', { clipboardData, bubbles: true }))
    }, text)

  test.each(['code_url', 'h5_url'] as const)('pays what a pasted %s names', async kind => {
    const number = newNumber()
    const { code_url } = await served.place(number)
    const prepay_id = served.simulator.order(number)!.prepay_id
    const h5_url = `${served.url}/cgi-bin/mmpayweb-bin/checkmweb?prepay_id=${prepay_id}&package=1`
    ;({ page, errors } = await openPage(browser, `${served.url}/console/#/pay`))
    await page.getByRole('button', { name: `Pay: ${number}` }).waitFor()
    await paste(` ${kind === 'code_url' ? code_url! : h5_url}\n`)
    await page.getByRole('button', { name: 'Pay now' }).waitFor()
    expect(errors).toEqual([])
  })

  test.each([
    ['English', DESKTOP, 'This is no code_url or h5_url of an order: <b>hello</b>', 'No order has this code: '],
    ['Chinese', PHONE, '这不是订单的 code_url 或 h5_url：<b>hello</b>', '没有订单使用这个二维码：'],
  ] as const)('refuses other pasted text in %s', async (_language, options, refusal, unknown) => {
    const code_url = 'weixin://wxpay/bizpayurl?pr=nobodys12'
    ;({ page, errors } = await openPage(browser, `${served.url}/console/#/pay`, options))
    await page.locator('.drop').waitFor()
    await paste('<b>hello</b>')
    await page.getByRole('status').getByText(refusal, { exact: true }).waitFor()
    await paste(code_url)
    await page.getByRole('status').getByText(`${unknown}${code_url}`, { exact: true }).waitFor()
    expect(errors.filter(error => !error.includes('404'))).toEqual([])
  })

  test('says what is wrong with a picture', async () => {
    ;({ page, errors } = await openPage(browser, `${served.url}/console/#/pay`))
    const give = (buffer: Buffer, mimeType = 'image/png') =>
      page.getByLabel('Choose a picture').setInputFiles({ name: 'x.png', mimeType, buffer })
    await give(Buffer.from('no picture'))
    await page.getByText('This is no picture').waitFor()
    await give(Buffer.alloc(20 * 1024 * 1024 + 1))
    await page.getByText('The picture is larger than 20 MB.').waitFor()
    await give(await page.screenshot())
    await page.getByText('The picture has no QR code.').waitFor()
    await give(await pictureOf('https://evil.example/<b>'))
    await page.getByText('No order has this code: https://evil.example/<b>').waitFor()
    expect(errors.filter(error => !error.includes('404'))).toEqual([])
  })
})
