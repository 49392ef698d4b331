/** The explorer in Chromium: the search, the pages, and calls that are tried against the simulator. */
import type { Browser, Page } from 'playwright'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import {
  accessibilityViolations,
  DESKTOP,
  launchChromium,
  openPage,
  PHONE,
  type ServedSimulator,
  serveSimulator,
} from '../console-page.ts'
import { readApi } from './definition-file.ts'

let browser: Browser
let served: ServedSimulator
let page: Page
let errors: string[]

beforeAll(async () => {
  browser = await launchChromium()
  served = await serveSimulator()
})
afterAll(async () => {
  await browser.close()
  await served.close()
})
afterEach(() => page.context().close())

async function open(hash: string, options = DESKTOP): Promise<void> {
  ;({ page, errors } = await openPage(browser, `${served.url}/console/${hash}`, options))
}

const send = () => page.getByRole('button', { name: 'Send', exact: true }).click()
const field = (id: string) => page.locator(`[id="${id}"]`)
const code = (title: string | RegExp) => page.getByRole('region', { name: title }).locator('pre')

test('the explorer of a namespace calls that namespace', async () => {
  ;({ page, errors } = await openPage(browser, `${served.url}/ns/a/console/#/v3/pay/transactions/native`))
  await expect.poll(() => field('body-mchid').inputValue()).toBe(served.simulator.merchant.mchid)
  await field('body-out_trade_no').fill('NAMESPACE0001')
  await send()
  await code('Data, verified and decrypted').waitFor()
  expect(served.simulator.order('NAMESPACE0001')).toBeUndefined()
  const response = await fetch(`${served.url}/ns/a/simulator/orders`)
  const orders = (await response.json()) as { out_trade_no: string }[]
  expect(orders.map(({ out_trade_no }) => out_trade_no)).toEqual(['NAMESPACE0001'])
  expect(errors).toEqual([])
})

test('an order is placed from its page: request, signed text, response, each step of the verification, data', async () => {
  await open('#/v3/pay/transactions/native')
  await expect.poll(() => field('body-mchid').inputValue()).toBe(served.simulator.merchant.mchid)
  await field('body-out_trade_no').fill('EXPLORER0001')
  await field('body-amount.total').fill('25')
  await send()
  await page.getByRole('heading', { name: 'Verification' }).waitFor()
  await expect.poll(() => page.locator('.steps li.valid').count()).toBe(4)
  expect(await page.locator('.steps li.invalid').count()).toBe(0)
  expect(await code('Data, verified and decrypted').innerText()).toContain('weixin://')
  const signed = (await code('Signed text').first().innerText()).split('\n')
  expect(signed[0]).toBe('POST⏎')
  expect(signed[1]).toBe('/v3/pay/transactions/native⏎')
  expect(served.simulator.order('EXPLORER0001')!.amount.total).toBe(25)
  expect(await accessibilityViolations(page)).toEqual([])
  // The panes scroll, the document does not.
  expect(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight)).toBe(0)
  // Its number goes on to the query and to the refund.
  await page
    .getByRole('link', { name: /GET \/v3\/pay\/transactions\/out-trade-no/ })
    .first()
    .click()
  await expect.poll(() => field('placeholders-out_trade_no').inputValue()).toBe('EXPLORER0001')
  await send()
  await expect.poll(() => code('Data, verified and decrypted').innerText()).toContain('NOTPAY')
  expect(errors).toEqual([])
})

test('an order of APIv2 is placed, with the string that is signed', async () => {
  await open('#/v2/pay/unifiedorder')
  await expect.poll(() => field('body-mch_id').inputValue()).toBe(served.simulator.merchant.mchid)
  await field('body-trade_type').fill('NATIVE')
  await send()
  await page.getByText('The client has verified the signature inside the message.').waitFor()
  expect(await code('Signed text').first().innerText()).toMatch(/^appid=.*&key=…$/)
  expect(errors).toEqual([])
})

test('a refusal of WeChat Pay is shown with its code and its verified signature', async () => {
  await open('#/v3/pay/transactions/out-trade-no/{out_trade_no}')
  await expect.poll(() => field('query-mchid').inputValue()).toBe(served.simulator.merchant.mchid)
  await field('placeholders-out_trade_no').fill('NOSUCHORDER')
  await send()
  await page.getByText('ORDER_NOT_EXIST').first().waitFor()
  expect(await page.locator('.verdict.invalid').innerText()).toContain('ServiceError SERVICE_ERROR')
})

