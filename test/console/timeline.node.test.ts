import type { Browser } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { Wechatpay } from '../../src/core/index.ts'
import {
  accessibilityViolations,
  DESKTOP,
  launchChromium,
  type OpenPage,
  openPage,
  PHONE,
  type ServedSimulator,
  serveSimulator,
} from './console-page.ts'

let browser: Browser
let served: ServedSimulator
let open: OpenPage[] = []

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())
beforeEach(async () => {
  served = await serveSimulator()
  return async () => {
    await Promise.all(open.map(({ page }) => page.context().close()))
    open = []
    await served.close()
  }
})

async function openConsole(options = DESKTOP, hash = ''): Promise<OpenPage> {
  const opened = await openPage(browser, `${served.url}/console/${hash}`, options)
  open.push(opened)
  return opened
}

describe('the timeline', () => {
  test('shows a request, the payment and the notification as they happen, without a reload', async () => {
    const { page, errors } = await openConsole()
    await page.getByText('Nothing has happened yet.').waitFor()
    await served.place('C-0001')
    await page.getByText('1 entry', { exact: true }).waitFor()
    served.simulator.pay({ out_trade_no: 'C-0001' })
    const rows = page.locator('.row')
    await expect.poll(() => rows.allInnerTexts()).toHaveLength(3)
    const [notification, action, request] = await rows.allInnerTexts()
    expect(request).toMatch(/POST[\s\S]*\/v3\/pay\/transactions\/native[\s\S]*200[\s\S]*Valid[\s\S]*C-0001/)
    expect(action).toContain('The shopper pays')
    expect(notification).toMatch(/TRANSACTION\.SUCCESS[\s\S]*204[\s\S]*acknowledged/)
    expect(errors).toEqual([])
  })

  test('finds entries by path, number, status and signature', async () => {
    for (const at of [1, 2, 3]) await served.place(`C-000${at}`)
    await served.placeTampered('C-0004')
    const { page } = await openConsole()
    const rows = page.locator('.row')
    await expect.poll(() => rows.count()).toBe(4)
    const filter = page.getByRole('searchbox')
    await filter.fill('C-0002')
    await expect.poll(() => rows.count()).toBe(1)
    await filter.fill('native c-000')
    await expect.poll(() => rows.count()).toBe(4)
    await page.getByLabel('Status').selectOption('error')
    await expect.poll(() => rows.allInnerTexts()).toEqual([expect.stringContaining('SIGN_ERROR')])
    await page.getByLabel('Signature').selectOption('valid')
    await page.getByText('No entry matches the filter.').waitFor()
    await page.getByRole('button', { name: 'Clear the filter' }).click()
    await expect.poll(() => rows.count()).toBe(4)
    await page.getByLabel('Show').selectOption('notification')
    await expect.poll(() => rows.count()).toBe(0)
  })

  test('shows why a signature is invalid, and marks the bytes that differ', async () => {
    await served.placeTampered('C-0001')
    const { page } = await openConsole()
    await page.locator('.row').click()
    await page.getByText('the body was serialized differently for the signature').waitFor()
    await page.getByText('Serialize once; sign and send the same text').waitFor()
    await page.getByText(served.simulator.merchant.serial).first().waitFor()
    const [expected, signed] = await page.locator('mark').allInnerTexts()
    expect(expected).toContain('"description": "QQ公仔"')
    expect(signed).toContain('"description":"QQ公仔"')
    // The four lines before the body are the same in both.
    expect(signed).not.toContain('/v3/pay')
  })

  test.each([
    [
      DESKTOP,
      'the time is in milliseconds',
      'Send seconds since 1970, ten digits',
      'the time is 60 min behind the clock',
    ],
    [PHONE, '时间戳用了毫秒', '应为 1970 年以来的秒数，共十位', '请求的时间比时钟慢 60 分钟'],
  ])('shows how the time of a request is wrong, and the fix: %#', async (options, milliseconds, cure, behind) => {
    const refused = async (now: () => number) => {
      const { merchant, fetch } = served.simulator
      const wxpay = new Wechatpay({ ...merchant, fetch, now, retry: false })
      await expect(wxpay.v3.certificates.get()).rejects.toThrow('SIGN_ERROR')
    }
    const { page } = await openConsole(options)
    await refused(() => Date.now() * 1000)
    await page.locator('.row').click()
    await page.getByText(milliseconds).waitFor()
    await page.getByText(cure).waitFor()
    const [expected = '', signed = ''] = await page.locator('pre.signed').allInnerTexts()
    expect(signed.split('\n')[2]).toMatch(/^\d{13}⏎$/)
    // ∅ marks where the milliseconds are too much.
    expect(expected.split('\n')[2]).toBe(`${signed.split('\n')[2]!.slice(0, 10)}∅⏎`)
    await page.getByRole('button', { name: /^(?:Close|关闭)$/ }).click()
    await refused(() => Date.now() - 3_600_000)
    await expect.poll(() => page.locator('.row').count()).toBe(2)
    await page.locator('.row').first().click()
    await page.getByText(behind).waitFor()
  })

  test('shows what a request received, responded and changed', async () => {
    await served.place('C-0001')
    const { page } = await openConsole()
    await page.locator('.row').click()
    const detail = page.locator('.detail')
    await detail.getByText('The signature is valid.').waitFor()
    await detail.getByText('orders C-0001 created').waitFor()
    await detail.getByText('"code_url": "weixin:').waitFor()
    await detail.getByText(/Request: Headers/).click()
    await detail.getByText(/^WECHATPAY2-SHA256-RSA2048 mchid=/).waitFor()
    await detail.getByRole('button', { name: 'As sent' }).first().click()
    await detail
      .getByText(/"out_trade_no":"C-0001"/)
      .first()
      .waitFor()
  })

  test('is used by the keyboard alone', async () => {
    for (const at of [1, 2, 3]) await served.place(`C-000${at}`)
    const { page } = await openConsole()
    await expect.poll(() => page.locator('.row').count()).toBe(3)
    await page.keyboard.press('Control+/')
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY')
    await page.keyboard.press('/')
    await page.keyboard.type('C-000')
    await page.getByRole('listbox').focus()
    const selected = page.locator('[aria-selected=true]')
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => selected.innerText()).toContain('C-0003')
    await page.keyboard.press('ArrowDown')
    await expect.poll(() => selected.innerText()).toContain('C-0002')
    await page.keyboard.press('End')
    await expect.poll(() => selected.innerText()).toContain('C-0001')
    expect(await page.getByRole('listbox').getAttribute('aria-activedescendant')).toBe(
      await selected.getAttribute('id'),
    )
    await page.locator('.detail').getByText('orders C-0001 created').waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => page.locator('.detail').count()).toBe(0)
  })

  test('opens an entry by its address, and returns to the list with the back button', async () => {
    await served.place('C-0001')
    const { page } = await openConsole()
    await page.locator('.row').click()
    await page.getByText('orders C-0001 created').waitFor()
    await expect.poll(() => new URL(page.url()).hash).toMatch(/^#\/timeline\/\w+-1$/)
    const { hash } = new URL(page.url())
    await page.goBack()
    await expect.poll(() => page.locator('.detail').count()).toBe(0)
    const other = await openConsole(DESKTOP, hash)
    await other.page.getByText('orders C-0001 created').waitFor()
    const gone = await openConsole(DESKTOP, '#/timeline/earlier-1')
    await gone.page.getByText('The simulator does not keep this entry any longer.').waitFor()
  })

  test('is Chinese on a Chinese phone, shows the list or the details, and keeps the chosen language', async () => {
    await served.placeTampered('C-0001')
    const { page, errors } = await openConsole(PHONE)
    await page.getByText('微信支付模拟器').waitFor()
    expect(await page.locator('html').getAttribute('lang')).toBe('zh-CN')
    await page.locator('.row').tap()
    await page.getByText('签名时重新序列化了报文主体').waitFor()
    expect(await page.getByRole('listbox').isVisible()).toBe(false)
    const width = await page.evaluate(() => document.documentElement.scrollWidth)
    expect(width).toBe(390)
    await page.getByRole('button', { name: '关闭' }).tap()
    await page.getByRole('listbox').waitFor()
    await page.getByRole('button', { name: 'English' }).tap()
    await page.reload()
    await page.getByText('WeChat Pay simulator').waitFor()
    expect(errors).toEqual([])
  })

  test('says that the simulator went away, follows it again, and shows what it missed', async () => {
    await served.place('C-0001')
    const { page } = await openConsole()
    await page.getByText('C-0001').waitFor()
    const { port } = new URL(served.url)
    const { simulator } = served
    await served.close()
    await page.getByText('The simulator does not respond.').waitFor()
    served = await serveSimulator({ port: Number(port) })
    await served.place('C-0002')
    await page.getByText('Live').waitFor()
    await page.getByText('C-0002').waitFor()
    const shown = async () =>
      (await page.locator('.row').allInnerTexts()).map(row => /C-000\d|started again/.exec(row)?.[0])
    await expect.poll(shown).toEqual(['C-0002', 'started again', 'C-0001'])
    expect(simulator).not.toBe(served.simulator)
  })
})

