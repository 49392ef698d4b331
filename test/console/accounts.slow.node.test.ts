/** The diagrams of states, the accounts, and the choice of a merchant. */
import type { Browser, Page } from 'playwright'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import {
  accessibilityViolations,
  DESKTOP,
  launchChromium,
  openPage,
  PHONE,
  type ServedSimulator,
  serveSimulator,
} from './console-page.ts'

let browser: Browser
let served: ServedSimulator
let page: Page
let errors: string[]

beforeAll(async () => {
  browser = await launchChromium()
})
afterAll(() => browser.close())
beforeEach(async () => {
  served = await serveSimulator()
  return async () => {
    await page.context().close()
    await served.close()
  }
})

async function open(view: string, options = DESKTOP): Promise<void> {
  ;({ page, errors } = await openPage(browser, `${served.url}/console/#/${view}`, options))
}

test('an order shows its states with the current one marked, and only the actions that it admits', async () => {
  await served.place('number-1')
  await open('records')
  await page.getByText('States', { exact: true }).click()
  const diagram = page.getByRole('img', { name: 'States; the current one is NOTPAY' })
  await diagram.waitFor()
  expect(await page.locator('.diagram .current').textContent()).toBe('NOTPAY')
  expect(await page.locator('.diagram text.next').allTextContents()).toEqual(['pay', 'close, expire'])
  if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/records.png` })
  await page.getByRole('button', { name: 'Pay: number-1' }).click()
  await page.getByRole('img', { name: 'States; the current one is SUCCESS' }).waitFor()
  await expect.poll(() => page.getByRole('button', { name: 'Pay: number-1' }).count()).toBe(0)
  expect(await accessibilityViolations(page)).toEqual([])
  expect(errors).toEqual([])
})

test.each([DESKTOP, PHONE])('the events of a diagram are in Chinese, and its states are codes', async size => {
  await served.place('number-1')
  await open('records', { ...size, locale: 'zh-CN' })
  await page.getByText('状态图', { exact: true }).click()
  await expect.poll(() => page.locator('.diagram').last().textContent()).toContain('关单、超时')
  const shown = await page.locator('.diagram .next').allTextContents()
  expect(shown.join(' ').replaceAll(/[A-Z]/g, '')).not.toMatch(/[a-z]/)
  await page.getByRole('button', { name: 'English' }).click()
  await expect.poll(() => page.locator('.diagram').last().textContent()).toContain('close, expire')
})

test('the diagrams of two orders are told apart', async () => {
  await served.place('number-1')
  await served.place('number-2')
  await open('records')
  for (const number of ['number-1', 'number-2']) {
    await page.locator('.items li').filter({ hasText: number }).getByText('States', { exact: true }).click()
    await page.getByRole('region', { name: `States: ${number}` }).waitFor()
  }
  expect(await accessibilityViolations(page)).toEqual([])
})

describe.each([
  ['desktop, English', DESKTOP, 'Basic account', 'Merchant'],
  ['phone, Chinese', PHONE, '基本账户', '商户'],
] as const)('%s', (name, options, heading, label) => {
  test('an account shows its balance over time, for the merchant that is chosen', async () => {
    await served.simulator.addMerchant({ mchid: '1900000112' })
    await served.place('number-1')
    served.simulator.pay({ out_trade_no: 'number-1' })
    await open('accounts', options)
    await page.getByRole('heading', { name: heading }).waitFor()
    await expect.poll(() => page.locator('.chart svg').count()).toBe(2)
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/accounts-${name.slice(0, 5)}.png` })
    expect(await accessibilityViolations(page)).toEqual([])
    await page.getByLabel(label).selectOption('1900000112')
    await page.locator('.chart svg').nth(1).waitFor({ state: 'detached' })
    expect(errors).toEqual([])
  })
})