test('error codes that this package does not have are not said to be missing from the official page', async () => {
  const { endpoints } = readApi('v3')
  const { name, method } = endpoints.find(({ errors = [] }) => errors.length === 0)!
  await open(`#${name}?method=${method}`)
  await page.getByText('Its own error codes are not collected here').waitFor()
  await page.getByRole('button', { name: '中文' }).click()
  await page.getByText('本库未收录此接口自己的错误码').waitFor()
})

test('values of the wrong type are named, and nothing is sent', async () => {
  await open('#/v3/pay/transactions/native')
  await expect.poll(() => field('body-mchid').inputValue()).toBe(served.simulator.merchant.mchid)
  const before = served.simulator.journal.length
  await field('body-amount.total').fill('1.5 yuan')
  await field('body-description').fill('')
  await send()
  const alert = page.getByRole('alert').filter({ hasText: 'Nothing was sent' })
  await alert.waitFor()
  expect(await alert.innerText()).toContain('2 values are wrong')
  expect(await alert.innerText()).toContain('amount.total: A whole number is expected, only digits. The unit is fen')
  expect(await field('body-amount.total').getAttribute('aria-invalid')).toBe('true')
  // An amount is in fen: who enters yuan sees it at the field and in the refusal.
  expect(await page.locator('label[for="body-amount.total"]').innerText()).toContain('fen (1/100 yuan)')
  expect(await page.locator('[id="body-amount.total-problem"]').innerText()).toBe(
    'A whole number is expected, only digits. The unit is fen (1/100 yuan).',
  )
  expect(served.simulator.journal.length).toBe(before)
  expect(await accessibilityViolations(page)).toEqual([])
})

test('a body can be written as JSON: sent as it is, refused if it is none', async () => {
  await open('#/v3/pay/transactions/native')
  await expect.poll(() => field('body-mchid').inputValue()).toBe(served.simulator.merchant.mchid)
  await page.getByRole('button', { name: 'JSON', exact: true }).click()
  const text = page.getByRole('textbox', { name: 'Body, JSON' })
  const whole = JSON.parse(await text.inputValue())
  await text.fill('{"appid": ')
  await page.getByText('This is not JSON').waitFor()
  await text.fill(JSON.stringify({ ...whole, amount: { total: 'ten' } }))
  await send()
  await page.getByText('PARAM_ERROR').first().waitFor()
  await page.getByRole('button', { name: 'Form', exact: true }).click()
  expect(await field('body-amount.total').inputValue()).toBe('ten')
  expect(await accessibilityViolations(page)).toEqual([])
})

test('a body that is no JSON is not lost to the form', async () => {
  await open('#/v3/pay/transactions/native')
  await expect.poll(() => field('body-mchid').inputValue()).toBe(served.simulator.merchant.mchid)
  await page.getByRole('button', { name: 'JSON', exact: true }).click()
  const text = page.getByRole('textbox', { name: 'Body, JSON' })
  await text.fill('{"description": "tea",}')
  await page.getByRole('button', { name: 'Form', exact: true }).click()
  expect(await text.inputValue()).toBe('{"description": "tea",}')
  expect(await text.evaluate(field => field === document.activeElement)).toBe(true)
  await page.getByText('Correct it to return to the form').waitFor()
  await text.fill('{"description": "tea"}')
  await page.getByRole('button', { name: 'Form', exact: true }).click()
  expect(await field('body-description').inputValue()).toBe('tea')
})

test('the samples have the values of the form, and PHP signs other bytes than Java', async () => {
  await open('#/v3/pay/transactions/native')
  await field('body-description').fill('茶/tea')
  const samples = page.locator('section.block').filter({ has: page.getByRole('heading', { name: 'Samples' }) })
  expect(await samples.locator('pre').innerText()).toContain("description: '茶/tea'")
  await page.getByRole('button', { name: 'Wire text, Java' }).click()
  expect(await samples.locator('pre').first().innerText()).toContain('"description":"茶/tea"')
  await page.getByRole('button', { name: 'Wire text, PHP' }).click()
  expect(await samples.locator('pre').first().innerText()).toContain(String.raw`"description":"\u8336\/tea"`)
  await page.getByRole('button', { name: 'curl' }).click()
  expect(await samples.locator('pre').innerText()).toContain("-d '{")
})