describe('hostile text', () => {
  const HOSTILE = '<img src=x onerror=alert(1)><script>alert(2)</script>"\'>{{alert(3)}}'

  test('stays text wherever it is shown: in paths, headers, bodies, numbers, records and names', async () => {
    await served.place('C-0001', { description: HOSTILE, attach: 'javascript:alert(5)' })
    served.simulator.pay({ out_trade_no: 'C-0001' })
    await served.simulator.fetch(`http://localhost/v3/x?${HOSTILE}=1`, {
      headers: { 'x-hostile': HOSTILE, accept: HOSTILE },
    })
    await served.simulator.fetch('http://localhost/pay/orderquery', {
      method: 'POST',
      body: `<xml><out_trade_no><![CDATA[<b>${HOSTILE}</b>]]></out_trade_no><sign>1</sign></xml>`,
    })
    await served.simulator.notify.send({
      url: 'https://merchant.example/"><script>alert(6)</script>',
      event: '<script>alert(7)</script>',
      resource: { out_trade_no: HOSTILE, [HOSTILE]: HOSTILE },
      once: true,
    })
    const { page, errors } = await openConsole()
    const rows = page.locator('.row')
    await expect.poll(() => rows.count()).toBeGreaterThanOrEqual(6)
    const count = await rows.count()
    for (let at = 0; at < count; at++) {
      await rows.nth(at).click()
      await page.locator('.detail .block').first().waitFor()
      for (const summary of await page.locator('.detail summary').all()) await summary.click()
    }
    expect(await page.locator('#app img, #app script, #app iframe, main a').count()).toBe(0)
    expect(errors).toEqual([])
  })

  test('would not run if it were inserted as HTML: the policy forbids it', async () => {
    const { page, errors } = await openConsole()
    const blocked = await page.evaluate(() => {
      const probe = document.createElement('div')
      try {
        probe.innerHTML = '<img src=x onerror=alert(1)>'
        return 'inserted'
      } catch (error) {
        return (error as Error).name
      }
    })
    expect(blocked).toBe('TypeError')
    const attribute = page.evaluate(() => document.body.setAttribute('onclick', 'alert(1)'))
    await expect(attribute).rejects.toThrow('TrustedScript')
    expect(errors.filter(error => error.startsWith('dialog'))).toEqual([])
  })
})

test('axe finds nothing to object to', async () => {
  await served.place('C-0001')
  await served.placeTampered('C-0002')
  const { page } = await openConsole()
  await page.getByText('SIGN_ERROR').click()
  await page.locator('mark').first().waitFor()
  expect(await accessibilityViolations(page)).toEqual([])
})