test('a gateway at another origin is not called: a link leads to its own console', async () => {
  await open('#/v3/pay/transactions/native')
  const requests: string[] = []
  page.on('request', request => requests.push(request.url()))
  await page.getByRole('button', { name: 'a gateway' }).click()
  await page.getByLabel('Base URL').fill('https://pay.example.com/wechatpay')
  const link = page.getByRole('link', { name: /pay\.example\.com\/console/ })
  expect(await link.getAttribute('href')).toBe(
    'https://pay.example.com/console/#/v3/pay/transactions/native?method=POST',
  )
  await send()
  await page.getByLabel('Base URL').fill('javascript:alert(1)')
  await page.getByText('This is no URL').waitFor()
  await send()
  await page.getByLabel('Base URL').fill('http://')
  await page.getByText('This is no URL').waitFor()
  expect(requests.filter(url => !url.startsWith(served.url))).toEqual([])
  expect(errors).toEqual([])
  expect(await accessibilityViolations(page)).toEqual([])
})

test('the search finds by words, the arrows move through the results, and the address links to it', async () => {
  await open('#/explorer')
  await page.getByRole('searchbox').waitFor()
  // It is a shortcut of the browser or of an editor with Ctrl, Alt or the command key.
  await page.keyboard.press('Control+/')
  expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('BODY')
  await page.keyboard.press('/')
  await page.locator('[type=search]:focus').waitFor()
  await page.keyboard.type('申请退款')
  await page.locator('a.entry').first().waitFor()
  await expect.poll(() => page.locator('a.entry').first().innerText()).toContain('/v3/refund/domestic/refunds')
  await expect.poll(() => page.evaluate(() => decodeURIComponent(location.hash))).toBe('#/explorer?q=申请退款')
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await page.getByRole('heading', { level: 2, name: '申请退款' }).waitFor()
  await expect.poll(() => new URL(page.url()).hash).toBe('#/v3/refund/domestic/refunds?method=POST')
  await page.goBack()
  await expect.poll(() => page.getByRole('searchbox').inputValue()).toBe('申请退款')
  await page.getByRole('searchbox').fill('no such thing at all')
  await page.getByText('Nothing matches').waitFor()
})

test('text typed between a render and its effects is kept, and so is the address', async () => {
  await open('#/explorer')
  await page.getByRole('searchbox').focus()
  // Each pause is another place between the render of the text before it and the effects of that render.
  const kept = await page.evaluate(async () => {
    const input = document.activeElement as HTMLInputElement
    const pauses = {
      none: () => Promise.resolve(),
      task: () => new Promise(resolve => setTimeout(resolve)),
      frame: () => new Promise(resolve => requestAnimationFrame(resolve)),
    }
    const texts: string[] = []
    for (const pause of Object.values(pauses)) {
      input.select()
      for (const character of 'abcdefghijklmnopqrst') {
        document.execCommand('insertText', false, character)
        await pause()
      }
      await new Promise(resolve => setTimeout(resolve, 300))
      texts.push(input.value, decodeURIComponent(location.hash))
    }
    return texts
  })
  expect(kept).toEqual(Array(3).fill(['abcdefghijklmnopqrst', '#/explorer?q=abcdefghijklmnopqrst']).flat())
  // Half of a pair cannot stand in an address.
  await page.evaluate(() => document.execCommand('insertText', false, '\ud800'))
  await expect.poll(() => page.evaluate(() => location.hash)).toContain('%EF%BF%BD')
  expect(errors).toEqual([])
})

/** Creates a page that calls a function as soon as an element is there: after its render, and before the effects of that. */
async function createActingPage(selector: string, act: (element: HTMLElement) => void): Promise<void> {
  page = await browser.newPage(DESKTOP)
  page.setDefaultTimeout(120_000)
  await page.addInitScript(
    `new MutationObserver((_, observer) => {
      const element = document.querySelector(${JSON.stringify(selector)})
      if (!element) return
      observer.disconnect()
      ;(${act})(element)
    }).observe(document, { subtree: true, childList: true })`,
  )
}

test('text typed between the first render of a form and its effects is kept', async () => {
  await createActingPage('[id="body-description"]', element => {
    ;(element as HTMLInputElement).value = 'typed early'
    element.dispatchEvent(new Event('input', { bubbles: true }))
  })
  const credentials = page.waitForResponse('**/credentials')
  await page.goto(`${served.url}/console/#/v3/pay/transactions/native`)
  await (await credentials).finished()
  // Longer than the page takes to fill in the form.
  await page.waitForTimeout(300)
  expect(await field('body-description').inputValue()).toBe('typed early')
})

test('the key of the search works as soon as the search is there', async () => {
  await createActingPage('[type=search]', () => {
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '/', bubbles: true }))
  })
  await page.goto(`${served.url}/console/#/explorer`)
  await page.getByRole('searchbox').waitFor()
  expect(await page.evaluate(() => document.activeElement?.getAttribute('type'))).toBe('search')
})

test('an endpoint that does not exist is named, with those that may be meant', async () => {
  await open('#/v3/pay/transactions/nativ')
  await page.getByText('No definition has /v3/pay/transactions/nativ.').waitFor()
  await open('#/v3/pay/transactions/native?method=DELETE')
  await page.getByText('/v3/pay/transactions/native has no DELETE.').waitFor()
  await page.locator('.entry-page a.entry').first().click()
  await page.getByRole('heading', { name: 'Try it' }).waitFor()
})

test('a hostile address and hostile values stay text', async () => {
  const hostile = '<img src=x onerror="document.title=\'owned\'">'
  await open(`#/v3/${encodeURIComponent(hostile)}`)
  await page.getByText(`No definition has /v3/${hostile}.`).waitFor()
  await open('#/v3/pay/transactions/native')
  await expect.poll(() => field('body-mchid').inputValue()).toBe(served.simulator.merchant.mchid)
  await field('body-description').fill(hostile)
  await field('body-appid').fill('\ud800')
  await field('body-appid').fill(served.simulator.merchant.appid)
  await send()
  await page.getByRole('heading', { name: 'Verification' }).waitFor()
  expect(await page.locator('.entry-page img').count()).toBe(0)
  expect(await page.title()).not.toBe('owned')
  expect(errors).toEqual([])
})

test('a simulator that does not serve the definitions is asked again', async () => {
  await open('#/timeline')
  await page.route('**/definitions/*', route => route.abort())
  await page.getByRole('link', { name: 'Explorer' }).click()
  await page.getByText('The definitions could not be loaded').waitFor()
  await page.unroute('**/definitions/*')
  await page.getByRole('button', { name: 'Try again' }).click()
  await page.getByText('1332 entries').waitFor()
})

test('the first load brings neither the explorer nor the definitions', async () => {
  const loaded: string[] = []
  page = await browser.newPage(DESKTOP)
  page.on('request', request => loaded.push(new URL(request.url()).pathname))
  await page.goto(`${served.url}/console/`)
  await page.getByText('Live', { exact: true }).waitFor()
  expect(loaded.filter(path => /definitions|explorer/.test(path))).toEqual([])
})

const HASHES = {
  'the list': '#/explorer',
  'a search': '#/explorer?q=refund',
  'an endpoint': '#/v3/refund/domestic/refunds',
  'an upload': '#/v3/merchant/media/upload',
  'a notification': '#/notification/REFUND.SUCCESS',
  'the largest page': '#/v3/applyment4sub/applyment/',
}
test.each(
  Object.keys(HASHES).flatMap(name =>
    [
      [PHONE, 'zh-CN', 'dark'],
      [DESKTOP, 'en-US', 'light'],
      [PHONE, 'en-US', 'light'],
      [DESKTOP, 'zh-CN', 'dark'],
    ].map(([size, locale, scheme]) => [name, size === PHONE ? 'phone' : 'desktop', locale, scheme] as const),
  ),
)(
  'axe objects to nothing: %s on a %s, %s, %s; nothing is wider than the screen',
  async (name, size, locale, scheme) => {
    const options = { ...(size === 'phone' ? PHONE : DESKTOP), locale: locale as string, colorScheme: scheme as 'dark' }
    await open(HASHES[name as keyof typeof HASHES], options)
    await page
      .locator(name === 'the list' ? 'summary' : name === 'a search' ? 'a.entry' : 'table')
      .first()
      .waitFor()
    expect(await accessibilityViolations(page)).toEqual([])
    expect(await page.evaluate(() => document.documentElement.scrollWidth > innerWidth)).toBe(false)
    expect(errors).toEqual([])
  },
)
